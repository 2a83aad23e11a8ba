"""`bylaw page`: the page of a whole regulation, in Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli.options import EditionOption, PolicyOption, open_policy
from bylaw.cli.output import say, write
from bylaw.errors import UsageError


def page(
    policy: PolicyOption = None,
    edition: EditionOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
) -> None:
    """Write the page of a regulation: each provision with its rules, limits, open questions and cases.

    Written to a file, it links to the files of the pack from where it stands.
    """
    from bylaw.files.atomic import write_text
    from bylaw.policy.cases import load_cases
    from bylaw.policy.editions import edition_named, editions_in_order
    from bylaw.report.html import safe_text
    from bylaw.report.regulation_page import regulation_page

    pack = open_policy(policy)
    cases = load_cases(pack)
    loaded = edition_named(pack, edition)
    family = editions_in_order(pack)
    if output is None:
        write(safe_text(regulation_page(loaded, cases, family=family)))
        return
    text = safe_text(regulation_page(loaded, cases, output.absolute().parent, family))
    try:
        write_text(output, text)
    except OSError as cause:
        reason = (cause.strerror or "it cannot be opened").lower()
        raise UsageError(f"`{output}` cannot be written: {reason}") from None
    say(f"{len(loaded.provisions)} provisions written to {output}")

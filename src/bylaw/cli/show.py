"""`bylaw show`: a provision with its rules, limits, readings, tables and cases."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli.options import (
    EditionOption,
    Format,
    FormatOption,
    PolicyOption,
    open_policy,
)
from bylaw.cli.output import print_json, print_lines
from bylaw.report.terminal import line


def show(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROVISION",
            help="An id such as 14.A.2, its citation such as '14(A)(2)', or the name of a limit, a reading "
            "or a predicate; none lists all provisions.",
        ),
    ] = None,
    policy: PolicyOption = None,
    edition: EditionOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show a provision: what it says, the rules that hold it, and the cases that assert it.

    Of a pack with several editions it shows one, and says which others there are.
    """
    from bylaw.policy.cases import load_cases
    from bylaw.policy.editions import edition_named
    from bylaw.report import provision_page

    loaded = open_policy(policy)
    shown = edition_named(loaded, edition)
    others = provision_page.other_editions(loaded, shown)
    if not names:
        if format is Format.JSON:
            print_json(provision_page.listing_shape(shown))
        else:
            print_lines(provision_page.listing(shown))
            print_lines(others)
        return
    found = [provision_page.find(shown, name) for name in names]
    cases = load_cases(loaded)
    if format is Format.JSON:
        shapes = [provision_page.shape(shown, one, cases) for one in found]
        print_json(shapes[0] if len(shapes) == 1 else shapes)
        return
    for number, one in enumerate(found):
        print_lines([line()] if number else [])
        print_lines(provision_page.page(shown, one, cases))
    print_lines(others)

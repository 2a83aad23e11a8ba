"""`bylaw coverage`: which provisions and which sides of limits the cases of a pack show."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from bylaw.cli.options import Format, FormatOption, PolicyOption, open_policy
from bylaw.cli.output import print_json, print_lines, say
from bylaw.errors import UsageError

INCOMPLETE = 1
"""The exit code where a provision decides no case, or a side of a limit is not shown."""
PAUSE = 10
"""Seconds between two lines about the progress, where stderr is no terminal."""


def coverage(
    policy: PolicyOption = None,
    provision: Annotated[
        str | None, typer.Option("--provision", metavar="ID", help="Only this one and those below it.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what the cases of a pack cover: provisions decided and not, and the sides of each limit.

    Exit code 1 if an encoded provision decides no case or a limit has a side that no case shows.
    """
    from bylaw.analysis.coverage import cover
    from bylaw.policy.model import Provision
    from bylaw.report import coverage_table
    from bylaw.report.provision_page import find

    loaded = open_policy(policy)
    chosen = find(loaded, provision) if provision is not None else None
    if chosen is not None and not isinstance(chosen, Provision):
        raise UsageError(f"`{provision}` is no provision", "`bylaw show` alone lists the provisions")
    found = cover(loaded, progress=_progress())
    if chosen is not None:
        found = found.only(chosen.id)
    if format is Format.JSON:
        print_json(coverage_table.shape(found))
    else:
        print_lines(coverage_table.lines(found, detailed=chosen is not None))
    if not found.complete:
        raise typer.Exit(INCOMPLETE)


def _progress() -> Callable[[int, int], None]:
    """Count cases on stderr: on one line of a terminal, else now and then on a line of its own."""
    if sys.stderr.isatty():

        def rewrite(done: int, of: int) -> None:
            sys.stderr.write(f"\r{done:,} of {of:,} cases" + ("\n" if done == of else ""))
            sys.stderr.flush()

        return rewrite
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PAUSE and done < of:
            last = time.monotonic()
            say(f"{done:,} of {of:,} cases")

    return tell

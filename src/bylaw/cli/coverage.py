"""`bylaw coverage`: what the cases of a pack, or the students of a cohort, show of its provisions."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from bylaw import watch
from bylaw.cli.discretion import least_group
from bylaw.cli.options import (
    AsOfOption,
    Format,
    FormatOption,
    MappingOption,
    PolicyOption,
    ReadingOption,
    open_all,
    open_policy,
)
from bylaw.cli.output import print_json, print_lines, say
from bylaw.errors import UsageError

INCOMPLETE = 1
"""The exit code where something is not covered."""
PAUSE = 10
"""Seconds between two lines about the progress, where stderr is no terminal."""


def coverage(
    policy: PolicyOption = None,
    provision: Annotated[
        str | None, typer.Option("--provision", metavar="ID", help="Only this one and those below it.")
    ] = None,
    records: Annotated[
        str | None,
        typer.Option(
            "--records", "-r", metavar="PATH", help="Tell it of the students of these records instead."
        ),
    ] = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what the cases of a pack cover: provisions decided and not, sides of limits, alternative readings.

    Exit code 1 if an encoded provision decides no case, a limit has a side that no case shows, or no case
    hangs on an alternative of a reading. With `--records`, say which provisions decide students of a cohort;
    exit code 1 if an encoded provision decides none.
    """
    if records is not None:
        if provision is not None:
            raise UsageError("`--provision` is for cases", "leave it out, or `--records`")
        _of_records(policy, records, as_of, reading, format, mapping)
        return
    if as_of is not None or reading or mapping is not None:
        raise UsageError(
            "cases say their own present and readings",
            "`--as-of`, `--reading` and `--mapping` go with `--records`",
        )
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


def _of_records(
    policy: str | None,
    records: str,
    as_of: str | None,
    reading: list[str] | None,
    format: Format,
    mapping: str | None,
) -> None:
    from bylaw.analysis.cohort_coverage import cover_cohort
    from bylaw.report import cohort_coverage_table

    opened = open_all(policy, records, as_of, reading, mapping)
    found = cover_cohort(opened.engine, opened.records, progress=_progress("students"))
    if format is Format.JSON:
        print_json(cohort_coverage_table.shape(found, least_group()))
    else:
        print_lines(cohort_coverage_table.lines(found, least_group()))
    if not found.complete:
        raise typer.Exit(INCOMPLETE)


def _progress(what: str = "cases") -> Callable[[int, int], None]:
    """Count on stderr: on one line of a terminal, else now and then on a line of its own."""
    if sys.stderr.isatty():

        def rewrite(done: int, of: int) -> None:
            watch.pulse()
            sys.stderr.write(f"\r{done:,} of {of:,} {what}" + ("\n" if done == of else ""))
            sys.stderr.flush()

        return rewrite
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        watch.pulse()
        if time.monotonic() - last >= PAUSE and done < of:
            last = time.monotonic()
            say(f"{done:,} of {of:,} {what}")

    return tell

"""`bylaw synth`: the records of invented students, made by a pack's generator."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli.options import PolicyOption, open_policy
from bylaw.cli.output import say


def synth(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="The folder to make.")],
    as_of: Annotated[int, typer.Option("--as-of", metavar="NUMBER", help="The year the records go up to.")],
    policy: PolicyOption = None,
    students: Annotated[int, typer.Option("--students", "-n", metavar="NUMBER", help="How many.")] = 200,
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="NUMBER", help="The same seed gives the same records, byte for byte."),
    ] = 1,
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="TEXT", help="What the ids of the students start with.")
    ] = "SYN-",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the records that the folder holds already.")
    ] = False,
) -> None:
    """Invent the records of a cohort: nobody in them exists, and the files say so."""
    from bylaw.analysis.cohort_files import check_target, write_cohort
    from bylaw.analysis.synth import synthesise

    loaded = open_policy(policy)
    check_target(loaded, out, force=force)
    cohort = synthesise(
        loaded, students=students, seed=seed, as_of=as_of, prefix=prefix, progress=_progress()
    )
    write_cohort(cohort, out, force=force)
    rows = sum(len(made) for made in cohort.rows.values())
    say(f"{len(cohort.subjects):,} invented students, {rows:,} rows: {out}")


def _progress() -> Callable[[int, int], None] | None:
    """Count on one line of a terminal; a file gets no such line."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, of: int) -> None:
        end = "\n" if done == of else ""
        sys.stderr.write(f"\r{done:,} of {of:,} students{end}")
        sys.stderr.flush()

    return show

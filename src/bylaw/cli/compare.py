"""`bylaw compare`: what a changed text does to the students of a cohort."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.cohort_options import Wishes, WorkersOption, raise_limits
from bylaw.cli.options import (
    AsOfOption,
    CpuOption,
    MappingOption,
    MemoryOption,
    ReadingOption,
    RecordsOption,
    TimeOption,
    open_policy,
    open_records,
    read_readings,
)
from bylaw.cli.output import print_lines, save, say, write
from bylaw.cli.progress import progress
from bylaw.cli.two_texts import ConclusionOption, NewArgument, OldArgument, asked_names, open_both, whole_name
from bylaw.report.json_shapes import json_text

if TYPE_CHECKING:
    from bylaw.analysis.attribution import Attribution
    from bylaw.analysis.compare import Comparison
    from bylaw.engine.cohort import Effort


class CompareFormat(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def compare(
    old: OldArgument,
    new: NewArgument,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    conclusion: ConclusionOption = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Tell also of groups of fewer than five students.")
    ] = False,
    workers: WorkersOption = None,
    format: Annotated[
        CompareFormat,
        typer.Option("--format", "-f", metavar="text|json|csv|html", help="How to write it."),
    ] = CompareFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
) -> None:
    """Compare what two texts say of every student of a cohort: who is touched, how, and by which part."""
    from bylaw.analysis.attribution import attribute
    from bylaw.analysis.compare import Side
    from bylaw.analysis.compare import compare as compare_texts
    from bylaw.policy.packs import amendments_named
    from bylaw.report import comparison
    from bylaw.report.terminal import render

    before, after = open_both(old, new)
    names = asked_names(before, after, conclusion)
    readings = read_readings(reading)
    sides = [Side(one, readings, open_records(one, records, as_of, mapping)) for one in (before, after)]
    effort = Wishes(workers, seconds=time_limit, mebibytes=memory_limit, cpu=cpu_limit).effort()
    with progress(2 * len(sides[0].records.subjects), f"{before.subject}s") as advance:
        found = compare_texts(sides[0], sides[1], names, effort=effort, advance=advance)
    due = None
    pack, added = amendments_named(whole_name(old, new))
    if added and found.changes:
        with progress(sum(len(one.parts) for one in after.amendments), "parts") as advance:
            due = attribute(found, open_policy(str(pack)), added, effort, advance)
    if format is CompareFormat.TEXT:
        lines = list(comparison.lines(found, due, reveal))
        if output is None:
            print_lines(lines)
            raise_limits(found.failed)
            return
        text = "".join(f"{one}\n" for one in render(lines))
    elif format is CompareFormat.JSON:
        text = json_text(comparison.shape(found, due, reveal)) + "\n"
    elif format is CompareFormat.CSV:
        text = comparison.csv_text(found, due)
    else:
        text = _page(found, due, effort, reveal)
    if output is None:
        write(text)
    else:
        save(output, text, private=True)
        say(f"{len(found.changes)} changes written to {output}")
    raise_limits(found.failed)


def _page(found: Comparison, due: Attribution | None, effort: Effort, reveal: bool) -> str:
    """Return the page, with what the cohort is swept and told for."""
    from datetime import date

    from bylaw import __version__
    from bylaw.analysis.sweep import changed_limits, distances, sweeps, values_of
    from bylaw.report.comparison_letters import told_at_length
    from bylaw.report.comparison_page import comparison_page

    limits = changed_limits(found)
    values = sum(len(values_of(found, name)) for name in limits)
    with progress(values, "values of limits") as advance:
        swept = sweeps(found, limits, effort, advance)
    measured = [distances(found.old, name, found.subjects) for name in limits]
    return comparison_page(
        found,
        due,
        swept,
        [one for one in measured if one is not None and one.counts],
        list(told_at_length(found)),
        reveal=reveal,
        made=date.today(),
        version=__version__,
    )

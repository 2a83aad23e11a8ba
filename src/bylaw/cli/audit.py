"""`bylaw audit`: the outcomes on record beside those that follow, over a cohort."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.cohort_options import (
    NoCacheOption,
    OnOption,
    WhereOption,
    Wishes,
    WorkersOption,
    chosen_subjects,
    interruptible,
    keys_for,
    raise_failures,
    remembering,
)
from bylaw.cli.exit_codes import UNDETERMINED
from bylaw.cli.options import (
    AsOfOption,
    CpuOption,
    Decisions,
    DecisionsOption,
    MappingOption,
    MemoryOption,
    Opened,
    PolicyOption,
    ReadingOption,
    Readings,
    ReadingsOption,
    RecordsOption,
    TimeOption,
    open_all,
)
from bylaw.cli.output import print_lines, save, say, write
from bylaw.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bylaw.engine.cohort import Failure
    from bylaw.report.audit_table import AuditReport
    from bylaw.report.terminal import Line

DIFFERENT = 1
"""The exit code where an outcome on record does not follow."""


class AuditFormat(StrEnum):
    """How an audit is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def audit(
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    decisions: DecisionsOption = Decisions.CLOSED,
    readings: ReadingsOption = Readings.CHOSEN,
    where: WhereOption = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="ARG[,ARG]", help="Split the groups by arguments, such as `year`."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Tell everything of each group.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    workers: WorkersOption = None,
    on: OnOption = None,
    no_cache: NoCacheOption = False,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
    format: Annotated[
        AuditFormat, typer.Option("--format", "-f", metavar="text|json|csv", help="How to write the audit.")
    ] = AuditFormat.TEXT,
) -> None:
    """Compare the outcomes that are on record with those that follow, and list findings.

    Which table has outcomes on record, the pack says. Exit code 1 if an outcome on record does not follow, 3
    if none does not and something cannot be told.
    """
    from bylaw.analysis.audit import Auditor
    from bylaw.analysis.cohort_run import tell_all
    from bylaw.engine.cohort import Failure
    from bylaw.report.audit_table import AuditReport
    from bylaw.report.cohort_writing import Entry
    from bylaw.report.told import Telling

    wishes = Wishes(workers, where, no_cache, time_limit, memory_limit, cpu_limit, on)
    wishes.check_scheduler()
    opened = open_all(policy, records, as_of, reading, mapping)
    settled = dict(opened.engine.readings)
    telling = Telling("shape", settled, decisions is Decisions.OPEN, readings is Readings.OPEN)
    auditor = Auditor(opened.policy, opened.records)
    splitting = [name.strip() for name in (by or "").split(",") if name.strip()]
    AuditReport(opened.engine, opened.records, auditor.audit, splitting)  # refuses a name before the work
    failed: list[Failure] = []
    with interruptible():
        subjects = chosen_subjects(opened, wishes)
        with (
            remembering(keys_for(opened, telling), wishes) as memory,
            progress(len(subjects), f"{opened.policy.subject}s") as advance,
        ):
            effort = wishes.effort(alone=telling.open)
            for one in tell_all(telling, opened.policy, opened.records, subjects, effort, memory):
                advance()
                if isinstance(one, Failure):
                    failed.append(one)
                    auditor.without_result(one.subject)
                else:
                    auditor.add(Entry.of(one.text).told)
    report = AuditReport(opened.engine, opened.records, auditor.audit, splitting)
    if output is not None:
        save(output, _written(opened, report, format, failed, full=full), private=True)
    elif format is AuditFormat.TEXT:
        print_lines(_page(opened, report, full=full))
    else:
        write(_written(opened, report, format, failed, full=full))
    read, what = len(opened.records.subjects), f"{opened.policy.subject}s"
    say(f"{read} {what} read, {auditor.audit.subjects} audited, {len(failed)} without a result")
    raise_failures(failed)
    if auditor.audit.differences:
        raise typer.Exit(DIFFERENT)
    if auditor.audit.unknown:
        raise typer.Exit(UNDETERMINED)


def _written(
    opened: Opened, report: AuditReport, format: AuditFormat, failed: Sequence[Failure], *, full: bool
) -> str:
    """Return the audit as a text to be stored or piped."""
    from bylaw.report.json_shapes import json_text
    from bylaw.report.terminal import render

    match format:
        case AuditFormat.JSON:
            return json_text(report.shape(failed)) + "\n"
        case AuditFormat.CSV:
            return "".join(report.table())
        case _:
            return "".join(text + "\n" for text in render(_page(opened, report, full=full)))


def _page(opened: Opened, report: AuditReport, *, full: bool) -> Iterator[Line]:
    from bylaw.report.decision_text import heading
    from bylaw.report.terminal import line

    yield from heading(opened.engine, opened.records, several=opened.policy.editions is not None)
    yield line()
    yield from report.lines(full=full)

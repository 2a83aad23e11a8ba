"""`bylaw readings`: whose outcomes hang on which open question of a text."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli.cohort_options import Wishes, WorkersOption, raise_limits
from bylaw.cli.options import (
    AsOfOption,
    CpuOption,
    Format,
    FormatOption,
    MappingOption,
    MemoryOption,
    PolicyOption,
    ReadingOption,
    RecordsOption,
    TimeOption,
    open_policy,
    open_records,
    read_readings,
)
from bylaw.cli.output import print_json, print_lines
from bylaw.cli.progress import progress


def readings(
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Count also fewer than five students.")] = False,
    workers: WorkersOption = None,
    format: FormatOption = Format.TEXT,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
) -> None:
    """Read each open question otherwise, alone and two together, and tell for whom something changes.

    What touches the most students comes first. For a question that no student meets, a case of the pack that
    shows it is told.
    """
    from bylaw.analysis.readings import open_text
    from bylaw.analysis.trials import case_trials
    from bylaw.report import open_text as report

    loaded = open_policy(policy)
    chosen = read_readings(reading)
    cohort = open_records(loaded, records, as_of, mapping)
    effort = Wishes(workers, seconds=time_limit, mebibytes=memory_limit, cpu=cpu_limit).effort()
    with progress(2 * len(cohort.subjects), f"{loaded.subject}s") as advance:
        found = open_text(loaded, cohort, chosen, list(case_trials(loaded)), effort, advance)
    if format is Format.JSON:
        print_json(report.shape(found, reveal))
    else:
        print_lines(list(report.lines(found, reveal)))
    raise_limits(found.failed)

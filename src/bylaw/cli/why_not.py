"""`bylaw why-not`: each way to a conclusion, and where it failed."""

from __future__ import annotations

from bylaw.cli.options import (
    AsOfOption,
    Decisions,
    DecisionsOption,
    MappingOption,
    PolicyOption,
    ReadingOption,
    Readings,
    ReadingsOption,
    RecordsOption,
    left_open,
    open_all,
)
from bylaw.cli.why import (
    ConclusionArgument,
    DateOption,
    DepthOption,
    FullOption,
    OutOption,
    ReasonFormat,
    ReasonFormatOption,
    StudentArgument,
    explain,
    sheet_asked,
)


def why_not(
    student: StudentArgument,
    conclusion: ConclusionArgument,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    decisions: DecisionsOption = Decisions.CLOSED,
    readings: ReadingsOption = Readings.CHOSEN,
    full: FullOption = False,
    depth: DepthOption = None,
    format: ReasonFormatOption = ReasonFormat.TEXT,
    out: OutOption = None,
    date: DateOption = None,
) -> None:
    """Say why something does not follow: each way to it, which conditions held, which failed and by how much.

    If it follows after all, says so and why. Exit code 3 if it cannot be told.
    """
    sheet = sheet_asked(format, out, date)
    opened = open_all(policy, records, as_of, reading, mapping)
    judge = left_open(opened.engine, decisions, readings)
    explain(
        opened,
        student,
        conclusion,
        negative=True,
        full=full,
        depth=depth,
        format=format,
        judge=judge,
        sheet=sheet,
    )

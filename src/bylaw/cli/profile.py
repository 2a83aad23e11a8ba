"""`bylaw profile`: what the rules of a pack ground to, the dearest first."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli.options import (
    AsOfOption,
    Format,
    FormatOption,
    MappingOption,
    PolicyOption,
    ReadingOption,
    RecordsOption,
    open_all,
)
from bylaw.cli.output import print_json, print_lines
from bylaw.errors import UsageError, did_you_mean


def profile(
    student: Annotated[
        str | None, typer.Argument(metavar="STUDENT", help="One student; a sample of all unless given.")
    ] = None,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    sample: Annotated[
        int, typer.Option("--sample", metavar="N", min=1, help="How many students, spread over the cohort.")
    ] = 50,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="How many rules are told.")] = 20,
    format: FormatOption = Format.TEXT,
) -> None:
    """Count what each rule grounds to, so that a drafter sees what makes a pack dear.

    An instance is a way in which the body of a rule holds; an element is one of an aggregate, or of a
    condition, in an instance. Both are counted over what follows, not timed, so two runs tell the same.
    """
    from bylaw.engine.profile import profile as profile_of
    from bylaw.report.profile_table import lines, shape

    opened = open_all(policy, records, as_of, reading, mapping)
    subjects = opened.records.subjects
    if student is not None:
        if student not in subjects:
            raise UsageError(
                f"there is no `{student}` in {opened.records.source}", did_you_mean(student, subjects)
            )
        engine = opened.engine.applying(opened.records, student)
        chosen = [student]
    else:
        if not subjects:
            raise UsageError("there is no student in the records")
        engine = opened.engine.applying(opened.records, subjects[0])
        count = min(sample, len(subjects))
        chosen = [subjects[number * len(subjects) // count] for number in range(count)]
    found = profile_of(engine, opened.records, chosen)
    if format is Format.JSON:
        print_json(shape(engine, opened.records, found))
    else:
        print_lines(lines(engine, opened.records, found, top))

"""`bylaw advise`: what a student can still do to reach a goal."""

from __future__ import annotations

from typing import Annotated

import typer

from bylaw.cli.exit_codes import UNDETERMINED
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
from bylaw.cli.why import StudentArgument

GoalArgument = Annotated[
    str,
    typer.Argument(
        metavar="GOAL",
        help="A conclusion, such as 'year_outcome(2021,promoted)': the student is implied, trailing "
        "arguments may be left out, `_` matches anything.",
    ),
]
MostOption = Annotated[
    int, typer.Option("--most", metavar="N", min=1, max=100, help="Ways of the same weight to show.")
]
SecondsOption = Annotated[
    float, typer.Option("--seconds", metavar="N", min=0.1, max=3600, help="How long to search.")
]


def advise(
    student: StudentArgument,
    goal: GoalArgument,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    most: MostOption = 5,
    seconds: SecondsOption = 5,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what a student can still do to reach a goal: the least steps, and the provisions that open them.

    Nothing that is recorded is changed. If the goal is out of reach, says so and why. Exit code 3 if it
    cannot be told.
    """
    from bylaw.analysis.advise import advise as searched
    from bylaw.engine.editions import year_asked
    from bylaw.explain.explainer import Explainer
    from bylaw.policy.patterns import parse_pattern
    from bylaw.report.advice import AdvicePage

    opened = open_all(policy, records, as_of, reading, mapping)
    pattern = parse_pattern(opened.policy, goal, student)
    kinds = [opened.policy.types[kind] for _, kind in pattern.predicate.args]
    engine = opened.engine.applying(opened.records, student, year_asked(opened.policy, pattern.args, kinds))
    advice = searched(engine, opened.records, student, pattern, seconds=seconds, most=most)
    reason = None
    if advice.undetermined or (advice.found is not None and not advice.ways):
        reason = Explainer(engine, engine.decide(opened.records, student)).why_not(pattern)
    page = AdvicePage(engine, opened.records, advice, reason, seconds=seconds)
    if format is Format.JSON:
        print_json(page.shape())
    else:
        print_lines(page.page())
    if advice.undetermined:
        raise typer.Exit(UNDETERMINED)

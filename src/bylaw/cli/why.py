"""`bylaw why`: the reasons of a conclusion, as a letter; and what `why-not` shares with it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.exit_codes import UNDETERMINED
from bylaw.cli.options import (
    AsOfOption,
    Decisions,
    DecisionsOption,
    MappingOption,
    Opened,
    PolicyOption,
    ReadingOption,
    Readings,
    ReadingsOption,
    RecordsOption,
    left_open,
    open_all,
)
from bylaw.cli.output import print_json, print_lines
from bylaw.cli.sheet import Sheet, day_asked
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.engine.opened import OpenEngine

DEPTH = 3
"""Levels of reasons below an outcome that a letter shows unless asked for more."""
DEPTH_OF_FAILURE = 2
"""The same for what does not follow, where each way to it is told."""


class ReasonFormat(StrEnum):
    """How reasons are written."""

    TEXT = "text"
    JSON = "json"
    LP = "lp"
    HTML = "html"


StudentArgument = Annotated[str, typer.Argument(metavar="STUDENT", help="Whose record.")]
ConclusionArgument = Annotated[
    str,
    typer.Argument(
        metavar="CONCLUSION",
        help="Such as 'year_outcome(2021,failed)': the student is implied, trailing arguments may be left "
        "out, `_` matches anything.",
    ),
]
FullOption = Annotated[bool, typer.Option("--full", help="Every step, none folded into the one above it.")]
DepthOption = Annotated[
    int | None,
    typer.Option(
        "--depth",
        metavar="N",
        min=1,
        help=f"Levels of reasons to show; {DEPTH}, or {DEPTH_OF_FAILURE} for what does not follow.",
    ),
]
ReasonFormatOption = Annotated[
    ReasonFormat,
    typer.Option(
        "--format",
        "-f",
        metavar="text|json|lp|html",
        help="lp: atoms in place of sentences. html: a page for the student.",
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the page to a file; html only.")
]
DateOption = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="The day that stands on the page; today unless given."),
]


def why(
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
    """Say why something follows from a student's record: the provisions, the figures and the rows.

    If it does not follow, says so and shows where each way to it failed. Exit code 3 if it cannot be told.
    """
    sheet = sheet_asked(format, out, date)
    opened = open_all(policy, records, as_of, reading, mapping)
    judge = left_open(opened.engine, decisions, readings)
    explain(
        opened,
        student,
        conclusion,
        negative=False,
        full=full,
        depth=depth,
        format=format,
        judge=judge,
        sheet=sheet,
    )


def sheet_asked(format: ReasonFormat, out: Path | None, date: str | None) -> Sheet | None:
    """Return where a page goes, None where none is asked for."""
    if format is ReasonFormat.HTML:
        return Sheet(out, day_asked(date))
    if out is not None or date is not None:
        raise UsageError("`--out` and `--date` are for a page", "add `--format html`")
    return None


def explain(
    opened: Opened,
    student: str,
    conclusion: str,
    *,
    negative: bool,
    full: bool,
    depth: int | None,
    format: ReasonFormat,
    judge: OpenEngine | None = None,
    sheet: Sheet | None = None,
) -> None:
    """Print why a conclusion follows or, for `negative`, why it does not.

    Args:
        judge: what leaves decisions or readings open; None if all is settled.
        sheet: where a page goes, and the day on it; None for what is no page.
    """
    if sheet is not None and judge is not None:
        help = "leave out `--decisions open` and `--readings open`, or take another format"
        raise UsageError("a page tells what is settled", help)
    from bylaw.engine.editions import year_asked
    from bylaw.explain.contrast import nearest_better
    from bylaw.explain.explainer import Explainer
    from bylaw.explain.reach import told_of
    from bylaw.policy.patterns import parse_pattern

    pattern = parse_pattern(opened.policy, conclusion, student)
    kinds = [opened.policy.types[kind] for _, kind in pattern.predicate.args]
    year = year_asked(opened.policy, pattern.args, kinds)
    engine = opened.engine.applying(opened.records, student, year)
    decision = engine.decide_about(opened.records, student, told_of(engine.policy, pattern.predicate.name))
    explainer = Explainer(engine, decision)
    reason = explainer.why_not(pattern) if negative else explainer.why(pattern)
    unknown = [u for u in decision.undetermined if u.predicate.name == pattern.predicate.name]
    tables = unknown[0].tables if unknown else ()
    told = reason.holds and not negative and not tables
    contrast = nearest_better(explainer, pattern) if told else None
    outlook = None
    if judge is not None and not tables:
        from bylaw.explain.branches import Explained, outlook_of

        explored = judge.explore(opened.records, student, [pattern.predicate.name], year)
        outlook = outlook_of(
            Explained(engine, decision, explainer, reason), opened.records, explored, pattern
        )
    if sheet is not None:
        from bylaw import __version__
        from bylaw.report.student_page import student_page

        html = student_page(
            engine,
            opened.records,
            decision,
            reason,
            made=sheet.made,
            version=__version__,
            contrast=contrast,
            reckoner=explainer.reckoner,
            undetermined=tables,
        )
        sheet.write(html)
    elif format is ReasonFormat.JSON:
        from bylaw.report.json_shapes import reason_report

        report = reason_report(
            engine,
            opened.records,
            decision,
            reason,
            tables,
            outlook,
            contrast,
            None if tables else explainer.reckoner,
        )
        print_json(report)
    elif outlook is not None and outlook.forks:
        from bylaw.report.fork_letter import fork_page

        print_lines(fork_page(outlook, full=full, depth=depth, atoms=format is ReasonFormat.LP))
    else:
        from bylaw.report.letter import Letter

        letter = Letter(
            engine,
            opened.records,
            decision,
            full=full,
            depth=depth or (None if full else DEPTH_OF_FAILURE if not reason.holds else DEPTH),
            atoms=format is ReasonFormat.LP,
        )
        if outlook is not None:
            from bylaw.report.fork_letter import settled_line

            print_lines([settled_line(outlook)])
        page = letter.page(reason, negative=negative, contrast=contrast, reckoner=explainer.reckoner)
        print_lines(letter.undetermined(reason, tables) if tables else page)
    if tables:
        raise typer.Exit(UNDETERMINED)

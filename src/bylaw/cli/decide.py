"""`bylaw decide`: everything that follows from a record."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.options import AsOfOption, Opened, PolicyOption, ReadingOption, RecordsOption, open_all
from bylaw.cli.output import json_text, print_json, print_lines, write
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.engine.solve import Decision

UNDETERMINED = 3
"""The exit code where something cannot be told from the record."""


class DecideFormat(StrEnum):
    """How decisions are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def decide(
    student: Annotated[str | None, typer.Argument(metavar="STUDENT", help="Whose record.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Decide every student of the records.")] = False,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    format: Annotated[
        DecideFormat,
        typer.Option("--format", "-f", metavar="text|json|jsonl", help="jsonl: a line for each student."),
    ] = DecideFormat.TEXT,
) -> None:
    """Say everything that follows from a student's record, each conclusion with its provisions.

    Exit code 3 if something cannot be told from the record.
    """
    if all == (student is not None):
        raise UsageError("name one student, or give `--all`")
    opened = open_all(policy, records, as_of, reading)
    subjects = opened.records.subjects if student is None else (student,)
    decisions = opened.engine.decide_all(opened.records, subjects)
    open_ends = 0
    if format is DecideFormat.TEXT:
        open_ends = _print_text(opened, decisions)
    else:
        stream = format is DecideFormat.JSONL
        open_ends = _print_json(opened, decisions, stream=stream, one=student is not None)
    if open_ends:
        raise typer.Exit(UNDETERMINED)


def _print_text(opened: Opened, decisions: Iterator[Decision]) -> int:
    from bylaw.report.decision_text import decision_page
    from bylaw.report.terminal import line

    open_ends = 0
    for number, decision in enumerate(decisions):
        print_lines([line()] if number else [])
        engine = opened.engine.applying(opened.records, decision.subject)
        print_lines(decision_page(engine, opened.records, decision, headed=not number))
        open_ends += len(decision.undetermined)
    return open_ends


def _print_json(opened: Opened, decisions: Iterator[Decision], *, stream: bool, one: bool) -> int:
    """Print each decision as soon as it is made; a cohort is one array unless streamed."""
    from bylaw.report.json_shapes import decision_shape

    open_ends = 0
    if not stream and not one:
        write("[")
    for number, decision in enumerate(decisions):
        open_ends += len(decision.undetermined)
        shape = decision_shape(opened.engine, opened.records, decision)
        if stream:
            write(json_text(shape, indent=None) + "\n")
        elif one:
            print_json(shape)
        else:
            write((",\n" if number else "\n") + json_text(shape))
    if not stream and not one:
        write("\n]\n")
    return open_ends

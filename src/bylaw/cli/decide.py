"""`bylaw decide`: everything that follows from a record."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

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
    mapping_named,
    open_all,
    policy_named,
    records_named,
)
from bylaw.cli.output import check_new, json_text, print_json, print_lines, save_private, say, write
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.analysis.receipt import Receipt
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
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="With `--receipt`: a new file for the receipt.")
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Decide every student of the records.")] = False,
    receipt: Annotated[
        bool,
        typer.Option(
            "--receipt", help="Write what is needed to derive the verdict again, to FILE or to stdout."
        ),
    ] = False,
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    decisions: DecisionsOption = Decisions.CLOSED,
    readings: ReadingsOption = Readings.CHOSEN,
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
    if file is not None and not receipt:
        raise UsageError(f"`{file}` is one word too many", "to write a receipt to it, give `--receipt`")
    if receipt and student is None:
        raise UsageError("a receipt is of one student", "name the student in place of `--all`")
    if file is not None:
        check_new(file)
    opened = open_all(policy, records, as_of, reading, mapping)
    subjects = opened.records.subjects if student is None else (student,)
    judge = left_open(opened.engine, decisions, readings)
    decided = (
        (judge.decide(opened.records, subject) for subject in subjects)
        if judge
        else opened.engine.decide_all(opened.records, subjects)
    )
    if receipt:
        one = next(decided)
        decided = iter((one,))
        made = receipt_of(opened, one, policy, records, mapping, decisions, readings)
        _write_receipt(made, file)
    open_ends = 0
    if receipt and file is None:
        open_ends = len(one.undetermined)
    elif format is DecideFormat.TEXT:
        open_ends = _print_text(opened, decided, several=all and opened.policy.editions is not None)
    else:
        stream = format is DecideFormat.JSONL
        open_ends = _print_json(opened, decided, stream=stream, one=student is not None)
    if open_ends:
        raise typer.Exit(UNDETERMINED)


def receipt_of(
    opened: Opened,
    decision: Decision,
    policy: str | None,
    records: str | None,
    mapping: str | None,
    decisions: Decisions,
    readings: Readings,
) -> Receipt:
    """Return the receipt of a decision, with the pack and the records as the reader named them."""
    from bylaw.analysis.receipt import make_receipt

    return make_receipt(
        opened.engine,
        opened.records,
        decision,
        policy_given=str(policy_named(policy)),
        records_given=records_named(records),
        mapping_given=mapping_named(mapping, records),
        decisions=decisions.value,
        readings_mode=readings.value,
    )


def _write_receipt(made: Receipt, file: str | None) -> None:
    """Write a receipt to a file, or to stdout."""
    from bylaw.analysis.receipt import receipt_shape, receipt_text

    if file is None:
        print_json(receipt_shape(made))
    else:
        save_private(file, receipt_text(made))
        say(f"the receipt is written to {file}")


def _print_text(opened: Opened, decisions: Iterator[Decision], *, several: bool) -> int:
    """Print the decisions; where several editions apply, each names its own."""
    from bylaw.report.decision_text import decision_page, heading
    from bylaw.report.terminal import line

    if several:
        print_lines([*heading(opened.engine, opened.records, several=True), line()])
    open_ends = 0
    for number, decision in enumerate(decisions):
        print_lines([line()] if number else [])
        engine = opened.engine.applying(opened.records, decision.subject)
        headed = not number and not several
        print_lines(decision_page(engine, opened.records, decision, headed=headed, named=several))
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
        engine = opened.engine.applying(opened.records, decision.subject)
        shape = decision_shape(engine, opened.records, decision)
        if stream:
            write(json_text(shape, indent=None) + "\n")
        elif one:
            print_json(shape)
        else:
            write((",\n" if number else "\n") + json_text(shape))
    if not stream and not one:
        write("\n]\n")
    return open_ends

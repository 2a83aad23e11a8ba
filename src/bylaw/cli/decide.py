"""`bylaw decide`: everything that follows from a record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli import discretion
from bylaw.cli.cohort_options import (
    NoCacheOption,
    OnOption,
    WhereOption,
    Wishes,
    WorkersOption,
)
from bylaw.cli.decide_all import CohortFormat, decide_all
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
    left_open,
    mapping_named,
    open_all,
    policy_named,
    records_named,
)
from bylaw.cli.output import check_new, print_json, print_lines, save_private, say
from bylaw.cli.sheet import Sheet, day_asked
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.analysis.receipt import Receipt
    from bylaw.engine.solve import Decision


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
    where: WhereOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="With `--all` or `--format html`: write to a file, not to stdout.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a file that an earlier run did not finish.")
    ] = False,
    workers: WorkersOption = None,
    on: OnOption = None,
    no_cache: NoCacheOption = False,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
    format: Annotated[
        CohortFormat,
        typer.Option(
            "--format",
            "-f",
            metavar="text|json|jsonl|csv|parquet|html",
            help="jsonl: a line for each student; csv, parquet: a row for each conclusion of a cohort; "
            "html: a page for one student.",
        ),
    ] = CohortFormat.TEXT,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help="The day on a page of html; today unless given."),
    ] = None,
) -> None:
    """Say everything that follows from a student's record, each conclusion with its provisions.

    With `--all`, of every student: in batches, by several processes, each student derived only if the record
    or the rules have changed since the last run. Exit code 3 if something cannot be told from a record, 4 if
    a student hit a limit; the results of the others are written.
    """
    wishes = Wishes(workers, where, no_cache, time_limit, memory_limit, cpu_limit, on)
    if all == (student is not None):
        raise UsageError("name one student, or give `--all`")
    if file is not None and not receipt:
        raise UsageError(f"`{file}` is one word too many", "to write a receipt to it, give `--receipt`")
    if receipt and student is None:
        raise UsageError("a receipt is of one student", "name the student in place of `--all`")
    if receipt and discretion.renamed() is not None:
        raise UsageError("a receipt is of a record with its own names", "leave `--pseudonymise` out")
    if file is not None:
        check_new(file)
    _check_cohort_options(wishes, output, format, all=all, resume=resume)
    if date is not None and format is not CohortFormat.HTML:
        raise UsageError("`--date` is for a page", "add `--format html`")
    sheet = Sheet(output, day_asked(date)) if format is CohortFormat.HTML else None
    wishes.check_scheduler()
    opened = open_all(policy, records, as_of, reading, mapping)
    if student is None:
        from bylaw.report.told import Telling

        telling = Telling(
            "page" if format is CohortFormat.TEXT else "shape",
            dict(opened.engine.readings),
            decisions is Decisions.OPEN,
            readings is Readings.OPEN,
        )
        if decide_all(opened, telling, wishes, format, output, resume=resume):
            raise typer.Exit(UNDETERMINED)
        return
    judge = left_open(opened.engine, decisions, readings)
    decision = (judge or opened.engine).decide(opened.records, student)
    if receipt:
        _write_receipt(receipt_of(opened, decision, policy, records, mapping, decisions, readings), file)
    if not receipt or file is not None:
        _print(opened, decision, format, sheet)
    if decision.undetermined:
        raise typer.Exit(UNDETERMINED)


def _check_cohort_options(
    wishes: Wishes, output: Path | None, format: CohortFormat, *, all: bool, resume: bool
) -> None:
    """Refuse options of a cohort where one student is asked for, and those that miss a file.

    Raises:
        UsageError: they do not fit.
    """
    table = format in (CohortFormat.CSV, CohortFormat.PARQUET)
    page = format is CohortFormat.HTML
    if all and page:
        raise UsageError("a page is of one student", "name the student in place of `--all`")
    if not all and (wishes.given() or (output is not None and not page) or resume or table):
        raise UsageError("these options are for a cohort", "give `--all` in place of one student")
    if resume and output is None:
        raise UsageError("`--resume` goes on with a file", "name it with `--output`")
    if format is CohortFormat.PARQUET and output is None:
        raise UsageError("Parquet is written to a file", "name it with `--output`")


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


def _print(opened: Opened, decision: Decision, format: CohortFormat, sheet: Sheet | None) -> None:
    engine = opened.engine.applying(opened.records, decision.subject)
    if sheet is not None:
        from bylaw import __version__
        from bylaw.report.decision_html import decision_html

        page = decision_html(engine, opened.records, decision, made=sheet.made, version=__version__)
        sheet.write(page)
        return
    if format is CohortFormat.TEXT:
        from bylaw.report.decision_text import decision_page

        print_lines(decision_page(engine, opened.records, decision))
        return
    from bylaw.report.json_shapes import decision_shape

    print_json(
        decision_shape(engine, opened.records, decision), indent=2 if format is CohortFormat.JSON else None
    )

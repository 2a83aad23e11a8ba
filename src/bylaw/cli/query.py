"""`bylaw query`: the answers to a clingo body over a cohort."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.cohort_options import OnOption, Wishes, WorkersOption, interruptible
from bylaw.cli.discretion import least_group
from bylaw.cli.exit_codes import UNDETERMINED
from bylaw.cli.options import (
    AsOfOption,
    CpuOption,
    MappingOption,
    MemoryOption,
    PolicyOption,
    ReadingOption,
    RecordsOption,
    TimeOption,
    open_all,
)
from bylaw.cli.output import OWNER_ONLY, print_lines, save, say, write
from bylaw.cli.progress import progress
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.report.query_table import Table


class QueryFormat(StrEnum):
    """How answers are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def query(
    body: Annotated[
        str,
        typer.Argument(
            metavar="BODY",
            help="The body of a rule, such as 'year_outcome(S,Y,failed), placed(S,Y,1)': a row an answer.",
        ),
    ],
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="VAR[,VAR]", help="Count the rows for each value of these variables."),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Print only how many rows there are.")] = False,
    format: Annotated[
        QueryFormat,
        typer.Option("--format", "-f", metavar="text|json|jsonl|csv|parquet", help="How to write the rows."),
    ] = QueryFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
    workers: WorkersOption = None,
    on: OnOption = None,
    time_limit: TimeOption = None,
    memory_limit: MemoryOption = None,
    cpu_limit: CpuOption = None,
) -> None:
    """Answer a question over all students: the values for which a clingo body holds."""
    if by and count:
        raise UsageError("`--by` and `--count` exclude each other", "`--by` counts the rows of each value")
    if format is QueryFormat.PARQUET:
        from bylaw.report.parquet_file import check_parquet

        check_parquet()
        if output is None or count:
            raise UsageError("Parquet is written to a file, with rows in it", "name it with `--output`")
    wishes = Wishes(workers, seconds=time_limit, mebibytes=memory_limit, cpu=cpu_limit, on=on)
    wishes.check_scheduler()
    opened = open_all(policy, records, as_of, reading, mapping)
    from bylaw.engine.query import run_query
    from bylaw.report import query_table

    effort = wishes.effort()
    students = len(opened.records.subjects)
    with interruptible(), progress(students, f"{opened.policy.subject}s") as advance:
        result = run_query(opened.engine, opened.records, body, progress=advance, effort=effort)
    table = query_table.table_of(result)
    whose, least = opened.policy.subject, least_group()
    few = count and query_table.too_few(table, least, whose)
    if by:
        names = [name.strip() for name in by.split(",") if name.strip()]
        table = query_table.counted(table, names, least, whose)
    if format is QueryFormat.TEXT and output is None:
        shown = query_table.count_lines(table, withheld=few) if count else query_table.lines(table)
        print_lines(shown)
    elif output is None:
        write(_written(table, format, count, few))
    else:
        if format is QueryFormat.PARQUET:
            _save_parquet(output, table)
        else:
            save(output, _written(table, format, count, few), private=True)
        say(f"{len(table.rows)} rows written to {output}")
    if result.undetermined:
        say(
            f"for {len(result.undetermined)} of {len(opened.records.subjects)} it cannot be told: "
            "tables that the question rests on are not in the records"
        )
        raise typer.Exit(UNDETERMINED)


def _save_parquet(output: Path, table: Table) -> None:
    from bylaw.files.atomic import written_whole
    from bylaw.report.parquet_file import write_rows

    try:
        with written_whole(output, None if output.exists() else OWNER_ONLY) as stream:
            write_rows(table, stream)
    except OSError as cause:
        reason = (cause.strerror or "it cannot be opened").lower()
        raise UsageError(f"`{output}` cannot be written: {reason}") from None


def _written(table: Table, format: QueryFormat, count: bool, few: bool) -> str:
    """Return the rows, or how many they are, as a text to be stored or piped."""
    from bylaw.report import query_table
    from bylaw.report.json_shapes import json_text
    from bylaw.report.terminal import render

    if format is QueryFormat.TEXT:
        shown = query_table.count_lines(table, withheld=few) if count else query_table.lines(table)
        return "".join(one + "\n" for one in render(shown, width=10_000))
    if count:
        return query_table.count_text(table, format.value, withheld=few)
    if format is QueryFormat.CSV:
        return query_table.csv_text(table)
    shapes = query_table.shapes(table)
    if format is QueryFormat.JSONL:
        return "".join(json_text(shape, indent=None) + "\n" for shape in shapes)
    return json_text(shapes) + "\n"

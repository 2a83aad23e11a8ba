"""The conclusions of a cohort, and the answers to a query, as Parquet files for those who have pyarrow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from bylaw.files.extras import need
from bylaw.report.cohort_writing import COLUMNS, Entry, rows
from bylaw.report.query_table import Table, shapes

_GROUP = 50_000
"""Rows that are written together; more of them are held in memory."""


def check_parquet() -> None:
    """Find out whether Parquet can be written at all.

    Raises:
        UsageError: pyarrow is not installed.
    """
    need("pyarrow.parquet", "parquet", "Parquet files")


def write_rows(table: Table, stream: BinaryIO) -> None:
    """Write the answers to a query: numbers as numbers, as a person writes them, and everything else as text.

    Raises:
        UsageError: pyarrow is not installed.
    """
    pq = need("pyarrow.parquet", "parquet", "Parquet files")
    pa = need("pyarrow", "parquet", "Parquet files")
    told = shapes(table)
    arrays = [pa.array([one[name] for one in told], None if told else pa.string()) for name in table.columns]
    pq.write_table(pa.Table.from_arrays(arrays, names=list(table.columns)), stream)


def write_parquet(entries: Iterable[Entry], stream: BinaryIO) -> None:
    """Write the table of a cohort, its provisions as lists of text.

    Raises:
        UsageError: pyarrow is not installed.
    """
    pq = need("pyarrow.parquet", "parquet", "Parquet files")
    pa = need("pyarrow", "parquet", "Parquet files")
    text = pa.string()
    schema = pa.schema([(name, pa.list_(text) if name == "provisions" else text) for name in COLUMNS])
    waiting: list[tuple[Any, ...]] = []
    with pq.ParquetWriter(stream, schema) as writer:

        def write() -> None:
            arrays = [
                pa.array([row[place] for row in waiting], kind.type) for place, kind in enumerate(schema)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            waiting.clear()

        for entry in entries:
            waiting.extend(rows(entry.told))
            if len(waiting) >= _GROUP:
                write()
        write()

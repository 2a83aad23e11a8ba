"""Reads a Parquet file in batches, and only the columns that are wanted."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bylaw.errors import Place, Problem
from bylaw.files.extras import need
from bylaw.files.sheet import Cells, NumberedPlaces, Sheet
from bylaw.files.source import open_regular

BATCH = 20_000
"""Rows that are in memory at once."""


def parquet_sheet(path: Path, name: str) -> Sheet:
    """Open a Parquet file and read the names of its columns.

    Args:
        path: the file.
        name: how problems name it.

    Raises:
        UsageError: pyarrow is not installed.
    """
    parquet = need("pyarrow.parquet", "parquet", "Parquet files")
    places = NumberedPlaces(name)
    problems: list[Problem] = []
    try:
        open_regular(path).close()
        file = parquet.ParquetFile(path)
    except Exception as cause:  # whatever a broken file makes of the library
        reason = (cause.strerror or str(cause)).lower() if type(cause) is OSError else "it is not Parquet"
        if isinstance(cause, FileNotFoundError):
            reason = "it is not there"
        problems.append(Problem(f"file cannot be read: {reason}", Place(name)))
        return Sheet(places, [], lambda _: iter(()), problems)
    names = list(file.schema_arrow.names)
    for column in sorted({one for one in names if names.count(one) > 1}):
        problems.append(Problem(f"column `{column}` stands twice", places.header()))

    def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Cells]]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=BATCH, columns=[names[index] for index in wanted]):
                columns = [_values(batch.column(names[index])) for index in wanted]
                for cells in zip(*columns, strict=True) if columns else [()] * batch.num_rows:
                    number += 1
                    yield number, cells
        except Exception:  # likewise, or a time finer than Python has
            message = f"file cannot be read beyond row {number}"
            problems.append(Problem(message, Place(name), "write it again"))
        finally:
            file.close()

    header = [(column, places.header()) for column in names]
    return Sheet(places, header, rows, problems, places.header())


def _values(column: Any) -> list[object]:
    values: list[object] = column.to_pylist()
    if str(column.type) != "float":
        return values
    shortest: Callable[[Any], object] = _shortest_single
    return [None if value is None else shortest(value) for value in values]


def _shortest_single(value: float) -> float:
    """Return the number with the fewest digits that a float of 32 bits stands for: 12.1, not 12.100000381."""
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return short
    return value

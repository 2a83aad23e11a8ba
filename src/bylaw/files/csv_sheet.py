"""A CSV file as a sheet: its rows keep their lines, and the place of a cell is looked up when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from bylaw.errors import Place
from bylaw.files.csv import CsvRow, read_csv, scan, text_lines
from bylaw.files.sheet import Cells, Sheet


class CsvPlaces:
    """Names the cells of a CSV file by line and column.

    Of a million rows hardly any is asked for, so their text is not kept: the file is read again, forward
    from the last place asked for.

    Args:
        name: the file as the reader named it.
        path: the file.
        delimiter: what separates its cells.
    """

    def __init__(self, name: str, path: Path, delimiter: str) -> None:
        self.name = name
        self._path = path
        self._delimiter = delimiter
        self._current: CsvRow | None = None
        self._again: Iterator[str] | None = None
        self._first = 0
        self._lines: list[str] = []

    def __reduce__(self) -> tuple[type[CsvPlaces], tuple[str, Path, str]]:
        return CsvPlaces, (self.name, self._path, self._delimiter)

    def at(self, row: CsvRow | None) -> None:
        """Take note of the row that is being read."""
        self._current = row

    def ref(self, number: int) -> str:
        """Return nothing: the number is a line."""
        del number
        return ""

    def place(self, number: int, index: int | None = None) -> Place:
        """Return where a row, or one of its cells, starts."""
        if index is None:
            return Place(self.name, number)
        if self._current is not None and self._current.line == number:
            return Place(self.name, *self._current.position(index))
        try:
            characters = self._characters(number)
            first = next(characters, None)
            starts, _, _ = scan(chain(first or "", characters), self._delimiter)
        except (OSError, UnicodeDecodeError):
            first = None
        if first is None:  # the file has changed since it was read
            return Place(self.name, number)
        down, column = starts[min(index, len(starts) - 1)]
        return Place(self.name, number + down, column)

    def _characters(self, number: int) -> Iterator[str]:
        """Yield the characters from a line on."""
        if self._again is None or number < self._first:
            self._again, self._first, self._lines = text_lines(self._path), 1, []
        skipped = min(number - self._first, len(self._lines))
        del self._lines[:skipped]
        self._first += skipped
        while self._first < number:
            if next(self._again, None) is None:
                return
            self._first += 1
        position = 0
        while True:
            if position == len(self._lines):
                line = next(self._again, None)
                if line is None:
                    return
                self._lines.append(line)
            yield from self._lines[position]
            position += 1


def csv_sheet(path: Path, name: str, max_bytes: int | None = None) -> Sheet:
    """Open a CSV file, as `read_csv` does, and read its header.

    Args:
        path: the file.
        name: how problems name it.
        max_bytes: the greatest size allowed, if there is one.
    """
    file = read_csv(path, name, max_bytes)
    places = CsvPlaces(name, path, file.delimiter)

    def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Cells]]:
        whole = list(wanted) == list(range(len(file.header)))
        for row in file.rows:
            places.at(row)
            yield row.line, row.cells if whole else [row.cells[index] for index in wanted]
        places.at(None)

    header = [(column, Place(name, file.header_line, at)) for column, at in file.header]
    return Sheet(places, header, rows, file.problems, Place(name, file.header_line))

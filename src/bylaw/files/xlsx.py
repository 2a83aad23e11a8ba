"""Reads the sheets of an Excel workbook row by row, and remembers each cell as `marks!B12`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bylaw.errors import Place, Problem
from bylaw.files.csv import visible
from bylaw.files.extras import need
from bylaw.files.sheet import Cells, Sheet, Unreadable
from bylaw.files.source import open_regular

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_ZEROS = re.compile("0{2,}")
_EXACT = 10**15
"""Whole numbers from here on have more digits than a workbook keeps."""


@dataclass(frozen=True, slots=True)
class GridPlaces:
    """Names the cells of a sheet.

    Args:
        name: the workbook as the reader named it.
        sheet: the name of the sheet.
        columns: how many columns the header has.
    """

    name: str
    sheet: str
    columns: int

    def ref(self, number: int) -> str:
        """Return the cells of a row: `marks!A12:E12`."""
        last = column_letters(max(self.columns - 1, 0))
        return f"{_quoted(self.sheet)}!A{number}:{last}{number}"

    def place(self, number: int, index: int | None = None) -> Place:
        """Return where a row or a cell stands: `marks!B12`."""
        if index is None:
            return Place(self.name, number, ref=self.ref(number))
        return Place(self.name, number, index + 1, f"{_quoted(self.sheet)}!{column_letters(index)}{number}")


def column_letters(index: int) -> str:
    """Return the letters of a column by its position from 0: A, B, ..., Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Workbook:
    """An Excel workbook that is being read.

    Args:
        path: the file.
        name: how problems name it.

    Raises:
        UsageError: openpyxl is not installed.
        ValueError: the file is no workbook; the message says so.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        openpyxl = need("openpyxl", "xlsx", "XLSX files")
        open_regular(path).close()
        self._name = name
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on styles and validations, of which nothing is read
                self._book: Any = openpyxl.load_workbook(path, read_only=True)
        except OSError:
            raise
        except Exception:  # whatever a broken archive makes of the library
            raise ValueError("it is not an Excel workbook (.xlsx)") from None
        self.sheets: list[str] = [sheet.title for sheet in self._book.worksheets]

    def close(self) -> None:
        """Close the file."""
        self._book.close()

    def sheet(self, title: str) -> Sheet:
        """Open a sheet and read its header, the first row that is not empty."""
        source = self._book[title]
        source.reset_dimensions()  # what a file says of its size may be wrong
        problems: list[Problem] = []
        numbered = enumerate(self._rows(source, problems), start=1)
        for number, cells in numbered:  # noqa: B007 - the number of the header
            names = [_name_of(cell) for cell in cells]
            while names and not names[-1]:
                names.pop()
            if names:
                break
        else:
            places = GridPlaces(self._name, title, 0)
            if not problems:
                help_line = "its first row names the columns"
                problems.append(Problem("sheet is empty", places.place(1, 0), help_line))
            return Sheet(places, [], lambda _: iter(()), problems)
        places = GridPlaces(self._name, title, len(names))
        header = [(name, places.place(number, index)) for index, name in enumerate(names)]
        for index, (name, place) in enumerate(header):
            if not name:
                problems.append(Problem(f"column {column_letters(index)} has no name", place))
            elif name in names[:index]:
                first = column_letters(names.index(name))
                problems.append(
                    Problem(f"column `{visible(name)}` stands twice", place, f"it is column {first} already")
                )

        def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Cells]]:
            for number, cells in numbered:
                if all(cell.value is None for cell in cells):
                    continue
                for index in range(len(names), len(cells)):
                    if cells[index].value is not None:
                        problems.append(
                            Problem("cell stands in a column without a name", places.place(number, index))
                        )
                yield number, [_value(cells[i]) if i < len(cells) else None for i in wanted]

        return Sheet(places, header, rows, problems, places.place(number))

    def _rows(self, source: Any, problems: list[Problem]) -> Iterator[Sequence[Any]]:
        try:
            yield from source.iter_rows()
        except Exception:  # whatever a broken sheet makes of the library
            message = f"sheet `{visible(source.title)}` cannot be read to its end"
            problems.append(Problem(message, Place(self._name), "save the workbook again"))


def _name_of(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value).strip()


def _value(cell: Any) -> object:
    """Return what a cell holds; an id that its format shows with zeros before it, as the text shown."""
    value = cell.value
    if value is None or isinstance(value, bool):
        return value
    if cell.data_type == "f":
        return Unreadable("holds a formula", "paste the values over it: what it shows may be out of date")
    if cell.data_type == "e":
        return Unreadable(f"holds the error {value}", None)
    if isinstance(value, int | float) and _ZEROS.fullmatch(str(cell.number_format)):
        whole = int(value)
        if whole == value and 0 <= whole < _EXACT:
            return str(whole).zfill(len(cell.number_format))
    return value


def _quoted(sheet: str) -> str:
    doubled = visible(sheet.replace("'", "''"))
    return sheet if _PLAIN_NAME.fullmatch(sheet) else f"'{doubled}'"

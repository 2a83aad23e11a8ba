"""What holds the tables of a cohort, by how it is named: a folder, a file, a workbook or a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bylaw.errors import Problem, RecordError
from bylaw.files.csv import visible
from bylaw.files.csv_sheet import csv_sheet
from bylaw.files.parts import parts_of
from bylaw.files.sheet import Sheet

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+_.-]*://")
_SQLITE = "sqlite:///"
FILES = (".csv", ".parquet")
"""Endings of files that hold one table."""
_WORKBOOKS = (".xlsx", ".xlsm")
_DATABASES = (".db", ".sqlite", ".sqlite3")

Open = Callable[[], Iterable[Sheet]]
"""Opens a table: its sheet, or one after the other where it is in parts."""


@dataclass(frozen=True, slots=True)
class Store:
    """The tables of a source.

    Args:
        name: the source as it may be shown to its reader: without a password.
        word: what one of its tables is called there: `file`, `sheet` or `table`.
        tables: how each is opened, by its name in the source.
        other: opens a table that is not listed, such as one of another schema, if there is one.
    """

    name: str
    word: str
    tables: Mapping[str, Open]
    other: Callable[[str], Open | None] = lambda _: None

    def find(self, name: str) -> tuple[str, Open] | None:
        """Return the table that a name means: as it stands, in other letters, or without its ending."""
        if name in self.tables:
            return name, self.tables[name]
        for key in (str.casefold, lambda one: stem_of(one).casefold()):
            same = [one for one in self.tables if key(one) == key(name)]
            if len(same) == 1:
                return same[0], self.tables[same[0]]
        found = self.other(name)
        return (name, found) if found else None


def stem_of(table: str) -> str:
    """Return the name of a table without the ending of its file."""
    path, _, sheet = table.rpartition("!")
    if path:
        return sheet
    suffix = Path(table).suffix
    return table.removesuffix(suffix) if suffix.lower() in (*FILES, *_WORKBOOKS, *_DATABASES) else table


def is_address(source: str) -> bool:
    """Whether a source is named by a database address rather than a path."""
    return _ADDRESS.match(source) is not None


def is_server(source: str) -> bool:
    """Whether a source is asked over a network, or over a socket of this machine."""
    return is_address(source) and not source.startswith(_SQLITE)


def shown_source(source: str) -> str:
    """Return how a source may be shown: an address without its password."""
    if not is_address(source):
        return source
    from bylaw.files.sql import without_password

    return without_password(source)


@contextmanager
def open_store(source: str) -> Iterator[Store]:
    """Open a source for reading its tables.

    Args:
        source: a folder of CSV, Parquet or XLSX files, one such file, an SQLite file, or a database address.

    Raises:
        RecordError: it is not there, or is none of these.
        UsageError: a library or driver is not installed, or a database does not answer.
    """
    path, name = Path(source), shown_source(source)
    closing: list[Callable[[], None]] = []
    try:
        try:
            yield _store(source, path, name, closing)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordError(Problem(f"`{visible(name, 400)}` cannot be read: {reason}")) from None
    finally:
        for close in closing:
            close()


def _store(source: str, path: Path, name: str, closing: list[Callable[[], None]]) -> Store:
    suffix = path.suffix.lower()
    if is_address(source):
        if source.startswith(_SQLITE):
            return _sqlite(Path(source.removeprefix(_SQLITE)), name, closing)
        return _database(source, name, closing)
    if path.is_dir():
        return Store(name, "file", _folder(path, name, closing))
    if not path.exists():
        raise RecordError(Problem(f"`{visible(name, 400)}` is not there"))
    if suffix in _WORKBOOKS:
        return Store(name, "sheet", _workbook(path, name, closing))
    if suffix in _DATABASES:
        return _sqlite(path, name, closing)
    opened = _file(path, name)
    if opened is None:
        help_line = "a folder, a CSV, Parquet or XLSX file, or the address of a database is"
        if suffix == ".xls":
            help_line = "save it as .xlsx: the older format is not read"
        raise RecordError(Problem(f"`{visible(name, 400)}` is no source of tables", help=help_line))
    return Store(name, "file", {path.name: opened})


def table_sheets(path: Path, name: str) -> Iterable[Sheet]:
    """Open a CSV or Parquet file, or a folder with the parts of a table.

    Args:
        path: the file or folder.
        name: how problems name it.

    Raises:
        RecordError: the folder holds something else, once it is read.
        UsageError: a library that it needs is not installed.
    """
    if path.is_dir():
        return _parts(path, name)
    opened = _file(path, name)
    assert opened is not None
    return opened()


def _one(opened: Callable[[], Sheet]) -> Open:
    return lambda: (opened(),)


def _file(path: Path, name: str) -> Open | None:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _one(partial(csv_sheet, path, name))
    if suffix == ".parquet":
        from bylaw.files.parquet import parquet_sheet

        return _one(partial(parquet_sheet, path, name))
    return None


def _parts(folder: Path, name: str) -> Iterator[Sheet]:
    for path, shown in parts_of(folder, name, FILES):
        opened = _file(path, shown)
        yield from opened() if opened is not None else ()


def _has_parts(folder: Path) -> bool:
    """Return whether a folder looks like a table in parts."""
    return folder.suffix.lower() in FILES or any(one.suffix.lower() in FILES for one in folder.iterdir())


def _folder(folder: Path, name: str, closing: list[Callable[[], None]]) -> dict[str, Open]:
    tables: dict[str, Open] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        shown = str(Path(name) / path.name)
        if path.is_dir():
            if _has_parts(path):
                tables[path.name] = partial(_parts, path, shown)
        elif (opened := _file(path, shown)) is not None:
            tables[path.name] = opened
        elif path.suffix.lower() in _WORKBOOKS and not path.name.startswith("~$"):
            sheets = _workbook(path, shown, closing)
            tables |= {f"{path.name}!{sheet}": one for sheet, one in sheets.items()}
    return tables


def _workbook(path: Path, name: str, closing: list[Callable[[], None]]) -> dict[str, Open]:
    from bylaw.files.xlsx import Workbook

    try:
        book = Workbook(path, name)
    except ValueError as cause:
        raise RecordError(Problem(f"`{visible(name, 400)}` cannot be read: {cause}")) from None
    closing.append(book.close)
    return {sheet: _one(partial(book.sheet, sheet)) for sheet in book.sheets}


def _sqlite(path: Path, name: str, closing: list[Callable[[], None]]) -> Store:
    from bylaw.files.sqlite import SqliteDatabase

    try:
        database = SqliteDatabase(path, name)
    except FileNotFoundError:
        raise RecordError(Problem(f"`{visible(name, 400)}` is not there")) from None
    except ValueError as cause:
        raise RecordError(Problem(f"`{visible(name, 400)}` cannot be read: {cause}")) from None
    closing.append(database.close)
    return Store(name, "table", {table: _one(partial(database.sheet, table)) for table in database.tables})


def _database(address: str, name: str, closing: list[Callable[[], None]]) -> Store:
    from bylaw.files.sql import SqlDatabase

    database = SqlDatabase(address)
    closing.append(database.close)

    def other(table: str) -> Open | None:
        return _one(partial(database.sheet, table)) if "." in table and database.has(table) else None

    return Store(
        name, "table", {table: _one(partial(database.sheet, table)) for table in database.tables}, other
    )

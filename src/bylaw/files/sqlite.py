"""Reads the tables of an SQLite database, in one snapshot and without a chance to change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from bylaw.errors import Place, Problem
from bylaw.files.sheet import Cells, NumberedPlaces, Sheet
from bylaw.files.source import open_regular

_ROW_IDS = ("rowid", "_rowid_", "oid")


class SqliteDatabase:
    """An SQLite database that is being read.

    Args:
        path: the file.
        name: how problems name it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no SQLite database; the message says so.
    """

    def __init__(self, path: Path, name: str) -> None:
        open_regular(path).close()
        self._name = name
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        try:
            self._connection.execute("BEGIN")
            found = self._connection.execute(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
            ).fetchall()
        except sqlite3.Error:
            self._connection.close()
            raise ValueError("it is not an SQLite database") from None
        self.tables: dict[str, str] = dict(found)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def sheet(self, table: str) -> Sheet:
        """Open a table or view. Its rows are numbered by row id, else in the order of what they hold."""
        places = NumberedPlaces(self._name, table)
        problems: list[Problem] = []
        try:
            found = self._connection.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
            names = [str(row[1]) for row in found if row[6] != 1]
            row_id = self._row_id(table, names)
        except sqlite3.Error:
            problems.append(Problem(f"table `{table}` cannot be read", Place(self._name)))
            return Sheet(places, [], lambda _: iter(()), problems)

        def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Cells]]:
            columns = ", ".join(_quoted(names[index]) for index in wanted) or "NULL"
            # Texts by their bytes, so that the numbers are the same on every machine.
            order = row_id or ", ".join(str(place + 2) for place in range(len(wanted))) or "1"
            query = f"SELECT {row_id or 'NULL'}, {columns} FROM {_quoted(table)} ORDER BY {order}"
            number = 0
            try:
                for identity, *cells in self._connection.execute(query):
                    number = identity if row_id else number + 1
                    yield number, cells
            except sqlite3.Error:
                message = f"table `{table}` cannot be read beyond row {number}"
                problems.append(Problem(message, places.header(), "is every text in it UTF-8?"))

        header = [(name, places.header()) for name in names]
        return Sheet(places, header, rows, problems, places.header())

    def _row_id(self, table: str, names: Sequence[str]) -> str | None:
        """Return the name by which the table's row id can be asked for, None if it has none."""
        if self.tables[table] != "table":
            return None
        taken = {name.casefold() for name in names}
        for one in _ROW_IDS:
            if one not in taken:
                try:
                    self._connection.execute(f"SELECT {one} FROM {_quoted(table)} LIMIT 0")
                except sqlite3.OperationalError:
                    return None
                return one
        return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

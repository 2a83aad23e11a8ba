"""Adds rows to a table and looks for keys that repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bylaw.errors import Problem
from bylaw.tables.cells import CellError
from bylaw.tables.rows import UNREAD, Origin, TableRows, TypedRow, Values, order_of, shown_term, subject_of
from bylaw.tables.schema import Table


class RowChecker:
    """Adds rows to a table, from one source or several, and reports keys that repeat.

    Args:
        table: what the rows are to hold.
        found: where they are added.
        subject: the column whose value names the record in a problem.
    """

    def __init__(self, table: Table, found: TableRows, subject: str | None) -> None:
        self._table = table
        self._found = found
        self._subject = subject
        self._key = table.key or tuple(table.columns)
        # A row added here by its position; one that the table had before as it is.
        self._first: dict[Values, int | TypedRow] = {}
        self._origin: Origin | None = None
        self._positions: list[int] | None = None

    def know(self, rows: Iterable[TypedRow]) -> None:
        """Take note of the keys of rows that the table has already."""
        for one in rows:
            key = self._key_of(one.terms, one.origin)
            if key is not None:
                self._first.setdefault(key, one)

    def add(
        self,
        terms: Values,
        errors: Sequence[tuple[str, CellError]],
        origin: Origin,
        number: int,
        whole: bool = True,
    ) -> None:
        """Add a row, with what is wrong with its cells; `whole` if its columns are those of the table."""
        found = self._found
        row = TypedRow(terms, origin, number, sound=whole and not errors)
        key = self._key_of(terms, origin)
        if key is not None:
            first = self._first.setdefault(key, found.count)
            if first != found.count:
                row.sound = False
        if not row.sound and (errors or key is not None):
            self._report(row, errors, None if key is None else self._first[key])
        found.count += 1
        found.rows.append(row)

    def _key_of(self, terms: Values, origin: Origin) -> Values | None:
        """Return the key of a row, None where a part of it could not be read or is not there."""
        if origin is not self._origin:
            self._origin = origin
            there = all(column in origin.columns for column in self._key)
            self._positions = [origin.columns[column] for column in self._key] if there else None
        if self._positions is None:
            return None
        key = tuple([terms[position] for position in self._positions])
        return None if UNREAD in key else key

    def _report(
        self, row: TypedRow, errors: Sequence[tuple[str, CellError]], first: int | TypedRow | None
    ) -> None:
        found = self._found
        who = subject_of(row, self._subject) or None
        problems = []
        for name, error in errors:
            field_name = name if name in self._table.columns else None
            problems.append(
                Problem(error.message, row.place(name), error.help, subject=who, field=field_name)
            )
            if field_name:
                found.gaps.add(name)
        if first is not None and first != found.count:
            before = found.rows[first] if isinstance(first, int) else first
            problems.append(self._duplicate(row, before, who))
        found.problems.extend(sorted(problems, key=order_of))

    def _duplicate(self, row: TypedRow, before: TypedRow, who: str | None) -> Problem:
        named = ", ".join(
            f"`{column}` {shown_term(row.value(column), self._table.columns[column])}" for column in self._key
        )
        first = before.row
        where = str(first)
        if first.file == row.row.file and first.line:
            where = first.ref or f"line {first.line}"
        message = f"row repeats {named}" if self._table.key else "row repeats another one"
        return Problem(message, row.place(self._key[0]), f"the first one is on {where}", subject=who)

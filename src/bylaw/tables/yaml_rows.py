"""Reads rows written in YAML, lists of maps, against a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bylaw.errors import Place, Problem
from bylaw.files.csv import visible
from bylaw.tables.cells import CellError, Cite, parse_value
from bylaw.tables.checker import RowChecker
from bylaw.tables.rows import UNREAD, TableRows, TypedRow, shown_term
from bylaw.tables.schema import Column, Table
from bylaw.tables.sheet_rows import unknown_column
from bylaw.tables.terms import Row, Term, Text

PlaceOf = Callable[[tuple[str | int, ...]], Place]
"""From a path into raw rows, `(0, "mark")`, to where the value stands."""


def rows_from_yaml(
    table: Table,
    raw_rows: object,
    place_of: PlaceOf,
    subject: tuple[str, str | None] | None = None,
    cite: Cite | None = None,
    key_place_of: PlaceOf | None = None,
    beside: Iterable[TypedRow] = (),
) -> TableRows:
    """Read rows written in YAML, a list of maps, against a table.

    Args:
        table: what the rows have to hold.
        raw_rows: plain data as the strict YAML reader gives it.
        place_of: where the value at a path into `raw_rows` stands.
        subject: the subject's column and the value, if it is one for all: a row may then leave it out, and
            may not say otherwise. Where nobody can say whose the rows are, it is the empty text.
        cite: names the provision of a limit that bounds a column.
        key_place_of: where the key at a path stands; by default, where its value does.
        beside: rows that the table has already, whose keys the new ones may not repeat.
    """
    found = TableRows()
    if raw_rows is None:
        return found
    if not isinstance(raw_rows, list):
        found.gaps = set(table.columns)
        message = f"`{table.name}` is a list of rows"
        found.problems.append(Problem(message, place_of(()), help="start each row with `- `"))
        return found
    checker = RowChecker(table, found, subject[0] if subject else None)
    checker.know(beside)
    origin = _YamlOrigin(table, raw_rows, place_of, key_place_of or place_of)
    for number, raw in enumerate(raw_rows):
        if not isinstance(raw, dict):
            found.gaps = set(table.columns)
            known = ", ".join(f"{name}: ..." for name in table.columns)
            message = f"row {number + 1} of `{table.name}` is not a map"
            found.problems.append(Problem(message, place_of((number,)), help=f"{{{known}}}"))
            continue
        values, errors = _values(table, raw, subject, cite)
        for name in raw:
            if name not in table.columns:
                errors.append((name, unknown_column(table, name, set(raw))))
        terms = tuple(values.get(name, UNREAD) for name in table.columns)
        checker.add(terms, errors, origin, number)
    return found


class _YamlOrigin:
    """Where the rows of a list stand."""

    def __init__(self, table: Table, raw: list[Any], place_of: PlaceOf, key_place_of: PlaceOf) -> None:
        self.columns = {name: index for index, name in enumerate(table.columns)}
        self._table = table.name
        self._raw = raw
        self._place_of = place_of
        self._key_place_of = key_place_of

    def row(self, number: int) -> Row:
        place = self._place_of((number,))
        return Row(self._table, place.file, place.line or 1)

    def place(self, number: int, column: str) -> Place:
        if column not in self._raw[number]:
            return self._place_of((number,))
        find = self._place_of if column in self.columns else self._key_place_of
        return find((number, column))


def _values(
    table: Table, raw: Mapping[str, Any], subject: tuple[str, str | None] | None, cite: Cite | None
) -> tuple[dict[str, Term | None], list[tuple[str, CellError]]]:
    values: dict[str, Term | None] = {}
    errors: list[tuple[str, CellError]] = []
    whose, only = subject or ("", None)
    for column in table.columns.values():
        name = column.name
        if name == whose and only is not None:
            values[name] = Text(only)
            if name not in raw:
                continue
        try:
            value = _value(table, column, raw, cite)
        except CellError as error:
            errors.append((name, error))
            continue
        if only == "":
            values[name] = value
        elif values.setdefault(name, value) != value:
            message = f"`{name}` is {shown_term(value)}; the record is that of `{visible(only or '')}`"
            errors.append((name, CellError(message, "leave it out; one file holds one record")))
    return values, errors


def _value(table: Table, column: Column, raw: Mapping[str, Any], cite: Cite | None) -> Term | None:
    if column.required and column.name not in raw:
        raise CellError(f"`{column.name}` is missing", f"every row of `{table.name}` has it")
    return parse_value(column, raw.get(column.name), cite)

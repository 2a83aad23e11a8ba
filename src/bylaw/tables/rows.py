"""Reads the rows of a table, from CSV or YAML, into typed rows and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bylaw.errors import Place, Problem, did_you_mean, nearest
from bylaw.files.csv import CsvFile, CsvRow, read_csv, visible
from bylaw.tables.cells import CellError, Cite, parse_cell, parse_value, written
from bylaw.tables.schema import Column, ColumnValue, Table
from bylaw.tables.terms import Constant, Fact, Row, Term, Text

PlaceOf = Callable[[tuple[str | int, ...]], Place]
"""From a path into raw rows, `(0, "mark")`, to where the value stands."""


class _Cells(Protocol):
    """Where the cells of a row stand."""

    def place(self, column: str) -> Place: ...


@dataclass(frozen=True, slots=True)
class TypedRow:
    """A row whose cells have been read.

    Args:
        values: the term of each column that could be read; None for an empty cell.
        row: where it comes from.
        sound: whether nothing is wrong with it; otherwise it gives no facts.
    """

    values: Mapping[str, Term | None]
    row: Row
    cells: _Cells = field(repr=False, compare=False)
    sound: bool = True

    def place(self, column: str) -> Place:
        """Return where the cell of a column stands, or the row if it has none."""
        return self.cells.place(column)


@dataclass(slots=True)
class TableRows:
    """What was read of a table.

    Args:
        rows: in the order of the file, those with problems included.
        problems: what is wrong, in the order found.
        gaps: columns of which not every value could be read, so that absence from them means nothing.
        count: how many rows there were, without those that could not be told apart.
        name: the file as the reader named it, if the table is a file of its own.
    """

    rows: list[TypedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)
    count: int = 0
    name: str = ""


def read_csv_table(
    table: Table, path: Path, name: str, cite: Cite | None = None
) -> tuple[list[TypedRow], list[Problem]]:
    """Read a CSV file against a table.

    Args:
        table: what the file has to hold.
        path: the file.
        name: how problems and rows name it.
        cite: names the provision of a limit that bounds a column.

    Returns:
        The rows that nothing is wrong with, and all problems; with a problem the table is not whole.
    """
    found = read_csv_rows(table, path, name, cite)
    return [row for row in found.rows if row.sound], found.problems


def read_csv_rows(
    table: Table,
    path: Path,
    name: str,
    cite: Cite | None = None,
    subject: str | None = None,
    max_bytes: int | None = None,
) -> TableRows:
    """Read a CSV file against a table and keep also the rows that something is wrong with.

    Args:
        table: what the file has to hold.
        path: the file.
        name: how problems and rows name it.
        cite: names the provision of a limit that bounds a column.
        subject: the column whose value names the record in a problem.
        max_bytes: the greatest size allowed, if there is one.
    """
    file = read_csv(path, name, max_bytes)
    found = TableRows(name=name)
    if not file.header:
        found.problems = file.problems
        found.gaps = set(table.columns)
        return found
    checker = _Checker(table, found, subject)
    indexes = _columns_of(table, file, found)
    columns = [(column, indexes[column.name]) for column in table.columns.values() if column.name in indexes]
    header_sound = not file.problems and not found.problems
    found.gaps |= {c.name for c in table.columns.values() if c.required and c.name not in indexes}
    seen = len(file.problems)
    for raw in file.rows:
        cells = raw.cells
        values, errors = {}, []
        for column, index in columns:
            try:
                values[column.name] = parse_cell(column, cells[index], cite)
            except CellError as error:
                errors.append((column.name, error))
        origin = _CsvCells(name, raw, indexes)
        checker.add(values, errors, Row(table.name, name, raw.line), origin, whole=header_sound)
    if len(file.problems) > seen:  # rows were lost
        found.gaps |= set(table.columns)
    found.problems = file.problems[:seen] + found.problems + file.problems[seen:]
    return found


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
    checker = _Checker(table, found, subject[0] if subject else None)
    checker.know(beside)
    for number, raw in enumerate(raw_rows):
        place = place_of((number,))
        if not isinstance(raw, dict):
            found.gaps = set(table.columns)
            known = ", ".join(f"{name}: ..." for name in table.columns)
            problem = Problem(f"row {number + 1} of `{table.name}` is not a map", place, help=f"{{{known}}}")
            found.problems.append(problem)
            continue
        origin = _YamlCells(place_of, key_place_of or place_of, number, raw, table)
        values, errors = _yaml_values(table, raw, subject, cite)
        for name in raw:
            if name not in table.columns:
                errors.append((name, _unknown_column(table, name, set(raw))))
        checker.add(values, errors, Row(table.name, place.file, place.line or 1), origin)
    return found


def facts_of(table: Table, row: TypedRow) -> list[Fact]:
    """Return the facts that a row gives: none if something is wrong with it."""
    if not row.sound:
        return []
    facts = []
    for template in table.facts:
        args: list[Term] = []
        for arg in template.args:
            value = row.values.get(arg.column) if isinstance(arg, ColumnValue) else arg
            if value is None:
                break
            args.append(value)
        else:
            facts.append(Fact(template.predicate, tuple(args), row.row))
    return facts


@dataclass(frozen=True, slots=True)
class _CsvCells:
    """The cells of a CSV row; where each starts is worked out only when asked for."""

    name: str
    raw: CsvRow
    indexes: Mapping[str, int]

    def place(self, column: str) -> Place:
        if column not in self.indexes:
            return Place(self.name, self.raw.line)
        return Place(self.name, *self.raw.position(self.indexes[column]))


@dataclass(frozen=True, slots=True)
class _YamlCells:
    """The values of a YAML row."""

    place_of: PlaceOf
    key_place_of: PlaceOf
    number: int
    raw: Mapping[str, Any]
    table: Table

    def place(self, column: str) -> Place:
        if column not in self.raw:
            return self.place_of((self.number,))
        find = self.place_of if column in self.table.columns else self.key_place_of
        return find((self.number, column))


class _Checker:
    """Adds rows to a table and looks for keys that repeat."""

    def __init__(self, table: Table, found: TableRows, subject: str | None) -> None:
        self._table = table
        self._found = found
        self._subject = subject
        self._key = table.key or tuple(table.columns)
        self._lines: dict[tuple[Term | None, ...], Row] = {}

    def know(self, rows: Iterable[TypedRow]) -> None:
        """Take note of the keys of rows that the table has already."""
        for one in rows:
            if all(column in one.values for column in self._key):
                self._lines.setdefault(tuple(one.values[column] for column in self._key), one.row)

    def add(
        self,
        values: dict[str, Term | None],
        errors: Iterable[tuple[str, CellError]],
        row: Row,
        cells: _Cells,
        whole: bool = True,
    ) -> None:
        """Add a row, with what is wrong with its cells; `whole` if its columns are those of the table."""
        found = self._found
        found.count += 1
        who = subject_in(values, self._subject) or None
        problems = []
        for name, error in errors:
            field_name = name if name in self._table.columns else None
            place = cells.place(name)
            problems.append(Problem(error.message, place, error.help, subject=who, field=field_name))
            if field_name:
                found.gaps.add(name)
        if all(column in values for column in self._key):
            key = tuple(values[column] for column in self._key)
            first = self._lines.setdefault(key, row)
            if first is not row:
                problems.append(self._duplicate(values, first, row, cells, who))
        found.problems.extend(sorted(problems, key=order_of))
        found.rows.append(TypedRow(values, row, cells, sound=whole and not problems))

    def _duplicate(
        self, values: Mapping[str, Term | None], first: Row, row: Row, cells: _Cells, who: str | None
    ) -> Problem:
        named = ", ".join(
            f"`{column}` {shown_term(values[column], self._table.columns[column])}" for column in self._key
        )
        where = f"line {first.line}" if first.line and first.file == row.file else str(first)
        message = f"row repeats {named}" if self._table.key else "row repeats another one"
        return Problem(message, cells.place(self._key[0]), f"the first one is on {where}", subject=who)


def subject_in(values: Mapping[str, Term | None], column: str | None) -> str | None:
    """Return the id of the record that a row belongs to, if it can be told."""
    value = values.get(column) if column is not None else None
    return None if value is None else plain(value)


def plain(term: Term) -> str:
    """Write a term as it stands in a file, without quotes."""
    match term:
        case Text():
            return term.value
        case Constant():
            return term.name
        case _:
            return str(term)


def shown_term(term: Term | None, column: Column | None = None) -> str:
    """Write a term for a message, a number as the cells of its column have it."""
    if term is None:
        return "(empty)"
    if isinstance(term, int):
        return written(column, term) if column else str(term)
    return f"`{visible(plain(term))}`"


def order_of(problem: Problem) -> tuple[str, int, int]:
    """Return what sorts problems by file, line and column; those without a place come first."""
    place = problem.place or Place("")
    return place.file, place.line or 0, place.column or 0


def _columns_of(table: Table, file: CsvFile, found: TableRows) -> dict[str, int]:
    """Return the position of each known column in the file and report the others."""
    indexes: dict[str, int] = {}
    names = {name for name, _ in file.header}
    for index, (name, at) in enumerate(file.header):
        if name in table.columns:
            indexes.setdefault(name, index)
        elif name:
            error = _unknown_column(table, name, names)
            found.problems.append(
                Problem(error.message, Place(file.name, file.header_line, at), help=error.help)
            )
    for column in table.columns.values():
        if column.required and column.name not in names:
            has = ", ".join(f"`{visible(name)}`" for name, _ in file.header if name)
            message = f"column `{column.name}` of `{table.name}` is missing"
            place = Place(file.name, file.header_line)
            found.problems.append(Problem(message, place, help=f"the header has {has}"))
    return indexes


def _unknown_column(table: Table, name: str, present: set[str]) -> CellError:
    # A column that is there already is not what was meant.
    absent = [known for known in table.columns if known not in present]
    close = nearest(name, absent)
    help_line = f"did you mean `{close}`?" if close else did_you_mean(name, table.columns)
    return CellError(f"`{visible(name)}` is not a column of `{table.name}`", help_line)


def _yaml_values(
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
            value = _yaml_value(table, column, raw, cite)
        except CellError as error:
            errors.append((name, error))
            continue
        if only == "":
            values[name] = value
        elif values.setdefault(name, value) != value:
            message = f"`{name}` is {shown_term(value)}; the record is that of `{visible(only or '')}`"
            errors.append((name, CellError(message, "leave it out; one file holds one record")))
    return values, errors


def _yaml_value(table: Table, column: Column, raw: Mapping[str, Any], cite: Cite | None) -> Term | None:
    if column.required and column.name not in raw:
        raise CellError(f"`{column.name}` is missing", f"every row of `{table.name}` has it")
    return parse_value(column, raw.get(column.name), cite)

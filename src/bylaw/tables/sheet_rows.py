"""Reads the rows of a sheet, a CSV file say, against a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bylaw import watch
from bylaw.errors import Place, Problem, did_you_mean, nearest
from bylaw.files.csv import visible
from bylaw.files.csv_sheet import csv_sheet
from bylaw.files.sheet import Cells, Places, Sheet
from bylaw.tables.cells import CellError, Cite, parse_cell
from bylaw.tables.checker import RowChecker
from bylaw.tables.rows import UNREAD, TableRows, TypedRow, Unread
from bylaw.tables.schema import Column, Table
from bylaw.tables.terms import Row, Term
from bylaw.tables.values import text_of

MOST_KEPT = 100_000
"""Different cells of a column whose terms are kept: equal cells share one term."""

MOST_PROBLEMS = 10_000
"""Problems of one table after which its other rows are not looked at: nobody reads more."""

Take = Callable[[Cells], Term | None]
"""From the cells of a row, those wanted of it, to the term of a column; it raises CellError."""


@dataclass(frozen=True, slots=True)
class SheetOrigin:
    """Where the rows of a table come from, if it is a sheet.

    Args:
        table: the table's name.
        places: names rows and cells.
        columns: the position of each column in the terms of a row.
        sources: the position in the header of the cell that a column is read from; None for none.
    """

    table: str
    places: Places
    columns: Mapping[str, int]
    sources: Mapping[str, int | None] = field(repr=False)

    def row(self, number: int) -> Row:
        """Return where a row comes from."""
        return Row(self.table, self.places.name, number, self.places.ref(number))

    def place(self, number: int, column: str) -> Place:
        """Return where the cell of a column stands, or the row if it has none."""
        return self.places.place(number, self.sources.get(column))


@dataclass(slots=True)
class SheetReader:
    """Puts rows of a sheet into a table.

    Args:
        checker: of the table.
        origin: of the rows.
        takes: how each column of the origin is read, in its order.
        whole: whether the sheet has what the table needs; otherwise its rows give no facts.
    """

    checker: RowChecker
    origin: SheetOrigin
    takes: Sequence[tuple[str, Take]]
    whole: bool = True

    def add(self, number: int, cells: Cells) -> None:
        """Add a row."""
        terms: list[Term | Unread | None] = []
        errors: list[tuple[str, CellError]] = []
        for name, take in self.takes:
            try:
                terms.append(take(cells))
            except CellError as error:
                terms.append(UNREAD)
                errors.append((name, error))
        self.checker.add(tuple(terms), errors, self.origin, number, self.whole)


def taking(column: Column, position: int, cite: Cite | None = None) -> Take:
    """Return how a column is read from a cell as it stands.

    Args:
        column: what the cell has to hold.
        position: of the cell among those of a row.
        cite: names the provision of a limit that bounds the column.
    """
    parse = parsing(column, cite)

    def take(cells: Cells) -> Term | None:
        cell = cells[position]
        return parse(cell if isinstance(cell, str) else text_of(column, cell))

    return take


def parsing(column: Column, cite: Cite | None = None) -> Callable[[str], Term | None]:
    """Return `parse_cell` of a column with a memory: equal cells give one term, or one error."""
    kept: dict[str, Term | None] = {}
    wrong: dict[str, CellError] = {}

    def parse(text: str) -> Term | None:
        if text in kept:
            return kept[text]
        if text in wrong:
            raise wrong[text].with_traceback(None)
        try:
            term = parse_cell(column, text, cite)
        except CellError as error:
            if len(wrong) < MOST_KEPT:
                wrong[text] = error
            raise
        if len(kept) < MOST_KEPT:
            kept[text] = term
        return term

    return parse


def enough(problems: Sequence[Problem], places: Places, number: int) -> Problem | None:
    """Return what is told where so much is wrong with a table that its other rows are not looked at."""
    if len(problems) < MOST_PROBLEMS:
        return None
    return too_many(len(problems), places.place(number))


def too_many(count: int, place: Place) -> Problem:
    """Say that the rows of a table are not looked at beyond a place."""
    message = f"{count:,} problems so far; the rows after this one are not looked at"
    return Problem(message, place, "mend what they have in common first")


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
    return read_sheet_rows(table, [csv_sheet(path, name, max_bytes)], cite, subject)


def read_sheet_rows(
    table: Table, sheets: Iterable[Sheet], cite: Cite | None = None, subject: str | None = None
) -> TableRows:
    """Read sheets whose columns are those of a table, and keep also the rows that something is wrong with.

    Args:
        table: what the sheets have to hold together.
        sheets: the sheet, freshly opened, or one after the other where the table is in parts.
        cite: names the provision of a limit that bounds a column.
        subject: the column whose value names the record in a problem.
    """
    found = TableRows()
    checker = RowChecker(table, found, subject)
    before: list[Problem] = []
    for sheet in sheets:
        found.name = found.name or sheet.places.name
        all_read = _read_sheet(table, sheet, cite, found, checker)
        before, found.problems = before + found.problems, []
        if len(before) >= MOST_PROBLEMS:
            before += [too_many(len(before), Place(sheet.places.name))] if all_read else []
            found.gaps |= set(table.columns)
            break
    found.problems = before
    return found


def _read_sheet(table: Table, sheet: Sheet, cite: Cite | None, found: TableRows, checker: RowChecker) -> bool:
    """Add the rows of a sheet to those of its table, whose problems so far are put away.

    Returns:
        Whether they were not too wrong to read them all.
    """
    if not sheet.header:
        found.problems = sheet.problems
        found.gaps |= set(table.columns)
        return True
    indexes = _columns_of(table, sheet, found)
    columns = [column for column in table.columns.values() if column.name in indexes]
    header_sound = not sheet.problems and not found.problems
    found.gaps |= {c.name for c in table.columns.values() if c.required and c.name not in indexes}
    seen = len(sheet.problems)
    wanted = sorted(indexes[column.name] for column in columns)
    reader = SheetReader(
        checker,
        SheetOrigin(table.name, sheet.places, {c.name: i for i, c in enumerate(columns)}, indexes),
        [(column.name, taking(column, wanted.index(indexes[column.name]), cite)) for column in columns],
        whole=header_sound,
    )
    all_read = True
    for number, cells in sheet.rows(wanted):
        watch.pulse() if number % watch.ROWS == 0 else None
        reader.add(number, cells)
        if (last := enough(found.problems, sheet.places, number)) is not None:
            sheet.problems.append(last)
            all_read = False
            break
    found.lost += len(sheet.problems) - seen - (not all_read)
    if len(sheet.problems) > seen:  # rows were lost
        found.gaps |= set(table.columns)
    found.problems = sheet.problems[:seen] + found.problems + sheet.problems[seen:]
    return all_read


def unknown_column(table: Table, name: str, present: Iterable[str]) -> CellError:
    """Say that a name is none of a table's columns, and which was meant.

    Args:
        present: the names that are there; a column that is there already is not what was meant.
    """
    there = set(present)
    absent = [known for known in table.columns if known not in there]
    close = nearest(name, absent)
    help_line = f"did you mean `{close}`?" if close else did_you_mean(name, table.columns)
    return CellError(f"`{visible(name)}` is not a column of `{table.name}`", help_line)


def _columns_of(table: Table, sheet: Sheet, found: TableRows) -> dict[str, int]:
    """Return the position of each known column in the sheet and report the others."""
    indexes: dict[str, int] = {}
    names = {name for name, _ in sheet.header}
    for index, (name, place) in enumerate(sheet.header):
        if name in table.columns:
            indexes.setdefault(name, index)
        elif name:
            error = unknown_column(table, name, names)
            found.problems.append(Problem(error.message, place, help=error.help))
    for column in table.columns.values():
        if column.required and column.name not in names:
            has = ", ".join(f"`{visible(name)}`" for name, _ in sheet.header if name)
            message = f"column `{column.name}` of `{table.name}` is missing"
            found.problems.append(Problem(message, sheet.header_place, help=f"the header has {has}"))
    return indexes

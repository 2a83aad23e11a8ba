"""The answers to a query as a table, as counts, as JSON and as CSV."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bylaw.errors import UsageError, did_you_mean
from bylaw.report.json_shapes import number_shape, term_shape
from bylaw.report.terminal import Line, Part, columns, escape
from bylaw.tables.terms import Constant, Term, Text

if TYPE_CHECKING:
    from bylaw.engine.query import QueryResult
    from bylaw.policy.model import ArgType

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for the start of a formula."""
GAP = "  "
WITHHELD = Constant("withheld")
"""What stands for a count that is not told, of so few that one of them might be known by it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Answers, ready to be written.

    Args:
        columns: the variables, in the order of the body.
        rows: the terms of each answer.
        types: of each column, where the vocabulary tells it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term, ...], ...]
    types: tuple[ArgType | None, ...]


def table_of(result: QueryResult) -> Table:
    """Take the answers of a query."""
    return Table(tuple(result.columns), tuple(result.rows), tuple(result.types))


def counted(table: Table, by: Sequence[str], least: int = 1, subject: str = "") -> Table:
    """Count the rows for each value of some variables; the last column is the count.

    Args:
        least: a count of fewer persons is withheld.
        subject: the type of persons; where no column has it, each row is taken for one.

    Raises:
        UsageError: if a variable is not one of the body's.
    """
    for name in by:
        if name not in table.columns:
            raise UsageError(f"the body has no variable `{name}`", did_you_mean(name, table.columns))
    places = [table.columns.index(name) for name in dict.fromkeys(by)]
    counts = Counter(tuple(row[place] for place in places) for row in table.rows)
    persons = _persons(table, places, subject) if least > 1 else {}
    return Table(
        (*(table.columns[place] for place in places), "count"),
        tuple(
            (*key, number if persons.get(key, least) >= least else WITHHELD)
            for key, number in sorted(counts.items(), key=lambda item: _order(item[0]))
        ),
        (*(table.types[place] for place in places), None),
    )


def too_few(table: Table, least: int, subject: str) -> bool:
    """Tell whether the rows are of fewer persons than may be counted; of none it may be told."""
    return least > 1 and any(number < least for number in _persons(table, (), subject).values())


def _persons(table: Table, places: Sequence[int], subject: str) -> dict[tuple[Term, ...], int]:
    """Return how many persons there are for each value of some columns."""
    whose = [n for n, kind in enumerate(table.types) if kind is not None and kind.name == subject]
    found: dict[tuple[Term, ...], set[object]] = {}
    for number, row in enumerate(table.rows):
        person = tuple(row[n] for n in whose) if whose else number
        found.setdefault(tuple(row[place] for place in places), set()).add(person)
    return {key: len(persons) for key, persons in found.items()}


def _order(row: Sequence[Term]) -> list[tuple[int, int, str]]:
    return [(0, term, "") if isinstance(term, int) else (1, 0, str(term_shape(term))) for term in row]


def cell_text(term: Term, kind: ArgType | None) -> str:
    """Write a term as a table shows it: scaled numbers with their decimals, dates as dates."""
    if term is WITHHELD:
        return "few"
    if not isinstance(term, int) or kind is None:
        return str(term_shape(term))
    if kind.show == "year_span":
        return f"{term}/{(term + 1) % 100:02d}"
    if kind.show == "date":
        import datetime

        try:
            return datetime.date.fromordinal(term).isoformat()
        except (ValueError, OverflowError):
            return str(term)
    if kind.scale:
        sign = "-" if term < 0 else ""
        whole, rest = divmod(abs(term), 10**kind.scale)
        return f"{sign}{whole}.{rest:0{kind.scale}d}"
    return str(term)


def lines(table: Table) -> Iterator[Line]:
    """Yield the table as text, its columns aligned, and how many rows it has."""
    if not table.columns:
        yield Line((Part("holds" if table.rows else "does not hold"),))
        return
    cells = [
        [escape(cell_text(term, kind)) for term, kind in zip(row, table.types, strict=True)]
        for row in table.rows
    ]
    numeric = [
        bool(table.rows) and all(isinstance(row[i], int) for row in table.rows)
        for i in range(len(table.columns))
    ]
    widths = [
        max([columns(name), *(columns(row[i]) for row in cells)]) for i, name in enumerate(table.columns)
    ]
    yield Line((Part(_aligned(table.columns, widths, numeric), "bold", glue=True),))
    for row in cells:
        yield Line((Part(_aligned(row, widths, numeric), glue=True),))
    yield from count_lines(table)


def _aligned(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    shown = []
    for cell, width, right in zip(cells, widths, numeric, strict=True):
        room = " " * (width - columns(cell))
        shown.append(room + cell if right else cell + room)
    return GAP.join(shown).rstrip()


def count_lines(table: Table, *, withheld: bool = False) -> Iterator[Line]:
    """Yield the number of rows.

    Args:
        withheld: whether it is not told, of so few that one of them might be known by it.
    """
    number = len(table.rows)
    if withheld:
        yield Line((Part("few rows", "dim"),))
        return
    yield Line((Part(f"{number} row" if number == 1 else f"{number} rows", "dim"),))


def count_text(table: Table, format: str, *, withheld: bool = False) -> str:
    """Write only the number of rows, in a format for programs; nothing for it where it is not told."""
    number = None if withheld else len(table.rows)
    if format == "csv":
        return f"count\n{'' if number is None else number}\n"
    return json.dumps({"count": number}) + "\n"


def shapes(table: Table) -> list[dict[str, Any]]:
    """Return the rows as JSON objects; scaled numbers as a person writes them."""
    return [
        {name: _value(term, kind) for name, term, kind in zip(table.columns, row, table.types, strict=True)}
        for row in table.rows
    ]


def _value(term: Term, kind: ArgType | None) -> int | float | str | None:
    if term is WITHHELD:
        return None
    if isinstance(term, int) and kind:
        return cell_text(term, kind) if kind.show == "date" else number_shape(term, kind.scale)
    return term_shape(term)


def csv_text(table: Table) -> str:
    """Write the rows as CSV; a text that a spreadsheet would take for a formula is preceded by `'`."""
    written = [",".join(table.columns)]
    for row in table.rows:
        cells = (
            harmless(term.value) if isinstance(term, Text) else _plain(term, kind)
            for term, kind in zip(row, table.types, strict=True)
        )
        written.append(",".join(quoted(cell) for cell in cells))
    return "".join(f"{one}\n" for one in written)


def quoted(cell: str) -> str:
    """Quote a cell where it needs it; `csv.writer` leaves a lone carriage return bare."""
    if cell and not any(character in cell for character in ',;"\n\r\t') and cell.strip() == cell:
        return cell
    return '"{}"'.format(cell.replace('"', '""')) if cell else ""


def _plain(term: Term, kind: ArgType | None) -> str:
    return str(term) if kind and kind.show == "year_span" else cell_text(term, kind)


def harmless(text: str) -> str:
    """Put `'` before a text that a spreadsheet would take for a formula."""
    text = text.replace("\x00", "")
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text

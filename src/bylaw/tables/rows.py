"""Rows of a table whose cells have been read, and the facts they give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bylaw.errors import Place, Problem
from bylaw.files.csv import visible
from bylaw.tables.cells import written
from bylaw.tables.schema import Column, ColumnValue, FactTemplate, Table
from bylaw.tables.terms import Constant, Fact, Row, Term, Text


class Unread(Enum):
    """The kind of what stands for a cell that could not be read."""

    UNREAD = "unread"


UNREAD = Unread.UNREAD
"""What stands for a cell that could not be read."""

Values = tuple[Term | Unread | None, ...]
"""The terms of a row, in the order of its origin's columns; None for an empty cell."""


class Origin(Protocol):
    """What the rows of one table and source have in common: their columns, and where they stand."""

    @property
    def columns(self) -> Mapping[str, int]:
        """The position of each column in the terms of a row."""
        ...

    def row(self, number: int) -> Row:
        """Return where a row comes from."""
        ...

    def place(self, number: int, column: str) -> Place:
        """Return where the cell of a column stands, or the row if it has none."""
        ...


@dataclass(slots=True, eq=False)
class TypedRow:
    """A row whose cells have been read. There may be millions, so it holds no more than it has to.

    Args:
        terms: what its cells stand for, in the order of the origin's columns.
        origin: where rows like it come from.
        number: its number there.
        sound: whether nothing is wrong with it; otherwise it gives no facts.
    """

    terms: Values
    origin: Origin = field(repr=False)
    number: int
    sound: bool = True

    @property
    def values(self) -> dict[str, Term | None]:
        """The term of each column that could be read; None for an empty cell."""
        return {
            name: term
            for name, index in self.origin.columns.items()
            if (term := self.terms[index]) is not UNREAD
        }

    @property
    def row(self) -> Row:
        """Where it comes from."""
        return self.origin.row(self.number)

    def value(self, column: str) -> Term | None:
        """Return the term of a column; None if it is empty, was not there or could not be read."""
        index = self.origin.columns.get(column)
        term = None if index is None else self.terms[index]
        return None if term is UNREAD else term

    def place(self, column: str) -> Place:
        """Return where the cell of a column stands, or the row if it has none."""
        return self.origin.place(self.number, column)


@dataclass(slots=True)
class TableRows:
    """What was read of a table.

    Args:
        rows: in the order of the source, those with problems included.
        problems: what is wrong, in the order found.
        gaps: columns of which not every value could be read, so that absence from them means nothing.
        count: how many rows there were, without those that could not be told apart.
        name: the source as the reader named it, if the table has one of its own.
        lost: how many more there were, which could not be told apart.
    """

    rows: list[TypedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    gaps: set[str] = field(default_factory=set)
    count: int = 0
    name: str = ""
    lost: int = 0


def facts_of(table: Table, row: TypedRow) -> list[Fact]:
    """Return the facts that a row gives: none if something is wrong with it."""
    return facts_from(table, row.values, row.row) if row.sound else []


def recorded_of(table: Table, row: TypedRow) -> list[Fact]:
    """Return the outcomes that a row has on record: none if something is wrong with it."""
    return _filled(table.recorded, row.values, row.row) if row.sound else []


def facts_from(table: Table, values: Mapping[str, Term | None], row: Row) -> list[Fact]:
    """Return the facts that values by column give."""
    return _filled(table.facts, values, row)


def _filled(templates: Iterable[FactTemplate], values: Mapping[str, Term | None], row: Row) -> list[Fact]:
    facts = []
    for template in templates:
        args: list[Term] = []
        for arg in template.args:
            value = values.get(arg.column) if isinstance(arg, ColumnValue) else arg
            if value is None:
                break
            args.append(value)
        else:
            facts.append(Fact(template.predicate, tuple(args), row))
    return facts


def subject_of(row: TypedRow, column: str | None) -> str | None:
    """Return the id of the record that a row belongs to, if it can be told."""
    value = None if column is None else row.value(column)
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


def order_of(problem: Problem) -> tuple[str, str, int, int]:
    """Return what sorts problems by file, table in it, line and column; those without a place come first."""
    place = problem.place or Place("")
    within = re.split("!| row ", place.ref.removeprefix("table "))[0]
    return place.file, within, place.line or 0, place.column or 0

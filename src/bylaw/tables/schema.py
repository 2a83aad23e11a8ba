"""The shape of an input table: its columns and their types, its key, its facts, what absence means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bylaw.errors import Place
from bylaw.tables.terms import Constant, Term


class ColumnType(StrEnum):
    """What a cell may hold."""

    TEXT = "text"
    """Any text, kept as it is: `0012345` stays `0012345`. A string term."""
    INTEGER = "integer"
    """A whole number."""
    DECIMAL = "decimal"
    """A number with at most `scale` decimals, kept exactly as a whole number of 10**-scale."""
    CHOICE = "choice"
    """One of a closed list of words. A constant term."""
    DATE = "date"
    """A day written 2021-09-30, kept as the number of days since 0001-01-01, which is day 1."""
    BOOLEAN = "boolean"
    """`yes` or `no`. A constant term."""


class Missing(StrEnum):
    """What it means that a table, or a subject's rows in it, are not there."""

    NONE = "none"
    """There are none: closed world, stated as an assumption where the table was never supplied."""
    UNKNOWN = "unknown"
    """It is not known: conclusions that depend on it are undetermined."""
    REFUSE = "refuse"
    """The record is incomplete and is refused."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Args:
        name: the header as it stands in the file.
        type: what its cells hold.
        required: whether every row must have a value.
        scale: decimals kept, for DECIMAL (2: `63.5` becomes 6350).
        minimum: the least value allowed, in the unit of the term (scaled for DECIMAL, day number for DATE).
        maximum: the greatest value allowed, likewise.
        minimum_limit: the name of the limit that `minimum` comes from, if it does.
        maximum_limit: likewise.
        pattern: a regular expression that the whole text must match, for TEXT.
        choices: the words allowed and the constants they stand for, for CHOICE.
        references: (table, column) in which the value must occur.
        unit: what a number counts.
        description: what the column holds, in a sentence.
    """

    name: str
    type: ColumnType
    required: bool = True
    scale: int = 0
    minimum: int | None = None
    maximum: int | None = None
    minimum_limit: str | None = None
    maximum_limit: str | None = None
    pattern: str | None = None
    choices: Mapping[str, Constant] = field(default_factory=dict)
    references: tuple[str, str] | None = None
    unit: str | None = None
    description: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """An argument of a fact template that takes the value of a column."""

    column: str


@dataclass(frozen=True, slots=True)
class FactTemplate:
    """How a row becomes a fact: a predicate and, for each argument, a column or a fixed term.

    A row gives the fact only if all columns it names have a value.
    """

    predicate: str
    args: tuple[ColumnValue | Term, ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the record or of the pack.

    Args:
        name: how errors, evidence and YAML records name it.
        file: its file: inside the records folder, or inside the pack.
        columns: by name, in the order declared.
        key: the columns that identify a row.
        facts: what each row gives.
        pack: whether it is data of the regulation that ships with the pack.
        missing_table: what it means that the file is not there.
        missing_rows: what it means that a subject has no row in it.
        none_means: the assumption in words where absence means none: "no absences".
        provision: the provision that a pack's table states.
        description: what a row says.
        recorded: the outcomes that each row has on record; the rules do not see them.
    """

    name: str
    file: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    facts: tuple[FactTemplate, ...]
    pack: bool = False
    missing_table: Missing = Missing.REFUSE
    missing_rows: Missing = Missing.NONE
    none_means: str = ""
    provision: str | None = None
    description: str = ""
    place: Place | None = None
    recorded: tuple[FactTemplate, ...] = ()

"""The rows of a case, with their places: read as they stand, merged with those of a shared record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bylaw.errors import Place, Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.validation import at, shown
from bylaw.tables.schema import Table


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row as a case has it.

    Args:
        values: plain values by column.
        place: where the row stands.
        places: where each value stands.
    """

    values: Mapping[str, Any]
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)


Rows = Mapping[str, tuple[CaseRow, ...]]
"""Rows by table."""

Tables = Mapping[str, Table | None] | None


def read_rows(
    document: Document,
    loc: Loc,
    subject: str,
    tables: Tables,
    problems: list[Problem],
    *,
    keys_only: bool = False,
) -> Rows:
    """Read the rows at a place of a case file; nothing there is no rows.

    Args:
        subject: the column that rows may leave out.
        tables: those of the pack, None if they could not be read.
        keys_only: whether rows name what is taken out, by the key of their table.
    """
    value = at(document, loc)
    if value is None:
        return {}
    if not isinstance(value, dict):
        message = f"`{loc[-1]}` is {shown(value)}; a map from tables to rows is needed"
        problems.append(Problem(message, document.place(loc)))
        return {}
    found: dict[str, tuple[CaseRow, ...]] = {}
    for name in value:
        here: Loc = (*loc, name)
        if not _known(name, tables, document, here, problems):
            continue
        listed = at(document, here)
        if not isinstance(listed, list | None):
            message = f"`{name}` is {shown(listed)}; a list of rows is needed"
            problems.append(Problem(message, document.place(here)))
            continue
        table = tables.get(name) if tables else None
        rows = [
            _row(document, (*here, number), number, name, subject, table, problems, keys_only)
            for number in range(len(listed or []))
        ]
        found[name] = tuple(row for row in rows if row is not None)
    return found


def merged(
    base: Rows, own: Rows, remove: Rows, subject: str, tables: Tables, problems: list[Problem]
) -> Rows:
    """Take rows out of a shared record and put others in: a row replaces the one with its key."""
    found: dict[str, tuple[CaseRow, ...]] = dict(base)
    for name, rows in remove.items():
        for row in rows:
            key = _key(row, name, subject, tables)
            kept = tuple(one for one in found.get(name, ()) if _key(one, name, subject, tables) != key)
            if len(kept) == len(found.get(name, ())) and tables and tables.get(name):
                problems.append(Problem(f"the shared record has no such row of `{name}`", row.place))
            if name in found:
                found[name] = kept
    for name, rows in own.items():
        listed = list(found.get(name, ()))
        places = {_key(row, name, subject, tables): number for number, row in enumerate(listed)}
        for row in rows:
            number = places.get(_key(row, name, subject, tables))
            if number is None:
                listed.append(row)
            else:
                listed[number] = row
        found[name] = tuple(listed)
    return found


def _known(name: str, tables: Tables, document: Document, loc: Loc, problems: list[Problem]) -> bool:
    if tables is None:
        return True
    table = tables.get(name)
    if name in tables and not (table is not None and table.pack):
        return True
    known = [other for other, one in tables.items() if one is None or not one.pack]
    if name in tables:
        help: str | None = "it comes with the pack and is no part of a record"
    else:
        help = did_you_mean(name, known)
    problems.append(Problem(f"there is no table `{name}` in a record", document.key_place(loc), help))
    return False


def _row(
    document: Document,
    loc: Loc,
    number: int,
    name: str,
    subject: str,
    table: Table | None,
    problems: list[Problem],
    keys_only: bool,
) -> CaseRow | None:
    value = at(document, loc)
    place = document.place(loc)
    if not isinstance(value, dict):
        problems.append(Problem(f"row {number + 1} of `{name}` is {shown(value)}; a map is needed", place))
        return None
    if table is not None:
        allowed = list(table.key) if keys_only else list(table.columns)
        for column in value:
            if column not in allowed and not (column == subject and subject in table.columns):
                what = "is not in the key of" if column in table.columns else "is not a column of"
                help = did_you_mean(column, set(allowed) - set(value))
                where = document.key_place((*loc, column))
                problems.append(Problem(f"`{column}` {what} `{name}`", where, help))
        for column in table.key if keys_only else ():
            if column not in value and column != subject:
                help = "a row is taken out by its whole key"
                problems.append(Problem(f"`{column}` of `{name}` is missing", place, help))
    return CaseRow(value, place, {column: document.place((*loc, column)) for column in value})


def _key(row: CaseRow, name: str, subject: str, tables: Tables) -> tuple[str, ...]:
    """Return what identifies a row; the subject is the same for all rows of a case."""
    table = tables.get(name) if tables else None
    if table is None:
        return (str(id(row)),)
    return tuple(str(row.values.get(column)) for column in table.key if column != subject)

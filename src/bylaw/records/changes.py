"""A record with changed rows: what `--set`, `--unset` and `--add` ask for, put into what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bylaw.errors import Place, Problem, RecordError
from bylaw.files.csv import visible
from bylaw.files.yaml import parse_yaml
from bylaw.policy.model import Policy
from bylaw.records.address import (
    Address,
    address_form,
    key_columns,
    other_ways,
    parse_address,
    readings_of,
    table_named,
    written_address,
)
from bylaw.records.check import Draft, citing
from bylaw.tables.cells import CellError, cell_text, parse_value
from bylaw.tables.rows import Origin, TableRows, TypedRow, subject_of
from bylaw.tables.schema import Table
from bylaw.tables.terms import Row, Term
from bylaw.tables.yaml_rows import rows_from_yaml

MOST_LISTED = 6
"""How many rows a problem lists."""


class Action(StrEnum):
    """What becomes of a row."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    """Its columns were set to what they hold already."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one row.

    Args:
        address: as an option names the row, its key in the key's order.
        key: the values of the address by column; those before the change, where it changes them.
        before: the values by column, of the columns that are set or of the whole row that is removed.
        after: the values by column, of the columns that are set or of the whole row that is added.
        row: where the row stands; for one that is added, the option.
    """

    table: Table
    action: Action
    address: str
    key: Mapping[str, Term | None]
    before: Mapping[str, Term | None]
    after: Mapping[str, Term | None]
    row: Row


@dataclass(slots=True)
class _Line:
    """A row of the subject while it is changed.

    Args:
        raw: values as a file has them.
        terms: what could be read of them.
        places: the options that set its columns.
        origin: the row as it was read, None for one that is added.
        place: the option that first concerned it.
    """

    raw: dict[str, Any]
    terms: dict[str, Term | None]
    places: dict[str, Place] = field(default_factory=dict)
    origin: TypedRow | None = None
    place: Place | None = None
    removed: bool = False


def changed(
    policy: Policy,
    draft: Draft,
    subject: str,
    *,
    sets: Sequence[str] = (),
    unsets: Sequence[str] = (),
    adds: Sequence[str] = (),
) -> tuple[Draft, tuple[Change, ...]]:
    """Change rows of one subject: first those are taken out, then rows are added, then columns are set.

    Args:
        draft: what was read of the source, without problems; it stays as it is.
        sets: `table:key/key.column=value`; a row whose whole key is given and new is added.
        unsets: `table:key/key`.
        adds: `table:{column: value, ...}`, in YAML.

    Returns:
        The draft with the changes, to be checked by `finish`, and what became of each row.

    Raises:
        RecordError: an option cannot be read or means no row, or a value does not fit; with all problems.
    """
    editing = _Editing(policy, draft, subject)
    for options, name, edit in (
        (unsets, "--unset", editing.unset),
        (adds, "--add", editing.add),
        (sets, "--set", editing.set),
    ):
        for number, text in enumerate(options, 1):
            try:
                edit(text, Place(f"{name} {number}"))
            except RecordError as error:
                editing.problems.extend(error.problems)
    editing.check_register()
    if editing.problems:
        raise RecordError([replace(one, subject=one.subject or subject) for one in editing.problems])
    return editing.draft(), editing.changes()


class _Editing:
    """The rows of one subject, by table, while options change them."""

    def __init__(self, policy: Policy, draft: Draft, subject: str) -> None:
        self.problems: list[Problem] = []
        self._policy = policy
        self._read = draft
        self._subject = subject
        self._lines: dict[str, list[_Line]] = {}
        self._tables: dict[str, TableRows] = {}

    # ------------------------------------------------------------------------------------- the options

    def set(self, text: str, place: Place) -> None:
        """Set a column of a row, which is added if its whole key is new."""
        address = parse_address(self._policy, text, place, sets=True)
        column = address.column or ""
        line = self._line(address, place, may_add=True)
        first = line.places.get(column)
        if first is not None and first.file.startswith("--set"):
            message = f"`{visible(column)}` of this row is set already, by `{first.file}`"
            raise RecordError(Problem(message, place, "keep one of them"))
        line.raw[column] = address.value
        line.places[column] = place
        line.place = line.place or place
        self._read_cell(address.table, line, column)

    def unset(self, text: str, place: Place) -> None:
        """Take a row out."""
        address = parse_address(self._policy, text, place, sets=False)
        line = self._line(address, place, may_add=False)
        line.removed, line.place = True, place

    def add(self, text: str, place: Place) -> None:
        """Add a row that is written in YAML."""
        wrong = Problem(f"`{visible(text, 80)}` is no row", place, "write `table:{column: value, ...}`")
        table = table_named(self._policy, text, place, wrong)
        head, colon, body = text.partition(":")
        if not colon:
            raise RecordError(wrong)
        # As many blanks as stand before it keep its columns where they are.
        document = parse_yaml(" " * (len(head) + 1) + body, place.file, RecordError)
        if not isinstance(document.data, dict):
            raise RecordError(wrong)
        for column, value in document.data.items():
            if ":" in column and value is None:
                message, help_line = (
                    f"`{visible(column)}` has no blank after its `:`",
                    "write `column: value`",
                )
                raise RecordError(Problem(message, document.key_place((column,)), help_line))
        where = {column: document.place((column,)) for column in document.data}
        line = _Line(dict(document.data), {}, where, place=place)
        self._lines_of(table).append(line)
        for column in line.raw:
            self._read_cell(table, line, column)

    def check_register(self) -> None:
        """Report that nobody is left whose record it is: a cohort without the row would be sound."""
        lines = self._lines.get(self._policy.subject_table, [])
        taken = [line.place for line in lines if line.removed]
        if taken and len(taken) == len(lines):
            message = f"there is no row in `{self._policy.subject_table}`"
            self.problems.append(Problem(message, taken[0], "a record without one is incomplete"))

    # --------------------------------------------------------------------------------- the row that is meant

    def _line(self, address: Address, place: Place, *, may_add: bool) -> _Line:
        """Return the row that an address means; one of its own if it is new and may be added."""
        table = address.table
        lines = [line for line in self._lines_of(table) if not line.removed]
        ways = readings_of(self._policy, address, place)
        found = _matching(lines, ways)
        whole = len(address.parts) == len(key_columns(self._policy, table))
        if not found and not (whole and may_add):
            found = _matching(lines, other_ways(self._policy, address))
        if len(found) == 1:
            return found[0]
        if found:
            message = f"`{self._typed(address)}` means several rows of `{table.name}`"
            raise RecordError(Problem(message, place, f"name one: {self._listed(table, found)}"))
        if not (whole and may_add and table.key):
            raise RecordError(self._no_row(address, lines, place, may_add))
        if len(ways) > 1:
            message = f"`{self._typed(address)}` can be read in several ways"
            help_line = f"write its key in order: `{address_form(self._policy, table)}`"
            raise RecordError(Problem(message, place, help_line))
        terms: dict[str, Term | None] = dict(ways[0])
        raw = {name: cell_text(table.columns[name], term) for name, term in terms.items()}
        line = _Line(dict(raw), terms, place=place)
        self._lines_of(table).append(line)
        return line

    def _no_row(self, address: Address, lines: Sequence[_Line], place: Place, may_add: bool) -> Problem:
        table = address.table
        typed = self._typed(address)
        message = f"there is no row `{typed}`" if address.parts else f"there is no row in `{table.name}`"
        helps = []
        if lines:
            near = sorted(lines, key=lambda line: -_shared(address, table, line))
            helps.append(f"there is {self._listed(table, near)}")
        if may_add and table.key:
            helps.append(f"a new row is named by its whole key: `{address_form(self._policy, table)}`")
        elif may_add:
            helps.append(f"add one with `--add '{table.name}:{{...}}'`")
        return Problem(message, place, "; ".join(helps) or None)

    def _listed(self, table: Table, lines: Sequence[_Line]) -> str:
        shown = [f"`{written_address(self._policy, table, line.terms)}`" for line in lines[:MOST_LISTED]]
        more = len(lines) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    @staticmethod
    def _typed(address: Address) -> str:
        return visible(f"{address.table.name}:{'/'.join(address.parts)}".removesuffix(":"))

    def _lines_of(self, table: Table) -> list[_Line]:
        if table.name not in self._lines:
            found = self._read.tables.get(table.name)
            self._lines[table.name] = [
                _Line(
                    {name: cell_text(table.columns[name], term) for name, term in row.values.items()},
                    dict(row.values),
                    origin=row,
                )
                for row in (found.rows if found else ())
                if subject_of(row, self._policy.subject) == self._subject
            ]
        return self._lines[table.name]

    def _read_cell(self, table: Table, line: _Line, column: str) -> None:
        """Keep the term of a value that was set; one that does not fit is reported with its row."""
        if column in table.columns:
            line.terms.pop(column, None)
            try:
                term = parse_value(table.columns[column], line.raw[column], citing(self._policy))
            except CellError:
                return
            line.terms[column] = term

    # ------------------------------------------------------------------------------------------ the outcome

    def draft(self) -> Draft:
        """Return what was read with the changes."""
        tables = dict(self._read.tables)
        for name, lines in self._lines.items():
            if any(line.place is not None for line in lines):
                tables[name] = self._changed_table(self._policy.tables[name], lines)
        return replace(self._read, tables=tables)

    def changes(self) -> tuple[Change, ...]:
        """Return what became of each row, in the order of the pack's tables and of their rows."""
        names = [name for name in self._policy.tables if name in self._lines]
        return tuple(
            self._change(self._policy.tables[name], line)
            for name in names
            for line in self._lines[name]
            if line.place is not None
        )

    def _change(self, table: Table, line: _Line) -> Change:
        assert line.place is not None
        own = {name: term for name, term in line.terms.items() if name != self._policy.subject}
        key = key_columns(self._policy, table)
        if line.origin is None:
            action, before, after = Action.ADDED, {}, own
            row = Row(table.name, line.place.file, 0)
        else:
            old = {name: line.origin.values.get(name) for name in table.columns}
            row = line.origin.row
            if line.removed:
                old.pop(self._policy.subject, None)
                action, before, after = Action.REMOVED, old, {}
            else:
                before = {name: old[name] for name in line.places if name in old}
                after = {name: own.get(name) for name in line.places if name in old}
                differs = {name for name in before if before[name] != after[name]}
                action = Action.CHANGED if differs else Action.UNCHANGED
            own = old
        written = written_address(self._policy, table, own)
        return Change(table, action, written, {name: own.get(name) for name in key}, before, after, row)

    def _changed_table(self, table: Table, lines: Sequence[_Line]) -> TableRows:
        """Return the rows of a table with those of the subject as they are now, checked like any others."""
        read = self._read.tables.get(table.name, TableRows())
        concerned = [line for line in lines if line.place is not None]
        touched = {id(line.origin): line for line in concerned if line.origin is not None}
        standing = [row for row in read.rows if id(row) not in touched]
        fresh = [line for line in concerned if not line.removed]
        checked = rows_from_yaml(
            table,
            [line.raw for line in fresh],
            lambda loc: _place_of(fresh, loc),
            (self._policy.subject, self._subject),
            citing(self._policy),
            beside=standing,
        )
        moved = {
            id(line): replace(row, origin=_Options(row.origin))
            for line, row in zip(fresh, checked.rows, strict=True)
        }
        rows: list[TypedRow] = []
        for row in read.rows:
            line = touched.get(id(row))
            if line is None:
                rows.append(row)
            elif not line.removed:
                rows.append(moved[id(line)])
        rows += [moved[id(line)] for line in fresh if line.origin is None]
        return TableRows(rows, checked.problems, set(checked.gaps), len(rows), read.name)


class _Options:
    """Where rows stand that come from options of the command line: on no line."""

    def __init__(self, origin: Origin) -> None:
        self.columns = origin.columns
        self._origin = origin

    def row(self, number: int) -> Row:
        return replace(self._origin.row(number), line=0)

    def place(self, number: int, column: str) -> Place:
        return self._origin.place(number, column)


def _place_of(lines: Sequence[_Line], loc: tuple[str | int, ...]) -> Place:
    """Return the option that a value of the changed rows comes from."""
    line = lines[int(loc[0])]
    assert line.place is not None
    return line.places.get(str(loc[1]), line.place) if len(loc) > 1 else line.place


def _matching(lines: Sequence[_Line], ways: Any) -> list[_Line]:
    """Return the rows that one of several ways to read an address means."""
    known = list(ways)
    return [
        line
        for line in lines
        if any(all(line.terms.get(name) == term for name, term in way.items()) for way in known)
    ]


def _shared(address: Address, table: Table, line: _Line) -> int:
    """Count the values of an address that a row has in its key."""
    own = {cell_text(table.columns[name], line.terms.get(name)) for name in table.key}
    return len(own.intersection(address.parts))

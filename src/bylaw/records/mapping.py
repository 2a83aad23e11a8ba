"""A mapping file: which tables and columns of a source are those of a record, and what its codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bylaw.errors import Place, Problem, RecordError, did_you_mean
from bylaw.files.csv import visible
from bylaw.files.yaml import Document, Loc, read_yaml
from bylaw.policy.model import Policy
from bylaw.records.about import ABOUT, About, read_about
from bylaw.tables.cells import CellError, Cite, parse_cell, parse_value
from bylaw.tables.dates import DateForm, date_form
from bylaw.tables.schema import Column, ColumnType, Table
from bylaw.tables.terms import Term

_TABLE_KEYS = ("from", "columns", "only", "except", "ignored", "ignored_rows", "undecided")
_COLUMN_KEYS = ("from", "separator", "value", "values", "digits", "date")
MOST_DIGITS = 100


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """Where the values of a column come from.

    Args:
        sources: columns of the source; several are joined.
        separator: what stands between them.
        constant: the value of all rows, if there are no sources.
        values: from each text of the source to what it means; None if texts are taken as they stand.
        digits: how many digits an id has at least, whose zeros the source may have lost.
        date: how the source writes days.
        place: where the mapping says so.
    """

    sources: tuple[str, ...]
    separator: str = ""
    constant: Term | None = None
    values: Mapping[str, Term | None] | None = None
    digits: int | None = None
    date: DateForm | None = None
    place: Place | None = None


Condition = Mapping[str, frozenset[str]]
"""Columns of the source, and the texts that each has to hold."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """Where rows of a table come from.

    Args:
        table: a table of the record.
        source: the table of the source, as the mapping names it.
        columns: by the name of the record's column.
        only: rows are taken only if this holds.
        excluded: and not if any of its columns holds one of its texts.
        ignored: columns that are left where they are.
        ignored_rows: rows that no table takes if a column holds one of its texts.
        place: where the mapping says so.
    """

    table: Table
    source: str
    columns: Mapping[str, ColumnSource]
    only: Condition
    excluded: Condition
    ignored: frozenset[str]
    ignored_rows: Condition
    place: Place


@dataclass(frozen=True, slots=True)
class MappingFile:
    """What a mapping file says.

    Args:
        name: the file as the reader named it.
        about: what it says of the whole.
        tables: in the order of the file.
        ignored_tables: names, or patterns such as `STV*`, of tables that are left where they are.
    """

    name: str
    about: About
    tables: tuple[TableSource, ...]
    ignored_tables: tuple[str, ...] = ()
    place: Place = field(default_factory=lambda: Place(""))


def read_mapping(policy: Policy, path: str | Path, cite: Cite | None = None) -> MappingFile:
    """Read a mapping file against the tables of a pack.

    Args:
        policy: the pack.
        path: the file; named in problems as given.
        cite: names the provision of a limit that bounds a column.

    Raises:
        RecordError: it is wrong; with all problems, by line and column.
    """
    document = read_yaml(Path(path), str(path), RecordError)
    return _Reader(policy, document, cite).mapping()


class _Reader:
    """Reads a mapping and gathers what is wrong with it."""

    def __init__(self, policy: Policy, document: Document, cite: Cite | None) -> None:
        self._policy = policy
        self._document = document
        self._cite = cite
        self._problems: list[Problem] = []

    def mapping(self) -> MappingFile:
        document, data = self._document, self._document.data
        own = {table.name: table for table in self._policy.tables.values() if not table.pack}
        keys = (*ABOUT, "tables", "ignored_tables", "undecided_tables")
        about, problems = read_about(self._policy, document, keys)
        self._problems += problems
        tables: list[TableSource] = []
        named = data.get("tables") if isinstance(data, dict) else None
        if isinstance(data, dict) and not isinstance(named, dict):
            what = "is a map of tables" if "tables" in data else "is missing"
            self._report(("tables",), f"`tables` {what}", "`tables: {TABLE: {from: ..., columns: {...}}}`")
        for name, value in named.items() if isinstance(named, dict) else ():
            if name not in own:
                help_line = did_you_mean(name, own)
                if name in self._policy.tables:
                    help_line = "it comes with the pack and is not part of a record"
                place = document.key_place(("tables", name))
                self._problems.append(Problem(f"`{visible(name)}` is no table of a record", place, help_line))
            elif isinstance(value, list):
                if not value:
                    self._report(("tables", name), f"`{name}` names no source", "leave it out")
                for number, one in enumerate(value):
                    self._table(own[name], one, ("tables", name, number), tables)
            else:
                self._table(own[name], value, ("tables", name), tables)
        ignored = self._names(("ignored_tables",))
        for table in self._names(("undecided_tables",)):
            help_line = "take it under `tables`, or list it under `ignored_tables`"
            self._report(("undecided_tables",), f"table `{visible(table)}` is not decided", help_line)
        if self._problems:
            raise RecordError(sorted(self._problems, key=lambda one: one.place or Place("")))
        return MappingFile(document.name, about, tuple(tables), ignored, document.place(("tables",)))

    def _table(self, table: Table, value: Any, loc: Loc, tables: list[TableSource]) -> None:
        """Read where one table, or a part of it, comes from."""
        if not self._is_map(value, loc, f"`{table.name}`", _TABLE_KEYS):
            return
        source = value.get("from", table.name)
        if not isinstance(source, str) or not source:
            self._report((*loc, "from"), "`from` names a table of the source", "quote it")
            source = table.name
        ignored = self._names((*loc, "ignored"))
        for column in self._names((*loc, "undecided")):
            help_line = "take it under `columns`, or list it under `ignored`"
            self._report(
                (*loc, "undecided"), f"column `{visible(column)}` of `{source}` is not decided", help_line
            )
        columns = self._columns(table, value, loc)
        used = {one for column in columns.values() for one in column.sources}
        for one in ignored:
            if one in used:
                message = f"column `{visible(one)}` is taken and ignored"
                self._report((*loc, "ignored"), message, "keep one of them")
        tables.append(
            TableSource(
                table,
                source,
                columns,
                self._condition((*loc, "only")),
                self._condition((*loc, "except")),
                frozenset(ignored),
                self._condition((*loc, "ignored_rows")),
                self._document.place(loc),
            )
        )

    def _columns(self, table: Table, value: Mapping[str, Any], loc: Loc) -> dict[str, ColumnSource]:
        columns: dict[str, ColumnSource] = {}
        given = value.get("columns")
        at = (*loc, "columns")
        if not isinstance(given, dict):
            what = "is a map of columns" if "columns" in value else f"of `{table.name}` is missing"
            self._report(at, f"`columns` {what}", f"`columns: {{{next(iter(table.columns))}: ...}}`")
            return columns
        for name, source in given.items():
            if name not in table.columns:
                absent = set(table.columns) - set(given)
                help_line = did_you_mean(name, absent) or did_you_mean(name, table.columns)
                message = f"`{visible(name)}` is not a column of `{table.name}`"
                self._problems.append(Problem(message, self._document.key_place((*at, name)), help_line))
            elif (read := self._column(table.columns[name], source, (*at, name))) is not None:
                columns[name] = read
        for column in table.columns.values():
            if column.required and column.name not in given:
                message = f"`{column.name}` of `{table.name}` has no source"
                self._report(at, message, f"`{column.name}: COLUMN`, or `{column.name}: {{value: ...}}`")
        return columns

    def _column(self, column: Column, value: Any, loc: Loc) -> ColumnSource | None:
        place = self._document.place(loc)
        if isinstance(value, str) and value:
            return ColumnSource((value,), place=place)
        if value is None or isinstance(value, str):
            help_line = "name a column of the source" + ("" if column.required else ", or leave it out")
            self._report(loc, f"`{column.name}` is not decided", help_line)
            return None
        if not self._is_map(value, loc, f"`{column.name}`", _COLUMN_KEYS):
            return None
        if ("from" in value) == ("value" in value):
            self._report(loc, f"`{column.name}` has `from` or `value`, one of them", None)
            return None
        if "value" in value:
            for key in set(value) - {"value"}:
                self._report((*loc, key), f"`{key}` does not go with `value`", "leave it out")
            constant = self._term(column, value["value"], (*loc, "value"))
            return ColumnSource((), constant=constant, place=place)
        sources = self._names((*loc, "from"), single=True)
        separator = value.get("separator", "")
        if not isinstance(separator, str):
            self._report((*loc, "separator"), "`separator` is text", "quote it")
            separator = ""
        ways = [key for key in ("values", "digits", "date") if key in value]
        if len(ways) > 1:
            self._report(loc, f"`{ways[0]}` and `{ways[1]}` do not go together", "keep one of them")
        return ColumnSource(
            sources,
            separator,
            values=self._values(column, (*loc, "values")) if "values" in value else None,
            digits=self._digits(column, value["digits"], (*loc, "digits")) if "digits" in value else None,
            date=self._date(column, value["date"], (*loc, "date")) if "date" in value else None,
            place=place,
        )

    def _values(self, column: Column, loc: Loc) -> dict[str, Term | None]:
        given = self._at(loc)
        if not isinstance(given, dict) or not given:
            self._report(loc, "`values` is a map from what the source has to what it means", None)
            return {}
        return {text: self._term(column, meant, (*loc, text)) for text, meant in given.items()}

    def _term(self, column: Column, value: Any, loc: Loc) -> Term | None:
        """Read a value as the column has it."""
        try:
            if isinstance(value, int) and not isinstance(value, bool) and column.type is ColumnType.CHOICE:
                return parse_cell(column, str(value), self._cite)
            return parse_value(column, value, self._cite)
        except CellError as error:
            self._report(loc, error.message, error.help)
            return None

    def _digits(self, column: Column, value: Any, loc: Loc) -> int | None:
        if column.type is not ColumnType.TEXT:
            self._report(loc, f"`{column.name}` is no text, so it has no `digits` to keep", "leave it out")
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_DIGITS:
            self._report(loc, f"`digits` is a whole number from 1 to {MOST_DIGITS}", None)
        else:
            return value
        return None

    def _date(self, column: Column, value: Any, loc: Loc) -> DateForm | None:
        form = date_form(value) if isinstance(value, str) else None
        if column.type is not ColumnType.DATE:
            self._report(loc, f"`{column.name}` is no date", "leave `date` out")
        elif form is None:
            self._report(loc, "`date` says how days are written", "such as `DD/MM/YYYY` or `DD-MON-YYYY`")
        return form

    def _condition(self, loc: Loc) -> dict[str, frozenset[str]]:
        given = self._at(loc)
        if given is None:
            return {}
        if not isinstance(given, dict):
            self._report(loc, f"`{loc[-1]}` is a map from columns to what they hold", "`{COLUMN: [A, B]}`")
            return {}
        return {column: frozenset(self._names((*loc, column), single=True)) for column in given}

    def _names(self, loc: Loc, *, single: bool = False) -> tuple[str, ...]:
        """Read a list of texts, or with `single` one text; a number stands for its digits."""
        given = self._at(loc)
        if given is None and not single:
            return ()
        listed = given if isinstance(given, list) else [given] if single else None
        texts = [str(one) for one in listed or () if isinstance(one, str | int) and not isinstance(one, bool)]
        if listed is None or len(texts) != len(listed) or (single and not texts):
            self._report(loc, f"`{loc[-1]}` is a list of texts", "quote what is none")
        return tuple(texts)

    def _is_map(self, value: Any, loc: Loc, what: str, keys: tuple[str, ...]) -> bool:
        if not isinstance(value, dict):
            self._report(loc, f"{what} is a map", "known here: " + ", ".join(f"`{key}`" for key in keys))
            return False
        for key in value:
            if key not in keys:
                place = self._document.key_place((*loc, key))
                self._problems.append(
                    Problem(f"`{visible(key)}` is not a key of {what}", place, did_you_mean(key, keys))
                )
        return True

    def _at(self, loc: Loc) -> Any:
        value: Any = self._document.data
        for part in loc:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
            else:
                return None
        return value

    def _report(self, loc: Loc, message: str, help_line: str | None) -> None:
        self._problems.append(Problem(message, self._document.place(loc), help_line))

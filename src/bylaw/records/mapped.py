"""Reads the tables of a source through a mapping: each column and row is taken, or ignored by name."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bylaw import watch
from bylaw.errors import Place, Problem, RecordError, did_you_mean
from bylaw.files.csv import visible
from bylaw.files.sheet import Cells, Sheet
from bylaw.files.store import Open, Store
from bylaw.policy.model import Policy
from bylaw.records.check import Draft, citing
from bylaw.records.mapping import ColumnSource, Condition, MappingFile, TableSource
from bylaw.tables.cells import CellError, Cite
from bylaw.tables.checker import RowChecker
from bylaw.tables.rows import TableRows
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.sheet_rows import SheetOrigin, SheetReader, Take, enough, parsing, taking
from bylaw.tables.terms import Term
from bylaw.tables.values import code_of, text_of

Admits = Callable[[Cells], bool]


@dataclass(slots=True)
class _Feed:
    """A part of the mapping that takes rows of a sheet."""

    part: TableSource
    found: TableRows
    reader: SheetReader
    admits: Admits


@dataclass(slots=True)
class _Known:
    """What was read of a table of the record so far."""

    found: TableRows = field(default_factory=TableRows)
    checker: RowChecker | None = None


def read_mapped(policy: Policy, store: Store, mapping: MappingFile) -> Draft:
    """Read a source through a mapping.

    Args:
        policy: the pack whose tables the records follow.
        store: the source, open.
        mapping: how its tables are those of the pack.

    Returns:
        The draft; all that is wrong is in its problems.
    """
    draft = Draft(
        store.name,
        Place(store.name),
        lambda table: f"map it under `tables` in {mapping.name}: `{table.name}:`",
    )
    draft.read = 0
    known: dict[str, _Known] = {}
    seen: set[str] = set()
    for source, (opened, parts) in _by_source(store, mapping, draft.problems).items():
        seen.add(source)
        reading = _Reading(policy, mapping, draft, known)
        try:
            for sheet in opened():
                reading.read(store.word, source, sheet, parts)
        except RecordError as error:  # a folder that holds something else than parts of a table
            draft.problems.extend(error.problems)
            for part in parts:
                known.setdefault(part.table.name, _Known()).found.gaps |= set(part.table.columns)
    _unnamed(store, mapping, seen, draft.problems)
    draft.tables = {name: known[name].found for name in policy.tables if name in known}
    return draft


def _by_source(
    store: Store, mapping: MappingFile, problems: list[Problem]
) -> dict[str, tuple[Open, list[TableSource]]]:
    """Gather the parts of a mapping by the table of the source that they read."""
    parts: dict[str, tuple[Open, list[TableSource]]] = {}
    for part in mapping.tables:
        found = store.find(part.source)
        if found is None:
            message = f"there is no {store.word} `{visible(part.source)}` in {store.name}"
            problems.append(Problem(message, part.place, did_you_mean(part.source, store.tables)))
            continue
        parts.setdefault(found[0], (found[1], []))[1].append(part)
    return parts


def _unnamed(store: Store, mapping: MappingFile, seen: Iterable[str], problems: list[Problem]) -> None:
    """Report the tables of a source of which the mapping says nothing."""
    for table in store.tables.keys() - set(seen):
        if not any(fnmatch.fnmatchcase(table, pattern) for pattern in mapping.ignored_tables):
            message = f"{store.word} `{visible(table)}` of {store.name} is neither taken nor ignored"
            help_line = f"take it under `tables`, or list it under `ignored_tables` in {mapping.name}"
            problems.append(Problem(message, mapping.place, help_line))


class _Reading:
    """Reads one table of a source into those of the record that it feeds."""

    def __init__(self, policy: Policy, mapping: MappingFile, draft: Draft, known: dict[str, _Known]) -> None:
        self._policy = policy
        self._mapping = mapping
        self._draft = draft
        self._problems = draft.problems
        self._known = known
        self._cite = citing(policy)

    def read(self, word: str, source: str, sheet: Sheet, parts: list[TableSource]) -> None:
        tables = [self._known.setdefault(part.table.name, _Known()) for part in parts]
        names = [name for name, _ in sheet.header]
        before = len(self._problems) + len(sheet.problems)
        if sheet.header:
            self._account(word, source, sheet, parts, names)
        sound = len(self._problems) + len(sheet.problems) == before and not sheet.problems
        if not sheet.header or not sound:
            self._problems.extend(sheet.problems)
            for part, table in zip(parts, tables, strict=True):
                table.found.gaps |= set(part.table.columns)
            return
        wanted = sorted(
            {index for part in parts for name in _named(part) if (index := _find(names, name)) is not None}
        )
        feeds = [
            self._feed(part, table, sheet, names, wanted) for part, table in zip(parts, tables, strict=True)
        ]
        dropped = [_meets_any(part.ignored_rows, names, wanted) for part in parts if part.ignored_rows]
        rows = ignored = 0
        last = None
        for number, cells in sheet.rows(wanted):
            watch.pulse() if number % watch.ROWS == 0 else None
            rows += 1
            try:
                takers = [feed for feed in feeds if feed.admits(cells)]
                taken: bool | None = bool(takers) or any(drops(cells) for drops in dropped)
            except CellError as error:  # nobody can say whose row it is
                self._problems.append(Problem(error.message, sheet.places.place(number), error.help))
                for feed in feeds:
                    feed.found.gaps |= set(feed.part.table.columns)
                takers, taken = [], None
            ignored += bool(taken and not takers)
            feeds[0].found.lost += not taken
            for feed in takers:
                feed.reader.add(number, cells)
            if taken is False:
                message = f"no table takes this row of `{visible(source)}`"
                help_line = (
                    f"widen `only` or `except`, or list it under `ignored_rows` in {self._mapping.name}"
                )
                self._problems.append(Problem(message, sheet.places.place(number), help_line))
            worst = max((self._problems, *(feed.found.problems for feed in feeds)), key=len)
            if (last := enough(worst, sheet.places, number)) is not None:
                sheet.problems.append(last)
                break
        self._draft.read = (self._draft.read or 0) + rows
        self._draft.ignored += ignored
        self._problems.extend(sheet.problems)
        feeds[0].found.lost += len(sheet.problems) - (last is not None)
        if sheet.problems:  # rows were lost
            for feed in feeds:
                feed.found.gaps |= set(feed.part.table.columns)

    def _account(
        self, word: str, source: str, sheet: Sheet, parts: list[TableSource], names: list[str]
    ) -> None:
        """Report columns that the mapping names and the sheet has not, and those of which it says nothing."""
        named: set[int] = set()
        for part in parts:
            where = {one: column.place for column in part.columns.values() for one in column.sources}
            for name in _named(part):
                index = _find(names, name)
                if index is None:
                    message = f"`{visible(name)}` is not a column of {word} `{visible(source)}`"
                    help_line = did_you_mean(name, [one for one in names if one])
                    self._problems.append(Problem(message, where.get(name) or part.place, help_line))
                else:
                    named.add(index)
            named |= {index for name in part.ignored if (index := _find(names, name)) is not None}
        for index, (name, place) in enumerate(sheet.header):
            if name and index not in named:
                message = (
                    f"column `{visible(name)}` of {word} `{visible(source)}` is neither taken nor ignored"
                )
                help_line = f"take it under `columns`, or list it under `ignored` in {self._mapping.name}"
                self._problems.append(Problem(message, place, help_line))

    def _feed(
        self, part: TableSource, known: _Known, sheet: Sheet, names: list[str], wanted: list[int]
    ) -> _Feed:
        table = part.table
        if known.checker is None:
            known.found.name = sheet.places.name
            known.checker = RowChecker(table, known.found, self._policy.subject)
        columns = [column for column in table.columns.values() if column.name in part.columns]
        takes = []
        first: dict[str, int | None] = {}
        for column in columns:
            source = part.columns[column.name]
            indexes = [index for name in source.sources if (index := _find(names, name)) is not None]
            first[column.name] = indexes[0] if indexes else None
            positions = [wanted.index(index) for index in indexes]
            takes.append((column.name, _take(column, source, positions, self._cite, self._mapping.name)))
        origin = SheetOrigin(table.name, sheet.places, {one.name: i for i, one in enumerate(columns)}, first)
        only, excluded = _meets_all(part.only, names, wanted), _meets_any(part.excluded, names, wanted)
        return _Feed(
            part,
            known.found,
            SheetReader(known.checker, origin, takes),
            lambda cells: only(cells) and not excluded(cells),
        )


def _named(part: TableSource) -> dict[str, None]:
    """Return the columns of the source that a part of a mapping reads."""
    names = [name for column in part.columns.values() for name in column.sources]
    return dict.fromkeys([*names, *part.only, *part.excluded, *part.ignored_rows])


def _find(names: list[str], name: str) -> int | None:
    """Return the position of a column: as it stands, or in other letters if that is only one."""
    if name in names:
        return names.index(name)
    same = [index for index, one in enumerate(names) if one.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def _tests(condition: Condition, names: list[str], wanted: list[int]) -> list[Admits]:
    """Return a test for each column of a condition: whether its cell holds one of the texts."""

    def test(column: Column, position: int, texts: frozenset[str]) -> Admits:
        return lambda cells: code_of(column, cells[position]) in texts

    found = [(Column(name, ColumnType.TEXT), _find(names, name), texts) for name, texts in condition.items()]
    return [test(name, wanted.index(index), texts) for name, index, texts in found if index is not None]


def _meets_all(condition: Condition, names: list[str], wanted: list[int]) -> Admits:
    tests = _tests(condition, names, wanted)
    return lambda cells: all(test(cells) for test in tests)


def _meets_any(condition: Condition, names: list[str], wanted: list[int]) -> Admits:
    tests = _tests(condition, names, wanted)
    return lambda cells: any(test(cells) for test in tests)


# ------------------------------------------------------------------------------------ how a column is read


def _take(column: Column, source: ColumnSource, positions: list[int], cite: Cite, mapping: str) -> Take:
    if not source.sources:
        constant = source.constant
        return lambda _: constant
    if len(positions) == 1 and source.values is None and source.digits is None and source.date is None:
        return taking(column, positions[0], cite)
    read = _reading(column, source, cite, mapping)
    if len(positions) == 1:
        return lambda cells: read(cells[positions[0]])
    return lambda cells: read(_joined(column, source, [cells[position] for position in positions]))


def _reading(
    column: Column, source: ColumnSource, cite: Cite, mapping: str
) -> Callable[[object], Term | None]:
    """Return how one cell is read that is translated, filled up or written in a way of its own."""
    values, digits, form = source.values, source.digits, source.date
    place = source.place
    parsed = parsing(column, cite)

    def translated(cell: object) -> Term | None:
        text = code_of(column, cell)
        assert values is not None
        if text in values:
            return values[text]
        if not text:
            return parsed("")
        line = f":{place.line}" if place and place.line else ""
        raise CellError(
            f"`{column.name}` is `{visible(text)}`, which the mapping does not translate",
            f"add it to `values` in {mapping}{line}",
        )

    def filled(cell: object) -> Term | None:
        assert digits is not None
        text = code_of(column, cell)
        if text and (not text.isascii() or not text.isdecimal()):
            raise CellError(f"`{column.name}` is `{visible(text)}`, which is not made of digits")
        if len(text) > digits:
            raise CellError(f"`{column.name}` is `{visible(text)}`, which has more than {digits} digits")
        return parsed(text.zfill(digits) if text else "")

    def dated(cell: object) -> Term | None:
        assert form is not None
        if not isinstance(cell, str) or not cell.strip():
            return parsed(text_of(column, cell))
        iso = form.iso(cell)
        if iso is None:
            raise CellError(f"`{column.name}` is `{visible(cell)}`, which is not written `{form.text}`")
        return parsed(iso)

    if values is not None:
        return translated
    if digits is not None:
        return filled
    return dated if form is not None else lambda cell: parsed(text_of(column, cell))


def _joined(column: Column, source: ColumnSource, cells: list[object]) -> str:
    """Join cells, each of which has to be a text."""
    part = Column(column.name, ColumnType.TEXT)
    texts = [text_of(part, cell).strip() for cell in cells]
    if any(texts) and not all(texts):
        empty = source.sources[texts.index("")]
        raise CellError(f"`{column.name}` lacks a part: `{visible(empty)}` is empty")
    return source.separator.join(texts) if any(texts) else ""

"""Writes a first mapping from the headers of a source; what they do not tell is listed as undecided."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from bylaw.errors import RecordError
from bylaw.files.csv import visible
from bylaw.files.store import Store, stem_of
from bylaw.policy.model import Policy
from bylaw.records.presets import KnownTable, Preset
from bylaw.records.write import yaml_text
from bylaw.tables.schema import Column, ColumnType, Missing, Table

ALIKE = 0.7
"""How alike two names have to be: the share of letters that they have in common, in order."""
ENOUGH = 0.5
"""How much of a table has to be recognised: the share of its required columns, and how like its name is."""
MEANT = 0.95
"""How alike a name is to one that a preset gives the same meaning."""


@dataclass(frozen=True, slots=True)
class _Match:
    """A column of the source for one of the record, and how alike their names are; 1 for the same."""

    column: str
    alike: float


@dataclass(frozen=True, slots=True)
class _Guess:
    """What a table of the source is taken for."""

    source: str
    header: Sequence[str]
    table: Table | None
    columns: Mapping[str, _Match]
    known: KnownTable | None


def first_mapping(policy: Policy, store: Store, preset: Preset | None = None) -> str:
    """Write a mapping of a source in YAML, to be checked and completed by its reader.

    Only headers are read. Every column and table that is not matched stands under `undecided`, with which
    the mapping is refused.

    Args:
        policy: the pack.
        store: the source, open.
        preset: what is known of the system that it comes from.

    Raises:
        RecordError: a header cannot be read; with all problems.
    """
    sheets = {source: next(iter(opened())) for source, opened in store.tables.items()}
    problems = [problem for sheet in sheets.values() for problem in sheet.problems]
    if problems:
        raise RecordError(problems)
    headers = {source: [name for name, _ in sheet.header] for source, sheet in sheets.items()}
    guesses = [_guess(policy, source, header, preset) for source, header in headers.items()]
    lines = [
        f"# A first mapping of {visible(store.name, 200)} to {policy.id}.",
        "# It is made from names alone: check each line.",
        "# It is refused as long as something is undecided: take it under `columns` or `tables`, or list it",
        "# under `ignored` or `ignored_tables`.",
        f"policy: {yaml_text(policy.id)}",
        "tables:",
    ]
    own = [table for table in policy.tables.values() if not table.pack]
    absent = []
    for table in own:
        found = [guess for guess in guesses if guess.table is table]
        if not found:
            absent.append(table)
        elif len(found) == 1:
            lines.append(f"  {table.name}:")
            lines += [f"    {line}" for line in _part(table, found[0])]
        else:
            lines.append(f"  {table.name}:  # several tables look like it")
            for guess in found:
                first, *rest = _part(table, guess)
                lines += [f"    - {first}", *(f"      {line}" for line in rest)]
    if len(absent) == len(own):
        lines[-1] += " {}"
    undecided = [guess.source for guess in guesses if guess.table is None]
    if undecided:
        lines.append("undecided_tables:")
        lines += [f"  - {yaml_text(source)}" for source in undecided]
    for refused in (True, False):
        names = [table.name for table in absent if (table.missing_table is Missing.REFUSE) == refused]
        if names:
            lines.append(f"# Without a source, and {'needed' if refused else 'not needed'}:")
            lines += wrap(", ".join(names), 100, initial_indent="#   ", subsequent_indent="#   ")
    return "\n".join(lines) + "\n"


def _guess(policy: Policy, source: str, header: Sequence[str], preset: Preset | None) -> _Guess:
    """Choose the table of the record that a table of the source is most like."""
    known = _known_table(preset, source)
    best: tuple[float, Table | None, dict[str, _Match]] = (0.0, None, {})
    for table in policy.tables.values():
        if table.pack:
            continue
        columns = _match(table, source, header, known)
        required = [column for column in table.columns.values() if column.required]
        share = sum(column.name in columns for column in required) / max(len(required), 1)
        name = max(_alike(table.name, word) for word in (stem_of(source), *(known.means if known else ())))
        score = share + (name if name >= ALIKE else 0.0)
        if score > best[0]:
            best = (score, table, columns)
    score, chosen, columns = best
    return _Guess(source, header, chosen if score >= ENOUGH else None, columns, known)


def _match(table: Table, source: str, header: Sequence[str], known: KnownTable | None) -> dict[str, _Match]:
    """Pair columns of the record with those of the source, the most alike first, each taken once."""
    prefix = re.compile(rf"{re.escape(stem_of(source))}_(?=.)", re.IGNORECASE)
    pairs: list[tuple[float, str, str]] = []
    for name in header:
        told = known.columns.get(name.upper()) if known else None
        for column in table.columns:
            alike = max(_alike(column, name), _alike(column, prefix.sub("", name)))
            if told is not None:
                alike = max((MEANT for one in told.means if _plain(one) == _plain(column)), default=0.0)
            if alike >= ALIKE:
                pairs.append((alike, column, name))
    found: dict[str, _Match] = {}
    taken: set[str] = set()
    order = {name: index for index, name in enumerate(header)}
    for alike, column, name in sorted(pairs, key=lambda one: (-one[0], order[one[2]], one[1])):
        if column not in found and name not in taken:
            found[column] = _Match(name, alike)
            taken.add(name)
    return found


def _part(table: Table, guess: _Guess) -> Iterator[str]:
    """Yield the lines of a mapping for one table of the source."""
    yield f"from: {yaml_text(guess.source)}"
    yield "columns:"
    for column in table.columns.values():
        match = guess.columns.get(column.name)
        holds = _holds(column)
        if match is not None:
            told = guess.known.columns.get(match.column.upper()) if guess.known else None
            notes = [f"{told.note}{'' if told.documented else ' (not documented)'}"] if told else []
            if match.alike < 1 and told is None:
                notes.append("by likeness")
            notes += [holds] if holds else []
            yield f"  {column.name}: {yaml_text(match.column)}" + (f"  # {'; '.join(notes)}" if notes else "")
        elif column.required:
            yield f"  {column.name}:  # undecided{'; ' + holds if holds else ''}"
        else:
            yield f"  # {column.name}:  # may be left out"
    taken = {match.column for match in guess.columns.values()}
    left = [name for name in guess.header if name not in taken]
    if left:
        yield "undecided:"
        for name in left:
            told = guess.known.columns.get(name.upper()) if guess.known else None
            yield f"  - {yaml_text(name)}" + (f"  # {told.note}" if told else "")


def _holds(column: Column) -> str:
    if column.type is ColumnType.CHOICE:
        return f"translate codes to {', '.join(list(column.choices)[:12])}"
    if column.type is ColumnType.BOOLEAN:
        return "translate codes to yes, no"
    return ""


def _known_table(preset: Preset | None, source: str) -> KnownTable | None:
    if preset is None:
        return None
    name = stem_of(source).rpartition(".")[2].upper()
    return preset.tables.get(name) or preset.tables.get(name.removeprefix("PS_"))


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def _alike(one: str, other: str) -> float:
    first, second = _plain(one), _plain(other)
    if first == second:
        return 1.0
    if first.rstrip("s") == second.rstrip("s"):
        return MEANT
    return min(difflib.SequenceMatcher(None, first, second).ratio(), MEANT - 0.01)

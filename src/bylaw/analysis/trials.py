"""Records that texts are tried on: of cases and cohorts, the same with other figures, and smaller ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bylaw.errors import RecordError
from bylaw.policy.cases import load_cases
from bylaw.policy.model import ArgType, Policy
from bylaw.records.check import Draft, finish
from bylaw.records.load import draft_from_rows
from bylaw.records.model import Records
from bylaw.tables.rows import TableRows, TypedRow, subject_of
from bylaw.tables.schema import Column, ColumnType, ColumnValue, Table
from bylaw.tables.terms import Fact, Term, Text

MOST_CHANGES = 4
"""How many things of a record are changed together at most."""

_FIGURES = (ColumnType.INTEGER, ColumnType.DECIMAL)

Turning = Mapping[tuple[str, str], tuple[int, ...]]
"""By table and column, the values at which a comparison with a limit turns."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A record to try.

    Args:
        name: what it is, for a reader: `the case ...`.
        draft: its rows; not checked yet.
        subject: whose it is.
        as_of: the clock; None where the rows tell it.
        provisions: that it was made for.
        readings: the alternatives of readings that it was made for.
    """

    name: str
    draft: Draft
    subject: str
    as_of: int | None
    provisions: frozenset[str] = frozenset()
    readings: frozenset[tuple[str, str]] = frozenset()

    def records(self, policy: Policy) -> Records | None:
        """Return it as the records of a policy; None where they are refused."""
        for name, found in self.draft.tables.items():
            bounded = [column for column in policy.tables[name].columns.values() if column.type in _FIGURES]
            for row in found.rows:
                figures = ((column, row.value(column.name)) for column in bounded)
                if any(isinstance(value, int) and not _within(column, value) for column, value in figures):
                    return None
        try:
            records = finish(policy, self.draft, self.as_of)
        except RecordError:
            return None
        return records if self.subject in records.subjects else None

    def rows(self) -> int:
        """Count its rows."""
        return sum(len(table.rows) for table in self.draft.tables.values())

    def without(self, leave_out: Callable[[str, int], bool]) -> Trial:
        """Return it without some rows.

        Args:
            leave_out: told a table and the position of a row in it.
        """
        tables = {
            name: replace(table, rows=[row for n, row in enumerate(table.rows) if not leave_out(name, n)])
            for name, table in self.draft.tables.items()
        }
        return replace(self, draft=replace(self.draft, tables=tables))

    def table(self, name: str) -> Sequence[TypedRow]:
        """Return the rows of a table; none where it was not supplied."""
        found = self.draft.tables.get(name)
        return found.rows if found else ()

    def with_cell(self, table: str, position: int, column: str, value: Term) -> Trial:
        """Return it with another value in a row."""
        found = self.draft.tables[table]
        row = found.rows[position]
        terms = list(row.terms)
        terms[row.origin.columns[column]] = value
        changed = TypedRow(tuple(terms), row.origin, row.number, row.sound)
        rows = [changed if n == position else one for n, one in enumerate(found.rows)]
        tables = {**self.draft.tables, table: replace(found, rows=rows)}
        return replace(self, draft=replace(self.draft, tables=tables))


def same_records(old: Policy, new: Policy) -> str | None:
    """Return a table of the record that two policies read differently; None if there is none."""
    sides = [{t.name: _read_as(t) for t in one.tables.values() if not t.pack} for one in (old, new)]
    names = [*sides[0], *(name for name in sides[1] if name not in sides[0])]
    return next((name for name in names if sides[0].get(name) != sides[1].get(name)), None)


def _read_as(table: Table) -> object:
    columns = {
        c.name: (c.type, c.required, c.scale, c.pattern, dict(c.choices), c.references)
        for c in table.columns.values()
    }
    facts = [(one.predicate, one.args) for one in table.facts]
    return columns, table.key, facts, table.missing_table, table.missing_rows


def case_trials(policy: Policy) -> Iterator[Trial]:
    """Yield the records of a pack's cases, but for those that it refuses."""
    for case in load_cases(policy):
        if case.refused is not None:
            continue
        draft = draft_from_rows(policy, case.record, case.place.file, place_of=case.place_of)
        if draft.problems or not draft.subject:
            continue
        told = frozenset(pid for one in case.expect for pid in (*(one.because or ()), *one.because_includes))
        made_up = replace(draft, synthetic=True)
        taken = frozenset(case.readings.items())
        yield Trial(f"the case `{case.name}`", made_up, draft.subject, case.as_of, told, taken)


def cohort_trials(policy: Policy, draft: Draft, as_of: int | None) -> Iterator[Trial]:
    """Yield the records of the students of a cohort, in the order of their ids.

    Args:
        draft: of the cohort; nothing is wrong with it.
        as_of: the present of the cohort.
    """
    own: dict[str, dict[str, list[TypedRow]]] = {}
    for name, table in draft.tables.items():
        for row in table.rows:
            subject = subject_of(row, policy.subject)
            if subject is not None:
                own.setdefault(subject, {}).setdefault(name, []).append(row)
    for subject in sorted(own):
        tables = {name: TableRows(rows=own[subject].get(name, [])) for name in draft.tables}
        alone = replace(draft, tables=tables, problems=[], subject=subject)
        yield Trial(f"`{subject}` of {draft.source}", alone, subject, as_of)


def turning_values(policies: Sequence[Policy]) -> Turning:
    """Return, for each figure of a record, the values at which a comparison with a limit turns.

    These are each limit of its unit and scale with the numbers beside it, and the ends of its column.
    """
    policy = policies[0]
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for table in policy.tables.values():
        for column in () if table.pack else table.columns.values():
            kind = _kind(policy, table, column)
            if column.type not in _FIGURES or kind is None or kind.unit is None:
                continue
            near = {
                limit.value + step
                for one in policies
                for limit in one.limits.values()
                if limit.unit == kind.unit and limit.scale == kind.scale
                for step in (-1, 0, 1)
            }
            ends = {one for one in (column.minimum, column.maximum) if one is not None}
            if near:
                found[table.name, column.name] = tuple(v for v in sorted(near | ends) if _within(column, v))
    return found


def _within(column: Column, value: int) -> bool:
    low, high = column.minimum, column.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _kind(policy: Policy, table: Table, column: Column) -> ArgType | None:
    """Return the type of the argument that a column becomes."""
    for template in table.facts:
        predicate = policy.predicates.get(template.predicate)
        for arg, (_, kind) in zip(template.args, predicate.args if predicate else (), strict=False):
            if isinstance(arg, ColumnValue) and arg.column == column.name:
                return policy.types[kind]
    return None


def varied(policy: Policy, trials: Sequence[Trial], turning: Turning, seed: int) -> Iterator[Trial]:
    """Yield records that differ from some in a few things, without end unless nothing can be changed.

    A figure moves to where a comparison turns, a choice to another word, the present to that of another
    record; a row is left out, or a table is taken from another record. Not all of them are valid. The same
    seed gives the same records.

    Args:
        policy: whose tables the records follow.
        trials: to start from.
        turning: the values of figures.
    """
    chance = random.Random(seed)
    makers: list[_Maker] = [
        _Figures(turning),
        _Choices(policy),
        _Presents(trials),
        _Rows(policy),
        _Tables(trials),
    ]
    fruitless = 0
    while trials and fruitless < _MOST_FRUITLESS:
        trial = chance.choice(trials)
        changed = trial
        for maker in chance.choices(makers, weights=_WEIGHTS, k=chance.randint(1, MOST_CHANGES)):
            changed = maker.change(changed, chance)
        fruitless = fruitless + 1 if changed is trial else 0
        if changed is not trial:
            yield replace(changed, name=f"{trial.name}, varied", provisions=frozenset(), readings=frozenset())


_MOST_FRUITLESS = 1_000
_WEIGHTS = (4, 1, 1, 1, 1)
"""How often each kind of change is made, in the order of the makers in `varied`."""


class _Maker(Protocol):
    """Changes one thing in a record."""

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Return the record with the change; itself where there is nothing to change."""
        ...


class _Figures:
    """Moves a figure to a value at which a comparison turns."""

    def __init__(self, turning: Turning) -> None:
        self._turning = turning

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Move one figure."""
        places = [
            (table, position, column)
            for (table, column), values in self._turning.items()
            for position, row in enumerate(trial.table(table) if values else ())
            if isinstance(row.value(column), int)
        ]
        if not places:
            return trial
        table, position, column = chance.choice(places)
        return trial.with_cell(table, position, column, chance.choice(self._turning[table, column]))


class _Choices:
    """Puts another word of its column into a cell."""

    def __init__(self, policy: Policy) -> None:
        self._words = {
            (table.name, column.name): sorted(set(column.choices.values()), key=str)
            for table in policy.tables.values()
            if not table.pack
            for column in table.columns.values()
            if len(column.choices) > 1
        }

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Change one cell."""
        places = [
            (table, position, column)
            for table, column in self._words
            for position, row in enumerate(trial.table(table))
            if row.value(column) is not None
        ]
        if not places:
            return trial
        table, position, column = chance.choice(places)
        return trial.with_cell(table, position, column, chance.choice(self._words[table, column]))


class _Presents:
    """Moves the present to that of another record."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._presents = sorted({trial.as_of for trial in trials if trial.as_of is not None})

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Move the present."""
        return replace(trial, as_of=chance.choice(self._presents)) if self._presents else trial


class _Rows:
    """Leaves out a row, though not that of the subject."""

    def __init__(self, policy: Policy) -> None:
        self._kept = policy.subject_table

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Leave out one row."""
        places = [
            (name, n)
            for name, table in trial.draft.tables.items()
            if name != self._kept
            for n in range(len(table.rows))
        ]
        if not places:
            return trial
        place = chance.choice(places)
        return trial.without(lambda name, n: (name, n) == place)


class _Tables:
    """Takes the rows of a table from another record of a subject of the same name."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._by_subject: dict[str, list[Trial]] = {}
        for trial in trials:
            self._by_subject.setdefault(trial.subject, []).append(trial)

    def change(self, trial: Trial, chance: random.Random) -> Trial:
        """Take one table over."""
        other = chance.choice(self._by_subject.get(trial.subject, [trial]))
        names = sorted(other.draft.tables)
        if other is trial or not names:
            return trial
        name = chance.choice(names)
        tables = {**trial.draft.tables, name: other.draft.tables[name]}
        return replace(trial, draft=replace(trial.draft, tables=tables))


def smallest(trial: Trial, still: Callable[[Trial], bool]) -> Trial:
    """Return a record without any row that can be left out of it.

    Args:
        still: whether a smaller record is of the same kind.
    """
    places = [(name, n) for name, table in trial.draft.tables.items() for n in range(len(table.rows))]
    needed = set(places)
    size = max(1, len(places) // 2)
    while True:
        dropped = False
        for start in range(0, len(places), size):
            some = {place for place in places[start : start + size] if place in needed}
            kept = needed - some
            if some and still(_only(trial, kept)):
                needed, dropped = kept, True
        if size == 1 and not dropped:
            return _only(trial, needed)
        size = max(1, size // 2)


def _only(trial: Trial, needed: set[tuple[str, int]]) -> Trial:
    return trial.without(lambda name, n: (name, n) not in needed)


def together(policy: Policy, trials: Sequence[Trial]) -> Iterator[tuple[Records, dict[str, Trial]]]:
    """Yield the records of several trials as cohorts, each with its own present; the refused are left out.

    Of several, each subject has a name of its own there, by which its trial is found.
    """
    groups: dict[int | None, dict[str, tuple[Trial, Records]]] = {}
    for number, trial in enumerate(trials):
        records = trial.records(policy)
        if records is not None:
            name = f"T{number:06}" if len(trials) > 1 else trial.subject
            groups.setdefault(records.as_of, {})[name] = (trial, records)
    for found in groups.values():
        facts: dict[str, tuple[Fact, ...]] = {}
        absences = {}
        for name, (trial, records) in found.items():
            facts[name] = tuple(
                _about(fact, trial.subject, name) for fact in records.by_subject[trial.subject]
            )
            absences[name] = records.missing(trial.subject)
        first = next(iter(found.values()))[1]
        cohort = replace(first, subjects=tuple(found), by_subject=facts, absences=absences, by_recorded={})
        yield cohort, {name: trial for name, (trial, _) in found.items()}


def _about(fact: Fact, old: str, new: str) -> Fact:
    args: tuple[Term, ...] = tuple(Text(new) if arg == Text(old) else arg for arg in fact.args)
    return Fact(fact.predicate, args, fact.row)

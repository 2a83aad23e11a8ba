"""Which open questions of a text the outcomes of a cohort hang on: each read otherwise, and two together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from bylaw.analysis.compare import Advance, Change, changes_of, fate
from bylaw.analysis.difference import Bench
from bylaw.analysis.judging import Judging
from bylaw.analysis.standing import Standing, conclusions_of, standing
from bylaw.analysis.trials import Trial
from bylaw.engine.cohort import Effort, Failure, Task, work_through
from bylaw.engine.editions import open_engine
from bylaw.policy.differences import hanging_on
from bylaw.policy.model import Policy
from bylaw.records.model import Records

MOST_PAIRED = 8
"""Of how many alternatives each two are read together: those that touch the most students."""
MOST_NEAR = 60
"""How many records made for a provision of the question are looked at, to show what no student meets."""
TOGETHER = 6
"""How many records are looked at at a time; the first mostly does."""
MOST_STUDENTS = 25
"""How many students are judged at a time, by every choice."""

Choice = tuple[tuple[str, str], ...]
"""Readings with the alternatives taken in place of the usual ones."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """What stands otherwise if something is read otherwise.

    Args:
        choice: what is read otherwise.
        names: the conclusions that may hang on it.
        changes: by student, in the order of the cohort.
        shown: by a record, where no student shows it, with what stands otherwise; None if by none.
    """

    choice: Choice
    names: tuple[str, ...]
    changes: Mapping[str, tuple[Change, ...]]
    shown: tuple[Trial, tuple[Change, ...]] | None = None

    def fates(self) -> dict[str, int]:
        """Return how many students fare how."""
        found: dict[str, int] = {}
        for changes in self.changes.values():
            name = fate([change.direction for change in changes])
            found[name] = found.get(name, 0) + 1
        return found


@dataclass(frozen=True, slots=True)
class OpenText:
    """What hangs on the open questions of a text.

    Args:
        readings: that are taken.
        students: how many were looked at.
        alone: each alternative by itself, those that touch the most students first.
        together: two alternatives with what follows of neither alone, likewise, where there is anything.
        failed: the students who have no result.
    """

    policy: Policy
    readings: Mapping[str, str]
    students: int
    alone: tuple[Hanging, ...]
    together: tuple[Hanging, ...]
    failed: tuple[Failure, ...]


def open_text(
    policy: Policy,
    records: Records,
    readings: Mapping[str, str],
    trials: Sequence[Trial],
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> OpenText:
    """Read each open question otherwise, and return for whom something then stands otherwise.

    Args:
        readings: switches set otherwise than by default, from which the others are tried.
        trials: records that may show what no student meets.
        effort: how the cohort is worked through.
        advance: told of each student done, twice.
    """
    chosen = policy.chosen_readings(readings)
    single: list[Choice] = [
        ((name, value),)
        for name, reading in policy.readings.items()
        for value in reading.readings
        if value != chosen[name]
    ]
    failed: dict[str, Failure] = {}
    alone = _hanging(policy, records, readings, single, failed, effort, advance)
    alone.sort(key=lambda one: -len(one.changes))
    live = [one.choice for one in alone if one.changes][:MOST_PAIRED]
    double = [(*a, *b) for a, b in combinations(live, 2) if a[0][0] != b[0][0]]
    together = _hanging(policy, records, readings, double, failed, effort, advance) if double else []
    by_choice = {one.choice: one for one in alone}
    added = [_beyond(one, [by_choice[(part,)] for part in one.choice]) for one in together]
    usual = Judging(policy, readings)
    return OpenText(
        policy,
        dict(readings),
        len(records.subjects),
        tuple(one if one.changes else _by_record(usual, one, trials) for one in alone),
        tuple(sorted((one for one in added if one.changes), key=lambda one: -len(one.changes))),
        tuple(failed[subject] for subject in records.subjects if subject in failed),
    )


def _beyond(both: Hanging, parts: Sequence[Hanging]) -> Hanging:
    """Return the students who are touched by two alternatives together and by neither alone."""
    touched = {subject for part in parts for subject in part.changes}
    changes = {subject: found for subject, found in both.changes.items() if subject not in touched}
    return replace(both, changes=changes)


def _by_record(usual: Judging, one: Hanging, trials: Sequence[Trial]) -> Hanging:
    """Look for a record of which something stands otherwise: of cases made for the reading, or near it."""
    if not one.names:
        return one
    policy = usual.policy
    other = Judging(policy, {**usual.readings, **dict(one.choice)})
    provisions = frozenset(pid for name, _ in one.choice for pid in policy.readings[name].provisions)
    made = [trial for trial in trials if not trial.readings.isdisjoint(one.choice)]
    near = [trial for trial in trials if trial not in made and not provisions.isdisjoint(trial.provisions)]
    return replace(one, shown=Bench(usual, other, one.names).first([*made, *near[:MOST_NEAR]], TOGETHER))


def _hanging(
    policy: Policy,
    records: Records,
    readings: Mapping[str, str],
    choices: Sequence[Choice],
    failed: dict[str, Failure],
    effort: Effort | None,
    advance: Advance | None,
) -> list[Hanging]:
    names = [conclusions_hanging(policy, [name for name, _ in choice]) for choice in choices]
    effort = replace(effort or Effort(), batch=MOST_STUDENTS)
    task = _Otherwise(dict(readings), tuple(choices), tuple(names))
    changes: list[dict[str, tuple[Change, ...]]] = [{} for _ in choices]
    for batch in work_through(task, policy, records, records.subjects, effort):
        if isinstance(batch, Failure):
            failed[batch.subject] = batch
        else:
            for n, subject, found in batch.value:
                changes[n][subject] = found
        if advance:
            advance(1 if isinstance(batch, Failure) else len(batch.subjects))
    return [Hanging(*each) for each in zip(choices, names, changes, strict=True)]


def conclusions_hanging(policy: Policy, readings: Collection[str]) -> tuple[str, ...]:
    """Return the conclusions that rest on a rule that asks for one of some readings."""
    touched = hanging_on(policy, readings)
    return tuple(name for name in conclusions_of([policy]) if name in touched)


@dataclass(frozen=True, slots=True)
class _Otherwise(Task[list[tuple[int, str, tuple[Change, ...]]]]):
    """Finds out what stands otherwise under each of several choices of readings.

    Args:
        readings: that are taken.
        choices: what is read otherwise, each by itself.
        names: for each, the conclusions that are looked at.
    """

    readings: Mapping[str, str]
    choices: tuple[Choice, ...]
    names: tuple[tuple[str, ...], ...]

    def begin(self, policy: Policy) -> Callable[[Records], list[tuple[int, str, tuple[Change, ...]]]]:
        """Return what does it; of each student touched, the number of the choice and the changes."""
        usual = open_engine(policy, self.readings)
        others = [open_engine(policy, {**self.readings, **dict(choice)}) for choice in self.choices]
        every = sorted({name for names in self.names for name in names})

        def find(records: Records) -> list[tuple[int, str, tuple[Change, ...]]]:
            before = {
                one.subject: standing(policy, one, every) for one in usual.decide_all(records, wanted=every)
            }
            found = []
            for n, (engine, names) in enumerate(zip(others, self.names, strict=True)):
                if not names:
                    continue
                for decision in engine.decide_all(records, wanted=names):
                    after = standing(policy, decision, names)
                    changes = changes_of(policy, _only(before[decision.subject], names), after)
                    if changes:
                        found.append((n, decision.subject, changes))
            return found

        return find


def _only(stood: Standing, names: Sequence[str]) -> Standing:
    states = {key: state for key, state in stood.states.items() if key[0] in names}
    return Standing(stood.subject, states, stood.undetermined)

"""Who is touched by a changed text: what follows for each student of a cohort, before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bylaw.analysis.standing import (
    Key,
    Standing,
    StandingTask,
    State,
    conclusions_of,
    direction,
    telling,
    told,
)
from bylaw.engine.cohort import Effort, Failure, work_through
from bylaw.policy.differences import bearing
from bylaw.policy.model import Policy, Predicate
from bylaw.records.model import Records
from bylaw.tables.terms import Term, Text

Advance = Callable[[int], None]
"""Is told how many more are done."""


@dataclass(frozen=True, slots=True)
class Side:
    """A text by which a cohort is judged.

    Args:
        readings: switches set otherwise than by default.
        records: the cohort, as the policy reads it.
    """

    policy: Policy
    readings: Mapping[str, str]
    records: Records


@dataclass(frozen=True, slots=True)
class Change:
    """Something that stands otherwise for a student.

    Args:
        key: what stands otherwise: a predicate, and its arguments but for the one that tells.
        before: None where it did not stand.
        after: None where it does not stand.
        direction: `better`, `worse`, or `changed` where the pack ranks neither.
        groups: what the student, or the year that the change is about, is grouped by.
    """

    subject: str
    key: Key
    before: State | None
    after: State | None
    direction: str
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a changed text does to a cohort.

    Args:
        names: the conclusions that were compared, in the order of the vocabulary; no other can differ.
        subjects: all students of the cohort, in order.
        changes: by student in the order of the cohort, then by conclusion.
        transitions: how often something stood one way before and another after, or the same, by predicate.
        undetermined: by predicate, the students of whom it cannot be told on either side.
        failed: the students who have no result on one side or the other.
    """

    old: Side
    new: Side
    names: tuple[str, ...]
    subjects: tuple[str, ...]
    changes: tuple[Change, ...]
    transitions: Mapping[tuple[str, str, str], int]
    undetermined: Mapping[str, tuple[str, ...]]
    failed: tuple[Failure, ...]

    def touched(self) -> dict[str, list[Change]]:
        """Return the changes by student."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.subject, []).append(change)
        return found


def fate(directions: Iterator[str] | Sequence[str]) -> str:
    """Return how a student fares whose changes go in some directions."""
    seen = set(directions)
    if {"better", "worse"} <= seen:
        return "mixed"
    return "better" if "better" in seen else "worse" if "worse" in seen else "changed"


def compare(
    old: Side,
    new: Side,
    names: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Comparison:
    """Judge a cohort by two texts and return what stands otherwise.

    Args:
        names: the conclusions to compare; unless given, those that the two texts may derive differently.
        subjects: who; the whole cohort unless given.
        effort: how the cohort is worked through.
    """
    if names is None:
        policies = old.policy, new.policy
        names = comparable(*policies) if old.readings == new.readings else conclusions_of(policies)
    compared = tuple(names)
    who = old.records.subjects if subjects is None else tuple(subjects)
    before = stand(old, compared, who, effort, advance)
    return differences(old, new, before, stand(new, compared, who, effort, advance))


@dataclass(frozen=True, slots=True)
class Stood:
    """What stands of students under one text.

    Args:
        names: the conclusions that were looked at, in the order of the vocabulary.
        subjects: who, in the order of the cohort.
        standings: of those who have a result.
        failed: those who have none, and why.
    """

    names: tuple[str, ...]
    subjects: tuple[str, ...]
    standings: Mapping[str, Standing]
    failed: Mapping[str, Failure]


def stand(
    side: Side,
    names: Sequence[str],
    subjects: Sequence[str],
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Stood:
    """Find out what stands of students under one text.

    Args:
        names: the conclusions that are looked at; without any, nothing is derived.
    """
    there = set(side.records.subjects)
    wanted = [one for one in subjects if one in there] if names else []
    standings: dict[str, Standing] = {}
    failed: dict[str, Failure] = {}
    task = StandingTask(side.readings, tuple(names))
    for batch in work_through(task, side.policy, side.records, wanted, effort):
        if isinstance(batch, Failure):
            failed[batch.subject] = batch
        else:
            standings |= {one.subject: one for one in batch.value}
        if advance:
            advance(1 if isinstance(batch, Failure) else len(batch.subjects))
    return Stood(tuple(names), tuple(subjects), standings, failed)


def differences(old: Side, new: Side, before: Stood, after: Stood) -> Comparison:
    """Return what stands otherwise under the second text, of the students who have a result under both."""
    changes: list[Change] = []
    transitions: Counter[tuple[str, str, str]] = Counter()
    undetermined: dict[str, list[str]] = {}
    grouping = Grouping(new.policy, new.records)
    order = {name: n for n, name in enumerate(before.names)}
    for subject in before.subjects:
        if subject not in before.standings or subject not in after.standings:
            continue
        first, second = before.standings[subject], after.standings[subject]
        unknown = first.undetermined | second.undetermined
        for name in unknown.intersection(before.names):
            undetermined.setdefault(name, []).append(subject)
        for key, stood, stands in sorted(_pairs(first, second, unknown), key=lambda one: order[one[0][0]]):
            transitions[(key[0], *_from_to(new.policy, key[0], stood, stands))] += 1
            if stands_otherwise(stood, stands):
                toward = direction(new.policy, key[0], stood, stands)
                changes.append(Change(subject, key, stood, stands, toward, grouping.of(subject, key)))
    failed = {**after.failed, **before.failed}
    return Comparison(
        old,
        new,
        before.names,
        before.subjects,
        tuple(changes),
        dict(sorted(transitions.items(), key=lambda one: (order[one[0][0]], one[0]))),
        {name: tuple(undetermined[name]) for name in before.names if name in undetermined},
        tuple(failed[subject] for subject in before.subjects if subject in failed),
    )


def comparable(old: Policy, new: Policy) -> list[str]:
    """Return the conclusions that two texts, read alike, may derive differently from the same record."""
    touched = bearing(old, new)
    return [name for name in conclusions_of([old, new]) if name in touched]


def stands_otherwise(before: State | None, after: State | None) -> bool:
    """Whether something does not stand as it did; other provisions for the same are no change."""
    return (before and before.values) != (after and after.values)


def changes_of(policy: Policy, before: Standing, after: Standing) -> tuple[Change, ...]:
    """Return what stands otherwise, in a stable order; nothing of what cannot be told on either side.

    Args:
        policy: that says what is better.
        before: under one text, reading or record.
        after: of the same subject, under another.
    """
    unknown = before.undetermined | after.undetermined
    return tuple(
        Change(before.subject, key, stood, stands, direction(policy, key[0], stood, stands))
        for key, stood, stands in _pairs(before, after, unknown)
        if stands_otherwise(stood, stands)
    )


def _pairs(
    before: Standing, after: Standing, unknown: frozenset[str]
) -> Iterator[tuple[Key, State | None, State | None]]:
    """Yield what stands on one side at least, in a stable order."""
    keys = sorted(
        before.states.keys() | after.states.keys(), key=lambda key: (key[0], tuple(map(_sort, key[1])))
    )
    for key in keys:
        if key[0] not in unknown:
            yield key, before.states.get(key), after.states.get(key)


def _sort(term: Term) -> tuple[int, int, str]:
    return (0, term, "") if isinstance(term, int) else (1, 0, str(term))


def _from_to(policy: Policy, name: str, before: State | None, after: State | None) -> tuple[str, str]:
    """Return how something stood before and after, in words; of a figure, whether it is greater or less."""
    predicate = policy.predicates[name]
    place = telling(policy, predicate)
    if place is None or not predicate.more:
        return " and ".join(told(before)), " and ".join(told(after))
    if before is None or after is None:
        return ("absent" if before is None else "a figure"), ("absent" if after is None else "a figure")
    old, new = before.values[-1], after.values[-1]
    if old == new or not isinstance(old, int) or not isinstance(new, int):
        return "a figure", "the same"
    return "a figure", "greater" if new > old else "less"


class Grouping:
    """Tells what a student, or a year of one, is grouped by.

    Args:
        policy: that declares the groups.
        records: of the students.
    """

    def __init__(self, policy: Policy, records: Records) -> None:
        self._policy = policy
        self._records = records
        self._facts: dict[str, dict[str, list[tuple[Term, ...]]]] = {}

    def of(self, subject: str, key: Key | None = None) -> dict[str, str]:
        """Return the groups of a student, or of a year of one.

        Args:
            key: what is grouped; unless given, what does not go by a year is told.
        """
        predicate = self._policy.predicates[key[0]] if key else None
        types = _key_types(self._policy, predicate, key[1]) if predicate and key else {}
        found: dict[str, str] = {}
        for name, group in self._policy.groups.items():
            spec = self._policy.predicates[group.predicate]
            for args in self._known(subject).get(group.predicate, ()):
                shared = [
                    types[kind] == value
                    for n, ((_, kind), value) in enumerate(zip(spec.args, args, strict=True))
                    if n != group.argument and kind in types
                ]
                if all(shared):
                    found[name] = _written(args[group.argument])
                    break
        return found

    def _known(self, subject: str) -> dict[str, list[tuple[Term, ...]]]:
        if subject not in self._facts:
            wanted = {group.predicate for group in self._policy.groups.values()}
            found: dict[str, list[tuple[Term, ...]]] = {}
            for fact in self._records.facts(subject):
                if fact.predicate in wanted:
                    found.setdefault(fact.predicate, []).append(fact.args)
            self._facts[subject] = found
        return self._facts[subject]


def _key_types(policy: Policy, predicate: Predicate, args: Sequence[Term]) -> dict[str, Term]:
    """Return the value of each type of a key, where it has one."""
    place = telling(policy, predicate)
    kinds = [kind for n, (_, kind) in enumerate(predicate.args) if n != place]
    found: dict[str, Term] = {}
    for kind, value in zip(kinds, args, strict=True):
        if kind != policy.subject:
            found.setdefault(kind, value)
    return found


def _written(term: Term) -> str:
    return term.value if isinstance(term, Text) else str(term)

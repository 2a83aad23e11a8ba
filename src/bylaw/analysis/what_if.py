"""The same student with changed rows: what follows before and after, and the reasons of what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bylaw.engine.editions import year_asked
from bylaw.engine.opened import OpenEngine
from bylaw.engine.solve import Conclusion, Decision, Engine
from bylaw.errors import UsageError
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Reason
from bylaw.policy.model import Policy, Predicate
from bylaw.policy.patterns import Pattern
from bylaw.records.changes import Change, changed
from bylaw.records.check import Draft, finish
from bylaw.records.model import Records
from bylaw.tables.terms import Term, Text

ALL_REASONS = 3
"""Up to how many differences are all explained; of more, the first one is, for reasons take their time."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A conclusion or finding that is not the same before and after.

    Args:
        before: what was concluded, None if it was not.
        after: what is concluded, None if it is not. With both, only the last argument, the status or the
            provisions differ.
        unknown_before: the tables for want of which nothing of the predicate could be told.
        unknown_after: likewise, with the changes.
    """

    predicate: Predicate
    before: Conclusion | None = None
    after: Conclusion | None = None
    unknown_before: tuple[str, ...] = ()
    unknown_after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A reason, and what it was told from.

    Args:
        negative: whether it was asked why something is not so.
        unknown: the tables for want of which it cannot be told; the reason then stands on half a record.
    """

    reason: Reason
    engine: Engine
    decision: Decision
    negative: bool
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class Side:
    """What follows from the record on one side, and why.

    Args:
        draft: the rows.
        records: the same, checked.
        decision: by the edition, or by the editions of the years, that apply.
    """

    engine: Engine
    draft: Draft
    records: Records
    decision: Decision
    _explainers: dict[str, tuple[Engine, Decision, Explainer]] = field(default_factory=dict, repr=False)

    def told(self, pattern: Pattern, *, negative: bool = False) -> Told:
        """Return why what a pattern means is so, or why it is not.

        Args:
            negative: whether it is asked why it is not; the answer is true either way.
        """
        policy = self.engine.policy
        kinds = [policy.types[kind] for _, kind in pattern.predicate.args]
        year = year_asked(policy, pattern.args, kinds)
        engine = self.engine.applying(self.records, self.decision.subject, year)
        edition = engine.policy.edition
        if edition not in self._explainers:
            decision = (
                self.decision if engine is self.engine else engine.decide(self.records, self.decision.subject)
            )
            self._explainers[edition] = (engine, decision, Explainer(engine, decision))
        engine, decision, explainer = self._explainers[edition]
        reason = explainer.why_not(pattern) if negative else explainer.why(pattern)
        return Told(reason, engine, decision, negative, unknown_tables(decision, pattern.predicate))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A student before and after some rows are changed.

    Args:
        changes: what became of each row.
        differences: in the order of the vocabulary.
    """

    policy: Policy
    student: str
    changes: tuple[Change, ...]
    before: Side
    after: Side
    differences: tuple[Difference, ...]

    def reasons(self, one: Difference) -> tuple[Told, Told]:
        """Return why a difference was as it was, and why it is as it is."""
        was, is_ = one.before or one.after, one.after or one.before
        return (
            self.before.told(_pattern(one.predicate, was), negative=one.before is None),
            self.after.told(_pattern(one.predicate, is_), negative=one.after is None),
        )

    def reasons_of(self, pattern: Pattern) -> tuple[Told, Told]:
        """Return why what a pattern means was so or not, and why it is so or not."""
        return self.before.told(pattern), self.after.told(pattern)

    def about(self, pattern: Pattern) -> tuple[Difference, ...]:
        """Return the differences that a pattern means."""
        return tuple(
            one
            for one in self.differences
            if one.predicate.name == pattern.predicate.name
            and (
                (one.before is None and one.after is None)
                or any(side is not None and pattern.matches(side.args) for side in (one.before, one.after))
            )
        )


def explained(differences: Sequence[Difference]) -> Sequence[Difference]:
    """Return the differences whose reasons a report gives, unless it is asked about others."""
    return differences if len(differences) <= ALL_REASONS else differences[:1]


def what_if(
    engine: Engine,
    draft: Draft,
    student: str,
    *,
    as_of: int | None = None,
    sets: Sequence[str] = (),
    unsets: Sequence[str] = (),
    adds: Sequence[str] = (),
    judge: OpenEngine | None = None,
) -> WhatIf:
    """Decide a student's record as it is and with changed rows.

    Args:
        draft: what was read of the source; it and its files stay as they are.
        as_of: the clock, over what the source says.
        sets: `table:key/key.column=value`.
        unsets: `table:key/key`.
        adds: `table:{column: value, ...}`.
        judge: what leaves decisions or readings open on both sides; None if all is settled.

    Raises:
        RecordError: the record or what becomes of it is wrong, or an option cannot be read.
        UsageError: there is no such student, or nothing is to be changed.
        SolveError: the rules give no result for one of the two.
    """
    if not (sets or unsets or adds):
        raise UsageError("nothing is to be changed", "give `--set`, `--unset` or `--add`")
    before = _side(engine, draft, student, as_of, judge)
    changed_draft, changes = changed(engine.policy, draft, student, sets=sets, unsets=unsets, adds=adds)
    after = _side(engine, changed_draft, student, as_of, judge)
    differences = tuple(differing(engine.policy, before.decision, after.decision))
    return WhatIf(engine.policy, student, changes, before, after, differences)


def _side(engine: Engine, draft: Draft, student: str, as_of: int | None, judge: OpenEngine | None) -> Side:
    records = finish(engine.policy, draft, as_of)
    decision = judge.decide(records, student) if judge is not None else engine.decide(records, student)
    return Side(engine, draft, records, decision)


def unknown_tables(decision: Decision, predicate: Predicate) -> tuple[str, ...]:
    """Return the tables for want of which nothing of a predicate can be told."""
    return next((u.tables for u in decision.undetermined if u.predicate.name == predicate.name), ())


def differing(policy: Policy, before: Decision, after: Decision) -> Iterator[Difference]:
    """Yield what two decisions do not share, in the order of the vocabulary and then of the atoms."""
    for predicate in policy.conclusions():
        unknown = unknown_tables(before, predicate), unknown_tables(after, predicate)
        if unknown[0] != unknown[1]:
            yield Difference(predicate, None, None, *unknown)
        old = {one.atom: one for one in before.reported() if one.predicate.name == predicate.name}
        new = {one.atom: one for one in after.reported() if one.predicate.name == predicate.name}
        lost = [one for atom, one in old.items() if atom not in new]
        gained = [one for atom, one in new.items() if atom not in old]
        pairs: list[Difference] = [
            Difference(predicate, one, new[atom])
            for atom, one in old.items()
            if atom in new and (one.provisions, one.status) != (new[atom].provisions, new[atom].status)
        ]
        for one in lost:
            other = _counterpart(one, lost, gained)
            pairs.append(Difference(predicate, one, other))
        taken = {pair.after.atom for pair in pairs if pair.after is not None}
        pairs += [Difference(predicate, None, one) for one in gained if one.atom not in taken]
        yield from sorted(pairs, key=lambda pair: min(c.atom for c in (pair.before, pair.after) if c))


def _counterpart(
    one: Conclusion, lost: Sequence[Conclusion], gained: Sequence[Conclusion]
) -> Conclusion | None:
    """Return what stands in the place of a conclusion: the same but for an outcome or a figure at its end."""

    def alike(other: Conclusion) -> bool:
        return len(one.args) > 1 and other.args[:-1] == one.args[:-1]

    if not one.args or isinstance(one.args[-1], Text):
        return None
    others = [other for other in gained if alike(other)]
    return others[0] if len(others) == 1 and sum(map(alike, lost)) == 1 else None


def _pattern(predicate: Predicate, one: Conclusion | None) -> Pattern:
    args: tuple[Term | None, ...] = one.args if one is not None else (None,) * predicate.arity
    return Pattern(predicate, args, predicate.name)

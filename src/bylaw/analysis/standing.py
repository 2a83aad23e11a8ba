"""What stands of a subject under a policy: each conclusion as a state that can be compared with another."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from bylaw.engine.cohort import Task
from bylaw.engine.editions import open_engine
from bylaw.engine.solve import Conclusion, Decision
from bylaw.policy.model import Base, Policy, Predicate, Role
from bylaw.records.model import Records
from bylaw.tables.terms import Constant, Term

Key = tuple[str, tuple[Term, ...]]
"""What a state is of: a predicate, and its arguments but for the one that tells the state."""


@dataclass(frozen=True, slots=True)
class State:
    """How something stands.

    Args:
        values: those of the argument that tells, in order; one, but where several follow at once. None in it
            stands for a conclusion that no argument tells of: it is there or not.
        provisions: of the rules behind it, in the order of the text.
    """

    values: tuple[Term | None, ...]
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a subject.

    Args:
        states: of what follows, by what it is of.
        undetermined: the predicates of which nothing can be told.
    """

    subject: str
    states: Mapping[Key, State]
    undetermined: frozenset[str]


def telling(policy: Policy, predicate: Predicate) -> int | None:
    """Return the position of the argument that tells how something stands; None if it is there or not.

    It is the argument whose values are ranked, or the figure of which more is good or bad.
    """
    for place, (_, kind) in enumerate(predicate.args):
        if policy.types[kind].base is Base.CONSTANT and policy.types[kind].best_first:
            return place
    return len(predicate.args) - 1 if predicate.more else None


def standing(policy: Policy, decision: Decision, wanted: Collection[str]) -> Standing:
    """Return what stands by a decision.

    Args:
        wanted: the conclusions that were asked for; of others it does not tell all.
    """
    found: dict[Key, list[tuple[Term | None, Conclusion]]] = {}
    for one in (c for c in decision.conclusions if c.predicate.name in wanted):
        place = telling(policy, one.predicate)
        args = one.args if place is None else (*one.args[:place], *one.args[place + 1 :])
        value = None if place is None else one.args[place]
        found.setdefault((one.predicate.name, args), []).append((value, one))
    states = {}
    for key, entries in found.items():
        provisions = dict.fromkeys(pid for _, one in entries for pid in one.provisions)
        states[key] = State(tuple(value for value, _ in entries), tuple(provisions))
    undetermined = frozenset(one.predicate.name for one in decision.undetermined)
    return Standing(decision.subject, states, undetermined)


@dataclass(frozen=True, slots=True)
class StandingTask(Task[list[Standing]]):
    """Finds out what stands of each subject.

    Args:
        readings: switches set otherwise than by default.
        wanted: the predicates that are looked at.
    """

    readings: Mapping[str, str]
    wanted: tuple[str, ...]

    def begin(self, policy: Policy) -> Callable[[Records], list[Standing]]:
        """Return what does it."""
        engine = open_engine(policy, self.readings)

        def find(records: Records) -> list[Standing]:
            decisions = engine.decide_all(records, wanted=self.wanted)
            return [standing(policy, decision, self.wanted) for decision in decisions]

        return find


def direction(policy: Policy, predicate: str, before: State | None, after: State | None) -> str:
    """Return whether a change is `better` or `worse` for the subject; `changed` where neither is declared."""
    spec = policy.predicates[predicate]
    if before is None or after is None:
        if not spec.to_have:
            return "changed"
        return "better" if (after is not None) == (spec.to_have == "good") else "worse"
    place = telling(policy, spec)
    if place is None or len(before.values) != 1 or len(after.values) != 1:
        return "changed"
    old, new = before.values[0], after.values[0]
    ranked = policy.types[spec.args[place][1]].best_first
    if isinstance(old, Constant) and isinstance(new, Constant):
        if old.name not in ranked or new.name not in ranked or old == new:
            return "changed"
        return "better" if ranked.index(new.name) < ranked.index(old.name) else "worse"
    if isinstance(old, int) and isinstance(new, int) and old != new:
        return "better" if (new > old) == (spec.more == "good") else "worse"
    return "changed"


def told(state: State | None) -> tuple[str, ...]:
    """Return how something stands in words of the record: its values, or that it is there or not."""
    if state is None:
        return ("absent",)
    return tuple("present" if value is None else str(value) for value in state.values)


def conclusions_of(policies: Sequence[Policy]) -> list[str]:
    """Return the conclusions that all policies declare, in the order of the first."""
    return [
        predicate.name
        for predicate in policies[0].conclusions()
        if predicate.role is Role.CONCLUSION
        and all(predicate.name in policy.predicates for policy in policies)
    ]


def atoms_of(policy: Policy, key: Key, state: State | None) -> list[tuple[Term, ...]]:
    """Return the arguments of the conclusions that make up a state."""
    name, rest = key
    place = telling(policy, policy.predicates[name])
    found: list[tuple[Term, ...]] = []
    for value in state.values if state else ():
        if place is None or value is None:
            found.append(rest)
        else:
            found.append((*rest[:place], value, *rest[place:]))
    return found

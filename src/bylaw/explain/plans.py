"""Examining a rule by looking its atoms up, which spares a call of clingo.

A plan goes through the stages of the rule's probe and tells the same of each. It is made where every
condition is plain, or puts plain conditions together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast

from bylaw.explain.conditions import Condition, Instance, Outcome
from bylaw.explain.gathered import Aggregate, Each, gathered_of
from bylaw.explain.lookup import Lookup
from bylaw.explain.plain import Binder, Plain, Theta, plain_of
from bylaw.explain.probes import PARAMETER, Probe
from bylaw.explain.terms import LeftToClingoError, Value, evaluated, value_of


@dataclass(frozen=True, slots=True)
class _Matching:
    """A term of the head that clingo cannot solve: whether it is the argument that the goal gives.

    Args:
        given: which of the goal's given arguments it stands for.
    """

    condition: Condition
    given: int
    term: Value

    def test(self, theta: Theta, goal: Sequence[clingo.Symbol]) -> Outcome:
        """Return how it fares; where the term has no value, not at all."""
        value = evaluated(self.term, theta)
        if value is None:
            return Outcome(self.condition, False)
        wanted = goal[self.given]
        return Outcome(self.condition, wanted == value, sides=(wanted, value))


class Plan:
    """How one rule is examined.

    Args:
        probe: of the rule.
        given: for the arguments that the goal gives, the head's terms: positions and values; None for one
            that is matched at the end.
        binders: what binds, stage by stage.
        checks: what is tested, by the number of the condition.
    """

    def __init__(
        self,
        probe: Probe,
        given: Sequence[int | clingo.Symbol | None],
        binders: Sequence[Binder | Aggregate],
        checks: Mapping[int, Plain | Aggregate | Each | _Matching],
    ) -> None:
        self._probe = probe
        self._given = given
        self._binders = binders
        self._checks = [(probe.checks[i], len(probe.stages[probe.checks[i]]), i, checks[i]) for i in checks]

    def instances(self, given: Sequence[clingo.Symbol], lookup: Lookup) -> list[Instance] | None:
        """Return the rule under the furthest substitutions, None if that takes clingo.

        Args:
            given: the arguments that the goal gives.
        """
        start = self._start(given)
        if start is None:
            return []
        try:
            return self._instances([start], given, lookup)
        except LeftToClingoError:
            return None

    def _start(self, given: Sequence[clingo.Symbol]) -> Theta | None:
        """Return the values that the goal gives, None if the head cannot be it."""
        theta: list[clingo.Symbol] = []
        for one, want in zip(self._given, given, strict=True):
            if one is None:
                continue
            if one == len(theta):
                theta.append(want)
            elif (theta[one] if isinstance(one, int) else one) != want:
                return None
        return tuple(theta)

    def _instances(
        self, thetas: list[Theta], given: Sequence[clingo.Symbol], lookup: Lookup
    ) -> list[Instance]:
        last = 0
        for binder in self._binders:
            following = list(dict.fromkeys(new for theta in thetas for new in binder.follow(theta, lookup)))
            if not following:
                break
            thetas = following
            last += 1
        if len(thetas) > 1:
            thetas.sort()
        return [self._instance(theta, last, given, lookup) for theta in thetas]

    def _instance(self, theta: Theta, last: int, given: Sequence[clingo.Symbol], lookup: Lookup) -> Instance:
        probe = self._probe
        outcomes: dict[int, Outcome] = {}
        for k, i in enumerate(probe.binders[: last + 1]):
            bound = len(probe.stages[k + 1 if k < last else k])
            outcomes[i] = self._binders[k].outcome(theta[:bound], k < last, lookup)
        for k, bound, i, check in self._checks:
            if k > last:
                continue
            if isinstance(check, _Matching):
                outcomes[i] = check.test(theta[:bound], given)
            else:
                outcomes[i] = check.test(theta[:bound], lookup)
        binding = dict(zip(probe.stages[last], theta, strict=True))
        ordered = [outcomes[i] for i in sorted(outcomes)]
        return Instance(probe.rule, binding, ordered, last == len(self._binders), probe.head)


def plan_of(probe: Probe, head: ast.AST, mask: Sequence[bool]) -> Plan | None:
    """Return the plan of a rule, None if it has a condition that takes clingo.

    Args:
        head: the atom that it derives.
        mask: which arguments of the goal are given.
    """
    positions = {name: n for n, name in enumerate(probe.stages[-1])}
    places = [n for n, known in enumerate(mask) if known]
    late = {
        f"{PARAMETER}{n}": place
        for place, n in enumerate(places)
        if not any(one.startswith(f"{PARAMETER}{n} =") for one in probe.equations)
    }
    given: list[int | clingo.Symbol | None] = []
    for n in places:
        term = None if f"{PARAMETER}{n}" in late else value_of(head.arguments[n], positions)
        if not isinstance(term, int | clingo.Symbol) and f"{PARAMETER}{n}" not in late:
            return None
        given.append(term if isinstance(term, int | clingo.Symbol) else None)
    checks: dict[int, Plain | Aggregate | Each | _Matching] = {}
    for i, k in probe.checks.items():
        condition = probe.conditions[i]
        check = (
            _matching(condition, late, positions)
            if condition.hidden
            else _part(condition, positions, len(probe.stages[k]))
        )
        if check is None:
            return None
        checks[i] = check
    binders: list[Binder | Aggregate] = []
    for k, i in enumerate(probe.binders):
        bound = len(probe.stages[k])
        part = _part(probe.conditions[i], positions, bound)
        binder = None if part is None or isinstance(part, Each) else part.binder(bound)
        if binder is None:
            return None
        binders.append(binder)
    return Plan(probe, given, binders, checks)


def _part(condition: Condition, positions: Mapping[str, int], bound: int) -> Plain | Aggregate | Each | None:
    return plain_of(condition, positions) or gathered_of(condition, positions, bound)


def _matching(
    condition: Condition, late: Mapping[str, int], positions: Mapping[str, int]
) -> _Matching | None:
    term = value_of(condition.atom.guards[0].term, positions)
    return None if term is None else _Matching(condition, late[str(condition.atom.term)], term)

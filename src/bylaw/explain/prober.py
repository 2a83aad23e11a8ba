"""How the rules fare that could derive a goal, under one answer set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import clingo

from bylaw.engine.program import add_facts
from bylaw.explain.conditions import Instance
from bylaw.explain.lookup import Lookup
from bylaw.explain.observed import Observed, instances_of
from bylaw.explain.probes import Probe
from bylaw.explain.templates import ANY
from bylaw.explain.workshop import Candidate, Workshop
from bylaw.policy.model import Rule


class Prober:
    """Examines goals against the rules under one answer set.

    Args:
        rules: of the policy.
        atoms: the answer set.
        by_lookup: whether what needs no clingo goes without it.
    """

    def __init__(
        self, rules: Sequence[Rule] | Workshop, atoms: Iterable[clingo.Symbol], *, by_lookup: bool = True
    ) -> None:
        self.workshop = rules if isinstance(rules, Workshop) else Workshop(rules)
        self.lookup = Lookup(atoms, self.workshop.shelf)
        self.holds = self.lookup.holds
        self.matches = self.lookup.matches
        self._by_lookup = by_lookup
        self._control: clingo.Control | None = None
        self._stated: frozenset[tuple[str, int]] = frozenset()
        self._put: set[str] = set()
        self._asked = 0

    def derivable(self, goal: clingo.Symbol) -> bool:
        """Whether a rule has the goal's predicate in its head."""
        name, args = self.lookup.parts(goal)
        return self.workshop.derives((name, len(args)))

    def examined(self, goal: clingo.Symbol) -> list[Instance] | None:
        """Return what `examine` does of one goal, None if that takes clingo."""
        found: list[Instance] = []
        name, args = self.lookup.parts(goal)
        given = [argument for argument in args if argument != ANY]
        for candidate in self.workshop.candidates(name, args):
            own = self._looked_up(candidate, given)
            if own is None:
                return None
            found += own
        return found

    def examine(self, goals: Iterable[clingo.Symbol]) -> dict[clingo.Symbol, list[Instance]]:
        """Return, for each goal, the rules that could derive it under the furthest substitutions.

        A rule whose head cannot be the goal is not among them. For a rule with a complete substitution all
        complete ones are given; otherwise those that got furthest.
        """
        found: dict[clingo.Symbol, list[list[Instance]]] = {}
        asked: list[tuple[list[Instance], Probe]] = []
        parts: list[tuple[str, list[clingo.Symbol]]] = []
        first = self._asked
        for goal in dict.fromkeys(goals):
            found[goal] = []
            name, args = self.lookup.parts(goal)
            given = [argument for argument in args if argument != ANY]
            for candidate in self.workshop.candidates(name, args):
                own = self._looked_up(candidate, given)
                found[goal].append(own or [])
                if own is None:
                    parts.append((candidate.probe.name, [clingo.Number(first + len(asked)), *given]))
                    asked.append((found[goal][-1], candidate.probe))
        if asked:
            seen = Observed(self._ask(parts, {probe.name: probe for _, probe in asked}), first)
            for number, (place, probe) in enumerate(asked):
                place += instances_of(probe, seen, first + number, self.holds)
        return {goal: [one for own in by_rule for one in own] for goal, by_rule in found.items()}

    def _looked_up(self, candidate: Candidate, given: Sequence[clingo.Symbol]) -> list[Instance] | None:
        """Return the instances of a rule, None if that takes clingo."""
        if candidate.plan is None or not self._by_lookup:
            return None
        return candidate.plan.instances(given, self.lookup)

    def _ask(
        self, parts: Sequence[tuple[str, Sequence[clingo.Symbol]]], probes: Mapping[str, Probe]
    ) -> clingo.Control:
        """Put questions to clingo beside what the answer set says of them.

        Args:
            parts: names of probes, each with the number of its question and the arguments that a goal gives.
        """
        if self._control is None:
            self._control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
        fresh = [probe for name, probe in probes.items() if name not in self._put]
        needed = frozenset[tuple[str, int]]().union(*(probe.needs for probe in fresh)) - self._stated
        add_facts(self._control, (atom for one in needed for atom in self.lookup.named(*one)))
        if fresh:
            self._control.add("base", [], "\n".join(probe.text for probe in fresh))
        self._control.ground(parts)
        self._stated |= needed
        self._put.update(probe.name for probe in fresh)
        self._asked += len(parts)
        return self._control

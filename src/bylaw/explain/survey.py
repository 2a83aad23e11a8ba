"""What an explanation looks at, before anything is told: which goals, how far, and how their rules fare."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

import clingo
from clingo.ast import Sign

from bylaw.explain.conditions import Form, Instance, Outcome
from bylaw.explain.hosts import Hosts, decisive, hosts_of
from bylaw.explain.prober import Prober
from bylaw.explain.ranks import Ranks
from bylaw.explain.templates import ANY
from bylaw.policy.model import Encoding

MOST_INSTANCES = 6
"""How many substitutions of one rule a why-not shows."""


class Below(StrEnum):
    """What it is that a condition is told below."""

    OUTCOME = "outcome"
    """An outcome that a reader asks for."""
    EXCEPTION = "exception"
    """An outcome that is an exception to another: what is so there is named, and not explained."""
    STEP = "step"
    """A step on the way."""


class Depth(NamedTuple):
    """How far conditions are explained.

    Args:
        steps: that are still followed of what is not so.
        below: what they are told below.
    """

    steps: int
    below: Below = Below.STEP


class Step(StrEnum):
    """How far an atom is explained."""

    DEEP = "deep"
    """It is so, and all behind it is told."""
    NAMED = "named"
    """It is so; its provisions are told and what it says, not what is behind it."""
    ABSENT = "absent"
    """It is not so."""


Look = tuple[clingo.Symbol, Step, Depth]
"""A goal, how far it is explained, and how far what is behind it is."""


def step_of(
    positive: bool, met: bool, depth: Depth, deep: bool, *, outcome: bool = False
) -> tuple[Step, Depth]:
    """Tell how far a condition is explained: in full where it decides, by name where it does not.

    Exceptions that do not apply are followed one step; where an outcome rests on them and they are outcomes
    themselves, three, so that the figures are reached for which they do not apply.

    Args:
        outcome: whether what the condition speaks of is an outcome.
    """
    excepted = depth.below is Below.EXCEPTION
    if positive is met:
        step = Step.DEEP if deep and not excepted else Step.NAMED
        return step, depth if outcome and not excepted else Depth(depth.steps)
    below = depth.steps - 1 if positive else min(depth.steps - 1, 1)
    if excepted:
        return Step.ABSENT, Depth(below, Below.EXCEPTION)
    if not positive and outcome and depth.below is Below.OUTCOME:
        return Step.ABSENT, Depth(min(depth.steps - 1, 3), Below.EXCEPTION)
    return Step.ABSENT, Depth(below)


class Survey:
    """Examines goals and what they rest on.

    Args:
        facts: what is given, and therefore not examined.
        clock: the predicate that tells the present, if there is one.
        outcomes: the predicates that a reader asks for.
    """

    def __init__(
        self,
        encoding: Encoding,
        facts: Collection[clingo.Symbol],
        prober: Prober,
        clock: str | None,
        outcomes: Collection[str] = (),
    ) -> None:
        self.outcomes = outcomes
        self._facts = facts
        self._clock = clock
        self._prober = prober
        self.instances: dict[clingo.Symbol, list[Instance]] = {}
        self.ranks = Ranks(encoding, facts, self.instances, prober.lookup)
        self._hosts: dict[int, Hosts] = {}
        self._beside: dict[int, bool] = {}
        self._beyond: dict[clingo.Symbol, bool] = {}

    def look(self, roots: Iterable[Look]) -> None:
        """Examine all that an explanation of some goals will tell, and rank what is so.

        Goals that take clingo wait until there are no others, so that it is called a few times only.
        """
        seen: dict[tuple[clingo.Symbol, Step, Below], int] = {}
        todo = deque(roots)
        waiting: list[Look] = []
        while todo or waiting:
            if not todo:
                self.instances.update(self._prober.examine(goal for goal, _, _ in waiting))
                todo.extend(waiting)
                waiting.clear()
            goal, step, depth = todo.popleft()
            key = (goal, step, depth.below)
            if seen.get(key, -1) >= depth.steps:
                continue
            if not self._known(goal):
                waiting.append((goal, step, depth))
                continue
            seen[key] = depth.steps
            todo.extend(self._below(goal, step, depth))
        self.ranks.settle()

    def _known(self, goal: clingo.Symbol) -> bool:
        """Examine a goal unless that takes clingo; return whether it is examined, or need not be."""
        if goal in self.instances or goal in self._facts or not self._prober.derivable(goal):
            return True
        found = self._prober.examined(goal)
        if found is None:
            return False
        self.instances[goal] = found
        return True

    def _below(self, goal: clingo.Symbol, step: Step, depth: Depth) -> Iterator[Look]:
        """Yield what is told below an atom."""
        instances = self.instances.get(goal, [])
        if step is Step.DEEP:
            for instance in instances:
                if instance.supports:
                    yield from self._parts(instance, depth, taken=True)
        elif step is Step.ABSENT and depth.steps > 0:
            for group in self.routes(instances):
                for instance in self.nearest(group):
                    yield from self._parts(instance, depth, taken=False)

    def _parts(self, instance: Instance, depth: Depth, taken: bool) -> Iterator[Look]:
        deciding = self.decisive(instance, taken)
        for n, outcome in enumerate(instance.outcomes):
            for positive, atom, met in _spoken_of(outcome):
                step, below = step_of(positive, met, depth, n in deciding, outcome=atom.name in self.outcomes)
                if step is Step.ABSENT:
                    yield atom, step, below
                else:
                    for match in self._prober.matches(atom):
                        yield match, step, below

    # ------------------------------------------------------------------------------------- of instances

    def hosts(self, instance: Instance) -> Hosts:
        """Return which atom each comparison of an examined instance speaks of."""
        found = self._hosts.get(id(instance))
        if found is None:
            found = self._hosts[id(instance)] = hosts_of(instance)
        return found

    def decisive(self, instance: Instance, taken: bool) -> Collection[int]:
        """Return the positions of the conditions that decide: all of a rule taken, else those that fail.

        The figure of a comparison that fails is among them.
        """
        return range(len(instance.outcomes)) if taken else decisive(instance, self.hosts(instance))

    def routes(self, instances: Iterable[Instance]) -> list[list[Instance]]:
        """Group instances by rule, without rules that do not concern the case if there are others."""
        by_rule: dict[int, list[Instance]] = {}
        for instance in instances:
            by_rule.setdefault(instance.rule.number, []).append(instance)
        groups = list(by_rule.values())
        return [g for g in groups if not all(map(self.beside_the_case, g))] or groups

    def beside_the_case(self, instance: Instance) -> bool:
        """Whether a rule fails for what no record of the subject could change.

        That is a reading that is not taken, a word of the pack alone ("year 1 is one of the clinical
        years"), a number in the rule beside which the record has another ("placed in year 2"), or a word
        that each rule for it fails to give for such a cause.
        """
        return self._beside_by_itself(instance) or any(map(self._out_of_reach, _asked_in_vain(instance)))

    def _beside_by_itself(self, instance: Instance) -> bool:
        found = self._beside.get(id(instance))
        if found is None:
            found = self._beside[id(instance)] = any(
                outcome.atom.name not in self._prober.workshop.of_record or self._another_number(outcome)
                for outcome in instance.unmet
                if outcome.condition.form is Form.ATOM
                and outcome.condition.sign is Sign.NoSign
                and outcome.atom is not None
            )
        return found

    def _out_of_reach(self, atom: clingo.Symbol) -> bool:
        """Whether no rule for an atom that is not so concerns the case, as far as they were examined."""
        found = self._beyond.get(atom)
        if found is None:
            instances = self.instances.get(atom)
            if not instances:
                return False
            self._beyond[atom] = False  # what rests on itself does not settle it
            found = self._beyond[atom] = all(map(self.beside_the_case, instances))
        return found

    def nearest(self, group: Sequence[Instance]) -> list[Instance]:
        """Return the substitutions that fail in the fewest conditions, up to MOST_INSTANCES."""
        return self.fewest(group)[:MOST_INSTANCES]

    def fewest(self, group: Sequence[Instance]) -> list[Instance]:
        """Return the substitutions that fail in the fewest conditions.

        Those that fail for the present ("the present is the first semester") are left out if others fail in
        as few, for nothing else can be done about these.
        """
        if len(group) == 1:
            return list(group)
        least = min(len(instance.unmet) for instance in group)
        found = [one for one in group if len(one.unmet) == least]
        return [one for one in found if not self._another_present(one)] or found

    def _another_present(self, instance: Instance) -> bool:
        return any(one.atom is not None and one.atom.name == self._clock for one in instance.unmet)

    def _another_number(self, outcome: Outcome) -> bool:
        template = outcome.condition.template
        if template is None or outcome.atom is None:
            return False
        numbers = [
            isinstance(term, clingo.Symbol) and term.type is clingo.SymbolType.Number
            for term in template.args
        ]
        if not any(numbers):
            return False
        args = [
            ANY if number else given for number, given in zip(numbers, outcome.atom.arguments, strict=True)
        ]
        return self._prober.holds(clingo.Function(template.name, args))


def _asked_in_vain(instance: Instance) -> Iterator[clingo.Symbol]:
    """Yield the atoms that a rule asks for and that are not so."""
    for outcome in instance.unmet:
        plain = outcome.condition.form is Form.ATOM and outcome.condition.sign is Sign.NoSign
        if plain and outcome.atom is not None:
            yield outcome.atom


def _spoken_of(outcome: Outcome) -> Iterator[tuple[bool, clingo.Symbol, bool]]:
    """Yield the atoms of a condition: whether each is asked for or denied, and whether that is met."""
    if outcome.condition.form is Form.ATOM and outcome.atom is not None:
        yield outcome.condition.sign is not Sign.Negation, outcome.atom, outcome.met
    for element in outcome.elements:
        for positive, atom in element.atoms:
            yield positive, atom, True
    for case in outcome.cases:
        if case.atom is not None and (outcome.met or not case.met):
            yield case.positive, case.atom, case.met

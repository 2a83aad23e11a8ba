"""Which rules can apply, judged by the predicates and the constants of which there may be atoms.

For each argument that some rule asks to be a certain value, it is followed through the rules which of those
values can stand there. A rule cannot apply where a plain condition of it has a predicate without atoms, or
asks for a value that no atom has. What is said of a predicate errs on the side of saying that it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bylaw.policy.model import Rule
from bylaw.tables.terms import Fact, Term

Slot = tuple[str, int]
"""A predicate and the position of an argument, from 0."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of some facts before anything is derived.

    Args:
        names: their predicates.
        values: what stands at which argument, as far as any rule asks for it; None if it may be anything.
    """

    names: frozenset[str]
    values: frozenset[tuple[Slot, Term]] | None = None


class Applicability:
    """Finds the rules that can apply to facts.

    Args:
        rules: all there are.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._asked = _asked_values(rules)
        values = dict.fromkeys(value for asked in self._asked.values() for value in asked)
        self._bits = {value: 1 << n for n, value in enumerate(values)}
        self._any = {slot: self._mask(values) for slot, values in self._asked.items()}
        self._slots: dict[str, list[Slot]] = {}
        for slot in self._asked:
            self._slots.setdefault(slot[0], []).append(slot)
        self._steps = [self._step(rule) for rule in rules]
        self._waiting: dict[str, list[int]] = {}
        for n, step in enumerate(self._steps):
            for name in step.needs:
                self._waiting.setdefault(name, []).append(n)

    def given(self, facts: Iterable[Fact]) -> Given:
        """Return what matters of facts for which rules can apply."""
        names, values = set(), set()
        for fact in facts:
            names.add(fact.predicate)
            for slot in self._slots.get(fact.predicate, ()):
                value = fact.args[slot[1]]
                if value in self._asked[slot]:
                    values.add((slot, value))
        return Given(frozenset(names), frozenset(values))

    def applicable(self, given: Iterable[Given]) -> list[int]:
        """Return the positions of the rules that can apply to facts, in their order."""
        present: set[str] = set()
        masks = dict.fromkeys(self._asked, 0)
        for one in given:
            present |= one.names
            if one.values is None:
                for slot in (slot for name in one.names for slot in self._slots.get(name, ())):
                    masks[slot] = self._any[slot]
            else:
                for slot, value in one.values:
                    masks[slot] |= self._bits[value]
        todo = set(range(len(self._steps)))
        kept: set[int] = set()
        while todo:
            n = todo.pop()
            step = self._steps[n]
            if not (step.needs <= present and all(masks[slot] & bit for slot, bit in step.asks)):
                continue
            kept.add(n)
            for name, slots in step.gives:
                changed = name not in present
                present.add(name)
                for slot, mask, sources in slots:
                    for source in sources:
                        mask &= masks[source]
                    if mask & ~masks[slot]:
                        masks[slot] |= mask
                        changed = True
                if changed:
                    todo.update(self._waiting.get(name, ()))
        return sorted(kept)

    def _mask(self, values: Iterable[Term]) -> int:
        return sum(self._bits[value] for value in values)

    def _step(self, rule: Rule) -> _Step:
        asks = [
            ((condition.name, n), self._bits[value])
            for condition in rule.conditions
            for n, value in enumerate(condition.fixed)
            if value is not None
        ]
        gives = []
        for head in rule.derives:
            slots = []
            for slot in self._slots.get(head.name, ()):
                if slot[1] >= len(head.fixed):
                    continue
                value = head.fixed[slot[1]]
                if value is None:
                    sources = _sources(rule, head.variables[slot[1]])
                    slots.append((slot, self._any[slot], tuple(s for s in sources if s in self._any)))
                elif value in self._asked[slot]:
                    slots.append((slot, self._bits[value], ()))
            gives.append((head.name, tuple(slots)))
        return _Step(frozenset(condition.name for condition in rule.conditions), tuple(asks), tuple(gives))


@dataclass(frozen=True, slots=True)
class _Step:
    """A rule, as far as it matters here.

    Args:
        needs: the predicates that must have atoms.
        asks: the values that must stand at arguments.
        gives: by predicate of the head, the values that may then stand at each argument: at most these, and
            only those that stand at all of some other arguments.
    """

    needs: frozenset[str]
    asks: tuple[tuple[Slot, int], ...]
    gives: tuple[tuple[str, tuple[tuple[Slot, int, tuple[Slot, ...]], ...]], ...]


def _asked_values(rules: Sequence[Rule]) -> dict[Slot, set[Term]]:
    """Return the values that matter at each argument: what a rule asks for there, or hands on."""
    asked: dict[Slot, set[Term]] = {}
    handed: dict[Slot, set[Slot]] = {}
    for rule in rules:
        for condition in rule.conditions:
            for n, value in enumerate(condition.fixed):
                if value is not None:
                    asked.setdefault((condition.name, n), set()).add(value)
        for head in rule.derives:
            for n, variable in enumerate(head.variables):
                handed.setdefault((head.name, n), set()).update(_sources(rule, variable))
    todo = list(asked)
    while todo:
        slot = todo.pop()
        for source in handed.get(slot, ()):
            known = asked.setdefault(source, set())
            if not asked[slot] <= known:
                known |= asked[slot]
                todo.append(source)
    return asked


def _sources(rule: Rule, variable: str) -> list[Slot]:
    """Return the arguments of the plain conditions at which a variable stands."""
    if not variable:
        return []
    return [
        (condition.name, n)
        for condition in rule.conditions
        for n, name in enumerate(condition.variables)
        if name == variable
    ]

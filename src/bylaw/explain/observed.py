"""Reading what probes tell: how the rules fare that were examined by clingo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import clingo
from clingo.ast import Sign

from bylaw.explain.conditions import Case, Element, Form, Instance, Outcome
from bylaw.explain.probes import Probe
from bylaw.explain.templates import ANY

Holds = Callable[[clingo.Symbol], bool]
"""Tells whether an atom of the answer set matches."""


class Observed:
    """What probes tell, by the number of the question.

    Args:
        control: that they were put to.
        first: the number of the first question that is looked at.
    """

    def __init__(self, control: clingo.Control, first: int) -> None:
        self.reached: dict[int, dict[int, list[clingo.Symbol]]] = {}
        self.tested: set[tuple[int, int, clingo.Symbol]] = set()
        self.told: dict[tuple[str, int, int, int, clingo.Symbol], list[list[clingo.Symbol]]] = {}
        self._atoms = control.symbolic_atoms
        self._first = first
        for number, (stage, theta) in self._each("_p", 3):
            self.reached.setdefault(number, {}).setdefault(stage.number, []).append(theta)
        for number, (i, theta) in self._each("_t", 3):
            self.tested.add((number, i.number, theta))
        for name, arity in (("_v", 5), ("_w", 6), ("_e", 7), ("_k", 8)):
            for number, (i, k, theta, *rest) in self._each(name, arity):
                self.told.setdefault((name, number, i.number, k.number, theta), []).append(rest)

    def _each(self, name: str, arity: int) -> Iterator[tuple[int, list[clingo.Symbol]]]:
        for one in self._atoms.by_signature(name, arity):
            question, *rest = one.symbol.arguments
            if question.number >= self._first:
                yield question.number, rest

    def of(self, name: str, number: int, i: int, k: int, theta: clingo.Symbol) -> list[list[clingo.Symbol]]:
        """Return what is told under one name, sorted."""
        return sorted(self.told.get((name, number, i, k, theta), []))


def instances_of(probe: Probe, seen: Observed, number: int, holds: Holds) -> list[Instance]:
    """Read the instances of a rule from what its probe tells."""
    stages = seen.reached.get(number, {})
    if not stages:
        return []
    last = max(stages)
    complete = last == len(probe.binders)
    found = []
    for theta in sorted(stages[last]):
        values = theta.arguments
        outcomes: dict[int, Outcome] = {}
        for k, i in enumerate(probe.binders[: last + 1]):
            met = k < last
            stage = k + 1 if met else k
            outcomes[i] = _outcome(probe, seen, number, i, stage, values, met, holds)
        for i, k in probe.checks.items():
            if k <= last:
                cut = clingo.Tuple_(values[: len(probe.stages[k])])
                met = (number, i, cut) in seen.tested
                outcomes[i] = _outcome(probe, seen, number, i, k, values, met, holds)
        binding = dict(zip(probe.stages[last], values, strict=True))
        ordered = [outcomes[i] for i in sorted(outcomes)]
        found.append(Instance(probe.rule, binding, ordered, complete, probe.head))
    return found


def _outcome(
    probe: Probe,
    seen: Observed,
    number: int,
    i: int,
    k: int,
    values: Sequence[clingo.Symbol],
    met: bool,
    holds: Holds,
) -> Outcome:
    condition = probe.conditions[i]
    theta = clingo.Tuple_(values[: len(probe.stages[k])])
    outcome = Outcome(condition, met)
    told = seen.of("_v", number, i, k, theta)
    if condition.form is Form.ATOM and told:
        so = met is (condition.sign is not Sign.Negation)
        outcome.atom = next((one for (one,) in told if holds(one) is so), told[0][0])
    elif condition.form is Form.COMPARISON and told:
        outcome.sides = tuple(told[0][0].arguments)
    elif condition.form is Form.AGGREGATE:
        outcome.value = told[0][0] if told else None
        outcome.guards = tuple((w[0].string, w[1]) for w in seen.of("_w", number, i, k, theta))
        merged: dict[tuple[clingo.Symbol, ...], Element] = {}
        for position, terms, atoms in seen.of("_e", number, i, k, theta):
            key, signed = tuple(terms.arguments), _signed_atoms(atoms)
            if all(holds(atom) is positive for positive, atom in signed):  # not so for parts of a pool
                merged.setdefault(key, Element(key, signed, position.number))
        outcome.elements = list(merged.values())
    elif condition.form is Form.EACH:
        for ok, sign, atom, by in seen.of("_k", number, i, k, theta):
            if not all(holds(one) is positive for positive, one in _signed_atoms(by)):
                continue
            outcome.cases.append(
                Case(
                    bool(ok.number),
                    sign.name == "p",
                    None if atom == ANY else atom,
                    _signed_atoms(by),
                )
            )
    return outcome


def _signed_atoms(symbol: clingo.Symbol) -> tuple[tuple[bool, clingo.Symbol], ...]:
    return tuple((part.name == "p", part.arguments[0]) for part in symbol.arguments)

"""Plain conditions put together: aggregates, and what has to hold in each of several cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.explain.conditions import (
    FLIPPED,
    OPERATORS,
    Case,
    Condition,
    Element,
    Form,
    Outcome,
    condition_of,
    variables_of,
)
from bylaw.explain.lookup import Lookup
from bylaw.explain.plain import Binder, Plain, PlainAtom, Theta, plain_of
from bylaw.explain.terms import LeftToClingoError, Value, compared, evaluated, value_of

_NUMBER = clingo.SymbolType.Number
_MOST = 2**31 - 1
Signed = tuple[tuple[bool, clingo.Symbol], ...]
"""Atoms, each with whether it is asked for or denied."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Plain conditions side by side, with variables of their own.

    Args:
        bound: how many variables of the rule have a value before.
        steps: what binds and what is tested, in order.
        atoms: those among the conditions, in the order of the text.
        positions: of all variables.
    """

    bound: int
    steps: tuple[Binder | Plain, ...]
    atoms: tuple[PlainAtom, ...]
    positions: Mapping[str, int]

    def thetas(self, theta: Theta, lookup: Lookup) -> Iterable[Theta]:
        """Return the substitutions under which all conditions are met."""
        found: Iterable[Theta] = [theta[: self.bound]]
        for step in self.steps:
            if isinstance(step, Plain):
                found = [one for one in found if step.test(one, lookup).met]
            else:
                found = dict.fromkeys(new for one in found for new in step.follow(one, lookup))
        return found

    def signed(self, theta: Theta) -> Signed:
        """Return the atoms under a substitution."""
        return tuple(
            (atom.condition.sign is not Sign.Negation, clingo.Function(atom.name, atom.under(theta)))
            for atom in self.atoms
        )


def gathering_of(literals: Sequence[ast.AST], positions: Mapping[str, int], bound: int) -> Gathering | None:
    """Return literals ready to be looked up, None if one is not plain.

    Args:
        positions: of the variables of the rule.
        bound: how many of them have a value.
    """
    names = dict.fromkeys(variables_of(literals))
    if any(positions.get(name, -1) >= bound for name in names):
        return None
    known = {name: at for name, at in positions.items() if at < bound}
    conditions = [condition_of(literal, set(names)) for literal in literals]
    steps: list[Binder | Plain] = []
    todo = list(conditions)
    while todo:
        chosen = min(todo, key=lambda one: _order(one, known))
        todo.remove(chosen)
        before = len(known)
        for name in chosen.variables:
            known.setdefault(name, len(known))
        part = plain_of(chosen, known)
        step = part.binder(before) if part is not None and len(known) > before else part
        if step is None or (len(known) > before and chosen.sign is not Sign.NoSign):
            return None
        steps.append(step)
    atoms = [plain_of(one, known) for one in conditions if one.form is Form.ATOM]
    spoken = tuple(one for one in atoms if isinstance(one, PlainAtom))
    return Gathering(bound, tuple(steps), spoken, known)


def _order(condition: Condition, known: Mapping[str, int]) -> tuple[int, int]:
    """Put first what can be tested, then what gives one variable its value, then the most bound atom."""
    unknown = sum(name not in known for name in condition.variables)
    if not unknown:
        return 0, 0
    if condition.sign is not Sign.NoSign or condition.form not in (Form.ATOM, Form.COMPARISON):
        return 4, unknown
    if condition.form is Form.ATOM:
        return 2, unknown
    return (1 if unknown == 1 and _assigns(condition, known) else 3), unknown


def _assigns(condition: Condition, known: Mapping[str, int]) -> bool:
    """Whether a comparison is an equation of which one side is a variable, and the other is known."""
    if condition.relations != ("=",):
        return False
    terms = condition.atom.term, condition.atom.guards[0].term
    return any(
        one.ast_type == ASTType.Variable
        and one.name not in known
        and all(name in known for name in variables_of(other))
        for one, other in (terms, terms[::-1])
    )


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A sum, a count, a least or a greatest value.

    Args:
        elements: each with its tuple.
        guards: what it is compared with, the aggregate on the left.
        bound: how many variables have a value where its elements are looked at.
    """

    condition: Condition
    elements: tuple[tuple[Gathering, tuple[Value, ...]], ...]
    guards: tuple[tuple[str, Value], ...]
    bound: int

    def _elements(self, theta: Theta, lookup: Lookup) -> list[Element]:
        """Return the contributions in clingo's order, those of one tuple together."""
        found = []
        for position, (gathering, terms) in enumerate(self.elements):
            for one in gathering.thetas(theta, lookup):
                values = [evaluated(term, one) for term in terms]
                known = tuple(value for value in values if value is not None)
                if len(known) == len(values):
                    signed = gathering.signed(one)
                    found.append((position, known, _as_symbol(signed), signed))
        merged: dict[tuple[clingo.Symbol, ...], Element] = {}
        for position, known, _, signed in sorted(found, key=lambda one: one[:3]):
            merged.setdefault(known, Element(known, signed, position))
        return list(merged.values())

    def _value(self, elements: Sequence[Element]) -> clingo.Symbol:
        function = self.condition.function
        if function == "#count":
            return clingo.Number(len(elements))
        first = [element.terms[0] for element in elements]
        if function == "#min":
            return min(first, default=clingo.Supremum)
        if function == "#max":
            return max(first, default=clingo.Infimum)
        total = sum(one.number for one in first if one.type is _NUMBER)
        if abs(total) > _MOST:
            raise LeftToClingoError
        return clingo.Number(total)

    def test(self, theta: Theta, lookup: Lookup) -> Outcome:
        """Return how it fares where all its variables are bound."""
        elements = self._elements(theta, lookup)
        value = self._value(elements)
        guards = []
        for relation, term in self.guards:
            asked = evaluated(term, theta)
            if asked is None or (
                asked.type is not _NUMBER and self.condition.function not in ("#min", "#max")
            ):
                raise LeftToClingoError
            guards.append((relation, asked))
        so = all(compared(value, relation, asked) for relation, asked in guards)
        return Outcome(
            self.condition,
            so is not (self.condition.sign is Sign.Negation),
            value=value,
            guards=tuple((r, one) for _, one, r in sorted({(clingo.String(r), one, r) for r, one in guards})),
            elements=elements,
        )

    def binder(self, bound: int) -> Aggregate | None:
        """Return it as what binds the variable that it equals."""
        return self if self.guards == (("=", bound),) and self.condition.sign is Sign.NoSign else None

    def follow(self, theta: Theta, lookup: Lookup) -> Iterable[Theta]:
        """Yield the substitution with its value."""
        yield (*theta, self._value(self._elements(theta, lookup)))

    def outcome(self, theta: Theta, met: bool, lookup: Lookup) -> Outcome:
        """Return how it fares; there always is a value, so that it is met."""
        if not met:
            raise LeftToClingoError
        return self.test(theta, lookup)


@dataclass(frozen=True, slots=True)
class Each:
    """A condition that has to hold in each of several cases."""

    condition: Condition
    posed: Gathering
    asked: Plain

    def test(self, theta: Theta, lookup: Lookup) -> Outcome:
        """Return how it fares where all variables that it shares are bound."""
        positive = self.asked.condition.sign is not Sign.Negation
        found: dict[tuple[bool, clingo.Symbol | None, clingo.Symbol], Case] = {}
        for one in self.posed.thetas(theta, lookup):
            outcome = self.asked.test(one, lookup)
            if outcome.atom is None and not outcome.sides:  # it has no value, or is an interval
                raise LeftToClingoError
            posed_by = self.posed.signed(one)
            key = (outcome.met, outcome.atom, _as_symbol(posed_by))
            found[key] = Case(outcome.met, positive, outcome.atom, posed_by)
        keys = sorted(found, key=lambda key: (key[0], key[1] or clingo.Infimum, key[2]))
        return Outcome(self.condition, all(key[0] for key in found), cases=[found[key] for key in keys])


def _as_symbol(signed: Signed) -> clingo.Symbol:
    """Return signed atoms as clingo tells them, for its order."""
    return clingo.Tuple_([clingo.Function("p" if so else "n", [atom]) for so, atom in signed])


def gathered_of(condition: Condition, positions: Mapping[str, int], bound: int) -> Aggregate | Each | None:
    """Return an aggregate, or a condition on each case, ready to be looked up; None if it is not plain.

    Args:
        positions: of the variables of the rule.
        bound: how many of them have a value.
    """
    if condition.form is Form.EACH:
        posed = gathering_of(list(condition.node.condition), positions, bound)
        if posed is None or not set(variables_of(condition.node.literal)) <= posed.positions.keys():
            return None
        asked = plain_of(condition_of(condition.node.literal, set(posed.positions)), posed.positions)
        return None if asked is None else Each(condition, posed, asked)
    if condition.form is not Form.AGGREGATE or condition.function == "#sum+":
        return None
    if condition.atom.ast_type != ASTType.BodyAggregate:
        return None
    elements = [_element(element, positions, bound) for element in condition.atom.elements]
    guards = [_guard(condition, left, positions) for left in (True, False)]
    known = tuple(element for element in elements if element is not None)
    told = tuple(guard for guard in guards if guard is not None and guard[1] is not None)
    if len(known) < len(elements) or len(told) < sum(guard is not None for guard in guards):
        return None
    return Aggregate(condition, known, tuple((r, v) for r, v in told if v is not None), bound)


def _guard(condition: Condition, left: bool, positions: Mapping[str, int]) -> tuple[str, Value | None] | None:
    """Return what an aggregate is compared with on one side; None if there is nothing."""
    guard = condition.atom.left_guard if left else condition.atom.right_guard
    if guard is None:
        return None
    relation = OPERATORS[guard.comparison]
    return (FLIPPED[relation] if left else relation), value_of(guard.term, positions)


def _element(
    element: ast.AST, positions: Mapping[str, int], bound: int
) -> tuple[Gathering, tuple[Value, ...]] | None:
    if not element.terms or any(positions.get(name, -1) >= bound for name in variables_of(element.terms)):
        return None
    gathering = gathering_of(list(element.condition), positions, bound)
    if gathering is None:
        return None
    values = [value_of(term, gathering.positions) for term in element.terms]
    known = tuple(value for value in values if value is not None)
    return (gathering, known) if len(known) == len(values) else None

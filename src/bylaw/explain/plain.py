"""Plain conditions: atoms of variables, `_` and values, and comparisons of terms that need no clingo.

Each either gives variables a value, as a binder, or is tested under a substitution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import clingo
from clingo.ast import ASTType, Sign

from bylaw.explain.conditions import Condition, Form, Outcome
from bylaw.explain.lookup import Lookup
from bylaw.explain.templates import ANY
from bylaw.explain.terms import LeftToClingoError, Value, compared, evaluated, value_of

Theta = tuple[clingo.Symbol, ...]
"""The values of the variables that are bound, in the order in which they were."""
MOST_NUMBERS = 10_000
"""Intervals up to this length are gone through here."""


@dataclass(frozen=True, slots=True)
class PlainAtom:
    """An atom that is asked for, or denied.

    Args:
        args: the position of a variable, a value, or ANY for `_`.
        projected: whether one of them is `_`.
    """

    condition: Condition
    name: str
    args: tuple[int | clingo.Symbol, ...]
    projected: bool

    def under(self, theta: Theta) -> list[clingo.Symbol]:
        """Return its arguments under a substitution, ANY for those that it leaves open."""
        bound = len(theta)
        return [one if not isinstance(one, int) else theta[one] if one < bound else ANY for one in self.args]

    def outcome(self, theta: Theta, met: bool, lookup: Lookup) -> Outcome:
        """Return how it fares, as far as its variables are bound."""
        del lookup
        return Outcome(self.condition, met, clingo.Function(self.name, self.under(theta)))

    def test(self, theta: Theta, lookup: Lookup) -> Outcome:
        """Return how it fares where all its variables are bound."""
        args = self.under(theta)
        atom = clingo.Function(self.name, args)
        if self.projected:
            known = tuple([None if one == ANY else one for one in args])
            so = lookup.table(self.name, len(args)).matches(known)
        else:
            so = lookup.has(atom)
        return Outcome(self.condition, so is not (self.condition.sign is Sign.Negation), atom)

    def binder(self, bound: int) -> Join:
        """Return it as what binds its variables at a stage where some are bound."""
        given = [n for n, one in enumerate(self.args) if one != ANY and not _from(bound, one)]
        fresh: dict[int, int] = {}
        same = []
        for n, one in enumerate(self.args):
            if isinstance(one, int) and one >= bound and fresh.setdefault(one, n) != n:
                same.append((fresh[one], n))
        return Join(
            self,
            tuple(given),
            tuple(self.args[n] for n in given),
            tuple(fresh[one] for one in sorted(fresh)),
            tuple(same),
        )


def _from(bound: int, one: int | clingo.Symbol) -> bool:
    return isinstance(one, int) and one >= bound


@dataclass(frozen=True, slots=True)
class Join:
    """An atom that gives variables a value.

    Args:
        given: the positions of the arguments that are known.
        values: what those are: the position of a variable or a value.
        fresh: the positions of the arguments that give the new variables their values.
        same: pairs of positions where one new variable stands twice.
    """

    atom: PlainAtom
    given: tuple[int, ...]
    values: tuple[int | clingo.Symbol, ...]
    fresh: tuple[int, ...]
    same: tuple[tuple[int, int], ...]

    def follow(self, theta: Theta, lookup: Lookup) -> Iterable[Theta]:
        """Yield the substitutions that a substitution is prolonged to."""
        values = tuple([theta[one] if isinstance(one, int) else one for one in self.values])
        for row in lookup.table(self.atom.name, len(self.atom.args)).having(self.given, values):
            if all(row[one] == row[other] for one, other in self.same):
                # rows have no open arguments
                yield theta + tuple([row[n] for n in self.fresh])  # type: ignore[misc]

    def outcome(self, theta: Theta, met: bool, lookup: Lookup) -> Outcome:
        """Return how the atom fares."""
        return self.atom.outcome(theta, met, lookup)


@dataclass(frozen=True, slots=True)
class PlainComparison:
    """A comparison of terms."""

    condition: Condition
    terms: tuple[Value, ...]

    def test(self, theta: Theta, lookup: Lookup) -> Outcome:
        """Return how it fares; where a term has no value, not at all."""
        del lookup
        sides = [evaluated(term, theta) for term in self.terms]
        values = [side for side in sides if side is not None]
        if len(values) < len(sides):
            return Outcome(self.condition, False)
        relations = self.condition.relations
        so = all(compared(values[n], relation, values[n + 1]) for n, relation in enumerate(relations))
        return Outcome(self.condition, so is not (self.condition.sign is Sign.Negation), sides=tuple(values))

    def binder(self, bound: int) -> Assignment | None:
        """Return it as what binds its variable, None if it is not `variable = term`."""
        if self.condition.relations != ("=",):
            return None
        for one, other in (self.terms, self.terms[::-1]):
            if one == bound and isinstance(one, int) and deepest(other) < bound:
                return Assignment(self, other)
        return None


def deepest(term: Value) -> int:
    """Return the last position that a term looks at, -1 if none."""
    if isinstance(term, int):
        return term
    return -1 if isinstance(term, clingo.Symbol) else max(deepest(term.left), deepest(term.right))


@dataclass(frozen=True, slots=True)
class Assignment:
    """A comparison that gives a variable its value."""

    comparison: PlainComparison
    term: Value

    def follow(self, theta: Theta, lookup: Lookup) -> Iterable[Theta]:
        """Yield the substitution with the variable, if the term has a value."""
        del lookup
        value = evaluated(self.term, theta)
        if value is not None:
            yield (*theta, value)

    def outcome(self, theta: Theta, met: bool, lookup: Lookup) -> Outcome:
        """Return how the comparison fares; before the variable is bound it has no sides."""
        return self.comparison.test(theta, lookup) if met else Outcome(self.comparison.condition, False)


@dataclass(frozen=True, slots=True)
class Interval:
    """An equation with an interval: `X = 1..N`.

    Args:
        term: what it equals.
        ends: the least and the greatest number of it.
    """

    condition: Condition
    term: Value
    ends: tuple[Value, Value]

    def numbers(self, theta: Theta) -> range:
        """Return the numbers of the interval; none where an end is no number."""
        ends = [evaluated(end, theta) for end in self.ends]
        numbers = [end.number for end in ends if end is not None and end.type is clingo.SymbolType.Number]
        if len(numbers) < len(ends):
            return range(0)
        if numbers[1] - numbers[0] > MOST_NUMBERS:
            raise LeftToClingoError
        return range(numbers[0], numbers[1] + 1)

    def test(self, theta: Theta, lookup: Lookup) -> Outcome:
        """Return how it fares where all its variables are bound."""
        del lookup
        value = evaluated(self.term, theta)
        number = value is not None and value.type is clingo.SymbolType.Number
        return Outcome(self.condition, number and value is not None and value.number in self.numbers(theta))

    def binder(self, bound: int) -> Counting | None:
        """Return it as what binds its variable, None if its ends are not known before."""
        return Counting(self) if self.term == bound and max(map(deepest, self.ends)) < bound else None


@dataclass(frozen=True, slots=True)
class Counting:
    """An interval that gives a variable its values."""

    interval: Interval

    def follow(self, theta: Theta, lookup: Lookup) -> Iterable[Theta]:
        """Yield the substitution with each number of the interval."""
        del lookup
        return [(*theta, clingo.Number(number)) for number in self.interval.numbers(theta)]

    def outcome(self, theta: Theta, met: bool, lookup: Lookup) -> Outcome:
        """Return how it fares; it has no sides to tell."""
        del theta, lookup
        return Outcome(self.interval.condition, met)


Binder = Join | Assignment | Counting
Plain = PlainAtom | PlainComparison | Interval


def plain_of(condition: Condition, positions: Mapping[str, int]) -> Plain | None:
    """Return a condition ready to be looked up, None if it is not plain.

    Args:
        positions: of the variables in a substitution.
    """
    if condition.hidden:
        return None
    if condition.form is Form.ATOM:
        return _atom(condition, positions)
    return _comparison(condition, positions) if condition.form is Form.COMPARISON else None


def _atom(condition: Condition, positions: Mapping[str, int]) -> PlainAtom | None:
    term = condition.atom.symbol
    if term.ast_type != ASTType.Function:
        return None
    args: list[int | clingo.Symbol] = []
    for argument in term.arguments:
        if argument.ast_type == ASTType.Variable and argument.name == "_":
            args.append(ANY)
            continue
        value = value_of(argument, positions)
        if not isinstance(value, int | clingo.Symbol):
            return None
        args.append(value)
    return PlainAtom(condition, term.name, tuple(args), ANY in args)


def _comparison(condition: Condition, positions: Mapping[str, int]) -> PlainComparison | Interval | None:
    terms = [condition.atom.term, *(guard.term for guard in condition.atom.guards)]
    if condition.relations == ("=",) and condition.sign is Sign.NoSign:
        for one, other in (terms, terms[::-1]):
            if other.ast_type == ASTType.Interval:
                ends = value_of(other.left, positions), value_of(other.right, positions)
                term = value_of(one, positions)
                known = [end for end in ends if end is not None]
                return (
                    Interval(condition, term, (known[0], known[1]))
                    if term is not None and len(known) == 2
                    else None
                )
    values = [value_of(term, positions) for term in terms]
    known = [value for value in values if value is not None]
    return PlainComparison(condition, tuple(known)) if len(known) == len(values) else None

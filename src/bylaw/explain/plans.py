"""Examining a rule of plain conditions by looking its atoms up, which spares a call of clingo.

Plain are atoms whose arguments are variables, `_` and values, whether asked for or denied, and comparisons of
terms that need no clingo. A plan goes through the stages of the rule's probe and tells the same of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.explain.conditions import Condition, Form, Instance, Outcome
from bylaw.explain.lookup import Lookup
from bylaw.explain.probes import Probe
from bylaw.explain.templates import ANY
from bylaw.explain.terms import OutOfRangeError, Value, compared, evaluated, value_of

Theta = tuple[clingo.Symbol, ...]
"""The values of the variables that are bound, in the order of the probe's last stage."""


@dataclass(frozen=True, slots=True)
class _Atom:
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
            so = atom in lookup.members(self.name, len(args))
        return Outcome(self.condition, so is not (self.condition.sign is Sign.Negation), atom)

    def binder(self, bound: int) -> _Join:
        """Return it as what binds its variables at a stage where some are bound."""
        given = [n for n, one in enumerate(self.args) if one != ANY and not _from(bound, one)]
        fresh: dict[int, int] = {}
        same = []
        for n, one in enumerate(self.args):
            if isinstance(one, int) and one >= bound and fresh.setdefault(one, n) != n:
                same.append((fresh[one], n))
        return _Join(
            self,
            tuple(given),
            tuple(self.args[n] for n in given),
            tuple(fresh[one] for one in sorted(fresh)),
            tuple(same),
        )


def _from(bound: int, one: int | clingo.Symbol) -> bool:
    return isinstance(one, int) and one >= bound


@dataclass(frozen=True, slots=True)
class _Join:
    """An atom that gives variables a value.

    Args:
        given: the positions of the arguments that are known.
        values: what those are: the position of a variable or a value.
        fresh: the positions of the arguments that give the new variables their values.
        same: pairs of positions where one new variable stands twice.
    """

    atom: _Atom
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
class _Comparison:
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

    def binder(self, bound: int) -> _Assignment | None:
        """Return it as what binds its variable, None if it is not `variable = term`."""
        if self.condition.relations != ("=",):
            return None
        for one, other in (self.terms, self.terms[::-1]):
            if one == bound and isinstance(one, int) and _deepest(other) < bound:
                return _Assignment(self, other)
        return None


def _deepest(term: Value) -> int:
    """Return the last position that a term looks at, -1 if none."""
    if isinstance(term, int):
        return term
    return -1 if isinstance(term, clingo.Symbol) else max(_deepest(term.left), _deepest(term.right))


@dataclass(frozen=True, slots=True)
class _Assignment:
    """A comparison that gives a variable its value."""

    comparison: _Comparison
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


class Plan:
    """How one rule is examined.

    Args:
        probe: of the rule.
        given: the head's terms for the arguments that the goal gives: positions and values.
        binders: what binds, stage by stage.
        checks: what is tested, by the number of the condition.
    """

    def __init__(
        self,
        probe: Probe,
        given: Sequence[int | clingo.Symbol],
        binders: Sequence[_Join | _Assignment],
        checks: Mapping[int, _Atom | _Comparison],
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
            return self._instances([start], lookup)
        except OutOfRangeError:
            return None

    def _start(self, given: Sequence[clingo.Symbol]) -> Theta | None:
        """Return the values that the goal gives, None if the head cannot be it."""
        theta: list[clingo.Symbol] = []
        for one, want in zip(self._given, given, strict=True):
            if one == len(theta):
                theta.append(want)
            elif (theta[one] if isinstance(one, int) else one) != want:
                return None
        return tuple(theta)

    def _instances(self, thetas: list[Theta], lookup: Lookup) -> list[Instance]:
        last = 0
        for binder in self._binders:
            following = list(dict.fromkeys(new for theta in thetas for new in binder.follow(theta, lookup)))
            if not following:
                break
            thetas = following
            last += 1
        if len(thetas) > 1:
            thetas.sort()
        complete = last == len(self._binders)
        return [self._instance(theta, last, complete, lookup) for theta in thetas]

    def _instance(self, theta: Theta, last: int, complete: bool, lookup: Lookup) -> Instance:
        probe = self._probe
        outcomes: dict[int, Outcome] = {}
        for k, i in enumerate(probe.binders[: last + 1]):
            bound = len(probe.stages[k + 1 if k < last else k])
            outcomes[i] = self._binders[k].outcome(theta[:bound], k < last, lookup)
        for k, bound, i, check in self._checks:
            if k <= last:
                outcomes[i] = check.test(theta[:bound], lookup)
        binding = dict(zip(probe.stages[last], theta, strict=True))
        return Instance(probe.rule, binding, [outcomes[i] for i in sorted(outcomes)], complete, probe.head)


def plan_of(probe: Probe, head: ast.AST, mask: Sequence[bool]) -> Plan | None:
    """Return the plan of a rule, None if it has a condition that is not plain.

    Args:
        head: the atom that it derives.
        mask: which arguments of the goal are given.
    """
    positions = {name: n for n, name in enumerate(probe.stages[-1])}
    arguments = getattr(head, "arguments", ())
    given = [value_of(term, positions) for term, known in zip(arguments, mask, strict=True) if known]
    parts = [_part(condition, positions) for condition in probe.conditions]
    checks = {i: part for i in probe.checks if (part := parts[i]) is not None}
    binders = [
        part.binder(len(probe.stages[k]))
        for k, i in enumerate(probe.binders)
        if (part := parts[i]) is not None
    ]
    plain = [one for one in given if isinstance(one, int | clingo.Symbol)]
    binding = [one for one in binders if one is not None]
    if len(plain) < len(given) or None in parts or len(binding) < len(probe.binders):
        return None
    return Plan(probe, plain, binding, checks)


def _part(condition: Condition, positions: Mapping[str, int]) -> _Atom | _Comparison | None:
    """Return a condition ready to be looked up, None if it is not plain."""
    known: dict[Form, Callable[[Condition, Mapping[str, int]], _Atom | _Comparison | None]] = {
        Form.ATOM: _atom,
        Form.COMPARISON: _comparison,
    }
    if condition.hidden or condition.form not in known:
        return None
    return known[condition.form](condition, positions)


def _atom(condition: Condition, positions: Mapping[str, int]) -> _Atom | None:
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
    return _Atom(condition, term.name, tuple(args), ANY in args)


def _comparison(condition: Condition, positions: Mapping[str, int]) -> _Comparison | None:
    terms = [condition.atom.term, *(guard.term for guard in condition.atom.guards)]
    values = [value_of(term, positions) for term in terms]
    known = [value for value in values if value is not None]
    return _Comparison(condition, tuple(known)) if len(known) == len(values) else None

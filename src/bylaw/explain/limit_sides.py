"""On which side of each limit the figures lie that the rules compare with it.

A comparison tells only whether it is met. Its companion, `_s7(Left, Right, Source) :- the other conditions`,
has both of its sides wherever the rule comes to it, met or not. A bound may also be handed on: where
`pass_mark(Course, L) :- ..., limit(pass_mark_basic, L)`, a comparison with the last argument of `pass_mark`
is one with the limit, and `_c3(pass_mark(Course, L), limit(pass_mark_basic, L))` tells from which.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import head_atoms
from bylaw.explain.conditions import FUNCTIONS, OPERATORS, contains, opened, signatures, variables_of
from bylaw.policy.model import Policy, Rule

Told = Callable[[str, int], Iterator[list[clingo.Symbol]]]
"""The arguments of each atom of a name and arity."""

Seen = Mapping[str, frozenset[int]]
"""By limit, the sides on which figures lie: -1 below, 0 at, 1 above."""

_NUMBER = clingo.SymbolType.Number
_LITERAL, _SYMBOLIC, _VARIABLE = ASTType.Literal, ASTType.SymbolicAtom, ASTType.Variable
_AGGREGATES = (ASTType.BodyAggregate, ASTType.Aggregate)
_Position = tuple[str, int, int]
"""Name and arity of a predicate and the place of an argument."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a bound comes from: a limit, or an argument of a predicate that hands one on."""

    term: str
    limit: str | None = None
    position: _Position | None = None


@dataclass(frozen=True, slots=True)
class _Side:
    """A comparison with a bound; `sign` is -1 where the bound stands on the left."""

    name: str
    source: _Source
    sign: int


@dataclass(frozen=True, slots=True)
class _Carry:
    """A rule that hands a bound on to an argument of its head."""

    name: str
    source: _Source
    position: _Position


@dataclass(slots=True)
class _Body:
    """Literals that stand side by side, and which of them are looked at.

    Args:
        literals: the conditions of a rule, perhaps with those of one element of an aggregate.
        looked_at: the positions of comparisons and aggregates that are examined.
        bound: the variables that have a value.
        aliases: variables that stand for a computed term, by name.
        sources: variables that are a bound, with where it comes from.
    """

    literals: list[ast.AST]
    looked_at: list[int]
    bound: set[str] = field(default_factory=set)
    aliases: dict[str, ast.AST] = field(default_factory=dict)
    binders: set[int] = field(default_factory=set)
    sources: dict[str, list[_Source]] = field(default_factory=dict)


class LimitSides:
    """The comparisons of a policy's rules with its limits, as companion rules.

    Args:
        policy: whose rules they are.

    `lines` are the companions; `compared` the limits that some figure of a record is compared with; `fixed`
    those that are only compared with what the pack itself states.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._of_record = _record_predicates(policy)
        self._sides: list[_Side] = []
        self._carries: list[_Carry] = []
        self._written: dict[tuple[str, str], str] = {}
        self.lines: list[str] = []
        self.compared: set[str] = set()
        self.fixed: set[str] = set()
        bodies = {rule.number: list(_bodies(rule)) for rule in policy.encoding.rules}
        self._positions = self._bound_positions(bodies)
        for rule in policy.encoding.rules:
            for body in bodies[rule.number]:
                self._locate(body)
                self._compare(body)
            self._carry(rule, bodies[rule.number][0])
        self._settle()

    def read(self, told: Told) -> Seen:
        """Return the sides on which figures lie under one answer set.

        Args:
            told: the arguments of the companions' atoms.
        """
        origins: dict[tuple[clingo.Symbol, int], set[tuple[str, clingo.Symbol, int]]] = {}
        for carry in self._carries:
            for head, source in told(carry.name, 2):
                limit = carry.source.limit or ""
                place = carry.source.position[2] if carry.source.position else 0
                origins.setdefault((head, carry.position[2]), set()).add((limit, source, place))

        def limits(atom: clingo.Symbol, place: int) -> set[str]:
            found: set[str] = set()
            seen = {(atom, place)}
            todo = [(atom, place)]
            while todo:
                for limit, source, at in origins.get(todo.pop(), ()):
                    if limit:
                        found.add(limit)
                    elif (source, at) not in seen:
                        seen.add((source, at))
                        todo.append((source, at))
            return found

        found: dict[str, set[int]] = {}
        for side in self._sides:
            known: dict[clingo.Symbol, set[str]] = {}
            for left, right, source in told(side.name, 3):
                if left.type is not _NUMBER or right.type is not _NUMBER:
                    continue
                if side.source.limit:
                    names = {side.source.limit}
                else:
                    assert side.source.position is not None
                    if source not in known:
                        known[source] = limits(source, side.source.position[2])
                    names = known[source]
                way = side.sign * (left.number - right.number)
                for name in names:
                    found.setdefault(name, set()).add((way > 0) - (way < 0))
        return {name: frozenset(sides) for name, sides in found.items()}

    # ------------------------------------------------------------------------------------------- sources

    def _bound_positions(self, bodies: Mapping[int, list[_Body]]) -> dict[_Position, None]:
        """Find the arguments that always hold a bound: from a limit, or from what the pack states."""
        by_head: dict[tuple[str, int], list[Rule]] = {}
        for rule in self._policy.encoding.rules:
            for signature in set(rule.heads):
                by_head.setdefault(signature, []).append(rule)
        self._positions: dict[_Position, None] = {}
        grown = True
        while grown:
            grown = False
            for (name, arity), rules in by_head.items():
                for place in range(arity):
                    position = (name, arity, place)
                    if position in self._positions:
                        continue
                    handed = [self._hands_on(rule, bodies[rule.number][0], position) for rule in rules]
                    stated = [name not in self._of_record or not self._rests_on_record(rule) for rule in rules]
                    if any(handed) and all(h or s for h, s in zip(handed, stated, strict=True)):
                        self._positions[position] = None
                        grown = True
        return self._positions

    def _hands_on(self, rule: Rule, body: _Body, position: _Position) -> bool:
        self._locate(body)
        return all(
            any(name in body.sources for name in _plus(term.arguments[position[2]], body.aliases))
            for term in _plain_heads(rule)
            if (term.name, len(term.arguments)) == position[:2]
        ) and not rule.choice

    def _rests_on_record(self, rule: Rule) -> bool:
        return any(name in self._of_record for name, _ in signatures(rule.node.body))

    def _locate(self, body: _Body) -> None:
        """Find the variables of a body that are bounds."""
        body.sources = {}
        for literal in body.literals:
            if not _is_atom(literal) or literal.atom.symbol.ast_type != ASTType.Function:
                continue
            term = literal.atom.symbol
            args = list(term.arguments)
            if term.name == "limit" and len(args) == 2:
                source = _Source(str(term), limit=str(args[0]))
                _note(body.sources, args[1], source)
                continue
            for place, argument in enumerate(args):
                position = (term.name, len(args), place)
                if position in self._positions and argument.ast_type == _VARIABLE:
                    shown = _with_names(term)
                    _note(body.sources, argument, _Source(shown, position=position))

    # --------------------------------------------------------------------------------------- comparisons

    def _compare(self, body: _Body) -> None:
        for n in body.looked_at:
            literal = body.literals[n]
            others = [one for k, one in enumerate(body.literals) if k != n]
            if literal.atom.ast_type == ASTType.Comparison and n not in body.binders:
                for left, right, rest in _pairs(literal):
                    self._one(body, others, rest, left, right)
            elif literal.atom.ast_type in _AGGREGATES:
                for guard, value, rest in _guarded(literal):
                    names = [name for name in variables_of(guard) if name in body.bound]
                    if len(names) == len(variables_of(guard)):
                        self._one(body, others, rest, "_V", guard, value, signatures(literal))
        self._join(body)

    def _one(
        self,
        body: _Body,
        others: Sequence[ast.AST],
        rest: Sequence[str],
        left: ast.AST | str,
        right: ast.AST,
        value: str = "",
        inside: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Write the companion of a comparison for each bound in it.

        Args:
            others: the other conditions.
            rest: what is left of the condition itself.
            left: a term, or the name of the variable that takes an aggregate's value.
            value: gives an aggregate its value.
            inside: name and arity of the atoms that an aggregate speaks of.
        """
        found = [] if isinstance(left, str) else [(*one, -1) for one in _linear(left, body.aliases)]
        found += [(*one, 1) for one in _linear(right, body.aliases)]
        bounds = [one for one in found if one[0] in body.sources]
        # A limit that is multiplied is a rate, and a bound only where no other limit is.
        bounds = [one for one in bounds if not one[2]] or bounds
        if not bounds:
            return
        figure = {name for name, _, _, _ in found} - {name for name, *_ in bounds}
        touched = figure or {name for name, *_ in bounds}
        record = any(name in self._of_record for name, _ in inside)
        record = record or self._of_a_record(body, touched)
        texts = [*map(str, others), *rest, *([value] if value else [])]
        for name, sign, _, hand in bounds:
            for source in body.sources[name]:
                if not record:
                    self.fixed.update(self._limits_of(source))
                    continue
                key = (f"{left},{right},{source.term}", "; ".join(texts))
                self._add_side(key, source, sign * hand)

    def _join(self, body: _Body) -> None:
        """Take an argument that has to equal a bound for a comparison: `placed(S, Y, P), limit(last, P)`."""
        for n, literal in enumerate(body.literals):
            if not _is_atom(literal) or n not in body.looked_at and body.looked_at != []:
                continue
            for name, sources in body.sources.items():
                for source in sources:
                    if source.term not in (str(literal.atom.symbol), _with_names(literal.atom.symbol)):
                        continue
                    elsewhere = [
                        one
                        for k, one in enumerate(body.literals)
                        if k != n and _is_atom(one) and name in variables_of(one) and self._speaks_of_record(one, name)
                    ]
                    if not elsewhere:
                        continue
                    freed = renamed(literal.atom.symbol, set(variables_of(literal)) - {name}, "_J")
                    term = _with_names(freed)
                    others = [str(one) for k, one in enumerate(body.literals) if k != n]
                    own = _Source(term, source.limit, source.position)
                    self._add_side((f"{name},_J{name},{term}", "; ".join([*others, term])), own, 1)

    def _speaks_of_record(self, literal: ast.AST, variable: str) -> bool:
        """Whether an atom gives a variable a figure of the record, rather than another bound."""
        term = literal.atom.symbol
        if term.ast_type != ASTType.Function or term.name not in self._of_record:
            return False
        return any(
            argument.ast_type == _VARIABLE
            and argument.name == variable
            and (term.name, len(term.arguments), place) not in self._positions
            for place, argument in enumerate(term.arguments)
        )

    def _of_a_record(self, body: _Body, names: Iterable[str]) -> bool:
        """Whether variables hang together with atoms of the record."""
        linked = set(names)
        groups = []
        for literal in body.literals:
            own = {name for name in variables_of(literal) if name in body.bound}
            speaks = any(name in self._of_record for name, _ in signatures(literal))
            groups.append((own, speaks))
        grown = True
        while grown:
            grown = False
            for own, speaks in groups:
                if own & linked:
                    if speaks:
                        return True
                    grown = grown or not own <= linked
                    linked |= own
        return False

    def _carry(self, rule: Rule, body: _Body) -> None:
        self._locate(body)
        if rule.choice:
            return
        for term in _plain_heads(rule):
            for place, argument in enumerate(term.arguments):
                position = (term.name, len(term.arguments), place)
                if position not in self._positions:
                    continue
                for name in _plus(argument, body.aliases):
                    for source in body.sources.get(name, ()):
                        carry = _Carry(f"_c{len(self._carries)}", source, position)
                        self._carries.append(carry)
                        texts = "; ".join(map(str, _with_source(body.literals, source)))
                        self.lines.append(f"{carry.name}({term},{source.term}) :- {texts}.")

    def _add_side(self, key: tuple[str, str], source: _Source, sign: int) -> None:
        if key in self._written:
            return
        side = _Side(f"_s{len(self._sides)}", source, sign)
        self._sides.append(side)
        self._written[key] = side.name
        self.lines.append(f"{side.name}({key[0]}) :- {key[1]}.")

    def _limits_of(self, source: _Source) -> set[str]:
        """Return the limits that a bound may come from."""
        if source.limit:
            return {source.limit}
        found: set[str] = set()
        seen = {source.position}
        todo = [source.position]
        while todo:
            position = todo.pop()
            for carry in self._carries:
                if carry.position != position:
                    continue
                if carry.source.limit:
                    found.add(carry.source.limit)
                elif carry.source.position not in seen:
                    seen.add(carry.source.position)
                    todo.append(carry.source.position)
        return found

    def _settle(self) -> None:
        """Tell which limits are compared at all; a companion that clingo refuses is left out."""
        if not _sound("\n".join(self.lines)):
            self.lines = [line for line in self.lines if _sound(line)]
        kept = {line.partition("(")[0] for line in self.lines}
        for side in self._sides:
            if side.name in kept:
                self.compared |= self._limits_of(side.source)
        self.fixed -= self.compared

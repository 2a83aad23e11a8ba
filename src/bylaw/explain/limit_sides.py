"""On which side of each limit the figures lie that the rules compare with it.

A comparison tells only whether it is met. Its companion, `_s7(Left, Right, Source) :- the other conditions`,
has both of its sides wherever the rule comes to it, met or not. A bound may also be handed on: where
`pass_mark(Course, L) :- ..., limit(pass_mark_basic, L)`, a comparison with the last argument of `pass_mark`
is one with the limit, and `_c3(pass_mark(Course, L), limit(pass_mark_basic, L))` tells with which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType

from bylaw.engine.program import head_atoms
from bylaw.explain.conditions import signatures, variables_of
from bylaw.explain.reach import record_predicates
from bylaw.explain.rule_bodies import AGGREGATES, Body, Part, bodies, guarded, pairs, renamed, shares
from bylaw.policy.model import Policy, Rule

Told = Callable[[str, int], Iterator[Sequence[clingo.Symbol]]]
"""The arguments of each atom of a name and arity."""

Seen = Mapping[str, frozenset[int]]
"""By limit, the sides on which figures lie: -1 below, 0 at, 1 above."""

_NUMBER = clingo.SymbolType.Number
_Position = tuple[str, int, int]
"""Name and arity of a predicate and the place of an argument."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a bound comes from: a limit, or an argument of an atom that hands one on."""

    at: int
    atom: str
    limit: str = ""
    position: _Position | None = None


@dataclass(frozen=True, slots=True)
class _Side:
    """A comparison with a bound; `sign` is -1 where the figure stands on the right."""

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
class _Examined:
    """A rule, its bodies, and the variables that each argument of its heads grows with."""

    rule: Rule
    bodies: list[Body]
    heads: list[tuple[str, str, tuple[tuple[str, ...], ...]]]
    rests_on_record: bool


class LimitSides:
    """The comparisons of a policy's rules with its limits, as companion rules.

    `lines` are the companions; `compared` the limits that some figure of a record is compared with; `fixed`
    those that are compared only with what the pack itself states.

    Args:
        policy: whose rules they are.
    """

    def __init__(self, policy: Policy) -> None:
        self.lines: list[str] = []
        self.compared: set[str] = set()
        self.fixed: set[str] = set()
        self._known = policy.limits
        self._of_record = record_predicates(policy)
        self._sides: list[_Side] = []
        self._carries: list[_Carry] = []
        self._written: set[str] = set()
        self._stated: list[_Source] = []
        self._positions: set[_Position] = set()
        rules = [self._examined(rule) for rule in policy.encoding.rules]
        self._find_positions(rules)
        for one in rules:
            for body in one.bodies:
                self._compare(body, self._sources(body))
            self._hand_on(one)
        self._settle()

    def read(self, told: Told) -> Seen:
        """Return the sides on which figures lie under one answer set.

        Args:
            told: gives the arguments of the companions' atoms.
        """
        origins = self._origins(told)
        found: dict[str, set[int]] = {}
        for side in self._sides:
            position = side.source.position
            for left, right, atom in told(side.name, 3):
                if left.type is not _NUMBER or right.type is not _NUMBER:
                    continue
                names = {side.source.limit} if position is None else _limits(origins, atom, position[2])
                way = side.sign * (left.number - right.number)
                for name in names:
                    found.setdefault(name, set()).add((way > 0) - (way < 0))
        return {name: frozenset(sides) for name, sides in found.items()}

    def _origins(self, told: Told) -> _Origins:
        origins: _Origins = {}
        for carry in self._carries:
            source = carry.source
            place = source.position[2] if source.position else 0
            for head, atom in told(carry.name, 2):
                origins.setdefault((head, carry.position[2]), set()).add((source.limit, atom, place))
        return origins

    # --------------------------------------------------------------------------------------- where bounds are

    def _examined(self, rule: Rule) -> _Examined:
        found = bodies(rule)
        heads = []
        for head in head_atoms(rule):
            if head.atom.ast_type == ASTType.Function:
                grows = tuple(_grows_with(term, found[0].aliases) for term in head.atom.arguments)
                heads.append((str(head.atom), head.atom.name, grows))
        rests = any(name in self._of_record for name, _ in signatures(rule.node.body))
        return _Examined(rule, found, heads, rests)

    def _find_positions(self, rules: Iterable[_Examined]) -> None:
        """Find the arguments that always hold a bound: from a limit, or from what the pack states."""
        by_head: dict[tuple[str, int], list[_Examined]] = {}
        for one in rules:
            for signature in set(one.rule.heads):
                by_head.setdefault(signature, []).append(one)
        grown = True
        while grown:
            grown = False
            sources = {id(one): self._sources(one.bodies[0]) for group in by_head.values() for one in group}
            for (name, arity), group in by_head.items():
                for place in range(arity):
                    position = (name, arity, place)
                    if position in self._positions:
                        continue
                    handed = [_hands_on(one, sources[id(one)], position) for one in group]
                    if any(handed) and all(
                        on or not one.rests_on_record for on, one in zip(handed, group, strict=True)
                    ):
                        self._positions.add(position)
                        grown = True

    def _sources(self, body: Body) -> dict[str, list[_Source]]:
        """Return the variables of a body that are bounds, with where each comes from."""
        found: dict[str, list[_Source]] = {}
        for part in body.parts:
            if part.name == "limit" and len(part.plain) == 2:
                limit = str(part.node.arguments[0])
                if part.plain[1] and limit in self._known:
                    found.setdefault(part.plain[1], []).append(_Source(part.at, part.text, limit))
                continue
            for place, variable in enumerate(part.plain):
                position = (part.name, len(part.plain), place)
                if variable and position in self._positions:
                    source = _Source(part.at, part.text, position=position)
                    found.setdefault(variable, []).append(source)
        return found

    def _hand_on(self, one: _Examined) -> None:
        """Write the companions that tell from where a rule has the bounds in its head."""
        body = one.bodies[0]
        sources = self._sources(body)
        for text, name, grows in one.heads:
            for place, variables in enumerate(grows):
                position = (name, len(grows), place)
                if position not in self._positions:
                    continue
                for source in (source for variable in variables for source in sources.get(variable, ())):
                    carry = _Carry(f"_c{len(self._carries)}", source, position)
                    self._carries.append(carry)
                    self.lines.append(f"{carry.name}({text},{source.atom}) :- {'; '.join(body.texts)}.")

    # --------------------------------------------------------------------------------------- comparisons

    def _compare(self, body: Body, sources: Mapping[str, list[_Source]]) -> None:
        for n in sorted(body.looked_at):
            literal = body.literals[n]
            if literal.ast_type != ASTType.Literal:
                continue
            if literal.atom.ast_type == ASTType.Comparison and n not in body.binders:
                for left, right, rest in pairs(literal):
                    self._relate(body, sources, left, right, [*body.others(n), *rest])
            elif literal.atom.ast_type in AGGREGATES:
                speaks = any(name in self._of_record for name, _ in signatures(literal))
                for bound, value, rest in guarded(literal):
                    texts = [*body.others(n), *rest, value]
                    self._relate(body, sources, None, bound, texts, speaks=speaks)
        for part in body.parts:
            self._join(body, sources, part)

    def _relate(
        self,
        body: Body,
        sources: Mapping[str, list[_Source]],
        left: ast.AST | None,
        right: ast.AST,
        texts: Sequence[str],
        speaks: bool = False,
    ) -> None:
        """Write the companion of a comparison for each bound in it.

        Args:
            left: a term; None for the value of an aggregate.
            texts: the other conditions, and what gives the aggregate its value.
            speaks: whether the aggregate speaks of the record.
        """
        both = [(share, -1) for share in (shares(left, body.aliases) if left is not None else [])]
        both += [(share, 1) for share in shares(right, body.aliases)]
        bounds = [(share, way) for share, way in both if share.variable in sources]
        # A limit that is multiplied is a rate, and a bound only where no other limit is.
        bounds = [(share, way) for share, way in bounds if not share.scaled] or bounds
        if not bounds:
            return
        named = {share.variable for share, _ in bounds}
        terms = [right] if left is None else [left, right]
        figures = {name for term in terms for name in variables_of(term)} - named
        of_record = speaks or body.linked_to(figures, self._of_record)
        written = "_V" if left is None else str(left)
        for share, way in bounds:
            for source in sources[share.variable]:
                if of_record:
                    head = f"{written},{right},{source.atom}"
                    self._write(head, texts, source, way * share.sign)
                else:
                    self._stated.append(source)

    def _join(self, body: Body, sources: Mapping[str, list[_Source]], part: Part) -> None:
        """Take an argument that has to equal a bound for a comparison: `placed(S, Y, P), limit(last, P)`."""
        for variable, listed in sources.items():
            for source in listed:
                figures = [one.at for one in body.parts if one is not part and self._is_figure(one, variable)]
                if (
                    source.at != part.at
                    or not body.looked_at.intersection([part.at, *figures])
                    or not figures
                ):
                    continue
                freed = str(renamed(part.node, part.variables - {variable}, "_J"))
                head = f"{variable},_J{variable},{freed}"
                self._write(head, [*body.others(part.at), freed], source, 1)

    def _is_figure(self, part: Part, variable: str) -> bool:
        """Whether an atom gives a variable a figure of the record, rather than another bound."""
        return part.name in self._of_record and any(
            own == variable and (part.name, len(part.plain), place) not in self._positions
            for place, own in enumerate(part.plain)
        )

    def _write(self, head: str, texts: Sequence[str], source: _Source, sign: int) -> None:
        rule = f"({head}) :- {'; '.join(texts)}."
        if f"{sign}{rule}" not in self._written:
            self._written.add(f"{sign}{rule}")
            side = _Side(f"_s{len(self._sides)}", source, sign)
            self._sides.append(side)
            self.lines.append(f"{side.name}{rule}")

    # --------------------------------------------------------------------------------------- what is compared

    def _settle(self) -> None:
        """Tell which limits are compared at all; a companion that clingo refuses is left out."""
        if not _sound("\n".join(self.lines)):
            self.lines = [line for line in self.lines if _sound(line)]
            kept = {line.partition("(")[0] for line in self.lines}
            self._sides = [side for side in self._sides if side.name in kept]
            self._carries = [carry for carry in self._carries if carry.name in kept]
        self.compared = {name for side in self._sides for name in self._may_be(side.source)}
        self.fixed = {name for source in self._stated for name in self._may_be(source)} - self.compared

    def _may_be(self, source: _Source) -> set[str]:
        """Return the limits that a bound may come from."""
        if source.position is None:
            return {source.limit}
        found: set[str] = set()
        seen = {source.position}
        todo = [source.position]
        while todo:
            position = todo.pop()
            for one in (carry.source for carry in self._carries if carry.position == position):
                if one.position is None:
                    found.add(one.limit)
                elif one.position not in seen:
                    seen.add(one.position)
                    todo.append(one.position)
        return found


_Origins = dict[tuple[clingo.Symbol, int], set[tuple[str, clingo.Symbol, int]]]
"""For an argument of an atom: the limits it comes from, or the arguments of other atoms."""


def _grows_with(term: ast.AST, aliases: dict[str, ast.AST]) -> tuple[str, ...]:
    return tuple(s.variable for s in shares(term, aliases) if s.sign == 1 and not s.scaled)


def _hands_on(one: _Examined, sources: Mapping[str, list[_Source]], position: _Position) -> bool:
    """Whether each head of a rule has a bound in an argument."""
    name, arity, place = position
    own = [grows[place] for _, head, grows in one.heads if (head, len(grows)) == (name, arity)]
    return not one.rule.choice and bool(own) and all(any(v in sources for v in names) for names in own)


def _limits(origins: _Origins, atom: clingo.Symbol, place: int) -> set[str]:
    """Return the limits that an argument of an atom comes from."""
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


def _sound(text: str) -> bool:
    """Whether clingo takes a program."""
    control = clingo.Control(["--warn=none"], logger=lambda _code, _text: None)
    try:
        control.add("base", [], text)
        control.ground([("base", [])])
    except RuntimeError:
        return False
    return True

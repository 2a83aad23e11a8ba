"""Probes: small programs that let clingo itself tell which conditions of a rule an answer set meets.

For a rule and a goal, the head is bound to the goal and the body is taken apart: *binders* give variables a
value, one after the other; *checks* are tested as soon as their variables have one. The answer set stands
in for the rules, as facts, so every condition means in the probe exactly what it means in the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import HeadAtom
from bylaw.errors import Problem, SolveError
from bylaw.explain.conditions import (
    FLIPPED,
    FUNCTIONS,
    OPERATORS,
    Condition,
    Form,
    condition_of,
    conditions_of,
    contains,
    opened,
    signatures,
    solvable,
    variables_of,
    written_tuple,
)
from bylaw.policy.model import Rule

PARAMETER = "_a"
"""What the names of a probe's parameters start with; the position of the goal's argument follows."""


@dataclass(slots=True)
class Probe:
    """The program of one rule for goals of which the same arguments are given."""

    rule: Rule
    text: str
    conditions: list[Condition]
    binders: list[int]
    """Conditions that bind, in order; after the first k of them stage k is reached."""
    stages: list[list[str]]
    """The variables bound at each stage; each stage prolongs the one before."""
    checks: dict[int, int]
    """The stage at which each other condition is tested."""
    needs: frozenset[tuple[str, int]]
    """Name and arity of the atoms that its conditions speak of."""


class Compiler:
    """Writes the probe of a rule."""

    def __init__(self, rule: Rule, head: HeadAtom, mask: Sequence[bool], name: str) -> None:
        self.rule = rule
        self.name = name
        self.conditions = conditions_of(rule, head)
        self.parameters = [f"{PARAMETER}{n}" for n, given in enumerate(mask) if given]
        self.equations: list[str] = []
        self.bound: list[str] = []
        arguments = list(getattr(head.atom, "arguments", []))
        for n, (term, given) in enumerate(zip(arguments, mask, strict=True)):
            if not given:
                continue
            if solvable(term):
                self.equations.append(f"{PARAMETER}{n} = {term}")
                self.bound += [v for v in variables_of(term) if v not in self.bound]
            else:
                late = _parsed(f"{PARAMETER}{n} = {term}")
                self.conditions.append(condition_of(late, set(variables_of(term)), hidden=True))

    def compile(self) -> Probe:
        """Order the conditions and write the program."""
        stages = [list(self.bound)]
        binders: list[int] = []
        checks: dict[int, int] = {}
        todo = list(range(len(self.conditions)))
        while todo:
            ready = [i for i in todo if all(v in self.bound for v in self.conditions[i].variables)]
            if ready:
                for i in ready:
                    checks[i] = len(binders)
                    todo.remove(i)
                continue
            chosen = self._next_binder(todo)
            if chosen is None:  # cannot happen for safe rules
                raise SolveError(Problem(f"`{self.rule.source}` cannot be examined"))
            binders.append(chosen)
            todo.remove(chosen)
            self.bound += [v for v in self.conditions[chosen].variables if v not in self.bound]
            stages.append(list(self.bound))
        lines = [f"#program {self.name}({','.join(['_g', *self.parameters])})."]
        lines.append(f"_p(_g,0,{written_tuple(stages[0])}) :- {'; '.join(self.equations) or '#true'}.")
        for k, i in enumerate(binders):
            here, there = self._at(k, stages), written_tuple(stages[k + 1])
            lines.append(f"_p(_g,{k + 1},{there}) :- {here}; {self.conditions[i].text}.")
            lines += self._observe(i, k, stages)
            lines += self._observe(i, k + 1, stages)
        for i, k in checks.items():
            lines.append(
                f"_t(_g,{i},{written_tuple(stages[k])}) :- {self._at(k, stages)}; {self.conditions[i].text}."
            )
            lines += self._observe(i, k, stages)
        needs = frozenset(s for condition in self.conditions for s in signatures(condition.node))
        return Probe(self.rule, "\n".join(lines), self.conditions, binders, stages, checks, needs)

    def _at(self, k: int, stages: list[list[str]]) -> str:
        return f"_p(_g,{k},{written_tuple(stages[k])})"

    def _next_binder(self, todo: Sequence[int]) -> int | None:
        """Choose what binds next: an assignment, else the atom with the fewest open variables."""
        for plain in (True, False):
            for i in todo:
                if self._assigns(self.conditions[i], plain):
                    return i
            if plain:
                atoms = [
                    (sum(v not in self.bound for v in self.conditions[i].variables), n, i)
                    for n, i in enumerate(todo)
                    if self._binds(self.conditions[i])
                ]
                if atoms:
                    return min(atoms)[2]
        return None

    def _binds(self, condition: Condition) -> bool:
        """Whether an atom gives each of its open variables a value: `p(X + Y)` and `p((1; X))` do not."""
        if condition.form is not Form.ATOM or condition.sign is not Sign.NoSign:
            return False
        arguments = getattr(condition.atom.symbol, "arguments", ())
        given = {v for term in arguments if solvable(term) for v in variables_of(term)}
        return all(v in self.bound or v in given for v in condition.variables)

    def _assigns(self, condition: Condition, plain: bool) -> bool:
        """Whether a condition `X = term` gives its one open variable a value (several, unless plain)."""
        if condition.sign is not Sign.NoSign:
            return False
        atom = condition.atom
        if condition.form is Form.AGGREGATE:
            target = [
                g.term.name
                for g in (atom.left_guard, atom.right_guard)
                if g and OPERATORS[g.comparison] == "=" and g.term.ast_type == ASTType.Variable
            ]
            return any(all(v in self.bound or v == name for v in condition.variables) for name in target)
        if condition.form is Form.COMPARISON and len(atom.guards) == 1:
            if OPERATORS[atom.guards[0].comparison] != "=":
                return False
            if contains(atom, ASTType.Interval, ASTType.Pool) is plain:
                return False
            open_variables = [v for v in condition.variables if v not in self.bound]
            sides = (atom.term, atom.guards[0].term)
            return any(
                solvable(one) and variables_of(one) == open_variables and not _shares(other, open_variables)
                for one, other in (sides, sides[::-1])
            )
        return False

    def _observe(self, i: int, k: int, stages: list[list[str]]) -> list[str]:
        """Write the rules that tell the values of a condition at a stage."""
        condition = self.conditions[i]
        here = self._at(k, stages)
        key = f"_g,{i},{k},{written_tuple(stages[k])}"
        bound = stages[k]
        complete = all(v in bound for v in condition.variables)
        if condition.form is Form.ATOM:
            return [f"_v({key},{opened(condition.atom, bound)}) :- {here}."]
        if condition.form is Form.COMPARISON and complete:
            sides = [condition.atom.term, *(g.term for g in condition.atom.guards)]
            if any(contains(side, ASTType.Interval, ASTType.Pool) for side in sides):
                return []
            return [f"_v({key},{written_tuple(map(str, sides))}) :- {here}."]
        if condition.form is Form.AGGREGATE:
            return self._observe_aggregate(condition, key, here, bound)
        if condition.form is Form.EACH:
            node = condition.node
            posed = ", ".join(map(str, node.condition))
            literal = node.literal
            atom = literal.atom
            said = opened(atom, None) if atom.ast_type == ASTType.SymbolicAtom else "_any"
            positive = "n" if literal.sign == Sign.Negation else "p"
            denied = str(atom) if literal.sign == Sign.Negation else f"not {atom}"
            by = _signed(node.condition)
            return [
                f"_k({key},1,{positive},{said},{by}) :- {here}; {posed}, {literal}.",
                f"_k({key},0,{positive},{said},{by}) :- {here}; {posed}, {denied}.",
            ]
        return []

    def _observe_aggregate(self, condition: Condition, key: str, here: str, bound: list[str]) -> list[str]:
        atom = condition.atom
        lines = []
        if atom.ast_type == ASTType.BodyAggregate:
            elements = [(list(e.terms), list(e.condition)) for e in atom.elements]
            shown = "; ".join(
                f"{','.join(map(str, terms))} : {', '.join(map(str, when))}" for terms, when in elements
            )
            function = FUNCTIONS[atom.function]
        else:
            elements = [([e.literal.atom.symbol], [e.literal, *e.condition]) for e in atom.elements]
            shown = "; ".join(
                f"{n},{opened(e.literal.atom, None)} : {', '.join(map(str, [e.literal, *e.condition]))}"
                for n, e in enumerate(atom.elements)
            )
            function = "#count"
        lines.append(f"_v({key},_V) :- {here}; _V = {function} {{ {shown} }}.")
        for n, (terms, when) in enumerate(elements):
            holds = f"; {', '.join(map(str, when))}" if when else ""
            lines.append(f"_e({key},{n},{written_tuple(map(str, terms))},{_signed(when)}) :- {here}{holds}.")
        for guard, left in ((atom.left_guard, True), (atom.right_guard, False)):
            if not guard or not all(v in bound for v in variables_of(guard.term)):
                continue
            if contains(guard.term, ASTType.Interval, ASTType.Pool):
                continue
            relation = OPERATORS[guard.comparison]
            said = FLIPPED[relation] if left else relation
            lines.append(f'_w({key},"{said}",{guard.term}) :- {here}.')
        return lines


def _shares(term: ast.AST, names: Iterable[str]) -> bool:
    return not set(variables_of(term)).isdisjoint(names)


def _signed(literals: Iterable[ast.AST]) -> str:
    """Write the atoms among literals as a tuple of `p(atom)` and, under `not`, `n(atom)`."""
    parts = []
    for literal in literals:
        if literal.ast_type == ASTType.Literal and literal.atom.ast_type == ASTType.SymbolicAtom:
            sign = "n" if literal.sign == Sign.Negation else "p"
            parts.append(f"{sign}({opened(literal.atom, None)})")
    return written_tuple(parts)


def _parsed(text: str) -> ast.AST:
    """Return the syntax tree of a condition."""
    found: list[ast.AST] = []
    ast.parse_string(f"_x :- {text}.", found.append)
    body: ast.AST = next(node for node in found if node.ast_type == ASTType.Rule).body[0]
    return body

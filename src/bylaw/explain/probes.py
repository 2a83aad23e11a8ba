"""Probes: small programs that let clingo itself tell which conditions of a rule an answer set meets.

For a rule and a goal, the head is bound to the goal and the body is taken apart: *binders* give variables a
value, one after the other; *checks* are tested as soon as their variables have one. The answer set stands
in for the rules, as facts, so every condition means in the probe exactly what it means in the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import HeadAtom
from bylaw.errors import Problem, SolveError
from bylaw.explain.conditions import (
    OPERATORS,
    Condition,
    Form,
    condition_of,
    conditions_of,
    contains,
    signatures,
    solvable,
    variables_of,
    written_tuple,
)
from bylaw.explain.observations import observations
from bylaw.explain.templates import Template, template_of
from bylaw.policy.model import Rule

PARAMETER = "_a"
"""What the names of a probe's parameters start with; the position of the goal's argument follows."""


@dataclass(frozen=True)
class Probe:
    """What one rule asks of goals of which the same arguments are given.

    Args:
        name: of its program.
        parameters: of its program, one for each argument given.
        equations: what the head says of the parameters.
        binders: conditions that bind, in order; after the first k of them stage k is reached.
        stages: the variables bound at each stage; each stage prolongs the one before.
        checks: the stage at which each other condition is tested.
    """

    rule: Rule
    name: str
    parameters: tuple[str, ...]
    equations: tuple[str, ...]
    conditions: list[Condition]
    binders: list[int]
    stages: list[list[str]]
    checks: dict[int, int]

    @cached_property
    def head(self) -> Template | None:
        """What the rule derives; None if it is a choice or no plain function."""
        head = self.rule.node.head
        plain = head.ast_type == ASTType.Literal and head.atom.ast_type == ASTType.SymbolicAtom
        return template_of(head.atom.symbol) if plain else None

    @cached_property
    def needs(self) -> frozenset[tuple[str, int]]:
        """Name and arity of the atoms that its conditions speak of."""
        return frozenset(s for condition in self.conditions for s in signatures(condition.node))

    @cached_property
    def text(self) -> str:
        """Its program."""
        lines = [f"#program {self.name}({','.join(['_g', *self.parameters])})."]
        start = written_tuple(self.stages[0])
        lines.append(f"_p(_g,0,{start}) :- {'; '.join(self.equations) or '#true'}.")
        for k, i in enumerate(self.binders):
            here, there = self._at(k), written_tuple(self.stages[k + 1])
            lines.append(f"_p(_g,{k + 1},{there}) :- {here}; {self.conditions[i].text}.")
            lines += self._observe(i, k)
            lines += self._observe(i, k + 1)
        for i, k in self.checks.items():
            lines.append(
                f"_t(_g,{i},{written_tuple(self.stages[k])}) :- {self._at(k)}; {self.conditions[i].text}."
            )
            lines += self._observe(i, k)
        return "\n".join(lines)

    def _at(self, k: int) -> str:
        return f"_p(_g,{k},{written_tuple(self.stages[k])})"

    def _observe(self, i: int, k: int) -> list[str]:
        """Write the rules that tell the values of a condition at a stage."""
        here, key = self._at(k), f"_g,{i},{k},{written_tuple(self.stages[k])}"
        return observations(self.conditions[i], key, here, self.stages[k])


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
        """Put the conditions in order."""
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
        return Probe(
            self.rule,
            self.name,
            tuple(self.parameters),
            tuple(self.equations),
            self.conditions,
            binders,
            stages,
            checks,
        )

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
            return any(
                all(v in self.bound or v == name for v in condition.variables)
                and (name in self.bound or not _shares(list(atom.elements), [name]))
                for name in target
            )
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


def _shares(term: object, names: Iterable[str]) -> bool:
    return not set(variables_of(term)).isdisjoint(names)


def _parsed(text: str) -> ast.AST:
    """Return the syntax tree of a condition."""
    found: list[ast.AST] = []
    ast.parse_string(f"_x :- {text}.", found.append)
    body: ast.AST = next(node for node in found if node.ast_type == ASTType.Rule).body[0]
    return body

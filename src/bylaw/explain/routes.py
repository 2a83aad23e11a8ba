"""A rule with its companions: what it rests on where it fires, and what alone keeps it from firing.

For the head number 0 of the rule 7, `_f7_0(head, used, denied, variables)` stands for each of its instances,
`_e7_0_...` for what an aggregate or a condition on several cases rests on, and `_x7_0_...(head, atom)` for an
atom without which the rule would fire.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.engine.program import HeadAtom
from bylaw.explain.conditions import (
    Condition,
    Form,
    conditions_of,
    opened,
    signatures,
    variables_of,
    written_tuple,
)
from bylaw.explain.rule_bodies import fresh, local_literals, renamed
from bylaw.explain.templates import Template, template_of
from bylaw.policy.model import Rule

Signature = tuple[str, int]
"""The name and the arity of a predicate."""


@dataclass(frozen=True, slots=True)
class Route:
    """A rule with one of its heads.

    Args:
        key: what the names of its companions end with.
        needs: the atoms that its body asks for.
        denies: the predicates of the atoms that it asks to be absent.
        elements: names of companions that tell what aggregates and conditional literals rest on.
        exceptions: names of companions that tell what alone keeps the rule from firing.
        readings: the readings that it belongs to.
    """

    rule: Rule
    key: str
    head: Template
    needs: tuple[Template, ...]
    denies: frozenset[Signature]
    elements: tuple[str, ...]
    exceptions: tuple[str, ...]
    readings: tuple[clingo.Symbol, ...]


def route_of(rule: Rule, head: HeadAtom, key: str) -> tuple[Route, list[str]]:
    """Take a rule apart and write its companions."""
    conditions = conditions_of(rule, head)
    theta = dict.fromkeys(variables_of(head.atom))
    for condition in conditions:
        theta.update(dict.fromkeys(condition.variables))
    shared = written_tuple(theta)
    texts: list[str] = []
    used: list[str] = []
    denied: list[str] = []
    for n, condition in enumerate(conditions):
        text, spoken = _named(condition, n)
        texts.append(text)
        if condition.form is Form.ATOM:
            (denied if condition.sign is Sign.Negation else used).append(spoken)
    needed = [*texts, str(head.atom)] if rule.choice else texts
    told = f"_f{key}({head.atom},{written_tuple(used)},{written_tuple(denied)},{shared})"
    lines = [_rule(told, needed)]
    elements, exceptions = [], []
    for n, condition in enumerate(conditions):
        for m, literals in enumerate(local_literals(condition.node)):
            name = f"_e{key}_{n}_{m}"
            elements.append(name)
            own, parts = _literals(literals)
            lines.append(_rule(f"{name}({shared},{parts})", [f"_f{key}(_,_,_,{shared})", *own]))
        for m, (atom, literals) in enumerate(_denials(condition, theta)):
            name = f"_x{key}_{n}_{m}"
            exceptions.append(name)
            others = [text for k, text in enumerate(texts) if k != n]
            own, _ = _literals(literals)
            shown = str(fresh(atom, "x"))
            lines.append(_rule(f"{name}({head.atom},{shown})", [*others, *own, shown]))
    needs, readings = [], []
    for condition in conditions:
        if condition.form is not Form.ATOM or condition.sign is Sign.Negation:
            continue
        template = template_of(condition.atom.symbol)
        if template is None:
            continue
        needs.append(template)
        if template.name == "reading" and not any(
            arg is None or isinstance(arg, str) for arg in template.args
        ):
            readings.append(template.goal({}))
    own_head = template_of(head.atom)
    assert own_head is not None  # the loader takes no other heads
    route = Route(
        rule,
        key,
        own_head,
        tuple(needs),
        frozenset(_denied(conditions)),
        tuple(elements),
        tuple(exceptions),
        tuple(readings),
    )
    return route, lines


def _rule(head: str, body: Iterable[str]) -> str:
    text = "; ".join(body)
    return f"{head} :- {text}." if text else f"{head}."


def _named(condition: Condition, n: int) -> tuple[str, str]:
    """Return a condition and the atom it speaks of, each `_` of a plain atom under a name of its own."""
    if condition.form is not Form.ATOM:
        return condition.text, ""
    if condition.sign is Sign.NoSign:
        text = str(fresh(condition.atom, n))
        return text, text
    return condition.text, opened(condition.atom, None)


def _denied(conditions: Iterable[Condition]) -> Iterator[Signature]:
    """Yield the predicates of the atoms that conditions deny, in aggregates and the like too."""
    for condition in conditions:
        if condition.form is Form.ATOM and condition.sign is Sign.Negation:
            yield from signatures(condition.node)
        for literal in (one for literals in local_literals(condition.node) for one in literals):
            if literal.sign == Sign.Negation:
                yield from signatures(literal)


def _literals(literals: Iterable[ast.AST]) -> tuple[list[str], str]:
    """Write literals as a body, and the atoms among them as two arguments: those so and those denied."""
    texts: list[str] = []
    used: list[str] = []
    denied: list[str] = []
    for n, literal in enumerate(literals):
        plain = literal.sign == Sign.NoSign
        is_atom = literal.atom.ast_type == ASTType.SymbolicAtom
        text = str(fresh(literal, f"l{n}")) if plain and is_atom else str(literal)
        texts.append(text)
        if is_atom:
            atom = text if plain else opened(literal.atom, None)
            (denied if literal.sign == Sign.Negation else used).append(atom)
    return texts, f"{written_tuple(used)},{written_tuple(denied)}"


def _denials(condition: Condition, shared: Container[str]) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    """Yield the atoms that a condition denies, with the literals that pose the case."""
    if condition.form is Form.ATOM and condition.sign is Sign.Negation:
        yield condition.atom, []
    elif condition.form is Form.EACH:
        literal = condition.node.literal
        if literal.sign == Sign.Negation and literal.atom.ast_type == ASTType.SymbolicAtom:
            yield renamed(literal.atom, shared), [renamed(one, shared) for one in condition.node.condition]

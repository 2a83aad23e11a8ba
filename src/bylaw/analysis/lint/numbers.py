"""Numbers in rules: what the text counts and measures is a limit, with a name and a provision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bylaw.analysis.lint.findings import Finding, Source
from bylaw.policy.model import ArgType, Base, Predicate
from bylaw.policy.syntax import Kind, bodies_of, head_scopes, kind_of, members, nodes_of

_ALWAYS = frozenset({0, 1})
_SCALES = frozenset({10, 100, 1000, 10000})
_FACTORS = _SCALES | {2, 7, 12, 24, 60}
"""Halves, scales of units, and what days, months and hours are counted in."""
_PRODUCTS = ("*", "/", "\\")
_LIMITS = frozenset({"limit", "reading"})


def numbers(
    source: Source, predicates: Mapping[str, Predicate | None], types: Mapping[str, ArgType | None]
) -> Iterator[Finding]:
    """Yield the numbers that should be limits.

    A number as an argument names something, such as the third year, unless its type is measured in a unit.
    In sums and comparisons 0 and 1 are free. As a factor, divisor or weight so are 2, powers of ten, and 7,
    12, 24 and 60, which halve, scale and turn days and months into each other; and half of a divisor in the
    same rule, which rounds.
    """
    for rule in source.read.rules:
        named: set[tuple[int, int]] = set()
        for atom in [one.atom for one in bodies_of(rule.node)] + [one for one, _ in head_scopes(rule.node)]:
            predicate = predicates.get(atom.name)
            declared = predicate.args if predicate is not None and predicate.arity == atom.arity else None
            for position, argument in enumerate(atom.args):
                for term in members(argument):
                    if kind_of(term) is not Kind.INTEGER:
                        continue
                    named.add(_at(term))
                    type_ = types.get(declared[position][1]) if declared else None
                    if _measured(type_) and term.symbol.number not in _ALWAYS:
                        yield _finding(source, term)
        terms = list(_factors(rule.node))
        factors = {_at(term) for term in terms}
        scales = {term.symbol.number for term in terms if kind_of(term) is Kind.INTEGER} & _SCALES
        for node in nodes_of(rule.node):
            if node.ast_type.name != "SymbolicTerm" or kind_of(node) is not Kind.INTEGER:
                continue
            value = abs(node.symbol.number)
            free = value in _ALWAYS or 2 * value in scales or (value in _FACTORS and _at(node) in factors)
            if _at(node) not in named and not free:
                yield _finding(source, node)


def _measured(type_: ArgType | None) -> bool:
    """Whether a type is an amount, and no name such as a year or a level."""
    return type_ is not None and type_.base is Base.INTEGER and (type_.unit is not None or type_.scale > 0)


def _factors(rule: Any) -> Iterator[Any]:
    """Yield the terms that something is multiplied or divided by, and the weights of sums."""
    for node in nodes_of(rule):
        if node.ast_type.name == "BodyAggregateElement" and len(node.terms) > 1:
            yield node.terms[0]
        if node.ast_type.name == "BinaryOperation" and str(node).startswith("("):
            operator = _operator(node)
            if operator in _PRODUCTS:
                yield from (node.left, node.right)


def _operator(node: Any) -> str:
    """Return the sign between the operands of a term."""
    inside = str(node)[1:-1]
    return inside[len(str(node.left)) :].lstrip()[:1]


def _at(node: Any) -> tuple[int, int]:
    begin = node.location.begin
    return begin.line, begin.column


def _finding(source: Source, node: Any) -> Finding:
    message = f"the number {node} stands in the rule"
    help = "state it in limits.yaml with its provision, and ask for `limit(name, Value)`"
    return Finding("L101", message, source.read.place(node), help)

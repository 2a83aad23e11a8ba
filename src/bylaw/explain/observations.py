"""What a probe tells of a condition beside whether it is met: its atom, its sides, its sum, its cases.

Told are `_v(..., value)`; of an aggregate also `_w(..., relation, bound)` and, for each contribution,
`_e(..., position, terms, atoms)`; and of a condition on several cases `_k(..., met, sign, atom, posed by)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clingo import ast
from clingo.ast import ASTType, Sign

from bylaw.explain.conditions import (
    FLIPPED,
    FUNCTIONS,
    OPERATORS,
    Condition,
    Form,
    contains,
    opened,
    variables_of,
    written_tuple,
)


def observations(condition: Condition, key: str, here: str, bound: Sequence[str]) -> list[str]:
    """Write the rules that tell the values of a condition at a stage of a probe.

    Args:
        key: the arguments that say of which goal, condition, stage and substitution they are.
        here: the atom of the stage.
        bound: the variables that have a value there.
    """
    complete = all(v in bound for v in condition.variables)
    if condition.form is Form.ATOM:
        return [f"_v({key},{opened(condition.atom, bound)}) :- {here}."]
    if condition.form is Form.COMPARISON and complete:
        sides = [condition.atom.term, *(g.term for g in condition.atom.guards)]
        if any(contains(side, ASTType.Interval, ASTType.Pool) for side in sides):
            return []
        return [f"_v({key},{written_tuple(map(str, sides))}) :- {here}."]
    if condition.form is Form.AGGREGATE:
        return _of_aggregate(condition, key, here, bound)
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


def _of_aggregate(condition: Condition, key: str, here: str, bound: Sequence[str]) -> list[str]:
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


def _signed(literals: Iterable[ast.AST]) -> str:
    """Write the atoms among literals as a tuple of `p(atom)` and, under `not`, `n(atom)`."""
    parts = []
    for literal in literals:
        if literal.ast_type == ASTType.Literal and literal.atom.ast_type == ASTType.SymbolicAtom:
            sign = "n" if literal.sign == Sign.Negation else "p"
            parts.append(f"{sign}({opened(literal.atom, None)})")
    return written_tuple(parts)

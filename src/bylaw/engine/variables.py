"""The variables of rules and queries: those of a part, and those that stand for the whole body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clingo import ast
from clingo.ast import ASTType


def variables_of(node: object) -> Iterator[str]:
    """Yield the names of the variables in a syntax tree, or in a list of them, but for `_`."""
    if isinstance(node, ast.AST):
        if node.ast_type == ASTType.Variable:
            if node.name != "_":
                yield node.name
            return
        for key in node.child_keys:
            yield from variables_of(getattr(node, key))
    elif isinstance(node, list | tuple | ast.ASTSequence):
        for part in node:
            yield from variables_of(part)


def outer_variables(literals: Sequence[ast.AST]) -> tuple[str, ...]:
    """Return the variables that stand outside aggregates and conditional literals, in order."""
    found: dict[str, None] = {}
    for literal in literals:
        if literal.ast_type != ASTType.Literal:
            continue
        if literal.atom.ast_type in (ASTType.BodyAggregate, ASTType.Aggregate):
            guards = [g.term for g in (literal.atom.left_guard, literal.atom.right_guard) if g]
            found.update(dict.fromkeys(variables_of(guards)))
        else:
            found.update(dict.fromkeys(variables_of(literal)))
    return tuple(found)

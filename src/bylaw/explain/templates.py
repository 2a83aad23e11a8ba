"""Atoms of rules as templates, read once from the syntax tree, whose nodes are dear to look at."""

from __future__ import annotations

from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType

ANY = clingo.Function("_any")
"""Stands in a goal for an argument that is left open."""


@dataclass(frozen=True, slots=True)
class Template:
    """An atom of a rule, as far as it can be matched: a value, the name of a variable, or None."""

    name: str
    args: tuple[clingo.Symbol | str | None, ...]

    def bind(self, goal: clingo.Symbol) -> dict[str, clingo.Symbol] | None:
        """Return the variables that a goal gives a value, None if the atom cannot be the goal."""
        bound: dict[str, clingo.Symbol] = {}
        for own, want in zip(self.args, goal.arguments, strict=True):
            if own is None or want == ANY:
                continue
            value = bound.setdefault(own, want) if isinstance(own, str) else own
            if value != want:
                return None
        return bound

    def goal(self, bound: dict[str, clingo.Symbol]) -> clingo.Symbol:
        """Return the atom with the variables that have a value, ANY for the others."""
        args = [
            bound.get(own, ANY) if isinstance(own, str) else ANY if own is None else own for own in self.args
        ]
        return clingo.Function(self.name, args)


def template_of(term: ast.AST) -> Template | None:
    """Return an atom's term as a template, None if it is no plain function."""
    if term.ast_type == ASTType.SymbolicTerm:
        return Template(term.symbol.name, ())
    if term.ast_type != ASTType.Function:
        return None
    args: list[clingo.Symbol | str | None] = []
    for argument in term.arguments:
        if argument.ast_type == ASTType.SymbolicTerm:
            args.append(argument.symbol)
        elif argument.ast_type == ASTType.Variable and argument.name != "_":
            args.append(argument.name)
        elif argument.ast_type == ASTType.Function and not argument.arguments:
            args.append(clingo.Function(argument.name))
        else:
            args.append(None)
    return Template(term.name, tuple(args))

"""Terms of a rule ready to be evaluated under a substitution, where that needs no clingo.

These are variables, values, and the sums, differences and products of them. Numbers mean what they mean to
clingo: an operation on something else has no value, and one that leaves clingo's 32 bits is not tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import clingo
from clingo import ast
from clingo.ast import ASTType, BinaryOperator, UnaryOperator

_MOST = 2**31 - 1
_NUMBER = clingo.SymbolType.Number
_OPERATIONS = {BinaryOperator.Plus: "+", BinaryOperator.Minus: "-", BinaryOperator.Multiplication: "*"}


class LeftToClingoError(Exception):
    """What is asked has an answer that clingo alone can tell."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Two terms put together by `+`, `-` or `*`."""

    sign: str
    left: Value
    right: Value


Value = int | clingo.Symbol | Operation
"""A term: the position of a variable, a value, or an operation."""


def value_of(term: ast.AST, positions: Mapping[str, int]) -> Value | None:
    """Return a term ready to be evaluated, None if it is of another form.

    Args:
        positions: of the variables in a substitution.
    """
    kind = term.ast_type
    if kind == ASTType.Variable:
        return positions.get(term.name)
    if kind == ASTType.SymbolicTerm:
        symbol: clingo.Symbol = term.symbol
        return symbol
    if kind == ASTType.UnaryOperation and term.operator_type == UnaryOperator.Minus:
        own = value_of(term.argument, {})  # before a word, `-` is another sign
        number = isinstance(own, clingo.Symbol) and own.type is _NUMBER
        return clingo.Number(-own.number) if isinstance(own, clingo.Symbol) and number else None
    if kind == ASTType.BinaryOperation and term.operator_type in _OPERATIONS:
        left, right = value_of(term.left, positions), value_of(term.right, positions)
        if left is not None and right is not None:
            return Operation(_OPERATIONS[term.operator_type], left, right)
    return None


def evaluated(value: Value, theta: Sequence[clingo.Symbol]) -> clingo.Symbol | None:
    """Return what a term is under a substitution, None if it has no value there.

    Raises:
        LeftToClingoError: if a number leaves the range of clingo.
    """
    if isinstance(value, int):
        return theta[value]
    if isinstance(value, clingo.Symbol):
        return value
    number = _reckoned(value, theta)
    return None if number is None else clingo.Number(number)


def _reckoned(value: Value, theta: Sequence[clingo.Symbol]) -> int | None:
    if not isinstance(value, Operation):
        symbol = theta[value] if isinstance(value, int) else value
        return symbol.number if symbol.type is _NUMBER else None
    left, right = _reckoned(value.left, theta), _reckoned(value.right, theta)
    if left is None or right is None:
        return None
    number = left + right if value.sign == "+" else left - right if value.sign == "-" else left * right
    if abs(number) > _MOST:
        raise LeftToClingoError
    return number


def compared(one: clingo.Symbol, relation: str, other: clingo.Symbol) -> bool:
    """Whether two values stand in a relation, by the order that clingo has on all of them."""
    if relation in ("=", "!="):
        return (one == other) is (relation == "=")
    if relation in ("<", ">="):
        return (one < other) is (relation == "<")
    return (other < one) is (relation == ">")

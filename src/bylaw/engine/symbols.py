"""Terms and facts as clingo symbols, and back."""

from __future__ import annotations

import clingo

from bylaw.errors import Problem, SolveError
from bylaw.tables.terms import Constant, Fact, Term, Text

Symbol = clingo.Symbol
"""A ground term or atom, by name for the floors above, which do not import clingo."""

CLINGO_VERSION = clingo.__version__


def symbol_of(term: Term) -> clingo.Symbol:
    """Return the clingo symbol of a term."""
    if isinstance(term, int):
        return clingo.Number(term)
    if isinstance(term, Text):
        return clingo.String(term.value)
    return clingo.Function(term.name)


def fact_symbol(fact: Fact) -> clingo.Symbol:
    """Return the ground atom of a fact."""
    return clingo.Function(fact.predicate, [symbol_of(arg) for arg in fact.args])


def term_of(symbol: clingo.Symbol) -> Term:
    """Return the term of a clingo symbol.

    Raises:
        SolveError: if it is none that a pack can declare, such as a tuple.
    """
    if symbol.type is clingo.SymbolType.Number:
        return symbol.number
    if symbol.type is clingo.SymbolType.String:
        return Text(symbol.string)
    if symbol.type is clingo.SymbolType.Function and not symbol.arguments and symbol.positive:
        return Constant(symbol.name)
    raise SolveError(
        Problem(
            f"`{symbol}` is no number, text or constant",
            help="an argument is a plain term; put the parts of it into arguments of their own",
        )
    )


Plain = int | str | tuple[object, ...]
"""A ground term as data that travels between processes: a number, a text, or a function as a tuple."""


def plain_symbol(symbol: clingo.Symbol) -> Plain:
    """Return a ground term as plain data."""
    if symbol.type is clingo.SymbolType.Number:
        return symbol.number
    if symbol.type is clingo.SymbolType.String:
        return symbol.string
    if symbol.type is clingo.SymbolType.Function:
        return (symbol.name, symbol.positive, *map(plain_symbol, symbol.arguments))
    return (symbol.type is clingo.SymbolType.Supremum,)


def symbol_from(plain: Plain) -> clingo.Symbol:
    """Return the ground term that `plain_symbol` made plain data of."""
    if isinstance(plain, int):
        return clingo.Number(plain)
    if isinstance(plain, str):
        return clingo.String(plain)
    if len(plain) == 1:
        return clingo.Supremum if plain[0] else clingo.Infimum
    name, positive, *arguments = plain
    return clingo.Function(str(name), [symbol_from(one) for one in arguments], bool(positive))  # type: ignore[arg-type]


def read_atom(text: str) -> clingo.Symbol | None:
    """Return the ground atom that a text is, None if it is none."""
    try:
        found = clingo.parse_term(text, logger=lambda _code, _message: None)
    except (RuntimeError, UnicodeDecodeError):  # the latter where clingo's message cuts a character in two
        return None
    atom = found.type is clingo.SymbolType.Function and bool(found.name) and found.positive
    return found if atom and str(found) == text else None

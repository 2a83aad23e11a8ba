"""Atoms as rows of values: looked up by any of their arguments, without asking clingo for each."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Generic, TypeVar

import clingo

from bylaw.explain.templates import ANY

Row = tuple[int | None, ...]
"""The arguments of an atom, each by its number; None for one that is left open."""
Goal = tuple[str, Row]
"""The name of a predicate, and arguments."""
Key = TypeVar("Key", bound=Hashable)
Held = TypeVar("Held")


class Names:
    """Gives each symbol a number, always the same."""

    def __init__(self) -> None:
        self._numbers: dict[clingo.Symbol, int] = {}

    def of(self, symbol: clingo.Symbol) -> int | None:
        """Return the number of a symbol, None for ANY."""
        number = self._numbers.get(symbol)
        if number is None:
            if symbol == ANY:
                return None
            number = self._numbers[symbol] = len(self._numbers)
        return number

    def row(self, atom: clingo.Symbol) -> Row:
        """Return the arguments of an atom or a goal."""
        return tuple(map(self.of, atom.arguments))

    def goal(self, atom: clingo.Symbol) -> Goal:
        """Return an atom or a goal by its name and arguments."""
        return atom.name, self.row(atom)


class AtomReader:
    """Reads each atom once: asking clingo for its arguments takes longer than to find it again.

    Args:
        names: of the symbols; what was read is kept as long as the reader.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._goals: dict[clingo.Symbol, Goal] = {}

    def goal(self, atom: clingo.Symbol) -> Goal:
        """Return an atom or a goal by its name and arguments."""
        found = self._goals.get(atom)
        if found is None:
            found = self._goals[atom] = self._names.goal(atom)
        return found

    def row(self, atom: clingo.Symbol) -> Row:
        """Return the arguments of an atom or a goal."""
        return self.goal(atom)[1]


class AtomTable(Generic[Key, Held]):
    """The atoms of one predicate, each with what is kept for it.

    Args:
        rows: their arguments; none is left open.
    """

    def __init__(self, rows: Mapping[tuple[Key | None, ...], Held]) -> None:
        self.rows = rows
        self._index: dict[tuple[int, ...], dict[tuple[Key | None, ...], list[tuple[Key | None, ...]]]] = {}

    def matches(self, args: tuple[Key | None, ...]) -> bool:
        """Whether there is an atom with these arguments."""
        return bool(self.matching(args))

    def matching(self, args: tuple[Key | None, ...]) -> Collection[tuple[Key | None, ...]]:
        """Return the atoms with these arguments, whatever those are that are left open."""
        if None not in args:
            return (args,) if args in self.rows else ()
        given = tuple(n for n, want in enumerate(args) if want is not None)
        return self.having(given, tuple(args[n] for n in given))

    def having(
        self, given: tuple[int, ...], values: tuple[Key | None, ...]
    ) -> Collection[tuple[Key | None, ...]]:
        """Return the atoms that have these values as the arguments at some positions."""
        if not self.rows:
            return ()
        if not given:
            return self.rows.keys()
        index = self._index.get(given)
        if index is None:
            index = self._index[given] = {}
            for row in self.rows:
                index.setdefault(tuple([row[n] for n in given]), []).append(row)
        return index.get(values, ())

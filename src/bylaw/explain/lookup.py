"""Looking atoms of an answer set up by what is known of their arguments."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

import clingo

from bylaw.engine.answer_set import AnswerSet
from bylaw.explain.atom_table import AtomTable
from bylaw.explain.templates import ANY

Args = tuple[clingo.Symbol | None, ...]
"""The arguments of an atom; None for one that is left open."""


Table = AtomTable[clingo.Symbol, clingo.Symbol]


class Shelf:
    """Keeps the tables of what a pack settles alone, for the next answer set.

    Args:
        of_record: the predicates that a record has a say in; none of them is kept.
    """

    def __init__(self, of_record: Container[str]) -> None:
        self._of_record = of_record
        self._kept: dict[tuple[str, int], tuple[Sequence[clingo.Symbol], Table]] = {}

    def table(self, name: str, arity: int, atoms: Sequence[clingo.Symbol]) -> Table:
        """Return the table of some atoms, the one that is kept if it is of the same."""
        if name in self._of_record:
            return _table(atoms)
        kept = self._kept.get((name, arity))
        if kept is None or kept[0] != atoms:
            kept = self._kept[name, arity] = (atoms, _table(atoms))
        return kept[1]


def _table(atoms: Iterable[clingo.Symbol]) -> Table:
    rows: dict[Args, clingo.Symbol] = {tuple(atom.arguments): atom for atom in atoms}
    return AtomTable(rows)


class Lookup:
    """An answer set, each predicate a table.

    Args:
        atoms: the answer set.
        shelf: where tables are kept that other answer sets have as well.
    """

    def __init__(self, atoms: Iterable[clingo.Symbol], shelf: Shelf) -> None:
        self._atoms = atoms if isinstance(atoms, AnswerSet) else AnswerSet.of(atoms)
        self._shelf = shelf
        self._has: dict[clingo.Symbol, bool] = {}
        self._tables: dict[tuple[str, int], Table] = {}
        self._matched: dict[clingo.Symbol, list[clingo.Symbol]] = {}
        self._parts: dict[clingo.Symbol, tuple[str, list[clingo.Symbol]]] = {}

    def parts(self, goal: clingo.Symbol) -> tuple[str, list[clingo.Symbol]]:
        """Return the name and the arguments of a goal."""
        found = self._parts.get(goal)
        if found is None:
            found = self._parts[goal] = (goal.name, goal.arguments)
        return found

    def has(self, atom: clingo.Symbol) -> bool:
        """Whether an atom is in the answer set."""
        found = self._has.get(atom)
        if found is None:
            found = self._has[atom] = atom in self._atoms
        return found

    def named(self, name: str, arity: int) -> Sequence[clingo.Symbol]:
        """Return the atoms of a predicate."""
        return self._atoms.named(name, arity)

    def table(self, name: str, arity: int) -> Table:
        """Return the atoms of a predicate by their arguments."""
        table = self._tables.get((name, arity))
        if table is None:
            table = self._shelf.table(name, arity, self.named(name, arity))
            self._tables[name, arity] = table
        return table

    def holds(self, goal: clingo.Symbol) -> bool:
        """Whether an atom of the answer set matches a goal."""
        return bool(self.matches(goal))

    def matches(self, goal: clingo.Symbol) -> list[clingo.Symbol]:
        """Return the atoms of the answer set that match a goal, sorted."""
        found = self._matched.get(goal)
        if found is None:
            name, args = self.parts(goal)
            if ANY in args:
                table = self.table(name, len(args))
                rows = table.matching(tuple([None if one == ANY else one for one in args]))
                found = sorted([table.rows[row] for row in rows])
            else:
                found = [goal] if self.has(goal) else []
            self._matched[goal] = found
        return found

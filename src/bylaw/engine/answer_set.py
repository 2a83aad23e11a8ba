"""An answer set, its atoms by predicate."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

import clingo

Signature = tuple[str, int]
"""The name and the number of arguments of a predicate."""


class AnswerSet(Collection[clingo.Symbol]):
    """The atoms of an answer set.

    A symbol tells its name only through a call of clingo's library, and an answer set has thousands, so the
    atoms stay by predicate as clingo hands them out.

    Args:
        groups: the atoms of each predicate.
    """

    def __init__(self, groups: Mapping[Signature, Sequence[clingo.Symbol]]) -> None:
        self._groups = groups
        self._sets: dict[Signature, frozenset[clingo.Symbol]] = {}

    @classmethod
    def of(cls, atoms: Iterable[clingo.Symbol]) -> AnswerSet:
        """Sort atoms by predicate."""
        groups: dict[Signature, list[clingo.Symbol]] = {}
        for atom in atoms:
            groups.setdefault((atom.name, len(atom.arguments)), []).append(atom)
        return cls(groups)

    @classmethod
    def grounded(cls, control: clingo.Control, only: Container[str] | None = None) -> AnswerSet | None:
        """Return what follows from a grounding; None if it leaves something to the solver.

        Args:
            only: the predicates that are looked at; all unless given.
        """
        atoms = control.symbolic_atoms
        groups: dict[Signature, list[clingo.Symbol]] = {}
        for name, arity, positive in atoms.signatures:
            if only is not None and name not in only:
                continue
            group = groups[name, arity] = []
            for atom in atoms.by_signature(name, arity, positive):
                if not atom.is_fact:
                    return None
                group.append(atom.symbol)
        return cls(groups)

    def signatures(self) -> Iterable[Signature]:
        """Return the predicates that have atoms."""
        return self._groups.keys()

    def named(self, name: str, arity: int) -> Sequence[clingo.Symbol]:
        """Return the atoms of a predicate."""
        return self._groups.get((name, arity), ())

    def without(self, prefix: str) -> AnswerSet:
        """Return the atoms of predicates whose names do not start with a prefix."""
        return AnswerSet({key: group for key, group in self._groups.items() if not key[0].startswith(prefix)})

    def __iter__(self) -> Iterator[clingo.Symbol]:
        return (atom for group in self._groups.values() for atom in group)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def __contains__(self, atom: object) -> bool:
        if not isinstance(atom, clingo.Symbol) or atom.type is not clingo.SymbolType.Function:
            return False
        key = (atom.name, len(atom.arguments))
        if key not in self._sets:
            self._sets[key] = frozenset(self._groups.get(key, ()))
        return atom in self._sets[key]

"""An answer set, its atoms by predicate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence

import clingo

from bylaw.errors import Problem, SolveError

Signature = tuple[str, int]
"""The name and the number of arguments of a predicate."""
Has = Callable[[clingo.Symbol], bool]
"""Tells whether there is an atom."""


class AnswerSet(Collection[clingo.Symbol]):
    """The atoms of an answer set.

    A symbol tells its name only through a call of clingo's library, and an answer set has thousands, so the
    atoms stay by predicate as clingo hands them out.

    Args:
        groups: the atoms of each predicate.
        has: tells whether an atom is one of them, where that is cheaper than to read its predicate.
    """

    def __init__(self, groups: Mapping[Signature, Sequence[clingo.Symbol]], has: Has | None = None) -> None:
        self._groups = groups
        self._has = has
        self._sets: dict[Signature, frozenset[clingo.Symbol]] = {}

    @classmethod
    def of(cls, atoms: Iterable[clingo.Symbol]) -> AnswerSet:
        """Sort atoms by predicate."""
        groups: dict[Signature, list[clingo.Symbol]] = {}
        for atom in atoms:
            groups.setdefault((atom.name, len(atom.arguments)), []).append(atom)
        return cls(groups)

    @classmethod
    def stratified(cls, control: clingo.Control) -> AnswerSet:
        """Return what follows from a grounding of stratified rules.

        Each predicate is read when it is asked for.

        Raises:
            SolveError: when an atom is read that the grounding leaves to the solver.
        """
        groups = _Grounded(control)
        return cls(groups, groups.has)

    @classmethod
    def growing(
        cls, control: clingo.Control, names: frozenset[str], whole: Callable[[], clingo.Control]
    ) -> AnswerSet:
        """Return what follows from stratified rules, of which at first only a part is grounded.

        Args:
            control: a grounding of what some predicates rest on.
            names: of these predicates.
            whole: grounds all rules; called once, when another predicate is asked for.

        Raises:
            SolveError: when an atom is read that the grounding leaves to the solver.
        """
        groups = _Growing(control, names, whole)
        return cls(groups, groups.has)

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
        has = self._has
        groups = _Without(prefix, self._groups)
        if has is None:
            return AnswerSet(groups)
        return AnswerSet(groups, lambda atom: has(atom) and not atom.name.startswith(prefix))

    def __iter__(self) -> Iterator[clingo.Symbol]:
        return (atom for group in self._groups.values() for atom in group)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def __contains__(self, atom: object) -> bool:
        if not isinstance(atom, clingo.Symbol) or atom.type is not clingo.SymbolType.Function:
            return False
        if self._has is not None:
            return self._has(atom)
        key = (atom.name, len(atom.arguments))
        if key not in self._sets:
            self._sets[key] = frozenset(self._groups.get(key, ()))
        return atom in self._sets[key]


class _Grounded(Mapping[Signature, Sequence[clingo.Symbol]]):
    """The atoms of a grounding by predicate, each read when it is asked for.

    To list the signatures is dear, so they are listed only where somebody goes through all of them.
    """

    def __init__(self, control: clingo.Control) -> None:
        self._control = control
        self._read: dict[Signature, Sequence[clingo.Symbol]] = {}

    def __getitem__(self, key: Signature) -> Sequence[clingo.Symbol]:
        if key not in self._read:
            atoms = list(self._control.symbolic_atoms.by_signature(*key))
            if not all(atom.is_fact for atom in atoms):
                raise SolveError(Problem(f"the rules for `{key[0]}` are not stratified"))
            self._read[key] = [atom.symbol for atom in atoms]
        return self._read[key]

    def has(self, atom: clingo.Symbol) -> bool:
        """Whether an atom follows."""
        found = self._control.symbolic_atoms[atom]
        return found is not None and found.is_fact

    def __iter__(self) -> Iterator[Signature]:
        return ((name, arity) for name, arity, _ in self._control.symbolic_atoms.signatures)

    def __len__(self) -> int:
        return len(self._control.symbolic_atoms.signatures)


class _Growing(Mapping[Signature, Sequence[clingo.Symbol]]):
    """The atoms of some predicates, and those of the others as soon as somebody asks for one."""

    def __init__(
        self, control: clingo.Control, names: frozenset[str], whole: Callable[[], clingo.Control]
    ) -> None:
        self._part = _Grounded(control)
        self._names = names
        self._ground = whole
        self._whole: _Grounded | None = None

    def _of(self, name: str) -> _Grounded:
        if name in self._names:
            return self._part
        return self._all()

    def _all(self) -> _Grounded:
        if self._whole is None:
            self._whole = _Grounded(self._ground())
        return self._whole

    def __getitem__(self, key: Signature) -> Sequence[clingo.Symbol]:
        return self._of(key[0])[key]

    def has(self, atom: clingo.Symbol) -> bool:
        """Whether an atom follows."""
        return self._of(atom.name).has(atom)

    def __iter__(self) -> Iterator[Signature]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class _Without(Mapping[Signature, Sequence[clingo.Symbol]]):
    """Atoms by predicate, but for those of predicates whose names start with a prefix."""

    def __init__(self, prefix: str, groups: Mapping[Signature, Sequence[clingo.Symbol]]) -> None:
        self._prefix = prefix
        self._groups = groups

    def __getitem__(self, key: Signature) -> Sequence[clingo.Symbol]:
        if key[0].startswith(self._prefix):
            raise KeyError(key)
        return self._groups[key]

    def __iter__(self) -> Iterator[Signature]:
        return (key for key in self._groups if not key[0].startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)

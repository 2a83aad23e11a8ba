"""The instances of a policy's rules under one answer set, read from their companions as they are needed."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import clingo

from bylaw.explain.atom_table import AtomReader, AtomTable, Goal, Row
from bylaw.explain.routes import Route, Signature


@dataclass(frozen=True, slots=True)
class Firing:
    """An instance of a rule: what it rests on, and what it asks to be absent.

    Args:
        rule: its number.
        denies: the predicates of what it asks to be absent.
    """

    rule: int
    denies: frozenset[Signature]
    used: tuple[clingo.Symbol, ...]
    denied: tuple[clingo.Symbol, ...]


@dataclass(frozen=True, slots=True)
class ReadyRoute:
    """A route with its atoms ready to be matched: names of variables, numbers of values, or None.

    Args:
        fixed: the numbers of values, each by itself, so that all but None is looked up in one way.
    """

    route: Route
    head: tuple[int | str | None, ...]
    needs: tuple[tuple[Signature, tuple[int | str | None, ...]], ...]
    fixed: Mapping[int | str | None, int]

    def bind(self, args: Row) -> dict[int | str | None, int] | None:
        """Return the variables that a goal gives a value, None if the head cannot be the goal."""
        bound = dict(self.fixed)
        for own, want in zip(self.head, args, strict=True):
            if own is not None and want is not None and bound.setdefault(own, want) != want:
                return None
        return bound

    def needed(
        self, bound: Mapping[int | str | None, int], within: Container[Signature] | None
    ) -> Iterator[tuple[Signature, Row]]:
        """Yield the atoms that the body asks for, as far as the variables have a value.

        Args:
            bound: what `bind` returns.
            within: only atoms of these predicates; all if it is None.
        """
        for signature, args in self.needs:
            if within is None or signature in within:
                yield signature, tuple(map(bound.get, args))


class Instances:
    """The instances of companions, read from a control as they are needed."""

    def __init__(self, control: clingo.Control, names: AtomReader) -> None:
        self._control = control
        self._names = names
        self._firings: dict[tuple[str, int], dict[Row, list[Firing]]] = {}
        self._exceptions: dict[str, AtomTable[int, list[Goal]]] = {}

    def told(self, name: str, arity: int) -> Iterator[Sequence[clingo.Symbol]]:
        """Yield the arguments of each atom of a companion."""
        for atom in self.atoms(name, arity):
            yield atom.arguments

    def atoms(self, name: str, arity: int) -> Iterator[clingo.Symbol]:
        """Yield the atoms of a predicate."""
        for one in self._control.symbolic_atoms.by_signature(name, arity):
            yield one.symbol

    def any(self, name: str, arity: int) -> bool:
        """Whether a companion has an atom."""
        return any(True for _ in self._control.symbolic_atoms.by_signature(name, arity))

    def of(self, name: str, row: Row, paths: Iterable[ReadyRoute]) -> list[Firing]:
        """Return the instances that derive an atom; those of a predicate are read together."""
        signature = (name, len(row))
        if signature not in self._firings:
            by_head: dict[Row, list[Firing]] = {}
            for path in paths:
                for head, firing in self._read(path.route):
                    by_head.setdefault(self._names.row(head), []).append(firing)
            self._firings[signature] = by_head
        return self._firings[signature].get(row, [])

    def exceptions(self, name: str) -> AtomTable[int, list[Goal]]:
        """Return, for what a rule would derive, the atoms that alone keep it from firing."""
        if name not in self._exceptions:
            by_head: dict[Row, list[Goal]] = {}
            for head, exception in self.told(name, 2):
                by_head.setdefault(self._names.row(head), []).append(self._names.goal(exception))
            self._exceptions[name] = AtomTable(by_head)
        return self._exceptions[name]

    def _read(self, route: Route) -> Iterator[tuple[clingo.Symbol, Firing]]:
        parts: dict[clingo.Symbol, list[tuple[clingo.Symbol, clingo.Symbol]]] = {}
        for name in route.elements:
            for theta, used, denied in self.told(name, 3):
                parts.setdefault(theta, []).append((used, denied))
        for head, used, denied, theta in self.told(f"_f{route.key}", 4):
            more = parts.get(theta, ()) if parts else ()
            yield (
                head,
                Firing(
                    route.rule.number,
                    route.denies,
                    (used, *(own for own, _ in more)),
                    (denied, *(own for _, own in more)),
                ),
            )

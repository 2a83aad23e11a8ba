"""What rests on what: a rank for each atom that is so, so that no explanation goes in a circle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import clingo

from bylaw.explain.conditions import Instance
from bylaw.explain.lookup import Lookup
from bylaw.explain.templates import ANY
from bylaw.policy.model import Encoding


@dataclass(slots=True)
class _Pending:
    """A support that waits for atoms to be ranked.

    Args:
        lacking: how many of its conditions wait.
    """

    atom: clingo.Symbol
    lacking: int


@dataclass(slots=True)
class _Need:
    """One condition of a support: any of some atoms."""

    support: _Pending
    met: bool = False


class Ranks:
    """The least fixpoint: an atom rests on atoms of lower rank only.

    Args:
        encoding: the rules.
        facts: what is given; it stands by itself.
        instances: how the rules fare for each atom that was examined; it may grow.
    """

    def __init__(
        self,
        encoding: Encoding,
        facts: Collection[clingo.Symbol],
        instances: Mapping[clingo.Symbol, list[Instance]],
        lookup: Lookup,
    ) -> None:
        self._encoding = encoding
        self._facts = facts
        self._instances = instances
        self._lookup = lookup
        self._rank: dict[clingo.Symbol, int] = {}
        self._founded: dict[clingo.Symbol, list[Instance]] = {}
        self._circular: dict[str, bool] = {}

    def settle(self) -> None:
        """Rank what was examined since the last time."""
        self._founded.clear()
        watched: dict[clingo.Symbol, list[_Need]] = {}
        ready: list[clingo.Symbol] = []
        for atom, instances in self._instances.items():
            if atom in self._rank or ANY in atom.arguments or not self._lookup.holds(atom):
                continue
            for instance in instances:
                if instance.supports and not self._wait(atom, instance, watched):
                    ready.append(atom)
        level = max(self._rank.values(), default=0)
        while ready:
            level += 1
            fresh = [atom for atom in dict.fromkeys(ready) if atom not in self._rank]
            self._rank.update(dict.fromkeys(fresh, level))
            ready = []
            for need in (need for atom in fresh for need in watched.get(atom, ()) if not need.met):
                need.met = True
                need.support.lacking -= 1
                if not need.support.lacking:
                    ready.append(need.support.atom)

    def _wait(
        self, atom: clingo.Symbol, instance: Instance, watched: dict[clingo.Symbol, list[_Need]]
    ) -> int:
        """Watch the atoms that a support waits for, and return for how many conditions it does."""
        pending = _Pending(atom, 0)
        for used in instance.used():
            matches = self._lookup.matches(used)
            if any(self.of(match) is not None for match in matches):
                continue
            pending.lacking += 1
            need = _Need(pending)
            for match in matches:
                watched.setdefault(match, []).append(need)
        return pending.lacking

    def of(self, atom: clingo.Symbol) -> int | None:
        """Return the rank of an atom; what is given, or stands by itself, has rank 0."""
        rank = self._rank.get(atom)
        if rank is not None:
            return rank
        return None if atom in self._instances and atom not in self._facts else 0

    def or_last(self, atom: clingo.Symbol) -> float:
        """Rank what has none last, so that of several atoms one is told that rests on the fewest."""
        rank = self.of(atom)
        return float("inf") if rank is None else rank

    def founded(self, atom: clingo.Symbol) -> list[Instance]:
        """Return the supports of an atom that do not rest on it: of lower rank where predicates recur."""
        found = self._founded.get(atom)
        if found is None:
            found = self._founded[atom] = self._founded_of(atom)
        return found

    def _founded_of(self, atom: clingo.Symbol) -> list[Instance]:
        rank = self._rank.get(atom)
        supports = [instance for instance in self._instances.get(atom, ()) if instance.supports]
        name = atom.name
        if name not in self._circular:
            depends = self._encoding.depends.get(name, frozenset())
            self._circular[name] = any(name in self._encoding.reached_from(one) for one in depends)
        if not self._circular[name]:
            return [one for one in supports if self._grounded(one)] or supports
        recurring = {
            used.name
            for one in supports
            for used in one.used()
            if name in self._encoding.reached_from(used.name)
        }

        def below(instance: Instance) -> bool:
            recurs = any(used.name in recurring for used in instance.used())
            return self._grounded(instance, rank if recurs else None)

        return [one for one in supports if below(one)] or supports

    def _grounded(self, instance: Instance, below: int | None = None) -> bool:
        """Whether all that an instance rests on is ranked, below a rank if one is given."""
        for used in instance.used():
            ranks = [self.of(match) for match in self._lookup.matches(used)]
            if not any(rank is not None and (below is None or rank < below) for rank in ranks):
                return False
        return True

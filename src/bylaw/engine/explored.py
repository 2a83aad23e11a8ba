"""The worlds that were looked at for one record, and what a conclusion hangs on in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import clingo


@dataclass(frozen=True, slots=True)
class Option:
    """One way in which something that is open may be settled.

    Args:
        point: what is settled; options with the same one exclude each other.
        atom: the fact that settles it.
        replaces: facts of the record that it takes the place of.
        provisions: that give the power, or that the question is about.
    """

    kind: Literal["decision", "reading"]
    point: clingo.Symbol
    atom: clingo.Symbol
    replaces: tuple[clingo.Symbol, ...]
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A record, or a reading of the text, as it may come to be.

    Args:
        options: by which it differs from the record at hand, in the order in which they are settled.
        certain: the asked atoms that are so in each of its answer sets.
        possible: those that are so in one; the same where there is only one.
    """

    options: tuple[Option, ...]
    certain: frozenset[clingo.Symbol]
    possible: frozenset[clingo.Symbol]


@dataclass(frozen=True, slots=True)
class Hanging:
    """What a possible conclusion hangs on.

    Args:
        holds: whether it is so as the record stands.
        ways: the fewest things that would change that; several if there are several such ways.
    """

    holds: bool
    ways: tuple[tuple[Option, ...], ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """The worlds that were looked at for one record.

    Args:
        worlds: the first is the record at hand.
        decisions: how many decisions are open in one of them.
        readings: how many questions of the text bear on one of them.
        together: up to how many of these were settled at a time.
        complete: whether all combinations were looked at.
        derived: for each asked atom, the numbers of the rules that derive it in some world.
    """

    worlds: tuple[World, ...]
    decisions: int
    readings: int
    together: int
    complete: bool
    derived: Mapping[clingo.Symbol, frozenset[int]] = field(repr=False)

    def certain(self, atom: clingo.Symbol) -> bool:
        """Whether an atom is so in every world."""
        return all(atom in world.certain for world in self.worlds)

    def atoms(self) -> frozenset[clingo.Symbol]:
        """Return the atoms that are so in some world."""
        return frozenset[clingo.Symbol]().union(*(world.possible for world in self.worlds))

    def hanging(self, atom: clingo.Symbol) -> Hanging:
        """Return what an atom hangs on."""
        holds = atom in self.worlds[0].certain
        other = [world.options for world in self.worlds if (atom in world.certain) is not holds]
        fewest = min(map(len, other), default=0)
        return Hanging(holds, tuple(options for options in other if len(options) == fewest))

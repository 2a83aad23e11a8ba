"""A possible conclusion told twice: why it is so in one world, and why it is not in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import clingo

from bylaw.engine.explored import Explored, Hanging, Option, World
from bylaw.engine.opened import engine_in, records_in
from bylaw.engine.solve import Decision, Engine
from bylaw.engine.symbols import term_of
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Reason
from bylaw.policy.patterns import Pattern
from bylaw.records.model import Records

MOST_FORKS = 2
"""How many possible conclusions of one pattern are told."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One world, and what is so in it.

    Args:
        holds: whether the conclusion is so.
        options: by which the world differs from the record at hand; none if it is that.
        engine: that decided it, with the text read as it is there.
        records: with the record as it is there.
    """

    holds: bool
    options: tuple[Option, ...]
    engine: Engine
    records: Records
    decision: Decision
    reason: Reason


@dataclass(frozen=True, slots=True)
class Fork:
    """A possible conclusion.

    Args:
        hanging: what it hangs on.
        branches: as the record stands, and in the first of the ways that would change it.
    """

    atom: clingo.Symbol
    hanging: Hanging
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A record as it stands, explained.

    Args:
        engine: that made the decision.
        explainer: of the decision.
        reason: why what was asked for is so there, or is not.
    """

    engine: Engine
    decision: Decision
    explainer: Explainer
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Case:
    """One world, decided."""

    engine: Engine
    records: Records
    decision: Decision
    explainer: Explainer


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a pattern in the worlds that were looked at.

    Args:
        engine: that decided the record as it stands.
        decision: as the record stands.
        certain: the atoms of the pattern that are so in every world.
        forks: those that are so in some, told twice; up to MOST_FORKS.
        further: the other ones that are so in some.
    """

    engine: Engine
    records: Records
    decision: Decision
    explored: Explored
    certain: tuple[clingo.Symbol, ...]
    forks: tuple[Fork, ...]
    further: tuple[clingo.Symbol, ...]


def outlook_of(explained: Explained, records: Records, explored: Explored, pattern: Pattern) -> Outlook:
    """Return what becomes of a pattern, and explain what is possible of it.

    Args:
        explained: the record as it stands, with the reason of the pattern there.
        records: as they stand.
        explored: the worlds of the same record.
    """
    engine, decision = explained.engine, explained.decision
    atoms = sorted(_matching(explored, pattern))
    possible = [atom for atom in atoms if not explored.certain(atom)]
    now = _Case(engine, records, decision, explained.explainer)
    cases: dict[tuple[Option, ...], _Case] = {(): now}
    forks = []
    for atom in possible[:MOST_FORKS]:
        hanging = explored.hanging(atom)
        told = Pattern(pattern.predicate, tuple(term_of(one) for one in atom.arguments), str(atom))
        branches = []
        for options in ((), *hanging.ways[:1]):
            if options not in cases:
                world = next(one for one in explored.worlds if one.options == options)
                cases[options] = _case(engine, records, decision.subject, world)
            case = cases[options]
            known = explained.reason if not options and None not in pattern.args else None
            reason = known or case.explainer.why(told)
            branches.append(Branch(reason.holds, options, case.engine, case.records, case.decision, reason))
        forks.append(Fork(atom, hanging, tuple(branches)))
    certain = tuple(atom for atom in atoms if explored.certain(atom))
    further = tuple(possible[MOST_FORKS:])
    return Outlook(engine, records, decision, explored, certain, tuple(forks), further)


def _matching(explored: Explored, pattern: Pattern) -> Iterator[clingo.Symbol]:
    """Yield the atoms of a pattern that are so in some world."""
    for atom in explored.atoms():
        same = atom.name == pattern.predicate.name and len(atom.arguments) == pattern.predicate.arity
        if same and pattern.matches(tuple(term_of(argument) for argument in atom.arguments)):
            yield atom


def _case(engine: Engine, records: Records, subject: str, world: World) -> _Case:
    other, changed = engine_in(engine, world), records_in(records, subject, world)
    decision = other.decide(changed, subject)
    return _Case(other, changed, decision, Explainer(other, decision))

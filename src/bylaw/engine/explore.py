"""What is certain, and what hangs on an open decision or on how the text is read.

The record at hand is one world. Each way to settle something that is open there makes another, and what is
open in that one is settled further. A decision is taken only in the situation in which the pack lets an
officer take it, so one may open the way for another. What does not bear on a world is not tried in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import clingo

from bylaw.engine.explored import Explored, Option, World
from bylaw.engine.openings import Openings, scope_of
from bylaw.engine.slices import Slicer
from bylaw.engine.solve import Engine
from bylaw.engine.symbols import fact_symbol
from bylaw.engine.worlds import Worlds, WorldStates
from bylaw.errors import UsageError
from bylaw.records.model import Records

MOST_WORLDS = 120
"""How many worlds are looked at for one record, if settling things one by one does not make more."""
_TOGETHER = 60
"""How many worlds are grounded at once."""


class Explorer:
    """Explores records under one policy.

    Args:
        engine: the policy with its readings; those that were set otherwise than by default stay so.
        names: the predicates that are asked for.
        decisions: whether decisions that are not on record may be taken.
        readings: whether the text may be read otherwise.

    Raises:
        UsageError: nothing is to be open, or the pack has nothing to open.
    """

    def __init__(self, engine: Engine, names: Iterable[str], *, decisions: bool, readings: bool) -> None:
        policy = engine.policy
        if decisions and not policy.choices:
            raise UsageError(
                f"`{policy.id}` does not say what may be decided", "leave `--decisions` at `closed`"
            )
        if readings and not policy.readings:
            raise UsageError(f"`{policy.id}` has no open readings", "leave `--readings` at `chosen`")
        self.engine = engine
        self.names = tuple(dict.fromkeys(names))
        self._decisions = decisions
        self._readings = readings
        statements = policy.statements(engine.readings)
        self._stated = [fact_symbol(fact) for fact in statements]
        chosen = None if readings else policy.chosen_readings(engine.readings)
        self._slicer = Slicer(policy.encoding, chosen)
        self._prepared: dict[frozenset[str], _Prepared] = {}

    def explore(self, records: Records, subject: str) -> Explored:
        """Look at the worlds of one subject's record.

        All that is open is settled one by one, then two by two and so on, as far as MOST_WORLDS allows; where
        it does not, only what changes something by itself is combined.

        Raises:
            PolicyError: clingo cannot compute a term of a rule in one of the worlds.
        """
        facts = [*self._stated, *(fact_symbol(fact) for fact in records.facts(subject))]
        given = frozenset(fact.name for fact in facts)
        if given not in self._prepared:
            self._prepared[given] = self._prepare(given)
        return _Search(self._prepared[given], facts).run()

    def _prepare(self, given: frozenset[str]) -> _Prepared:
        """Write the program for facts of some predicates."""
        policy = self.engine.policy
        scope = scope_of(policy, self._slicer, given, self.names, self._decisions)
        inputs = Openings.inputs(scope, readings=self._readings)
        program = Worlds(policy, scope.rules, inputs, self.names)
        settled = self.engine.readings
        openings = Openings(policy, program, scope, readings=self._readings, settled=settled)
        return _Prepared(program, openings, frozenset(inputs))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The program for records that give facts of the same predicates.

    Args:
        inputs: the predicates whose facts differ from world to world.
    """

    program: Worlds
    openings: Openings
    inputs: frozenset[str]


class _Search:
    """The worlds of one record, those that differ in fewer things first."""

    def __init__(self, prepared: _Prepared, facts: Sequence[clingo.Symbol]) -> None:
        self._program = prepared.program
        self._openings = prepared.openings
        self._facts = [*facts, *self._openings.shared()]
        self._own = frozenset(fact for fact in facts if fact.name in prepared.inputs)
        self._worlds: list[World] = []
        self._opened: list[list[Option]] = []
        self._derived: dict[clingo.Symbol, set[int]] = {}
        self._stirring: set[clingo.Symbol] = set()

    def run(self) -> Explored:
        """Look at the worlds, as far as MOST_WORLDS allows."""
        self._look([()])
        first = {option.point for option in self._opened[0]}
        level, together, complete = [0], 0, True
        seen = {frozenset[clingo.Symbol]()}
        while True:
            following = self._following(level, seen)
            if together and len(self._worlds) + len(following) > MOST_WORLDS:
                complete = False
                following = [
                    options
                    for options in following
                    if all(one.point in self._stirring or one.point not in first for one in options)
                ]
                if len(self._worlds) + len(following) > MOST_WORLDS:
                    break
            if not following:
                break
            seen |= {frozenset(one.atom for one in options) for options in following}
            start = len(self._worlds)
            self._look(following)
            level = list(range(start, len(self._worlds)))
            together += 1
        together = max(len(world.options) for world in self._worlds)
        points = {option.point: option.kind for opened in self._opened for option in opened}
        return Explored(
            worlds=tuple(self._worlds),
            decisions=sum(kind == "decision" for kind in points.values()),
            readings=sum(kind == "reading" for kind in points.values()),
            together=together,
            complete=complete,
            derived={atom: frozenset(numbers) for atom, numbers in self._derived.items()},
        )

    def _following(
        self, level: Sequence[int], seen: set[frozenset[clingo.Symbol]]
    ) -> list[tuple[Option, ...]]:
        """Return the worlds that differ in one thing more than those of a level.

        A decision is taken in the situation that the text has as it is read, so another reading is taken
        without the decisions, which are then taken again where they are still open.
        """
        found: dict[frozenset[clingo.Symbol], tuple[Option, ...]] = {}
        for n in level:
            for option in self._opened[n]:
                settled = self._worlds[n].options
                if option.kind == "reading":
                    settled = tuple(one for one in settled if one.kind == "reading")
                options = (*settled, option)
                key = frozenset(one.atom for one in options)
                if key not in seen:
                    found.setdefault(key, options)
        return list(found.values())

    def _look(self, worlds: Sequence[tuple[Option, ...]]) -> None:
        """Ground some worlds and keep what is so in them."""
        for start in range(0, len(worlds), _TOGETHER):
            together = [(), *worlds[start : start + _TOGETHER]] if self._worlds else list(worlds)
            facts = {n: self._facts_of(options) for n, options in enumerate(together)}
            own = {n: [*facts[n], *self._openings.own(options)] for n, options in enumerate(together)}
            states = self._program.ground(self._facts, own, differ=bool(self._worlds))
            for n, options in list(enumerate(together))[1 if self._worlds else 0 :]:
                self._keep(states, n, options, facts[n])

    def _keep(
        self,
        states: WorldStates,
        number: int,
        options: tuple[Option, ...],
        facts: frozenset[clingo.Symbol],
    ) -> None:
        self._worlds.append(World(options, states.certain(number), states.possible(number)))
        self._opened.append(self._openings.found(states, number, facts, options))
        for rule, atom in states.derived_by(number):
            self._derived.setdefault(atom, set()).add(rule)
        if len(options) == 1 and states.differs(number):
            self._stirring.add(options[0].point)

    def _facts_of(self, options: Sequence[Option]) -> frozenset[clingo.Symbol]:
        facts = set(self._own)
        for option in options:
            facts.difference_update(option.replaces)
            facts.add(option.atom)
        return frozenset(facts)

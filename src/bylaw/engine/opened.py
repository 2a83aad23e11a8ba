"""Deciding with decisions or readings left open: each conclusion certain or possible."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import clingo

from bylaw.engine.explore import Explorer
from bylaw.engine.explored import Explored, World
from bylaw.engine.openings import chosen_readings
from bylaw.engine.solve import Conclusion, Decision, Engine
from bylaw.engine.symbols import fact_symbol, term_of
from bylaw.errors import UsageError
from bylaw.policy.model import Role
from bylaw.records.model import Records
from bylaw.tables.terms import Fact


class OpenEngine:
    """Decides records with what is open left open.

    Args:
        engine: the policy with its readings; those set otherwise than by default stay so.
        decisions: whether decisions that are not on record may be taken.
        readings: whether the text may be read otherwise.
    """

    def __init__(self, engine: Engine, *, decisions: bool, readings: bool) -> None:
        self.engine = engine
        self.decisions = decisions
        self.readings = readings
        self._explorers: dict[tuple[int, tuple[str, ...]], Explorer] = {}

    def explore(
        self, records: Records, subject: str, names: Iterable[str], year: int | None = None
    ) -> Explored:
        """Look at the worlds of one record for the conclusions of some predicates.

        Args:
            year: what the question is about, where each year has its own edition.

        Raises:
            UsageError: there is no such subject, or nothing that could be open.
            SolveError: no edition applies.
        """
        engine = self.engine.applying(records, subject, year)
        key = (id(engine), tuple(names))
        if key not in self._explorers:
            self._explorers[key] = Explorer(engine, key[1], decisions=self.decisions, readings=self.readings)
        return self._explorers[key].explore(records, subject)

    def decide(self, records: Records, subject: str, wanted: Collection[str] | None = None) -> Decision:
        """Decide one record; each conclusion is as certain as the worlds that were looked at make it.

        Args:
            wanted: the predicates that are asked for; all unless given.

        Raises:
            UsageError: there is no such subject, nothing that could be open, or each year of the record has
                its own edition.
            SolveError: the rules have no answer set for the record, or no edition applies.
        """
        editions = self.engine.policy.editions
        if editions is not None and editions.column is None:
            raise UsageError(
                "nothing can be left open where each year is judged by its own edition",
                "`bylaw why` takes a conclusion about one year",
            )
        decision = self.engine.decide(records, subject, wanted)
        reported = [predicate.name for predicate in self.engine.policy.conclusions()]
        names = [name for name in reported if wanted is None or name in wanted]
        explored = self.explore(records, subject, names)
        return _opened(self.engine.applying(records, subject), explored, decision)


def _opened(engine: Engine, explored: Explored, decision: Decision) -> Decision:
    """Return a decision with the status that each conclusion has in the worlds that were looked at.

    Args:
        engine: that made the decision.
        explored: the same record's worlds, with all that is reported.
        decision: as the record stands.
    """
    told = {one.atom: one for one in decision.reported()}
    hidden = {unknown.predicate.name for unknown in decision.undetermined}
    possible = explored.atoms()
    reported: dict[Role, list[Conclusion]] = {Role.CONCLUSION: [], Role.FINDING: []}
    by_name: dict[str, list[clingo.Symbol]] = {}
    for atom in possible | told.keys():
        by_name.setdefault(atom.name, []).append(atom)
    for predicate in engine.policy.conclusions():
        for atom in sorted(by_name.get(predicate.name, ())) if predicate.name not in hidden else ():
            one = engine.conclusion(
                predicate,
                atom,
                "certain" if explored.certain(atom) else "possible",
                sorted(explored.derived.get(atom, ())),
            )
            now = told.get(atom)
            if now is not None and now.status == "certain":
                one = replace(one, rules=now.rules, provisions=now.provisions)
            reported[predicate.role].append(one)
    return replace(
        decision,
        conclusions=tuple(reported[Role.CONCLUSION]),
        findings=tuple(reported[Role.FINDING]),
        explored=explored,
    )


def records_in(records: Records, subject: str, world: World) -> Records:
    """Return the records with one subject's as it is in a world."""
    decided = [option for option in world.options if option.kind == "decision"]
    if not decided:
        return records
    replaced = {atom for option in decided for atom in option.replaces}
    facts = [fact for fact in records.by_subject[subject] if fact_symbol(fact) not in replaced]
    facts += [
        Fact(option.atom.name, tuple(term_of(argument) for argument in option.atom.arguments))
        for option in decided
        if option.atom not in replaced
    ]
    return records.with_facts(subject, tuple(facts))


def engine_in(engine: Engine, world: World) -> Engine:
    """Return the engine with the text read as it is in a world."""
    chosen = chosen_readings(world.options)
    return Engine(engine.policy, {**engine.readings, **chosen}) if chosen else engine

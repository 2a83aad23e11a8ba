"""Deciding by the edition of a text that applies: to a subject, or to each year of its record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import clingo

from bylaw.engine.solve import BATCH, Conclusion, Decision, Engine
from bylaw.engine.symbols import term_of
from bylaw.errors import Place, Problem, SolveError, UsageError, did_you_mean
from bylaw.policy.editions import in_force_words, moment_words
from bylaw.policy.model import ArgType, Policy, Predicate, Role
from bylaw.records.model import Records
from bylaw.tables.schema import ColumnValue
from bylaw.tables.terms import Term, Text

MOST_TOLD = 20
"""How many subjects are named to whom no edition applies."""


def open_engine(policy: Policy, readings: Mapping[str, str] | None = None) -> Engine:
    """Return the engine of a policy; one that chooses the edition where the policy has several.

    Raises:
        UsageError: if a reading or its value is not one of the pack's.
    """
    return EditionedEngine(policy, readings) if policy.editions else Engine(policy, readings)


class EditionedEngine(Engine):
    """Judges each record, or each year of it, by the edition in force.

    What no edition covers is an error: an expired edition is never applied beyond its time.

    Args:
        policy: a pack with several editions.
        readings: switches set otherwise than by default, in each edition.
    """

    def __init__(self, policy: Policy, readings: Mapping[str, str] | None = None) -> None:
        super().__init__(policy, readings)
        assert policy.editions is not None
        self._editions = policy.editions
        own = Engine(policy, readings)
        others = [Engine(other, readings) for other in policy.editions.others]
        self._engines = sorted([own, *others], key=lambda engine: engine.policy.effective_from or 0)

    def applying(self, records: Records, subject: str, year: int | None = None) -> Engine:
        """Return the engine of the edition that applies to a subject, or to a year of its record.

        Args:
            year: what the question is about; the present, if it is about none. Where the subject's own
                value decides, it does not matter.

        Raises:
            UsageError: if there is no such subject.
            SolveError: if no edition applies.
        """
        if subject not in records.subjects:
            raise UsageError(
                f"there is no `{subject}` in {records.source}", did_you_mean(subject, records.subjects)
            )
        if self._editions.column is not None:
            value, what = self._value(records, subject), ".".join(self._editions.column)
        elif year is not None:
            value, what = year, "the year"
        else:
            value, what = records.as_of, "the present"
        engine = self._at(value)
        if engine is None:
            written = "not known" if value is None else moment_words(self.policy, value)
            raise SolveError(
                Problem(
                    f"no edition of {self.policy.id} applies: {what} is {written}",
                    self._place(records, subject, value),
                    "; ".join(in_force_words(engine.policy) for engine in self._engines),
                    subject,
                )
            )
        return engine

    def _at(self, value: int | None) -> Engine | None:
        """Return the engine of the edition in force at a value of what the editions go by."""
        if value is None:
            return None
        return next((engine for engine in self._engines if engine.policy.in_force(value)), None)

    def decide(self, records: Records, subject: str, wanted: Collection[str] | None = None) -> Decision:
        """Decide one subject's record by the editions that apply to it.

        Where each year has its own edition, a conclusion about a year comes from the edition in force in
        that year, any other from the edition of the present.

        Args:
            wanted: the predicates that are asked for; all unless given.

        Raises:
            UsageError: if there is no such subject.
            SolveError: if the rules have no answer set, or no edition applies.
        """
        present = self.applying(records, subject)
        decision = present.decide(records, subject, wanted)
        if self._editions.column is not None:
            return decision
        decisions = [(engine, engine.decide(records, subject, wanted)) for engine in self._engines]
        return self._put_together(records, present, decisions)

    def _put_together(
        self, records: Records, present: Engine, decisions: Sequence[tuple[Engine, Decision]]
    ) -> Decision:
        """Return what follows for one subject where each year has its own edition.

        Args:
            present: the engine of the edition of the present.
            decisions: what each edition says of the whole record.
        """
        decision = next(one for engine, one in decisions if engine is present)
        subject = decision.subject
        editions: set[str] = {present.policy.edition}

        def kept(conclusion: Conclusion, engine: Engine) -> bool:
            year = self._year(conclusion.predicate, conclusion.args)
            judge = present if year is None else self.applying(records, subject, year)
            if judge is engine:
                editions.add(engine.policy.edition)
            return judge is engine

        conclusions = [c for engine, one in decisions for c in one.conclusions if kept(c, engine)]
        findings = [c for engine, one in decisions for c in one.findings if kept(c, engine)]
        in_order = [e.policy.edition for e in self._engines if e.policy.edition in editions]
        order = {predicate.name: n for n, predicate in enumerate(self.policy.conclusions())}
        return replace(
            decision,
            conclusions=tuple(sorted(conclusions, key=lambda c: (order[c.predicate.name], c.atom))),
            findings=tuple(sorted(findings, key=lambda c: (order[c.predicate.name], c.atom))),
            edition="; ".join(in_order),
        )

    def decide_all(
        self,
        records: Records,
        subjects: Sequence[str] | None = None,
        batch: int = BATCH,
        wanted: Collection[str] | None = None,
    ) -> Iterator[Decision]:
        """Decide several subjects, in the order of the records unless another is given.

        Raises:
            SolveError: at once, before any is decided, if to some of them no edition applies.
        """
        who = records.subjects if subjects is None else tuple(subjects)
        self._grouped(records, who)
        return self._decisions(records, who, batch, wanted)

    def check(self, records: Records, subjects: Sequence[str]) -> None:
        """Tell of all subjects to whom no edition applies.

        Raises:
            SolveError: if there are any.
        """
        self._grouped(records, subjects)

    def _decisions(
        self, records: Records, who: Sequence[str], batch: int, wanted: Collection[str] | None
    ) -> Iterator[Decision]:
        for start in range(0, len(who), batch):
            together = who[start : start + batch]
            if self._editions.column is None:
                by_edition = [engine.decide_all(records, together, batch, wanted) for engine in self._engines]
                for subject, *decisions in zip(together, *by_edition, strict=True):
                    present = self.applying(records, subject)
                    pairs = list(zip(self._engines, decisions, strict=True))
                    yield self._put_together(records, present, pairs)
                continue
            told: dict[str, Decision] = {}
            for engine, group in self._grouped(records, together):
                told |= {
                    decision.subject: decision
                    for decision in engine.decide_all(records, group, batch, wanted)
                }
            yield from (told[subject] for subject in together)

    def certain_atoms(
        self, records: Records, subjects: Sequence[str], names: frozenset[str]
    ) -> frozenset[clingo.Symbol]:
        """Return the certain atoms of some predicates for several subjects, each by its edition.

        Where each year has its own edition, what is about a year comes from the edition of that year.

        Raises:
            SolveError: if to a subject, or to a year that something follows for, no edition applies.
        """
        groups = self._grouped(records, subjects)
        if self._editions.column is not None:
            return frozenset[clingo.Symbol]().union(
                *(engine.certain_atoms(records, group, names) for engine, group in groups)
            )
        present = groups[0][0] if groups else None
        found: set[clingo.Symbol] = set()
        for engine in self._engines:
            for atom in engine.certain_atoms(records, subjects, names):
                if (self._judge(records, atom) or present) is engine:
                    found.add(atom)
        return frozenset(found)

    def stated(self, records: Records, names: frozenset[str]) -> frozenset[clingo.Symbol]:
        """Return what the pack states by itself, of some predicates, in the editions that apply.

        Raises:
            UsageError: if the editions state different things, so that a cohort cannot be asked about them.
            SolveError: if to a subject no edition applies.
        """
        by_column = self._editions.column is not None
        groups = self._grouped(records, records.subjects)
        used = [engine for engine, _ in groups] if by_column else self._engines
        said = [engine.stated(records, names) | engine.certain_atoms(records, (), names) for engine in used]
        differing = sorted({atom.name for one in said for atom in one.symmetric_difference(said[0])})
        if differing:
            editions = " and ".join(f"`{engine.policy.edition}`" for engine in used)
            raise UsageError(
                f"`{differing[0]}` is not the same in the editions {editions}",
                f"ask for what follows of each {self.policy.subject}, which is by the edition that applies",
            )
        return said[0] if said else frozenset()

    def _grouped(self, records: Records, subjects: Sequence[str]) -> list[tuple[Engine, list[str]]]:
        """Return the subjects by the edition that applies, or tell of all to whom none does."""
        groups: dict[str, tuple[Engine, list[str]]] = {}
        problems: list[Problem] = []
        for subject in subjects:
            try:
                engine = self.applying(records, subject)
            except SolveError as error:
                problems.extend(error.problems)
                continue
            groups.setdefault(engine.policy.edition, (engine, []))[1].append(subject)
        if problems:
            raise SolveError(problems[:MOST_TOLD])
        return list(groups.values())

    def _judge(self, records: Records, atom: clingo.Symbol) -> Engine | None:
        """Return the edition of the year that an atom is about; None for one about none, and for a row."""
        predicate = self.policy.predicates.get(atom.name)
        if predicate is None or predicate.role is Role.INPUT:
            return None
        args = [term_of(argument) for argument in atom.arguments]
        subject = next(
            (
                v.value
                for (_, kind), v in zip(predicate.args, args, strict=True)
                if kind == self.policy.subject and isinstance(v, Text)
            ),
            None,
        )
        year = self._year(predicate, args)
        return None if year is None or subject is None else self.applying(records, subject, year)

    def _value(self, records: Records, subject: str) -> int | None:
        """Return the value of the column that decides the edition, read from the subject's facts."""
        assert self._editions.column is not None
        table, column = self._editions.column
        for template in self.policy.tables[table].facts:
            if ColumnValue(column) not in template.args:
                continue
            position = template.args.index(ColumnValue(column))
            for fact in records.facts(subject):
                value = fact.args[position] if fact.predicate == template.predicate else None
                if fact.row is not None and fact.row.table == table and isinstance(value, int):
                    return value
        return None

    def _place(self, records: Records, subject: str, value: int | None) -> Place | None:
        """Return where a subject's record has the value that no edition covers."""
        for fact in records.facts(subject):
            if fact.row is None:
                continue
            if self._editions.column is not None:
                here = fact.row.table == self._editions.column[0]
            else:
                here = self._year(self.policy.predicates[fact.predicate], fact.args) == value
            if here:
                return fact.row.place
        return None

    def _year(self, predicate: Predicate, args: Sequence[Term]) -> int | None:
        """Return the year that a conclusion is about."""
        for (_, kind), value in zip(predicate.args, args, strict=True):
            if kind == self._editions.year and isinstance(value, int):
                return value
        return None


def year_asked(policy: Policy, args: Sequence[object], kinds: Sequence[ArgType]) -> int | None:
    """Return the year that a pattern names, where each year of a policy has its own edition."""
    year = policy.editions.year if policy.editions else ""
    for value, kind in zip(args, kinds, strict=True):
        if kind.name == year and isinstance(value, int):
            return value
    return None

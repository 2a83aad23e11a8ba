"""Deciding: the conclusions that follow from a record, each with the provisions of the rules behind it."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import clingo

from bylaw.engine.answer_set import AnswerSet, Signature
from bylaw.engine.explored import Explored
from bylaw.engine.given import Given, by_atom
from bylaw.engine.program import BY, Program
from bylaw.engine.symbols import term_of
from bylaw.errors import Problem, SolveError, UsageError, did_you_mean
from bylaw.policy.model import Policy, Predicate, Role, Rule
from bylaw.records.model import Absence, Records
from bylaw.tables.schema import Missing
from bylaw.tables.terms import Fact, Term

Status = Literal["certain", "possible"]

BATCH = 100
"""How many subjects are solved together."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One thing that follows.

    Args:
        atom: the ground atom.
        args: its arguments as terms, in the order of the vocabulary.
        status: `certain` if it is in every answer set, `possible` if only in some.
        rules: those that derive it, in the order of the text.
        provisions: of those rules, each once, in the order of the text.
    """

    atom: clingo.Symbol
    predicate: Predicate
    args: tuple[Term, ...]
    status: Status
    rules: tuple[Rule, ...]
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Undetermined:
    """A conclusion that cannot be told, because a table that it depends on is not known."""

    predicate: Predicate
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something taken as given because a table was never supplied."""

    table: str
    says: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one subject's record.

    Args:
        facts: what was given, by ground atom: the pack's statements and the record's rows.
        atoms: the answer set; the first of them where there are several. Where subjects were decided
            together, only what is reported and the labels: explaining takes `Engine.decide`.
        conclusions: of role conclusion, sorted by the vocabulary and then by arguments.
        findings: of role finding, likewise.
        undetermined: predicates whose conclusions cannot be told; none of them is among the conclusions.
        answer_sets: 1 where everything follows, 2 if there are more.
        edition: by which the record was judged.
        explored: the worlds that the status of each conclusion comes from, where something was left open.
    """

    subject: str
    facts: Mapping[clingo.Symbol, tuple[Fact, ...]]
    atoms: AnswerSet
    conclusions: tuple[Conclusion, ...]
    findings: tuple[Conclusion, ...]
    undetermined: tuple[Undetermined, ...]
    assumptions: tuple[Assumption, ...]
    absences: tuple[Absence, ...]
    answer_sets: int
    edition: str
    explored: Explored | None = None

    def reported(self) -> tuple[Conclusion, ...]:
        """Return conclusions and findings together."""
        return self.conclusions + self.findings


class Engine:
    """Derives what follows from records under a policy.

    Args:
        policy: the checked pack.
        readings: switches set otherwise than by default.

    Raises:
        UsageError: if a reading or its value is not one of the pack's.
    """

    def __init__(self, policy: Policy, readings: Mapping[str, str] | None = None) -> None:
        self.policy = policy
        self.readings = _checked_readings(policy, readings or {})
        self.program = Program(policy, self.readings)
        self._order = {pid: number for number, pid in enumerate(policy.provisions)}
        self._statements = by_atom(policy.statements(self.readings))
        self._labels = frozenset(kind.label for kind in policy.types.values() if kind.label)
        self._reached = frozenset[str]().union(
            *(policy.encoding.reached_from(predicate.name) for predicate in policy.conclusions())
        )

    def applying(self, records: Records, subject: str, year: int | None = None) -> Engine:
        """Return the engine of the edition that applies to a subject, or to a year of its record."""
        del records, subject, year
        return self

    def check(self, records: Records, subjects: Sequence[str]) -> None:
        """Find out whether subjects can be decided at all, before any is.

        Raises:
            SolveError: if no edition applies to some of them.
        """
        del records, subjects

    def decide(self, records: Records, subject: str, wanted: Collection[str] | None = None) -> Decision:
        """Decide one subject's record.

        Args:
            wanted: the predicates that are asked for; all unless given. The decision, its answer set too,
                then tells of these alone.

        Raises:
            UsageError: if there is no such subject.
            SolveError: if the rules have no answer set for the record.
        """
        control = self.program.ground(self._recorded(records, subject), wanted=wanted)
        only = None if wanted is None else {*wanted, BY, *self._labels}
        return self._decision(records, subject, *self._consequences(control, subject, only))

    def decide_about(self, records: Records, subject: str, names: frozenset[str]) -> Decision:
        """Decide some predicates of one subject's record, so that the decision can be explained.

        Only what these rest on is grounded; its answer set can be asked for all others none the less.

        Args:
            names: the predicates; the conclusions of the decision are of these alone.

        Raises:
            UsageError, SolveError: as `decide`.
        """
        if not self.program.stratified:
            return self.decide(records, subject)
        facts = self._recorded(records, subject)
        part = self.program.ground(facts, wanted=names)
        atoms = AnswerSet.growing(part, names | {BY}, lambda: self.program.ground(facts))
        return self._decision(records, subject, atoms, atoms, atoms, 1, names)

    def _recorded(self, records: Records, subject: str) -> Sequence[Fact]:
        if subject not in records.subjects:
            raise UsageError(
                f"there is no `{subject}` in {records.source}", did_you_mean(subject, records.subjects)
            )
        return records.facts(subject)

    def _consequences(
        self, control: clingo.Control, who: str, only: Container[str] | None
    ) -> tuple[AnswerSet, AnswerSet, AnswerSet, int]:
        """Return cautious and brave consequences, the first answer set, and whether there are more (1 or 2).

        Args:
            only: the predicates that are looked at; all unless given.
        """
        if only is None and self.program.stratified:
            settled = AnswerSet.stratified(control)
            return settled, settled, settled, 1
        return _consequences(control, who, only)

    def decide_all(
        self,
        records: Records,
        subjects: Sequence[str] | None = None,
        batch: int = BATCH,
        wanted: Collection[str] | None = None,
    ) -> Iterator[Decision]:
        """Decide several subjects, in the order of the records unless another is given.

        Subjects are independent, so some are solved together; where a batch has no single answer set, each
        of its subjects is decided by itself.

        Args:
            batch: how many are solved together.
            wanted: the predicates that are asked for; all unless given.
        """
        who = records.subjects if subjects is None else tuple(subjects)
        for start in range(0, len(who), batch):
            together = who[start : start + batch]
            if len(together) == 1:
                yield self.decide(records, together[0], wanted)
                continue
            facts = dict.fromkeys(fact for subject in together for fact in records.facts(subject))
            told = self._told(self.program.ground(facts, wanted=wanted), together)
            for subject in together:
                if told is None:
                    yield self.decide(records, subject, wanted)
                else:
                    atoms = AnswerSet(told[subject])
                    yield self._decision(records, subject, atoms, atoms, atoms, 1)

    def _told(
        self, control: clingo.Control, subjects: Sequence[str]
    ) -> dict[str, dict[Signature, Sequence[clingo.Symbol]]] | None:
        """Read what is reported of each subject, and the labels, from a grounding that decides everything.

        Returns:
            None if something is left for the solver to decide.
        """
        if not self.program.stratified and any(not atom.is_fact for atom in control.symbolic_atoms):
            return None
        own: dict[str, dict[Signature, list[clingo.Symbol]]] = {subject: {} for subject in subjects}
        common: dict[Signature, list[clingo.Symbol]] = {}
        for name in self._labels:
            common[name, 2] = [one.symbol for one in control.symbolic_atoms.by_signature(name, 2)]
        position = {p.name: subject_position(p, self.policy.subject) for p in self.policy.conclusions()}
        signatures = [(p.name, p.arity) for p in self.policy.conclusions()]
        for name, arity in [*signatures, (BY, 2)]:
            for one in control.symbolic_atoms.by_signature(name, arity):
                if not one.is_fact:
                    return None
                symbol = one.symbol
                said = symbol.arguments[1] if name == BY else symbol
                where = position[said.name if name == BY else name]
                whose = common if where is None else own[said.arguments[where].string]
                whose.setdefault((name, arity), []).append(symbol)
        # What belongs to nobody, such as the labels, is the same list for all.
        return {subject: _beside(common, atoms) for subject, atoms in own.items()}

    def _decision(
        self,
        records: Records,
        subject: str,
        certain: AnswerSet,
        possible: AnswerSet,
        first: AnswerSet,
        count: int,
        names: frozenset[str] | None = None,
    ) -> Decision:
        derived = _derived(first if count == 1 else possible)
        absences = records.missing(subject)
        undetermined = self._undetermined(absences)
        hidden = {u.predicate.name for u in undetermined}
        reported: dict[Role, list[Conclusion]] = {Role.CONCLUSION: [], Role.FINDING: []}
        for predicate in self.policy.conclusions():
            if predicate.name in hidden or (names is not None and predicate.name not in names):
                continue
            for atom in sorted(possible.named(predicate.name, predicate.arity)):
                status: Status = "certain" if count == 1 or atom in certain else "possible"
                reported[predicate.role].append(
                    self.conclusion(predicate, atom, status, derived.get(atom, ()))
                )
        return Decision(
            subject=subject,
            facts=Given(self._statements, records, subject),
            atoms=first.without("_"),
            conclusions=tuple(reported[Role.CONCLUSION]),
            findings=tuple(reported[Role.FINDING]),
            undetermined=undetermined,
            assumptions=self._assumptions(absences),
            absences=absences,
            answer_sets=count,
            edition=self.policy.edition,
        )

    def certain_atoms(
        self, records: Records, subjects: Sequence[str], names: frozenset[str]
    ) -> frozenset[clingo.Symbol]:
        """Return the certain atoms of some predicates for several subjects solved together.

        Args:
            names: of the predicates wanted.
        """
        facts = [fact for subject in subjects for fact in records.facts(subject)]
        control = self.program.ground(dict.fromkeys(facts), attribute=False, wanted=names)
        certain, _, _, _ = _consequences(control, ", ".join(subjects[:3]), names)
        wanted = (certain.named(*key) for key in certain.signatures() if key[0] in names)
        return frozenset(atom for group in wanted for atom in group)

    def answer_set(self, facts: Iterable[Fact], who: str) -> AnswerSet:
        """Return all that follows from the facts of some records, without the labels of rules.

        Args:
            who: whose they are, for an error.

        Raises:
            SolveError: there is no answer set, or more than one.
        """
        first, _, _, count = self._consequences(self.program.ground(facts, attribute=False), who, None)
        if count > 1:
            raise SolveError(Problem("the rules leave open what follows", subject=who))
        return first

    def stated(self, records: Records, names: frozenset[str]) -> frozenset[clingo.Symbol]:
        """Return what the pack states by itself, of some predicates: its limits, readings and tables."""
        del records
        return frozenset(atom for atom in self._statements if atom.name in names)

    def conclusion(
        self, predicate: Predicate, atom: clingo.Symbol, status: Status, numbers: Sequence[int]
    ) -> Conclusion:
        """Return an atom as a conclusion, with the provisions of the rules that derive it.

        Args:
            numbers: of those rules.
        """
        rules = tuple(self.policy.encoding.rules[number] for number in sorted(numbers))
        tagged = dict.fromkeys(provision for rule in rules for provision in rule.provisions)
        return Conclusion(
            atom=atom,
            predicate=predicate,
            args=tuple(term_of(argument) for argument in atom.arguments),
            status=status,
            rules=rules,
            provisions=tuple(sorted(tagged, key=lambda pid: self._order.get(pid, len(self._order)))),
        )

    def _undetermined(self, absences: Sequence[Absence]) -> tuple[Undetermined, ...]:
        found = []
        unknown = [absence for absence in absences if absence.meaning is Missing.UNKNOWN]
        for predicate in self.policy.conclusions() if unknown else ():
            reached = self.policy.encoding.reached_from(predicate.name)
            tables = tuple(a.table for a in unknown if not reached.isdisjoint(a.predicates))
            if tables:
                found.append(Undetermined(predicate, tables))
        return tuple(found)

    def _assumptions(self, absences: Sequence[Absence]) -> tuple[Assumption, ...]:
        return tuple(
            Assumption(a.table, assumption_text(a))
            for a in absences
            if a.meaning is Missing.NONE and not a.supplied and not self._reached.isdisjoint(a.predicates)
        )


def assumption_text(absence: Absence) -> str:
    """Say what is assumed where a table was not supplied."""
    return f"assumed: {absence.none_means or f'no {absence.table}'}, table not supplied"


def subject_position(predicate: Predicate, subject: str) -> int | None:
    """Return where a predicate names the subject: its first argument of the subject's type."""
    return next((n for n, (_, kind) in enumerate(predicate.args) if kind == subject), None)


def _checked_readings(policy: Policy, readings: Mapping[str, str]) -> dict[str, str]:
    for name, value in readings.items():
        if name not in policy.readings:
            raise UsageError(f"{policy.id} has no reading `{name}`", did_you_mean(name, policy.readings))
        known = policy.readings[name].readings
        if value not in known:
            raise UsageError(f"the reading `{name}` has no alternative `{value}`", did_you_mean(value, known))
    return dict(readings)


def _consequences(
    control: clingo.Control, who: str, only: Container[str] | None = None
) -> tuple[AnswerSet, AnswerSet, AnswerSet, int]:
    """Return cautious and brave consequences, the first answer set, and whether there are more (1 or 2).

    Args:
        only: the predicates that are looked at; all unless given.
    """
    settled = AnswerSet.grounded(control, only)
    if settled is not None:
        return settled, settled, settled, 1
    models = _answer_sets(control)
    if not models:
        raise SolveError(
            Problem(
                "the rules have no answer set for this record",
                subject=who,
                help="a rule denies itself through negation; see it with `clingo` on `bylaw facts`",
            )
        )
    if len(models) == 1:
        return models[0], models[0], models[0], 1
    return _enumerated(control, "cautious"), _enumerated(control, "brave"), models[0], 2


def _answer_sets(control: clingo.Control) -> list[AnswerSet]:
    """Return the answer sets, two at most."""
    control.configuration.solve.models = 2  # type: ignore[union-attr]
    with control.solve(yield_=True) as handle:
        return [AnswerSet.of(model.symbols(atoms=True)) for model in handle]


def _enumerated(control: clingo.Control, mode: str) -> AnswerSet:
    control.configuration.solve.models = 0  # type: ignore[union-attr]
    control.configuration.solve.enum_mode = mode  # type: ignore[union-attr]
    last: list[clingo.Symbol] = []
    with control.solve(yield_=True) as handle:
        for model in handle:
            last = list(model.symbols(atoms=True))
    return AnswerSet.of(last)


def _derived(atoms: AnswerSet) -> dict[clingo.Symbol, list[int]]:
    """Return the numbers of the rules that derive each conclusion, read from the companions."""
    found: dict[clingo.Symbol, list[int]] = {}
    for atom in atoms.named(BY, 2):
        number, conclusion = atom.arguments
        found.setdefault(conclusion, []).append(number.number)
    return found


def _beside(
    common: Mapping[Signature, list[clingo.Symbol]], own: Mapping[Signature, list[clingo.Symbol]]
) -> dict[Signature, Sequence[clingo.Symbol]]:
    """Return the atoms of one subject together with those that belong to nobody."""
    found: dict[Signature, Sequence[clingo.Symbol]] = {**common, **own}
    for both in common.keys() & own.keys():
        found[both] = [*common[both], *own[both]]
    return found

"""Runs the cases of a pack and tells where what follows is not what they expect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bylaw import watch
from bylaw.analysis.written import written_atom
from bylaw.engine.editions import open_engine
from bylaw.engine.opened import OpenEngine
from bylaw.engine.solve import Conclusion, Decision, Engine
from bylaw.engine.symbols import Symbol, term_of
from bylaw.errors import BylawError, Place, RecordError
from bylaw.explain.sentences import number
from bylaw.policy.cases import Case, Expectation
from bylaw.policy.model import Policy, Role
from bylaw.policy.patterns import Pattern
from bylaw.records.load import records_from_rows
from bylaw.tables.terms import Term

MOST_SHOWN = 6
"""How many atoms a failure lists."""


_STATUSES = {"possible": ("possible",), "absent": ("certain", "possible")}
"""The status of what an expectation looks at, where that is not `certain` alone."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case came out.

    Args:
        policy: the id of its pack.
        place: where the case stands, as the reader would find it.
        failures: what was expected and what was found, a text of some lines each; empty if it passed.
    """

    policy: str
    case: Case
    place: Place
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class _Found:
    """An atom that follows, and the rules behind it where it is a conclusion."""

    args: tuple[Term, ...]
    conclusion: Conclusion | None


class CaseRunner:
    """Runs the cases of one policy; an engine is kept for each choice of readings.

    Args:
        policy: the checked pack.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._engines: dict[tuple[tuple[str, str], ...], Engine] = {}
        self._opened: dict[tuple[int, bool, bool], OpenEngine] = {}

    def run(self, case: Case) -> CaseResult:
        """Run one case; an error of its record is a failure, unless the case expects it."""
        return self.outcome(case)[0]

    def outcome(self, case: Case, *, whole: bool = False) -> tuple[CaseResult, Decision | None]:
        """Run one case and return the decision it rests on too; None if the record is refused.

        Args:
            whole: whether the decision tells everything, and not only what the case expects something of.
        """
        decision: Decision | None = None
        watch.step(f"case `{case.name}` at {case.place.file}:{case.place.line}")
        try:
            records = records_from_rows(
                self.policy, case.record, name=case.place.file, as_of=case.as_of, place_of=case.place_of
            )
            if case.refused is None:
                decision = self._judge(case).decide(
                    records, records.subjects[0], None if whole else asked_by(case)
                )
                failures = tuple(self._failures(case, decision))
            else:
                failures = (f"expected a refusal: {case.refused}\n   found a record that is accepted",)
        except RecordError as error:
            failures = tuple(_refusal(case, error))
        except BylawError as error:
            failures = tuple(str(problem) for problem in error.problems)
        place = Place(case.place.file, case.place.line)
        return CaseResult(self.policy.id, case, place, failures), decision

    def _judge(self, case: Case) -> Engine | OpenEngine:
        engine = self._engine(case.readings)
        if not (case.decisions_open or case.readings_open):
            return engine
        key = (id(engine), case.decisions_open, case.readings_open)
        if key not in self._opened:
            self._opened[key] = OpenEngine(engine, decisions=case.decisions_open, readings=case.readings_open)
        return self._opened[key]

    def _engine(self, readings: Mapping[str, str]) -> Engine:
        key = tuple(sorted(readings.items()))
        if key not in self._engines:
            self._engines[key] = open_engine(self.policy, readings)
        return self._engines[key]

    def _failures(self, case: Case, decision: Decision) -> Iterator[str]:
        for expected in case.expect:
            found = self._difference(decision, expected)
            if found is not None:
                wanted = self._wanted(expected)
                yield f"expected {wanted}\n   found {found}\n      at {Place(*_line(expected.place))}"

    def _wanted(self, expected: Expectation) -> str:
        """Say what a case expects, as the case has it."""
        words = [expected.text]
        if expected.kind != "derived":
            words.append(expected.kind)
        if expected.because is not None:
            words.append(f"because {', '.join(expected.because) or 'of no provision'}")
        if expected.because_includes:
            words.append(f"because of {', '.join(expected.because_includes)} among others")
        if expected.hangs_on is not None:
            words.append(f"hanging on {', '.join(expected.hangs_on)}")
        if expected.decided_by is not None:
            words.append(f"decided by {expected.decided_by}")
        words += [f"with {name} {self._figure(name, figure)}" for name, figure in expected.value.items()]
        return " ".join(words)

    def _difference(self, decision: Decision, expected: Expectation) -> str | None:
        """Return what is found in place of what is expected; None if it is as expected."""
        name = expected.pattern.predicate.name
        unknown = [one for one in decision.undetermined if one.predicate.name == name]
        if unknown:
            if expected.kind == "undetermined":
                return None
            tables = ", ".join(f"`{table}`" for table in unknown[0].tables)
            return f"{name} undetermined: the record has nothing on {tables}"
        everything = self._atoms(decision, expected)
        matching = [one for one in everything if expected.pattern.matches(one.args)]
        if expected.kind == "undetermined":
            return f"it determined: {self._listed(expected.pattern, everything)}"
        if expected.kind == "absent":
            return self._listed(expected.pattern, matching) if matching else None
        if not matching:
            return self._listed(expected.pattern, everything)
        if expected.kind == "present":
            return None
        differing = [told for told in (self._told(decision, expected, one) for one in matching) if told]
        return "; ".join(differing) or None

    def _atoms(self, decision: Decision, expected: Expectation) -> list[_Found]:
        """Return all that follows of a predicate, in order; what is possible where that is asked for."""
        predicate = expected.pattern.predicate
        wanted = _STATUSES.get(expected.kind, ("certain",))
        if predicate.role in (Role.CONCLUSION, Role.FINDING):
            return [
                _Found(one.args, one)
                for one in decision.reported()
                if one.predicate.name == predicate.name and one.status in wanted
            ]
        atoms = sorted(decision.atoms.named(predicate.name, predicate.arity))
        return [_Found(tuple(term_of(argument) for argument in atom.arguments), None) for atom in atoms]

    def _told(self, decision: Decision, expected: Expectation, one: _Found) -> str | None:
        """Return an atom with what differs in its provisions and figures; None if nothing does."""
        differences = list(self._hanging(decision, expected, one))
        if expected.because is not None or expected.because_includes:
            if one.conclusion is None:
                differences.append(
                    f"{expected.pattern.predicate.name} is a {expected.pattern.predicate.role}, "
                    "and only conclusions and findings have their provisions recorded"
                )
            elif not _because_met(expected, one.conclusion.provisions):
                differences.append(_because(one.conclusion))
        for name, wanted in expected.value.items():
            figures = sorted({a.figure for a in figures_of(self.policy, decision, expected, one.args, name)})
            if figures != [wanted]:
                shown = ", ".join(self._figure(name, figure) for figure in figures) or "nothing"
                differences.append(f"with {name} {shown}")
        if not differences:
            return None
        return f"{written_atom(self.policy, expected.pattern.predicate, one.args)} {', '.join(differences)}"

    def _hanging(self, decision: Decision, expected: Expectation, one: _Found) -> Iterator[str]:
        """Yield what a possible conclusion hangs on, where it is not what is expected."""
        if expected.hangs_on is None and expected.decided_by is None:
            return
        if one.conclusion is None or decision.explored is None:
            yield "and nothing was left open"
            return
        options = [o for way in decision.explored.hanging(one.conclusion.atom).ways for o in way]
        decisions = [option for option in options if option.kind == "decision"]
        names = {pid for option in decisions for pid in option.provisions}
        names |= {str(option.point.arguments[0]) for option in options if option.kind == "reading"}
        if expected.hangs_on is not None and names != set(expected.hangs_on):
            yield f"hanging on {', '.join(sorted(names)) or 'nothing'}"
        known = [self.policy.provisions[option.provisions[0]] for option in decisions]
        officers = {provision.decided_by or provision.actor for provision in known}
        if expected.decided_by is not None and officers != {expected.decided_by}:
            yield f"decided by {', '.join(sorted(officers)) or 'nobody'}"

    def _figure(self, name: str, figure: int) -> str:
        kind = self.policy.types[self.policy.predicates[name].args[-1][1]]
        return number(figure, kind.scale)

    def _listed(self, pattern: Pattern, found: Sequence[_Found]) -> str:
        """Say what follows of a predicate, or that nothing does."""
        if not found:
            return f"no {pattern.predicate.name}"
        shown = []
        for one in found[:MOST_SHOWN]:
            why = f" {_because(one.conclusion)}" if one.conclusion else ""
            shown.append(written_atom(self.policy, pattern.predicate, one.args) + why)
        more = len(found) - len(shown)
        return "; ".join(shown) + (f"; and {more} more" if more else "")


def asked_by(case: Case) -> frozenset[str]:
    """Return the predicates that a case expects something of."""
    figures = (name for expected in case.expect for name in expected.value)
    return frozenset([*(expected.pattern.predicate.name for expected in case.expect), *figures])


@dataclass(frozen=True, slots=True)
class FigureAtom:
    """An atom with the figure that is its last argument."""

    atom: Symbol
    figure: int


def figures_of(
    policy: Policy, decision: Decision, expected: Expectation, args: Sequence[Term], name: str
) -> list[FigureAtom]:
    """Return the atoms of a predicate whose other arguments agree by name with those of a conclusion.

    Args:
        args: of the conclusion that the expectation matches.
        name: of the predicate that holds the figure.
    """
    target = policy.predicates[name]
    known = {
        argument: term for (argument, _), term in zip(expected.pattern.predicate.args, args, strict=True)
    }
    found = []
    for atom in decision.atoms.named(name, target.arity):
        *others, figure = (term_of(argument) for argument in atom.arguments)
        named = zip((argument for argument, _ in target.args), others, strict=False)
        if isinstance(figure, int) and all(known.get(key, term) == term for key, term in named):
            found.append(FigureAtom(atom, figure))
    return found


def _refusal(case: Case, error: RecordError) -> Iterator[str]:
    """Yield what is wrong with a refusal: everything, unless the case expects it."""
    if case.refused is None:
        yield from (str(problem) for problem in error.problems)
    elif not any(case.refused in text for p in error.problems for text in (p.message, p.help or "")):
        found = "; ".join(problem.message for problem in error.problems)
        yield f"expected a refusal: {case.refused}\n   found another: {found}"


def _because_met(expected: Expectation, provisions: Sequence[str]) -> bool:
    if expected.because is not None and set(expected.because) != set(provisions):
        return False
    return set(expected.because_includes) <= set(provisions)


def _because(one: Conclusion) -> str:
    rules = ", ".join(f"{rule.file}:{rule.line}" for rule in one.rules)
    return f"because {', '.join(one.provisions) or 'of no provision'}{f' ({rules})' if rules else ''}"


def _line(place: Place) -> tuple[str, int | None]:
    return place.file, place.line

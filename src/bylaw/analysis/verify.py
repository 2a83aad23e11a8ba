"""Whether what must never follow follows of some record, and which rules never matter, as far as is tried."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from bylaw.analysis.compare import pairs
from bylaw.analysis.judging import Judging
from bylaw.analysis.standing import Standing, direction, standing, telling
from bylaw.analysis.trials import Trial, Turning, smallest, turning_values
from bylaw.analysis.written import written_term
from bylaw.engine.applicable import Given
from bylaw.engine.program import ground_text
from bylaw.engine.slices import Slicer
from bylaw.engine.solve import Decision
from bylaw.engine.symbols import Symbol, term_of
from bylaw.errors import PolicyError
from bylaw.policy.grounder import problems_of
from bylaw.policy.model import Policy, PropertyText, Role, Rule
from bylaw.tables.terms import Term, Text

TOGETHER = 40
"""How many records are judged at a time."""
OFTEN = 5
"""How often a rule has to conclude something before it is said that it never did so alone."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A record of which something follows that must not.

    Args:
        trial: without a row that could be left out.
        found: what it was before rows were left out.
        says: what follows of it, as atoms.
        raised: for a property of raised figures, the same record with the higher figure.
    """

    trial: Trial
    found: Trial
    says: tuple[str, ...]
    raised: Trial | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A property, and what was found out of it.

    Args:
        tried: how many records it was looked at in.
        breach: the record that it does not hold of; None if none was found.
    """

    property: PropertyText
    tried: int
    breach: Breach | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record of which two outcomes follow where there should be one.

    Args:
        predicate: of the outcomes.
    """

    predicate: str
    breach: Breach


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that concluded only what another rule concludes as well.

    Args:
        beside: those others, in the order of the text.
        times: how often it did.
        trial: a record in which it did, without a row that could be left out.
    """

    rule: Rule
    beside: tuple[Rule, ...]
    times: int
    trial: Trial


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out of a policy.

    Args:
        tried: how many records were judged.
        refused: how many it refuses, or has no result for.
        conflicts: one for each predicate that has any.
        shadowed: rules that never decided anything alone.
        idle: rules that never concluded anything, though a record might make them.
        unreachable: rules that no record can make apply, whatever the readings.
        elsewhere: how many rules apply only where the text is read otherwise.
    """

    policy: Policy
    readings: Mapping[str, str]
    tried: int
    refused: int
    properties: tuple[Kept, ...]
    conflicts: tuple[Conflict, ...]
    shadowed: tuple[Shadowed, ...]
    idle: tuple[Rule, ...]
    unreachable: tuple[Rule, ...]
    elsewhere: int

    @property
    def sound(self) -> bool:
        """Whether every property held and no two outcomes followed at once."""
        return not self.conflicts and all(one.breach is None for one in self.properties)


def verify(
    policy: Policy,
    readings: Mapping[str, str],
    trials: Iterable[Trial],
    more: Iterator[Trial],
    most: int,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> Verification:
    """Try records and return what must not follow and does, and which rules never matter.

    Args:
        readings: switches set otherwise than by default.
        trials: to try first.
        more: to try when these are done.
        most: how many to try at most.
        seed: of the figures that are raised.
        advance: told how many more are tried.
    """
    judging = Judging(policy, readings)
    watches: list[_Watch] = [_Raised(judging, one, seed) for one in policy.properties if one.raised]
    never = tuple(one for one in policy.properties if not one.raised)
    if never:
        watches.insert(0, _Never(judging, never))
    conflicts = _Conflicts(judging)
    rules = _Rules()
    waiting = islice(chain(trials, more), most)
    tried = refused = 0
    while some := list(islice(waiting, TOGETHER)):
        decisions = judging.decisions(some)
        taken = [(some[n], decisions[n]) for n in sorted(decisions)]
        tried += len(taken)
        refused += len(some) - len(taken)
        for trial, decision in taken:
            conflicts.see(trial, decision)
            rules.see(trial, decision)
        for watch in watches:
            watch.see(taken)
        if advance:
            advance(len(some))
    kept = {one.property.name: one for watch in watches for one in watch.told()}
    reached = _reached(policy, readings)
    anyhow = _reached(policy, None)
    own = [rule for rule in policy.encoding.rules if rule.number in reached]
    return Verification(
        policy,
        dict(readings),
        tried,
        refused,
        tuple(kept[one.name] for one in policy.properties),
        tuple(conflicts.told()),
        tuple(rules.shadowed(judging)),
        tuple(rules.idle(policy, own)),
        tuple(rule for rule in policy.encoding.rules if rule.number not in anyhow),
        len(anyhow - reached),
    )


def _reached(policy: Policy, readings: Mapping[str, str] | None) -> set[int]:
    """Return the numbers of the rules that some record can make apply; None for any readings."""
    given = {t.predicate for table in policy.tables.values() if not table.pack for t in table.facts}
    if policy.clock:
        given.add(policy.clock.predicate)
    chosen = None if readings is None else policy.chosen_readings(readings)
    slicer = Slicer(policy.encoding, chosen)
    stated = slicer.given(policy.statements(readings))
    free = Given(frozenset({*given, "reading"} if readings is None else given))
    return {rule.number for rule in slicer.rules([stated, free])}


class _Watch:
    """Looks out for records of which properties do not hold."""

    def __init__(self, judging: Judging, properties: Sequence[PropertyText]) -> None:
        self.judging = judging
        self.properties = properties
        self.tried = 0
        self.found: dict[str, Breach] = {}

    def see(self, taken: Sequence[tuple[Trial, Decision]]) -> None:
        """Look at records with what follows of them; of each property the first breach counts."""
        self.tried += len(taken)
        for property, breach in self.breaches(taken):
            self.found.setdefault(property.name, breach)

    def told(self) -> Iterator[Kept]:
        """Yield what was found, each record as small as it can be."""
        for property in self.properties:
            breach = self.found.get(property.name)
            if breach is not None:
                breach = self._smallest(property, breach)
            yield Kept(property, self.tried, breach)

    def _smallest(self, property: PropertyText, breach: Breach) -> Breach:
        least = smallest(breach.trial, lambda one: self.again(one, property, breach) is not None)
        return self.again(least, property, breach) or breach

    def breaches(self, taken: Sequence[tuple[Trial, Decision]]) -> Iterator[tuple[PropertyText, Breach]]:
        """Yield the properties that do not hold, each with a record."""
        raise NotImplementedError

    def again(self, trial: Trial, property: PropertyText, breach: Breach) -> Breach | None:
        """Return how a property does not hold of a record with fewer rows; None where it does."""
        raise NotImplementedError


class _Never(_Watch):
    """What must never follow."""

    def breaches(self, taken: Sequence[tuple[Trial, Decision]]) -> Iterator[tuple[PropertyText, Breach]]:
        """Yield what follows none the less."""
        yield from self._broken([trial for trial, _ in taken], self.properties)

    def again(self, trial: Trial, property: PropertyText, breach: Breach) -> Breach | None:
        """Look whether it follows of a record with fewer rows."""
        found = next(self._broken([trial], [property]), None)
        return found and Breach(trial, breach.found, found[1].says)

    def _broken(
        self, trials: Sequence[Trial], properties: Sequence[PropertyText]
    ) -> Iterator[tuple[PropertyText, Breach]]:
        uses = frozenset(name for one in properties for name in one.uses)
        text = "\n".join(dict.fromkeys(line for one in properties for line in one.text.splitlines()))
        for own, atoms in self.judging.atoms(trials, uses):
            control, messages = ground_text(text, atoms)
            if messages:  # a property that cannot be evaluated would seem to hold
                raise PolicyError(problems_of(messages, ()))
            for property in properties:
                said: dict[str, list[str]] = {}
                for one in control.symbolic_atoms:
                    if one.symbol.name == property.name:
                        for name in _subjects(one.symbol, own):
                            said.setdefault(name, []).append(self._written(property, one.symbol, name))
                for name in sorted(said):
                    yield property, Breach(own[name], own[name], tuple(sorted(said[name])))

    def _written(self, property: PropertyText, atom: Symbol, name: str) -> str:
        """Write what follows without the name that its subject has among the others."""
        policy = self.judging.policy
        kinds = zip(property.types, map(term_of, atom.arguments), strict=True)
        args = [written_term(policy.types.get(kind), term) for kind, term in kinds if term != Text(name)]
        return f"{property.name}({','.join(args)})" if args else property.name


def _subjects(atom: Symbol, own: Mapping[str, Trial]) -> list[str]:
    return [str(arg.string) for arg in atom.arguments if str(arg).startswith('"') and arg.string in own]


class _Raised(_Watch):
    """That nothing becomes worse by a higher figure."""

    def __init__(self, judging: Judging, property: PropertyText, seed: int) -> None:
        super().__init__(judging, [property])
        self.property = property
        self._chance = random.Random(seed)
        self._turning: Turning = turning_values([judging.policy])

    def breaches(self, taken: Sequence[tuple[Trial, Decision]]) -> Iterator[tuple[PropertyText, Breach]]:
        """Raise one figure of each record to where a comparison turns; yield what is worse for it."""
        raised = [(trial, decision, self._higher(trial)) for trial, decision in taken]
        pairs = [(trial, decision, higher) for trial, decision, higher in raised if higher is not None]
        after = self.judging.decisions([higher for _, _, higher in pairs], self.property.uses)
        for n, (trial, decision, higher) in enumerate(pairs):
            said = self._worse(decision, after[n]) if n in after else ()
            if said:
                yield self.property, Breach(trial, trial, said, higher)

    def again(self, trial: Trial, property: PropertyText, breach: Breach) -> Breach | None:
        """Raise the same figure in the record with fewer rows."""
        assert breach.raised is not None
        changed = _changed_figure(breach.trial, breach.raised)
        higher = changed and _raised_alike(trial, *changed)
        if higher is None:
            return None
        before, after = (self.judging.decisions([one], property.uses) for one in (trial, higher))
        said = self._worse(before[0], after[0]) if 0 in before and 0 in after else ()
        return Breach(trial, breach.found, said, higher) if said else None

    def _worse(self, before: Decision, after: Decision) -> tuple[str, ...]:
        policy, names = self.judging.policy, self.property.uses
        first, second = (standing(policy, one, names) for one in (before, after))
        first = _of(first, before.subject, after.subject)
        return tuple(
            f"{name}({','.join(_others(args, after.subject))}): {_values(stood)} -> {_values(stands)}"
            for (name, args), stood, stands in pairs(first, second, first.undetermined | second.undetermined)
            if direction(policy, name, stood, stands) == "worse"
        )

    def _higher(self, trial: Trial) -> Trial | None:
        """Return a record with one figure raised; None where none can be."""
        assert self.property.raised is not None
        table, column = self.property.raised
        values = self._turning.get((table, column), ())
        found = trial.draft.tables.get(table)
        places = [
            (n, [value for value in values if value > now])
            for n, row in enumerate(found.rows if found else ())
            if isinstance(now := row.value(column), int) and any(value > now for value in values)
        ]
        if not places:
            return None
        position, above = self._chance.choice(places)
        return trial.with_cell(table, position, column, self._chance.choice(above))


def _changed_figure(before: Trial, after: Trial) -> tuple[str, int, str, int] | None:
    """Return table, row number, column and value of the figure that is raised."""
    for name, table in before.draft.tables.items():
        for row, other in zip(table.rows, after.draft.tables[name].rows, strict=True):
            for column, value in other.values.items():
                if isinstance(value, int) and row.value(column) != value:
                    return name, row.number, column, value
    return None


def _raised_alike(trial: Trial, table: str, number: int, column: str, value: int) -> Trial | None:
    rows = trial.draft.tables[table].rows if table in trial.draft.tables else []
    position = next((n for n, row in enumerate(rows) if row.number == number), None)
    return None if position is None else trial.with_cell(table, position, column, value)


def _of(stood: Standing, subject: str, other: str) -> Standing:
    """Return what stands under the name that a subject has in another cohort."""
    states = {
        (name, tuple(Text(other) if arg == Text(subject) else arg for arg in args)): state
        for (name, args), state in stood.states.items()
    }
    return Standing(other, states, stood.undetermined)


def _others(args: Sequence[Term], subject: str) -> list[str]:
    return [str(arg) for arg in args if arg != Text(subject)]


def _values(state: object) -> str:
    values = getattr(state, "values", None)
    return "nothing" if values is None else " and ".join("so" if v is None else str(v) for v in values)


class _Conflicts:
    """Looks out for two outcomes where there should be one: two ranked values of the same thing."""

    def __init__(self, judging: Judging) -> None:
        policy = judging.policy
        self._judging = judging
        self._names = {
            one.name
            for one in policy.conclusions()
            if one.role is Role.CONCLUSION and not one.more and telling(policy, one) is not None
        }
        self._found: dict[str, Trial] = {}

    def see(self, trial: Trial, decision: Decision) -> None:
        """Look at what follows of a record."""
        for (name, _), state in standing(self._judging.policy, decision, self._names).states.items():
            if len(state.values) > 1 and (name not in self._found or trial.rows() < self._found[name].rows()):
                self._found[name] = trial

    def told(self) -> Iterator[Conflict]:
        """Yield what was found, the records as small as they can be."""
        for name, trial in sorted(self._found.items()):
            least = smallest(trial, lambda one, name=name: bool(self._both(one, name)))  # type: ignore[misc]
            yield Conflict(name, Breach(least, trial, tuple(self._both(least, name))))

    def _both(self, trial: Trial, name: str) -> list[str]:
        found = self._judging.standings([trial], [name])
        return [
            f"{name}({','.join(_others(args, stood.subject))}): {_values(state)}"
            for stood in found.values()
            for (_, args), state in stood.states.items()
            if len(state.values) > 1
        ]


@dataclass(slots=True)
class _Seen:
    """What a rule has concluded.

    Args:
        alone: how often no other rule concluded the same.
        times: how often it concluded anything.
        beside: the numbers of the others.
        trial: the smallest record in which it did.
    """

    alone: int = 0
    times: int = 0
    beside: set[int] = field(default_factory=set)
    trial: Trial | None = None


class _Rules:
    """Notes which rules conclude something, and which do it alone."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self._rules: dict[int, Rule] = {}

    def see(self, trial: Trial, decision: Decision) -> None:
        """Note what is behind the conclusions of a record."""
        for one in decision.reported():
            for rule in one.rules:
                self._rules[rule.number] = rule
                seen = self._seen.setdefault(rule.number, _Seen())
                seen.times += 1
                seen.alone += len(one.rules) == 1
                seen.beside.update(other.number for other in one.rules if other is not rule)
                if seen.trial is None or trial.rows() < seen.trial.rows():
                    seen.trial = trial

    def shadowed(self, judging: Judging) -> Iterator[Shadowed]:
        """Yield the rules that concluded nothing alone, with a record as small as it can be."""
        for number, seen in sorted(self._seen.items()):
            if seen.alone or seen.trial is None or seen.times < OFTEN:
                continue
            name = self._rules[number].heads[0][0]

            def still(one: Trial, number: int = number, name: str = name) -> bool:
                found = judging.decisions([one], [name]).values()
                return any(
                    rule.number == number for made in found for c in made.reported() for rule in c.rules
                )

            beside = tuple(self._rules[other] for other in sorted(seen.beside))
            yield Shadowed(self._rules[number], beside, seen.times, smallest(seen.trial, still))

    def idle(self, policy: Policy, rules: Sequence[Rule]) -> Iterator[Rule]:
        """Yield those of some rules that are for conclusions and concluded nothing."""
        reported = {(one.name, one.arity) for one in policy.conclusions()}
        for rule in rules:
            if rule.number not in self._seen and any(head in reported for head in rule.heads):
                yield rule

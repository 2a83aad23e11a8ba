"""Records of which something follows that must not: of a property of the pack, or two outcomes at once."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bylaw.analysis.compare import Change, changes_of
from bylaw.analysis.judging import Judging
from bylaw.analysis.standing import Standing, atoms_of, standing, telling
from bylaw.analysis.trials import Trial, smallest, turning_values
from bylaw.analysis.written import written_atom, written_term
from bylaw.engine.program import ground_text
from bylaw.engine.solve import Decision
from bylaw.engine.symbols import Symbol, term_of
from bylaw.errors import PolicyError
from bylaw.policy.grounder import problems_of
from bylaw.policy.model import PropertyText, Role
from bylaw.tables.terms import Text


@dataclass(frozen=True, slots=True)
class Raise:
    """A figure that is raised.

    Args:
        row: its number in the source.
        value: the higher one.
    """

    table: str
    row: int
    column: str
    value: int

    def of(self, trial: Trial) -> Trial | None:
        """Return a record with the higher figure; None if it has no such row."""
        rows = trial.table(self.table)
        at = next((n for n, row in enumerate(rows) if row.number == self.row), None)
        return None if at is None else trial.with_cell(self.table, at, self.column, self.value)


@dataclass(frozen=True, slots=True)
class Breach:
    """A record of which something follows that must not.

    Args:
        trial: without a row that could be left out.
        says: what follows of it, as a person types it.
        changes: for a property of raised figures, what is worse with the higher one.
        higher: that figure.
    """

    trial: Trial
    says: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    higher: Raise | None = None

    @property
    def raised(self) -> Trial | None:
        """The same record with the higher figure, if there is one."""
        return None if self.higher is None else self.higher.of(self.trial)


@dataclass(frozen=True, slots=True)
class Kept:
    """A property, and what was found out of it.

    Args:
        breach: the record that it does not hold of; None if none was found.
    """

    property: PropertyText
    breach: Breach | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record of which two outcomes follow where there should be one.

    Args:
        predicate: of the outcomes.
    """

    predicate: str
    breach: Breach


Again = Callable[[Trial], Breach | None]
"""Tells how a property does not hold of a record with fewer rows either; None where it does."""
Found = tuple[PropertyText, Breach, Again]


class Watch(ABC):
    """Looks out for records of which properties do not hold.

    Args:
        judging: the policy that states them.
        properties: those that are looked at.
    """

    def __init__(self, judging: Judging, properties: Sequence[PropertyText]) -> None:
        self.judging = judging
        self.properties = properties
        self._found: dict[str, tuple[Breach, Again]] = {}

    def see(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> None:
        """Look at records; of each property the first breach counts.

        Args:
            decisions: what follows of them, by their positions; of some nothing does.
        """
        for property, breach, again in self.breaches(trials, decisions):
            self._found.setdefault(property.name, (breach, again))

    def told(self) -> Iterator[Kept]:
        """Yield what was found, each record as small as it can be."""
        for property in self.properties:
            if property.name not in self._found:
                yield Kept(property, None)
                continue
            breach, again = self._found[property.name]
            least = smallest(breach.trial, lambda one, again=again: again(one) is not None)  # type: ignore[misc]
            yield Kept(property, again(least) or breach)

    @abstractmethod
    def breaches(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> Iterator[Found]:
        """Yield the properties that do not hold, each with a record."""


class NeverFollows(Watch):
    """Looks out for what must never follow."""

    def breaches(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> Iterator[Found]:
        """Yield what follows none the less."""
        for property, breach in self._broken([trials[n] for n in decisions], self.properties):
            yield property, breach, partial(self._again, property)

    def _again(self, property: PropertyText, trial: Trial) -> Breach | None:
        return next((one for _, one in self._broken([trial], [property])), None)

    def _broken(
        self, trials: Sequence[Trial], properties: Sequence[PropertyText]
    ) -> Iterator[tuple[PropertyText, Breach]]:
        uses = frozenset(name for one in properties for name in one.uses)
        text = "\n".join(dict.fromkeys(line for one in properties for line in one.text.splitlines()))
        for own, atoms in self.judging.atoms(trials, uses):
            control, messages = ground_text(text, atoms, solved=False)
            if messages:  # a property that cannot be evaluated would seem to hold
                raise PolicyError(problems_of(messages, ()))
            for property in properties:
                said: dict[str, list[str]] = {}
                for one in control.symbolic_atoms.by_signature(property.name, len(property.types)):
                    for name in _subjects(one.symbol, own):
                        said.setdefault(name, []).append(self._written(property, one.symbol, name))
                for name in sorted(said):
                    yield property, Breach(own[name], tuple(sorted(said[name])))

    def _written(self, property: PropertyText, atom: Symbol, name: str) -> str:
        """Write what follows without the name that its subject has among the others."""
        policy = self.judging.policy
        kinds = zip(property.types, map(term_of, atom.arguments), strict=True)
        args = [written_term(policy.types.get(kind), term) for kind, term in kinds if term != Text(name)]
        return f"{property.name}({','.join(args)})" if args else property.name


def _subjects(atom: Symbol, own: Mapping[str, Trial]) -> list[str]:
    terms = map(term_of, atom.arguments)
    return [term.value for term in terms if isinstance(term, Text) and term.value in own]


class NeverWorse(Watch):
    """Looks out for what is worse with a higher figure.

    Args:
        property: what is raised, and what may not become worse.
        seed: of the figures that are raised.
    """

    def __init__(self, judging: Judging, property: PropertyText, seed: int) -> None:
        super().__init__(judging, [property])
        assert property.raised is not None
        self._table, self._column = property.raised
        self._values = turning_values([judging.policy]).get(property.raised, ())
        self._names = property.uses
        self._chance = random.Random(seed)

    def breaches(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> Iterator[Found]:
        """Raise one figure of each record to where a comparison turns; yield what is worse for it."""
        raises = [self._raise(trial) for trial in trials]
        # As many records as before, so that each has the name that it had.
        higher = [
            (how.of(trial) if how else None) or trial for how, trial in zip(raises, trials, strict=True)
        ]
        after = self.judging.decisions(higher, self._names)
        for n, decision in decisions.items():
            how = raises[n]
            worse = self._worse(decision, after[n]) if how and n in after else ()
            if how and worse:
                breach = Breach(trials[n], changes=worse, higher=how)
                yield self.properties[0], breach, partial(self._again, how)

    def _again(self, how: Raise, trial: Trial) -> Breach | None:
        higher = how.of(trial)
        if higher is None:
            return None
        before, after = (self.judging.decisions([one], self._names) for one in (trial, higher))
        worse = self._worse(before[0], after[0]) if before and after else ()
        return Breach(trial, changes=worse, higher=how) if worse else None

    def _worse(self, before: Decision, after: Decision) -> tuple[Change, ...]:
        policy = self.judging.policy
        sides = (standing(policy, one, self._names) for one in (before, after))
        return tuple(change for change in changes_of(policy, *sides) if change.direction == "worse")

    def _raise(self, trial: Trial) -> Raise | None:
        """Choose a figure of a record and a higher value of it; None where there is none."""
        places = [
            (row.number, above)
            for row in trial.table(self._table)
            if isinstance(now := row.value(self._column), int)
            and (above := [value for value in self._values if value > now])
        ]
        if not places:
            return None
        row, above = self._chance.choice(places)
        return Raise(self._table, row, self._column, self._chance.choice(above))


class Conflicts:
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

    def see(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> None:
        """Look at records with what follows of them; the one with the fewest rows counts."""
        for n, decision in decisions.items():
            for name in self._both(standing(self._judging.policy, decision, self._names)):
                if name not in self._found or trials[n].rows() < self._found[name].rows():
                    self._found[name] = trials[n]

    def told(self) -> Iterator[Conflict]:
        """Yield what was found, the records as small as they can be."""
        for name, trial in sorted(self._found.items()):

            def said(one: Trial, name: str = name) -> list[str]:
                found = self._judging.standings([one], [name]).values()
                return [text for stood in found for text in self._both(stood).get(name, ())]

            least = smallest(trial, lambda one, said=said: bool(said(one)))  # type: ignore[misc]
            yield Conflict(name, Breach(least, tuple(said(least))))

    def _both(self, stood: Standing) -> dict[str, list[str]]:
        """Return the outcomes that stand together, as a person types them, by predicate."""
        policy = self._judging.policy
        found: dict[str, list[str]] = {}
        for key, state in stood.states.items():
            if len(state.values) > 1:
                predicate = policy.predicates[key[0]]
                atoms = [written_atom(policy, predicate, args) for args in atoms_of(policy, key, state)]
                found.setdefault(key[0], []).append(" and ".join(atoms))
        return found

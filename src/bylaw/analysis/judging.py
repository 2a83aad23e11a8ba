"""Judges records to try by one policy, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bylaw import watch
from bylaw.analysis.standing import Standing, standing
from bylaw.analysis.trials import Trial, together
from bylaw.engine.editions import open_engine
from bylaw.engine.solve import Decision
from bylaw.engine.symbols import Symbol
from bylaw.errors import PolicyError, SolveError
from bylaw.policy.model import Policy
from bylaw.records.model import Records

TOGETHER = 40
"""How many records a search judges at a time."""
_WITHOUT_RESULT = (SolveError, PolicyError)
"""What is raised for a record that the rules give no result: no answer set, or a term that has no value."""


class Judging:
    """A policy that records are judged by; a record that it refuses, or has no result for, is left out.

    Args:
        policy: the checked pack.
        readings: switches set otherwise than by default.
    """

    def __init__(self, policy: Policy, readings: Mapping[str, str]) -> None:
        self.policy = policy
        self.readings = readings
        self._engine = open_engine(policy, readings)

    def decisions(
        self, trials: Sequence[Trial], wanted: Collection[str] | None = None
    ) -> dict[int, Decision]:
        """Return what follows, by the position of the trial, in order.

        Of several trials, each subject has a name of its own: the same in every list that is as long.

        Args:
            wanted: the predicates that are asked for; all unless given.
        """
        watch.pulse()  # each is a step of its own
        positions = {id(trial): n for n, trial in enumerate(trials)}
        found = {
            positions[id(own[decision.subject])]: decision
            for cohort, own in together(self.policy, trials)
            for decision in self._decided(cohort, wanted)
        }
        return dict(sorted(found.items()))

    def standings(self, trials: Sequence[Trial], names: Collection[str]) -> dict[int, Standing]:
        """Return what stands of some conclusions, by the position of the trial, in order."""
        found = self.decisions(trials, names)
        return {n: standing(self.policy, decision, names) for n, decision in found.items()}

    def atoms(
        self, trials: Sequence[Trial], names: frozenset[str]
    ) -> Iterator[tuple[dict[str, Trial], list[Symbol]]]:
        """Yield what is certain of some predicates, and of which trials, by the names they have there."""
        watch.pulse()
        for cohort, own in together(self.policy, trials):
            for part, found in self._certain(cohort, names):
                stated = self._engine.stated(part, names)
                yield {name: own[name] for name in part.subjects}, sorted(found | stated)

    def _decided(self, cohort: Records, wanted: Collection[str] | None) -> Iterator[Decision]:
        try:
            yield from list(self._engine.decide_all(cohort, wanted=wanted))
        except _WITHOUT_RESULT:
            if len(cohort.subjects) > 1:
                for subject in cohort.subjects:
                    yield from self._decided(cohort.only((subject,)), wanted)

    def _certain(self, cohort: Records, names: frozenset[str]) -> Iterator[tuple[Records, frozenset[Symbol]]]:
        """Yield what is certain of a cohort, or of each subject who has a result where not all have."""
        try:
            found = self._engine.certain_atoms(cohort, cohort.subjects, names)
        except _WITHOUT_RESULT:
            if len(cohort.subjects) > 1:
                for subject in cohort.subjects:
                    yield from self._certain(cohort.only((subject,)), names)
        else:
            yield cohort, found

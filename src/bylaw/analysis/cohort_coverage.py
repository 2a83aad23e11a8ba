"""Which provisions decide the subjects of a cohort."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bylaw.analysis.case_traces import provisions_behind
from bylaw.engine.given import by_atom
from bylaw.engine.solve import Engine, subject_position
from bylaw.engine.symbols import Symbol
from bylaw.explain.trace import Tracer
from bylaw.policy.model import Policy, Provision, Status
from bylaw.records.model import Records
from bylaw.tables.terms import Fact

BATCH = 10
"""How many subjects are traced together."""

Progress = Callable[[int, int], None]
"""Is told how many subjects are done, and of how many."""


@dataclass(frozen=True, slots=True)
class ProvisionReach:
    """How many subjects a provision decides.

    Args:
        first: one of them, the first in the order of the records; empty if there is none.
    """

    provision: Provision
    decided: int
    first: str

    @property
    def encoded(self) -> bool:
        """Whether a rule, a limit or a table holds it."""
        return self.provision.status in (Status.ENCODED, Status.GROUP)

    @property
    def undecided(self) -> bool:
        """Whether it is encoded and decides nobody."""
        return self.encoded and not self.decided


@dataclass(frozen=True, slots=True)
class CohortCoverage:
    """What the subjects of a cohort are decided by.

    Args:
        source: where the records come from.
        provisions: in the order of the text, without headings that have no rules.
    """

    policy: Policy
    source: str
    readings: Mapping[str, str]
    subjects: int
    provisions: tuple[ProvisionReach, ...]

    @property
    def complete(self) -> bool:
        """Whether each encoded provision decides somebody."""
        return not any(one.undecided for one in self.provisions)


def cover_cohort(
    engine: Engine, records: Records, *, progress: Progress | None = None, processes: int | None = None
) -> CohortCoverage:
    """Decide all subjects of a cohort and tell which provisions are behind what follows for them.

    A provision decides a subject if a rule under its tag is used on the way to one of the subject's
    conclusions or findings, or a limit, a reading or a table that states it.

    Args:
        engine: of the policy and the readings.
        progress: is told of the subjects that are done.
        processes: how many share the work; by default one for each processor.
    """
    policy = engine.policy
    batches: list[tuple[str, ...]] = []
    workers: dict[str, _Worker] = {}
    for edition, subjects in _by_edition(engine, records).items():
        workers[edition] = _Worker(engine.applying(records, subjects[0]), records)
        batches += (tuple(subjects[n : n + BATCH]) for n in range(0, len(subjects), BATCH))
    editions = {subject: edition for edition, own in _by_edition(engine, records).items() for subject in own}
    found: dict[str, frozenset[str]] = {}
    jobs = [(editions[batch[0]], batch) for batch in batches]
    for told in _worked(workers, jobs, min(processes or os.cpu_count() or 1, len(jobs))):
        found |= told
        if progress is not None:
            progress(len(found), len(records.subjects))
    deciding: dict[str, list[str]] = {}
    for subject in records.subjects:
        for pid in found[subject]:
            deciding.setdefault(pid, []).append(subject)
    tagged = {pid for rule in policy.encoding.rules for pid in rule.provisions}
    return CohortCoverage(
        policy,
        records.source,
        engine.readings,
        len(records.subjects),
        tuple(
            ProvisionReach(one, len(deciding.get(one.id, ())), next(iter(deciding.get(one.id, ())), ""))
            for one in policy.provisions.values()
            if one.status is not Status.GROUP or one.id in tagged
        ),
    )


def _by_edition(engine: Engine, records: Records) -> dict[str, list[str]]:
    """Return the subjects by the edition of the text that applies to them."""
    found: dict[str, list[str]] = {}
    for subject in records.subjects:
        found.setdefault(engine.applying(records, subject).policy.edition, []).append(subject)
    return found


class _Worker:
    """Traces subjects that one edition applies to."""

    def __init__(self, engine: Engine, records: Records) -> None:
        self._engine = engine
        self._records = records
        self._tracer = Tracer(engine.policy)
        self._facts: dict[Symbol, tuple[Fact, ...]] = by_atom(engine.policy.statements(engine.readings))
        self._names = frozenset({*engine.policy.predicates, "limit", "reading"})
        self._told = [(p, subject_position(p, engine.policy.subject)) for p in engine.policy.conclusions()]

    def provisions(self, subjects: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return what decides each of some subjects."""
        atoms = self._engine.certain_atoms(self._records, subjects, self._names)
        traced = self._tracer.trace(atoms, sides=False)
        own: dict[str, list[Symbol]] = {subject: [] for subject in subjects}
        for predicate, where in self._told:
            if where is not None:
                for atom in traced.atoms(predicate.name, predicate.arity):
                    own[atom.arguments[where].string].append(atom)
        policy = self._engine.policy
        return {
            subject: frozenset(provisions_behind(policy, traced.behind(told, failing=False), self._facts))
            for subject, told in own.items()
        }


_Job = tuple[str, tuple[str, ...]]
"""An edition and some of its subjects."""
_shared: Mapping[str, _Worker] = {}
"""What the processes of one run inherit: syntax trees cannot be sent to them."""


def _worked(
    workers: Mapping[str, _Worker], jobs: Sequence[_Job], processes: int
) -> Iterator[dict[str, frozenset[str]]]:
    global _shared
    _shared = workers
    try:
        if processes < 2 or not sys.platform.startswith("linux"):
            yield from map(_work, jobs)
            return
        gc.freeze()  # what the processes share is not looked through by each of them
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap_unordered(_work, jobs)
    finally:
        gc.unfreeze()
        _shared = {}


def _work(job: _Job) -> dict[str, frozenset[str]]:
    edition, subjects = job
    return _shared[edition].provisions(subjects)

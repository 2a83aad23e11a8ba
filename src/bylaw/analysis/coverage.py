"""What the cases of a pack cover: provisions decided and not, the sides of limits, readings that matter."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bylaw.analysis.case_traces import ABOVE, AT, BELOW, CaseTrace, CaseTracer, bounded_columns
from bylaw.policy.cases import Case, load_cases
from bylaw.policy.model import Limit, Policy, Provision, Reading, Rule, Status

CASES_FOR_A_PROCESS = 40
"""How many cases make another process worth its start."""

Progress = Callable[[int, int], None]
"""Is told how many cases are done, and of how many."""
SIDES = {BELOW: "below", AT: "at", ABOVE: "above"}
"""The words for the sides of a limit."""


@dataclass(frozen=True, slots=True)
class ProvisionCoverage:
    """How the cases treat a provision.

    Args:
        rules: those that carry its tag.
        decided: the cases that it decides.
        not_decided: the cases that it could decide and does not.
    """

    provision: Provision
    rules: tuple[Rule, ...]
    decided: tuple[Case, ...]
    not_decided: tuple[Case, ...]

    @property
    def encoded(self) -> bool:
        """Whether a rule, a limit or a table holds it."""
        return self.provision.status in (Status.ENCODED, Status.GROUP)

    @property
    def undecided(self) -> bool:
        """Whether it is encoded and decides no case."""
        return self.encoded and not self.decided

    @property
    def unopposed(self) -> bool:
        """Whether it is encoded and there is no case that it does not decide."""
        return self.encoded and not self.not_decided


@dataclass(frozen=True, slots=True)
class LimitCoverage:
    """On which sides of a limit the cases have figures.

    Args:
        sides: the first case with a figure BELOW, AT and ABOVE it.
        why: why no case can show any; empty if it is compared with figures.
    """

    limit: Limit
    sides: dict[int, Case]
    why: str = ""

    @property
    def missing(self) -> tuple[int, ...]:
        """The sides that no case shows, without those that the pack declares impossible."""
        if self.why:
            return ()
        return tuple(
            s for s, word in SIDES.items() if s not in self.sides and word not in self.limit.impossible
        )

    @property
    def contradicted(self) -> tuple[int, ...]:
        """The sides that the pack declares impossible and a case shows."""
        return tuple(s for s, word in SIDES.items() if s in self.sides and word in self.limit.impossible)


@dataclass(frozen=True, slots=True)
class ReadingCoverage:
    """Whether the cases show that it matters how an open question is read.

    Args:
        flipped: for each alternative besides the default the first case that takes it and fails without.
    """

    reading: Reading
    flipped: dict[str, Case]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The alternatives besides the default."""
        return tuple(value for value in self.reading.readings if value != self.reading.default)

    @property
    def missing(self) -> tuple[str, ...]:
        """The alternatives on which no case hangs."""
        return tuple(value for value in self.alternatives if value not in self.flipped)


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that fails, and therefore shows nothing."""

    case: Case
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the cases of a pack cover.

    Args:
        provisions: in the order of the text, without headings that have no rules.
        groups: those headings.
        untagged: the rules that stand under no provision.
        cases: how many there are, failing ones included.
    """

    policy: Policy
    provisions: tuple[ProvisionCoverage, ...]
    groups: tuple[Provision, ...]
    limits: tuple[LimitCoverage, ...]
    readings: tuple[ReadingCoverage, ...]
    untagged: tuple[Rule, ...]
    cases: int
    failing: tuple[Failure, ...]

    @property
    def complete(self) -> bool:
        """Whether all is covered.

        Each encoded provision decides a case, each limit is shown from the sides that are possible and from
        no other, and each alternative of a reading changes what a case expects.
        """
        return not (
            any(one.undecided for one in self.provisions)
            or any(one.missing or one.contradicted for one in self.limits)
            or any(one.missing for one in self.readings)
        )

    def only(self, provision: str) -> Coverage:
        """Return the part on one provision and those below it, with their limits."""

        def within(pid: str) -> bool:
            return pid == provision or pid.startswith(f"{provision}.")

        return Coverage(
            self.policy,
            tuple(one for one in self.provisions if within(one.provision.id)),
            tuple(one for one in self.groups if within(one.id)),
            tuple(one for one in self.limits if within(one.limit.provision)),
            tuple(one for one in self.readings if any(map(within, one.reading.provisions))),
            self.untagged,
            self.cases,
            self.failing,
        )


def cover(policy: Policy, *, progress: Progress | None = None, processes: int | None = None) -> Coverage:
    """Run the cases of a policy and tell what they cover.

    Args:
        policy: the checked pack.
        progress: is told of each case that is done.
        processes: how many share the work; by default one for each processor, as far as there are cases.
    """
    cases = load_cases(policy)
    tracer = CaseTracer(policy)
    if processes is None:
        processes = min(os.cpu_count() or 1, len(cases) // CASES_FOR_A_PROCESS)
    traces: list[CaseTrace] = []
    flips: list[_Flip] = []
    for found in _worked(tracer, cases, processes):
        if isinstance(found, _Flip):
            flips.append(found)
            continue
        traces.append(found)
        if progress is not None:
            progress(len(traces), len(cases))
    return _coverage(tracer, cases, sorted(traces, key=lambda trace: trace.number), flips)


@dataclass(frozen=True, slots=True)
class _Flip:
    """An alternative of a reading, and the first case that hangs on it."""

    reading: str
    alternative: str
    case: int | None = None


_Job = int | _Flip
"""A case to trace, by its number, or an alternative to look for a case of."""
_shared: tuple[CaseTracer, Sequence[Case]] | None = None
"""What the processes of one run inherit: syntax trees cannot be sent to them."""


def _worked(tracer: CaseTracer, cases: Sequence[Case], processes: int) -> Iterator[CaseTrace | _Flip]:
    """Yield a trace of each case and an answer on each alternative, in any order."""
    global _shared
    # Cases of the same readings stand together, for each choice of them has an engine of its own.
    order = sorted(range(len(cases)), key=lambda n: sorted(cases[n].readings.items()))
    alternatives = [
        _Flip(one.name, value)
        for one in tracer.policy.readings.values()
        for value in one.readings
        if value != one.default
    ]
    jobs: list[_Job] = [*order, *alternatives]
    _shared = (tracer, cases)
    if processes < 2 or not sys.platform.startswith("linux"):
        yield from map(_work, jobs)
        _shared = None
        return
    gc.freeze()  # what the processes share is not looked through by each of them
    try:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            yield from pool.imap_unordered(_work, jobs, chunksize=5)
    finally:
        gc.unfreeze()
        _shared = None


def _work(job: _Job) -> CaseTrace | _Flip:
    assert _shared is not None
    tracer, cases = _shared
    if isinstance(job, _Flip):
        reading, taken = job.reading, job.alternative
        takes = (n for n, case in enumerate(cases) if case.readings.get(reading) == taken)
        return replace(job, case=next((n for n in takes if tracer.hangs_on(cases[n], reading)), None))
    return tracer.trace(cases[job], job)


def _coverage(
    tracer: CaseTracer, cases: Sequence[Case], traces: Sequence[CaseTrace], flips: Sequence[_Flip]
) -> Coverage:
    policy = tracer.policy
    decided: dict[str, list[Case]] = {}
    not_decided: dict[str, list[Case]] = {}
    sides: dict[str, dict[int, Case]] = {}
    flipped: dict[str, dict[str, Case]] = {}
    for flip in flips:
        if flip.case is not None:
            flipped.setdefault(flip.reading, {})[flip.alternative] = cases[flip.case]
    for trace in traces:
        case = cases[trace.number]
        for provision in trace.decided:
            decided.setdefault(provision, []).append(case)
        for provision in trace.not_decided:
            not_decided.setdefault(provision, []).append(case)
        for limit, side in trace.sides:
            sides.setdefault(limit, {}).setdefault(side, case)
    rules: dict[str, list[Rule]] = {}
    for rule in policy.encoding.rules:
        for provision in rule.provisions:
            rules.setdefault(provision, []).append(rule)
    return Coverage(
        policy,
        tuple(
            ProvisionCoverage(
                one,
                tuple(rules.get(one.id, ())),
                tuple(decided.get(one.id, ())),
                tuple(not_decided.get(one.id, ())),
            )
            for one in policy.provisions.values()
            if one.status is not Status.GROUP or one.id in rules
        ),
        tuple(
            one for one in policy.provisions.values() if one.status is Status.GROUP and one.id not in rules
        ),
        tuple(
            LimitCoverage(limit, sides.get(limit.name, {}), _why(tracer, limit))
            for limit in policy.limits.values()
        ),
        tuple(ReadingCoverage(one, flipped.get(one.name, {})) for one in policy.readings.values()),
        tuple(rule for rule in policy.encoding.rules if not rule.provisions),
        len(cases),
        tuple(Failure(cases[t.number], t.failures) for t in traces if t.failures),
    )


def _why(tracer: CaseTracer, limit: Limit) -> str:
    """Say why no case can have a figure on a side of a limit; empty if one can."""
    policy, found = tracer.policy, tracer.tracer.sides
    named = {p.value.bound for p in policy.predicates.values() if p.value}
    bounding = {name for _, c in bounded_columns(policy) for name in (c.minimum_limit, c.maximum_limit)}
    if limit.name in found.compared | named | bounding:
        return ""
    if limit.name in found.fixed:
        return "compared only with what the pack itself states"
    return "not compared with a figure of a record"

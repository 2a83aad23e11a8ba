"""A whole cohort, worked through in batches by as many processes as the machine is wide, or elsewhere."""

from __future__ import annotations

import os
import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Generic, Protocol, TypeVar

from bylaw import watch
from bylaw.engine.forked import Forked, can_fork
from bylaw.engine.workers import Exceeded, Limits, Lost, Work, Worker, fork_worker
from bylaw.errors import BylawError, Fault, LimitExceeded, Problem, UsageError
from bylaw.policy.model import Policy
from bylaw.records.model import Records
from bylaw.records.packed import pack_records, unpack_records

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")

BATCH = 100
"""How many subjects are worked on together; `benchmarks/cohorts.py` compares others."""
LIFETIME = 1_000
"""After how many subjects a worker is replaced, if it has not grown heavy before."""
DEFAULT_LIMITS = Limits(watch.SECONDS, watch.MEBIBYTES)
"""What a subject may take in a worker, unless told otherwise."""
GIVEN_UP = 8
"""Where so many subjects hit a limit and nobody has a result, the others are not tried."""
_AHEAD = 3
"""How many batches are under way or waiting, for each worker."""


class Hand(Protocol):
    """Does one task at a time, somewhere: `Worker` says how."""

    def run(self, task: bytes, weight: int, seconds: float | None = None) -> Any:
        """Do a task and return what came of it."""

    def stop(self) -> None:
        """End at once."""

    def close(self) -> None:
        """End; there is nothing to do any more."""


class Task(Protocol[R_co]):
    """What is to be found out of the subjects of a batch. It travels to workers, so it can be pickled."""

    def begin(self, policy: Policy) -> Callable[[Records], R_co]:
        """Return what does it, in the process that does it; called once there.

        The function takes records of some subjects, and raises a `BylawError` where one of them has no
        result; each of them is then tried alone.
        """


@dataclass(frozen=True, slots=True)
class Batch(Generic[R]):
    """What was found out of some subjects, in the order in which they were given."""

    subjects: tuple[str, ...]
    value: R


@dataclass(frozen=True, slots=True)
class Failure:
    """A subject of whom nothing could be found out.

    Args:
        problems: what is wrong, each naming the subject.
        limit: whether a limit on time or memory was hit.
    """

    subject: str
    problems: tuple[Problem, ...]
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Effort:
    """How a cohort is worked through.

    Args:
        workers: processes; 1 works in this process, where nothing can be cut short. None is as many as the
            machine has processors for this one.
        batch: how many subjects are worked on together.
        lifetime: after how many subjects a worker is replaced at the latest.
        limits: on one subject; those that are set are kept by at least one worker.
        on: the address of a Dask scheduler whose workers do it, in place of processes of this machine.
    """

    workers: int | None = None
    batch: int = BATCH
    lifetime: int = LIFETIME
    limits: Limits | None = None
    on: str | None = None

    def width(self, *, several: bool) -> int:
        """Return how many processes may be started; 0 for none.

        Args:
            several: whether there is more than one batch.
        """
        wished = processors() if self.workers is None else self.workers
        useful = wished if several else 1
        if self.limits is not None:
            return useful
        return useful if useful > 1 else 0


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_through(
    task: Task[R],
    policy: Policy,
    records: Records,
    subjects: Iterable[str],
    effort: Effort | None = None,
) -> Iterator[Batch[R] | Failure]:
    """Find out something of each subject, in the order given, whatever the number of workers.

    A worker that dies is replaced and its batch done again; a subject whose worker dies each time, or hits a
    limit, is a failure, and so is one whom the rules give no result. The others have theirs.

    Args:
        task: what to find out.
        policy: the pack, which each worker gets once.
        records: with these subjects.
        subjects: who; read as the work goes on.
        effort: how; as the machine allows unless told.
    """
    effort = effort or Effort()
    batches = _cut(subjects, effort.batch)
    if effort.on is not None:
        yield from _shared(_crew_elsewhere(task, policy, effort, effort.on), records, batches)
        return
    first = list(islice(batches, 2))
    width = effort.width(several=len(first) > 1)
    batches = chain(first, batches)
    if not width:
        do = task.begin(policy)
        for batch in batches:
            yield from _tried(do, records.only(batch))
        return
    yield from _shared(_crew_here(task, policy, effort, width), records, batches)


def _crew_here(task: Task[R], policy: Policy, effort: Effort, width: int) -> _Crew:
    limits = effort.limits or DEFAULT_LIMITS
    setup = _setup(task, policy)
    first: list[Forked] = []
    if width == 1 and watch.looked_at() and can_fork():
        # For a small cohort, to load everything anew would cost more than the work.
        first.append(fork_worker(_Clerk(task, policy), limits))

    def hire() -> Worker:
        return Worker(setup, effort.lifetime, limits, first.pop() if first else None)

    def dismiss() -> None:
        for process in first:
            process.kill()
            process.wait()

    return _Crew(width, limits, hire, dismiss)


def _crew_elsewhere(task: Task[R], policy: Policy, effort: Effort, address: str) -> _Crew:
    from bylaw.engine.elsewhere import Elsewhere

    limits = effort.limits or DEFAULT_LIMITS
    there = Elsewhere(address, _setup(task, policy), effort.lifetime, limits)
    return _Crew(there.width, limits, there.hand, there.close)


def _setup(task: Task[Any], policy: Policy) -> bytes:
    return pickle.dumps(_Clerk(task, policy), pickle.HIGHEST_PROTOCOL)


def _shared(
    crew: _Crew, records: Records, batches: Iterable[tuple[str, ...]]
) -> Iterator[Batch[Any] | Failure]:
    try:
        yield from crew.results(records, batches)
    finally:
        crew.stop()


class _Crew:
    """Workers that share the batches of a cohort.

    Args:
        width: how many.
        limits: on one subject.
        hire: makes one of them.
        dismiss: called once all have ended.
    """

    def __init__(
        self,
        width: int,
        limits: Limits,
        hire: Callable[[], Hand],
        dismiss: Callable[[], None] = lambda: None,
    ) -> None:
        self._width, self._limits = width, limits
        self._hire, self._dismiss = hire, dismiss
        self._own = threading.local()
        self._workers: list[Hand] = []
        self._hits = 0
        self._answered = False
        self._threads = ThreadPoolExecutor(width, "worker")

    def results(self, records: Records, batches: Iterable[tuple[str, ...]]) -> Iterator[Batch[Any] | Failure]:
        """Yield what is found, in the order of the batches; only some of them are held at a time."""
        under_way: deque[Future[list[Batch[Any] | Failure]]] = deque()
        for batch in batches:
            under_way.append(self._threads.submit(self._do, records, batch))
            while len(under_way) >= self._width * _AHEAD:
                yield from self._done(under_way.popleft())
        while under_way:
            yield from self._done(under_way.popleft())

    @staticmethod
    def _done(work: Future[list[Batch[Any] | Failure]]) -> list[Batch[Any] | Failure]:
        """Wait for a batch, whose worker has limits of its own."""
        with watch.away():
            return work.result()

    def stop(self) -> None:
        """End every worker, also in the middle of its work."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown()
        for worker in self._workers:
            worker.close()
        self._dismiss()

    def _do(self, records: Records, batch: tuple[str, ...]) -> list[Batch[Any] | Failure]:
        if self._hits >= GIVEN_UP and not self._answered:
            return [_untried(subject) for subject in batch]
        worker = self._worker()
        data = pack_records(records, batch)
        for _ in range(2):
            try:
                found: list[Batch[Any] | Failure] = worker.run(data, len(batch), self._time(len(batch)))
            except Exceeded as limit:
                if len(batch) == 1:
                    self._hits += 1
                    message = f"a limit was hit: {limit.how}"
                    help = "allow more, or look for a rule that grounds without end or is too large"
                    return [Failure(batch[0], (Problem(message, None, help, batch[0]),), limit=True)]
                break
            except Lost as loss:
                how = loss.how
            else:
                self._answered = True
                return found
        else:
            if len(batch) == 1:
                message = f"the process that worked on it ended each time ({how})"
                return [Failure(batch[0], (Problem(message, subject=batch[0]),), limit=True)]
        # One of them is to blame; the others have their results.
        return [one for subject in batch for one in self._do(records, (subject,))]

    def _time(self, subjects: int) -> float | None:
        seconds = self._limits.seconds
        return None if seconds is None else seconds + (subjects - 1) * min(1.0, seconds / 10)

    def _worker(self) -> Hand:
        if not hasattr(self._own, "worker"):
            self._own.worker = self._hire()
            self._workers.append(self._own.worker)
        worker: Hand = self._own.worker
        return worker


@dataclass(frozen=True, slots=True)
class _Clerk(Work):
    """A task with the pack that it is about."""

    task: Task[Any]
    policy: Policy

    def begin(self) -> Callable[[bytes], list[Batch[Any] | Failure]]:
        """Return what does a batch of packed records."""
        do = self.task.begin(self.policy)
        return lambda data: list(_tried(do, unpack_records(self.policy, data)))


def _tried(do: Callable[[Records], R], records: Records) -> Iterator[Batch[R] | Failure]:
    """Do a batch, and each subject alone where one of them has no result."""
    subjects = records.subjects
    try:
        yield Batch(subjects, do(records))
    except BylawError as error:
        if len(subjects) == 1:
            yield _failure(subjects[0], error)
            return
        for subject in subjects:
            yield from _tried(do, records.only((subject,)))


def _untried(subject: str) -> Failure:
    message = f"not tried, since each of the first {GIVEN_UP} hit a limit and nobody had a result"
    return Failure(subject, (Problem(message, None, "look for a rule that grounds too much", subject),), True)


def _failure(subject: str, error: BylawError) -> Failure:
    if isinstance(error, UsageError | Fault):
        raise error
    named = tuple(
        Problem(one.message, one.place, one.help, one.subject or subject, one.field) for one in error.problems
    )
    return Failure(subject, named, limit=isinstance(error, LimitExceeded))


def _cut(subjects: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    batch: list[str] = []
    for subject in subjects:
        batch.append(subject)
        if len(batch) == size:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)

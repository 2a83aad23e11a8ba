"""Tells of each student of a cohort, in order: from the store what is known, from workers the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bylaw.analysis.store import Keys, Store
from bylaw.engine.cohort import Effort, Failure, Task, work_through
from bylaw.policy.model import Policy
from bylaw.records.model import Records

_FETCHED = 100
"""How many kept results are read at a time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a student.

    Args:
        text: as the task wrote it.
        kept: whether it comes from an earlier run.
    """

    subject: str
    text: str
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Where results are kept, and under which keys."""

    store: Store
    keys: Keys


def tell_all(
    task: Task[list[str]],
    policy: Policy,
    records: Records,
    subjects: Sequence[str],
    effort: Effort | None = None,
    memory: Memory | None = None,
) -> Iterator[Told | Failure]:
    """Tell of subjects in the order given, each derived only if what it depends on has changed.

    Args:
        task: tells of each subject of a batch, in its order.
        memory: where results are kept; nothing is kept unless given.
    """
    keys = {subject: memory.keys.key(records, subject) for subject in subjects} if memory else {}
    kept = memory.store.holds(list(keys.values())) if memory else set()
    missing = [subject for subject in subjects if keys.get(subject) not in kept]
    derived = _derived(task, policy, records, missing, effort, memory, keys)
    remembered = _remembered(memory, [keys[s] for s in subjects if keys.get(s) in kept])
    alone: Callable[[Records], list[str]] | None = None
    for subject in subjects:
        if keys.get(subject) not in kept:
            yield next(derived)
            continue
        text = next(remembered)
        if text is not None:
            yield Told(subject, text, kept=True)
            continue
        # It was there a moment ago: somebody has cleared the store.
        alone = alone or task.begin(policy)
        for one in work_through(_Begun(alone), policy, records, (subject,), Effort(workers=1)):
            yield one if isinstance(one, Failure) else Told(subject, one.value[0])


def _derived(
    task: Task[list[str]],
    policy: Policy,
    records: Records,
    subjects: Sequence[str],
    effort: Effort | None,
    memory: Memory | None,
    keys: dict[str, bytes],
) -> Iterator[Told | Failure]:
    """Yield what is derived of subjects, in their order, and keep it."""
    if not subjects:
        return
    for found in work_through(task, policy, records, subjects, effort, len(subjects)):
        if isinstance(found, Failure):
            yield found
            continue
        pairs = list(zip(found.subjects, found.value, strict=True))
        if memory:
            memory.store.keep({keys[subject]: text for subject, text in pairs})
        yield from (Told(subject, text) for subject, text in pairs)


def _remembered(memory: Memory | None, keys: Sequence[bytes]) -> Iterator[str | None]:
    """Yield what is kept under keys, some of them read at a time; None where nothing is any more."""
    if memory is None:
        return
    for start in range(0, len(keys), _FETCHED):
        some = keys[start : start + _FETCHED]
        found = memory.store.known(some)
        yield from (found.get(key) for key in some)


@dataclass(frozen=True, slots=True)
class _Begun(Task[list[str]]):
    """A task that is at work in this process already."""

    do: Callable[[Records], list[str]]

    def begin(self, policy: Policy) -> Callable[[Records], list[str]]:
        """Return what does it."""
        del policy
        return self.do

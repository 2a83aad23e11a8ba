"""Tells of each student of a cohort, in order: from the store what is known, from workers the rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bylaw.analysis.store import Keys, Store
from bylaw.engine.cohort import Effort, Failure, Task, work_through
from bylaw.policy.model import Policy
from bylaw.records.model import Records

_FETCHED = 100
"""How many kept results are read at a time."""
_LOOKED_UP = 500
"""Of how many subjects it is found out at a time whether something is kept."""


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
    # Those who are kept, with their keys: before each who is derived, and after the last of them.
    turns: deque[list[tuple[str, bytes]]] = deque()
    last: list[tuple[str, bytes]] = []
    keys: dict[str, bytes] = {}

    def missing() -> Iterator[str]:
        """Yield who is to be derived, some of them looked up at a time, and note who comes before each."""
        before: list[tuple[str, bytes]] = []
        for start in range(0, len(subjects), _LOOKED_UP):
            some = subjects[start : start + _LOOKED_UP]
            own = {subject: memory.keys.key(records, subject) for subject in some} if memory else {}
            kept = memory.store.holds(list(own.values())) if memory else set()
            for subject in some:
                if own.get(subject) in kept:
                    before.append((subject, own[subject]))
                    continue
                if memory:
                    keys[subject] = own[subject]
                turns.append(before)
                before = []
                yield subject
        last.extend(before)

    remember = _Remembering(task, policy, records, memory)
    for found in work_through(task, policy, records, missing(), effort):
        if isinstance(found, Failure):
            yield from remember.told(turns.popleft())
            yield found
            continue
        pairs = list(zip(found.subjects, found.value, strict=True))
        if memory:
            memory.store.keep({keys.pop(subject): text for subject, text in pairs})
        for subject, text in pairs:
            yield from remember.told(turns.popleft())
            yield Told(subject, text)
    yield from remember.told(last)


class _Remembering:
    """Reads what is kept of subjects; what is not there any more is derived after all.

    Args:
        task: that would tell of them.
    """

    def __init__(
        self, task: Task[list[str]], policy: Policy, records: Records, memory: Memory | None
    ) -> None:
        self._task, self._policy, self._records, self._memory = task, policy, records, memory
        self._begun: _Begun | None = None

    def told(self, subjects: Sequence[tuple[str, bytes]]) -> Iterator[Told | Failure]:
        """Yield what is told of subjects that were kept a moment ago, in their order."""
        if self._memory is None:
            return
        for start in range(0, len(subjects), _FETCHED):
            some = subjects[start : start + _FETCHED]
            found = self._memory.store.known([key for _, key in some])
            for subject, key in some:
                if key in found:
                    yield Told(subject, found[key], kept=True)
                else:  # somebody has cleared the store
                    yield from self._derived(subject)

    def _derived(self, subject: str) -> Iterator[Told | Failure]:
        self._begun = self._begun or _Begun(self._task.begin(self._policy))
        for one in work_through(self._begun, self._policy, self._records, (subject,), Effort(workers=1)):
            yield one if isinstance(one, Failure) else Told(subject, one.value[0])


@dataclass(frozen=True, slots=True)
class _Begun(Task[list[str]]):
    """A task that is at work in this process already."""

    do: Callable[[Records], list[str]]

    def begin(self, policy: Policy) -> Callable[[Records], list[str]]:
        """Return what does it."""
        del policy
        return self.do

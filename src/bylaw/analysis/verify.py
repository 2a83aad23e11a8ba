"""Tries records on a policy, and returns what follows that must not, and which rules never matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from bylaw.analysis.breaches import Conflict, Conflicts, Kept, NeverFollows, NeverWorse, Watch
from bylaw.analysis.idle_rules import Attendance, Reach, Shadowed, reach
from bylaw.analysis.judging import TOGETHER, Judging
from bylaw.analysis.trials import Trial
from bylaw.policy.model import Rule


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out of a policy.

    Args:
        judging: the policy, and the readings that were taken.
        tried: how many records were judged.
        refused: how many it refuses, or has no result for.
        properties: each, with a record that it does not hold of if one was found.
        conflicts: one for each predicate that has any.
        shadowed: rules that never decided anything alone.
        idle: rules that never concluded anything, though a record might make them.
        reach: which rules some record can make apply.
    """

    judging: Judging
    tried: int
    refused: int
    properties: tuple[Kept, ...]
    conflicts: tuple[Conflict, ...]
    shadowed: tuple[Shadowed, ...]
    idle: tuple[Rule, ...]
    reach: Reach

    @property
    def sound(self) -> bool:
        """Whether every property held and no two outcomes followed at once."""
        return not self.conflicts and all(one.breach is None for one in self.properties)


def verify(
    judging: Judging,
    trials: Iterable[Trial],
    more: Iterator[Trial],
    most: int,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> Verification:
    """Try records and return what must not follow and does, and which rules never matter.

    Args:
        judging: the policy.
        trials: to try first.
        more: to try when these are done.
        most: how many to try at most.
        seed: of the figures that are raised.
        advance: told how many more are tried.

    Raises:
        PolicyError: a property cannot be evaluated.
    """
    policy = judging.policy
    never = [one for one in policy.properties if not one.raised]
    watches: list[Watch] = [NeverWorse(judging, one, seed) for one in policy.properties if one.raised]
    if never:
        watches.append(NeverFollows(judging, never))
    conflicts, attendance = Conflicts(judging), Attendance()
    waiting = islice(chain(trials, more), most)
    tried = refused = 0
    while some := list(islice(waiting, TOGETHER)):
        decisions = judging.decisions(some)
        tried += len(decisions)
        refused += len(some) - len(decisions)
        conflicts.see(some, decisions)
        attendance.see(some, decisions)
        for watch in watches:
            watch.see(some, decisions)
        if advance:
            advance(len(some))
    kept = {one.property.name: one for watch in watches for one in watch.told()}
    reached = reach(policy, judging.readings)
    return Verification(
        judging,
        tried,
        refused,
        tuple(kept[one.name] for one in policy.properties),
        tuple(conflicts.told()),
        tuple(attendance.shadowed(judging)),
        tuple(attendance.idle(reached.here, policy)),
        reached,
    )

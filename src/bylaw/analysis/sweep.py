"""What other values of a changed limit would do, and how far from it the students of a cohort are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bylaw.analysis.compare import Advance, Comparison, Side, Stood, differences, fate, stand
from bylaw.engine.cohort import Effort
from bylaw.engine.editions import open_engine
from bylaw.policy.editions import editions_in_order
from bylaw.policy.model import Limit, Policy
from bylaw.policy.proposal import PartKind

BEYOND = 2
"""How many steps a sweep goes beyond the old value and the new one."""
MOST_VALUES = 9
MOST_SUBJECTS = 200
"""Whose distances are looked at together."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """How many students fare how, for each value of a limit.

    Args:
        limit: as it stands in the old text.
        proposed: its value in the new one.
        fares: by value, how many students fare how against the old text.
    """

    limit: Limit
    proposed: int
    fares: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Distances:
    """How far the figures of a cohort are from a limit.

    Args:
        counts: by the figure less the limit, in the unit of the limit, how often it occurs.
    """

    limit: Limit
    counts: Mapping[int, int]


def changed_limits(found: Comparison) -> list[str]:
    """Return the limits that the new text changes, in the order of the amendments."""
    parts = [part for one in found.new.policy.amendments for part in one.parts]
    return list(dict.fromkeys(part.name for part in parts if part.kind is PartKind.LIMIT))


def values_between(old: int, new: int) -> list[int]:
    """Return values from a little before the lesser to a little beyond the greater, MOST_VALUES at most."""
    low, high = min(old, new), max(old, new)
    step = max(1, -(-(high - low) // (MOST_VALUES - 2 * BEYOND - 1)))
    inner = {*range(low, high + 1, step), low, high}
    outer = {low - n * step for n in range(1, BEYOND + 1)} | {high + n * step for n in range(1, BEYOND + 1)}
    return sorted(value for value in inner | outer if value >= 0)


def sweeps(
    found: Comparison, names: Sequence[str], effort: Effort | None = None, advance: Advance | None = None
) -> list[Sweep]:
    """Compare a cohort for each value of some limits, all else as in the new text.

    Args:
        names: of the limits, each swept by itself.
        advance: is told of each value that is done.
    """
    before = stand(found.old, found.names, found.subjects, effort)
    return [_sweep(found, before, name, effort, advance) for name in names]


def values_of(found: Comparison, name: str) -> list[int]:
    """Return the values that a limit is swept over."""
    return values_between(found.old.policy.limits[name].value, _proposed(found, name))


def _proposed(found: Comparison, name: str) -> int:
    return editions_in_order(found.new.policy)[-1].limits[name].value


def _sweep(
    found: Comparison, before: Stood, name: str, effort: Effort | None, advance: Advance | None
) -> Sweep:
    proposed = _proposed(found, name)
    fares: dict[int, dict[str, int]] = {}
    for value in values_of(found, name):
        there = found
        if value != proposed:
            policy = _with_limit(found.new.policy, name, proposed, value)
            side = Side(policy, found.new.readings, found.new.records)
            there = differences(found.old, side, before, stand(side, found.names, found.subjects, effort))
        seen = Counter(fate([one.direction for one in some]) for some in there.touched().values())
        fares[value] = dict(seen)
        if advance:
            advance(1)
    return Sweep(found.old.policy.limits[name], proposed, fares)


def _with_limit(policy: Policy, name: str, proposed: int, value: int) -> Policy:
    """Return a policy with another value of a limit, in each of its editions that has the proposed one."""
    limit = policy.limits[name]
    if limit.value == proposed:
        policy = replace(policy, limits={**policy.limits, name: replace(limit, value=value)})
    editions = policy.editions
    if editions is None:
        return policy
    others = tuple(_with_limit(one, name, proposed, value) for one in editions.others)
    return replace(policy, editions=replace(editions, others=others))


def distances(side: Side, name: str, subjects: Sequence[str]) -> Distances | None:
    """Return how far the figures that are compared with a limit are from it; None if none is declared."""
    policy = side.policy
    limit = policy.limits[name]
    figures = {
        one.value.actual for one in policy.predicates.values() if one.value and one.value.bound == name
    }
    if not figures:
        return None
    engine = open_engine(policy, side.readings)
    counts: Counter[int] = Counter()
    for start in range(0, len(subjects), MOST_SUBJECTS):
        some = subjects[start : start + MOST_SUBJECTS]
        for atom in engine.certain_atoms(side.records, some, frozenset(figures)):
            counts[atom.arguments[-1].number - limit.value] += 1
    return Distances(limit, dict(sorted(counts.items())))

"""Whether two texts differ on some conclusions, with a smallest record that they judge differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, takewhile

from bylaw.analysis.compare import Change, changes_of
from bylaw.analysis.judging import TOGETHER, Judging
from bylaw.analysis.trials import Trial, smallest
from bylaw.policy.differences import bearing, provisions_touched

DIRECTIONS = ("better", "worse", "changed")
"""In which a change may go, `changed` where the pack ranks neither."""


class Verdict(StrEnum):
    """How a new text stands to an old one, as far as was tried."""

    EQUIVALENT = "equivalent"
    """No rule behind the conclusions differs, so that they are the same for every record that both take."""
    NO_DIFFERENCE = "no_difference_found"
    STRICTER = "stricter"
    MORE_LENIENT = "more_lenient"
    INCOMPARABLE = "incomparable"
    DIFFERENT = "different"
    """What differs is not ranked."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A record that two texts judge differently.

    Args:
        trial: without a row that could be left out.
        before: how many rows it had before rows were left out.
        changes: what stands otherwise.
    """

    trial: Trial
    before: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class TextDifference:
    """What was found out of two texts.

    Args:
        names: the conclusions that were looked at.
        tried: how many records were judged by both.
        refused: how many no policy, or only one, takes.
        directions: in how many records a change is better, worse, or not ranked.
        witnesses: by direction, in the order of DIRECTIONS.
    """

    old: Judging
    new: Judging
    names: tuple[str, ...]
    verdict: Verdict
    tried: int
    refused: int
    directions: Mapping[str, int]
    witnesses: Mapping[str, Witness]


def differ(
    old: Judging,
    new: Judging,
    names: Sequence[str],
    trials: Sequence[Trial],
    more: Iterator[Trial],
    most: int,
    advance: Callable[[int], None] | None = None,
) -> TextDifference:
    """Try records until two texts are known to be incomparable, or all are tried.

    Args:
        names: the conclusions to look at.
        trials: to try first, those made for what the texts state differently before the others.
        more: to try when these are done.
        most: how many to try at most.
        advance: told how many more are tried.
    """
    touched = bearing(old.policy, new.policy)
    if old.readings == new.readings and touched.isdisjoint(names):
        return TextDifference(old, new, tuple(names), Verdict.EQUIVALENT, 0, 0, {}, {})
    bench = Bench(old, new, names)
    provisions = provisions_touched(old.policy, new.policy)
    first = sorted(trials, key=lambda one: -_nearness(provisions, one.provisions))
    waiting = islice(chain(first, more), most)
    directions: dict[str, int] = {}
    found: dict[str, tuple[Trial, tuple[Change, ...]]] = {}
    tried = refused = 0
    while some := list(islice(waiting, TOGETHER)):
        judged = bench.judge(some)
        tried += len(judged)
        refused += len(some) - len(judged)
        for trial, changes in judged:
            for toward in dict.fromkeys(change.direction for change in changes):
                directions[toward] = directions.get(toward, 0) + 1
                if toward not in found or trial.rows() < found[toward][0].rows():
                    found[toward] = (trial, changes)
        if advance:
            advance(len(some))
        if {"better", "worse"} <= found.keys():
            break
    order = [toward for toward in DIRECTIONS if toward in found]
    witnesses = {toward: bench.witness(found[toward][0], toward) for toward in order}
    told = {toward: directions[toward] for toward in order}
    return TextDifference(old, new, tuple(names), _verdict(told), tried, refused, told, witnesses)


def _nearness(touched: frozenset[str], made_for: frozenset[str]) -> int:
    """Return how far two sets of provisions share their way down the text: `15.B.2`, `15.B.1` two steps."""
    paths = [[pid.split(".") for pid in some] for some in (touched, made_for)]
    return max((_shared(one, other) for one in paths[0] for other in paths[1]), default=0)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _verdict(directions: Mapping[str, int]) -> Verdict:
    if {"better", "worse"} <= directions.keys():
        return Verdict.INCOMPARABLE
    if "better" in directions:
        return Verdict.MORE_LENIENT
    if "worse" in directions:
        return Verdict.STRICTER
    return Verdict.DIFFERENT if directions else Verdict.NO_DIFFERENCE


class Bench:
    """Judges records by two texts.

    Args:
        names: the conclusions that are looked at.
    """

    def __init__(self, old: Judging, new: Judging, names: Sequence[str]) -> None:
        self._judges = (old, new)
        self._names = tuple(names)

    def judge(self, trials: Sequence[Trial]) -> list[tuple[Trial, tuple[Change, ...]]]:
        """Return those that both texts judge, in their order, with what stands otherwise."""
        before, after = (one.standings(trials, self._names) for one in self._judges)
        policy = self._judges[1].policy
        return [(trials[n], changes_of(policy, before[n], after[n])) for n in before if n in after]

    def first(self, trials: Iterable[Trial], together: int) -> tuple[Trial, tuple[Change, ...]] | None:
        """Return the first record that the two judge differently, and how; None if there is none.

        Args:
            together: how many are judged at a time.
        """
        waiting = iter(trials)
        while some := list(islice(waiting, together)):
            for trial, changes in self.judge(some):
                if changes:
                    return trial, changes
        return None

    def witness(self, trial: Trial, toward: str) -> Witness:
        """Return a record with as few rows as still show a change in a direction."""

        def still(one: Trial) -> bool:
            return any(change.direction == toward for _, changes in self.judge([one]) for change in changes)

        least = smallest(trial, still)
        ((_, changes),) = self.judge([least])
        return Witness(least, trial.rows(), changes)

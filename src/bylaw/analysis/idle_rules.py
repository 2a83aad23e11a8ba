"""Which rules of a policy never matter to the records that are tried, and which to no record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bylaw.analysis.judging import Judging
from bylaw.analysis.trials import Trial, smallest
from bylaw.engine.applicable import Given
from bylaw.engine.slices import Slicer
from bylaw.engine.solve import Decision
from bylaw.policy.differences import all_editions
from bylaw.policy.model import Policy, Rule

OFTEN = 5
"""How often a rule has to conclude something before it is said that it never did so alone."""

Key = tuple[str, int, str]
"""What tells a rule from others, also from those of another edition: its file, line and text."""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that concluded only what another rule concludes as well.

    Args:
        beside: those others, in the order of the text.
        times: how often it did.
        trial: a record in which it did, without a row that could be left out.
    """

    rule: Rule
    beside: tuple[Rule, ...]
    times: int
    trial: Trial


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rules of a policy, all editions together, some record can make apply.

    Args:
        here: by the readings that are taken.
        elsewhere: only by others.
        nowhere: not at all.
    """

    here: tuple[Rule, ...]
    elsewhere: tuple[Rule, ...]
    nowhere: tuple[Rule, ...]


def reach(policy: Policy, readings: Mapping[str, str]) -> Reach:
    """Find out which rules some record can make apply.

    Args:
        readings: switches set otherwise than by default.
    """
    here: dict[Key, Rule] = {}
    anyhow: dict[Key, Rule] = {}
    every: dict[Key, Rule] = {}
    for one in all_editions(policy):
        recorded = Given(one.recorded)
        taken = Slicer(one.encoding, one.chosen_readings(readings))
        here |= _keyed(taken.rules([taken.given(one.statements(readings)), recorded]))
        open_ = Slicer(one.encoding, None)
        any_reading = Given(frozenset({"reading"}))
        anyhow |= _keyed(open_.rules([open_.given(one.statements()), recorded, any_reading]))
        every |= _keyed(one.encoding.rules)
    return Reach(
        tuple(here.values()),
        tuple(rule for key, rule in anyhow.items() if key not in here),
        tuple(rule for key, rule in every.items() if key not in anyhow),
    )


def _keyed(rules: Sequence[Rule]) -> dict[Key, Rule]:
    return {_key(rule): rule for rule in rules}


def _key(rule: Rule) -> Key:
    return rule.file, rule.line, rule.source


@dataclass(slots=True)
class _Seen:
    """What a rule has concluded.

    Args:
        alone: how often no other rule concluded the same.
        times: how often it concluded anything.
        beside: the others.
        trial: the smallest record in which it did.
    """

    rule: Rule
    alone: int = 0
    times: int = 0
    beside: dict[Key, Rule] = field(default_factory=dict)
    trial: Trial | None = None


class Attendance:
    """Notes which rules conclude something, and which do it alone."""

    def __init__(self) -> None:
        self._seen: dict[Key, _Seen] = {}

    def see(self, trials: Sequence[Trial], decisions: Mapping[int, Decision]) -> None:
        """Note what is behind the conclusions of records."""
        for n, decision in decisions.items():
            for one in decision.reported():
                for rule in one.rules:
                    seen = self._seen.setdefault(_key(rule), _Seen(rule))
                    seen.times += 1
                    seen.alone += len(one.rules) == 1
                    seen.beside |= _keyed([other for other in one.rules if other is not rule])
                    if seen.trial is None or trials[n].rows() < seen.trial.rows():
                        seen.trial = trials[n]

    def shadowed(self, judging: Judging) -> Iterator[Shadowed]:
        """Yield the rules that concluded nothing alone, with a record as small as it can be.

        A rule that concludes something alone in a smaller record matters after all, and is left out.
        """
        for seen in sorted(self._seen.values(), key=lambda one: one.rule.number):
            if seen.alone or seen.trial is None or seen.times < OFTEN:
                continue
            alone: list[Trial] = []

            def still(one: Trial, rule: Rule = seen.rule, alone: list[Trial] = alone) -> bool:
                behind = _behind(judging, one, rule)
                if any(len(rules) == 1 for rules in behind):
                    alone.append(one)
                return bool(behind)

            least = smallest(seen.trial, still)
            if not alone:
                beside = tuple(sorted(seen.beside.values(), key=lambda rule: rule.number))
                yield Shadowed(seen.rule, beside, seen.times, least)

    def idle(self, rules: Sequence[Rule], policy: Policy) -> list[Rule]:
        """Return those of some rules that are for conclusions and concluded nothing."""
        reported = {(one.name, one.arity) for one in policy.conclusions()}
        return [
            rule
            for rule in rules
            if _key(rule) not in self._seen and any(head in reported for head in rule.heads)
        ]


def _behind(judging: Judging, trial: Trial, rule: Rule) -> list[tuple[Rule, ...]]:
    """Return the rules behind each conclusion of a record that a rule is behind."""
    decisions = judging.decisions([trial], [name for name, _ in rule.heads]).values()
    return [
        one.rules
        for decision in decisions
        for one in decision.reported()
        if any(_key(own) == _key(rule) for own in one.rules)
    ]

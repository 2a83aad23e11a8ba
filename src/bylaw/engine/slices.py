"""Which rules of a policy can matter for what is recorded and what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from bylaw.engine.applicable import Applicability, Given
from bylaw.policy.model import Encoding, Rule
from bylaw.tables.terms import Fact

MOST_KEPT = 64
"""Slices that are kept; students differ, and a cohort has as many as it has students."""


class Slicer:
    """Leaves out rules whose conditions cannot be met, and rules that nothing asked for rests on.

    A rule is left out where a plain condition of it cannot be met by any fact or any rule that is kept, where
    it belongs to a reading that is not taken, or where what is asked for does not depend on its head through
    rules that are kept. The answer set is the same, but for predicates that nobody asked for.

    Args:
        encoding: the rules of the policy.
        readings: the alternative taken of each reading; None where all are open.
    """

    def __init__(self, encoding: Encoding, readings: Mapping[str, str] | None) -> None:
        self._rules = [rule for rule in encoding.rules if readings is None or _taken(rule, readings)]
        self._applicability = Applicability(self._rules)
        self._kept = lru_cache(maxsize=MOST_KEPT)(self._cut)

    def given(self, facts: Iterable[Fact]) -> Given:
        """Return what matters of facts for which rules are left out."""
        return self._applicability.given(facts)

    def rules(self, given: Collection[Given], wanted: Collection[str] | None = None) -> tuple[Rule, ...]:
        """Return the rules that can matter, in the order of the text.

        Args:
            given: the facts of policy and record.
            wanted: the predicates that are asked for; None for all.
        """
        return self._kept(frozenset(given), None if wanted is None else frozenset(wanted))

    def _cut(self, given: frozenset[Given], wanted: frozenset[str] | None) -> tuple[Rule, ...]:
        kept = [self._rules[n] for n in self._applicability.applicable(given)]
        return tuple(kept if wanted is None else _behind(kept, wanted))


def _taken(rule: Rule, readings: Mapping[str, str]) -> bool:
    return all(readings.get(name) == value for name, value in rule.switches)


def _behind(rules: Iterable[Rule], wanted: Iterable[str]) -> list[Rule]:
    """Return the rules that some predicates rest on, in their order."""
    by_head: dict[str, list[Rule]] = {}
    for rule in rules:
        for name, _ in rule.heads:
            by_head.setdefault(name, []).append(rule)
    found: dict[int, Rule] = {}
    seen: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for rule in by_head.get(name, ()):
            if rule.number not in found:
                found[rule.number] = rule
                todo.extend(rule.uses)
    return [found[number] for number in sorted(found)]

"""What two policies, or two readings of one, state differently, and which predicates that bears on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import TypeVar

from bylaw.policy.model import Policy, Rule

T = TypeVar("T")


def bearing(old: Policy, new: Policy) -> frozenset[str]:
    """Return the predicates that two policies may derive differently from the same record.

    It errs on the side of saying more. Editions count with the policy that has them.
    """
    first, *others = [*all_editions(old), *all_editions(new)]
    return _resting_on(set().union(*(_touched(first, other) for other in others)), [first, *others])


def hanging_on(policy: Policy, readings: Collection[str]) -> frozenset[str]:
    """Return the predicates that a policy may derive differently where some readings are read otherwise."""
    sides = all_editions(policy)
    rules = [rule for one in sides for rule in one.encoding.rules]
    return _resting_on(_asking(rules, (), readings), sides)


def _resting_on(touched: Set[str], sides: Sequence[Policy]) -> frozenset[str]:
    """Return some predicates and all that rest on them in one of some policies."""
    found = set(touched)
    for policy in sides:
        for name in policy.predicates:
            if not touched.isdisjoint(policy.encoding.reached_from(name)):
                found.add(name)
    return frozenset(found)


def provisions_touched(old: Policy, new: Policy) -> frozenset[str]:
    """Return the provisions of what two policies state differently: rules, limits and readings."""
    found: set[str] = set()
    for other in (*all_editions(old)[1:], *all_editions(new)):
        pair = (old, other)
        texts = [{(rule.source, rule.provisions) for rule in one.encoding.rules} for one in pair]
        found.update(pid for _, provisions in texts[0] ^ texts[1] for pid in provisions)
        for name in _differing(old.limits, other.limits, lambda limit: limit.value):
            found.update(one.limits[name].provision for one in pair if name in one.limits)
        for name in _differing(old.readings, other.readings, lambda reading: reading.default):
            found.update(pid for one in pair if name in one.readings for pid in one.readings[name].provisions)
    return frozenset(found)


def all_editions(policy: Policy) -> list[Policy]:
    """Return a pack and its other editions, the pack first."""
    return [policy, *(policy.editions.others if policy.editions else ())]


def _touched(old: Policy, new: Policy) -> set[str]:
    """Return the predicates whose own rules or facts are not the same."""
    found = _heads(_by_text(old.encoding.rules).items() ^ _by_text(new.encoding.rules).items())
    limits = _differing(old.limits, new.limits, lambda limit: limit.value)
    readings = _differing(old.readings, new.readings, lambda reading: reading.default)
    tables = {
        fact.predicate
        for name in old.pack_rows.keys() | new.pack_rows.keys()
        if _values(old, name) != _values(new, name)
        for policy in (old, new)
        if name in policy.tables
        for fact in policy.tables[name].facts
    }
    rules = (*old.encoding.rules, *new.encoding.rules)
    return found | tables | _asking(rules, limits, readings)


def _asking(rules: Iterable[Rule], limits: Collection[str], readings: Collection[str]) -> set[str]:
    """Return the predicates of rules that ask for some limits or readings, by name or for any."""
    names = (("limit", limits), ("reading", readings))
    # A name that is no constant may be any.
    asked = [rf"\b{kind}\(({'|'.join(some)})\b|\b{kind}\((?![a-z])" for kind, some in names if some]
    if not asked:
        return set()
    pattern = re.compile("|".join(asked))
    return {name for rule in rules if pattern.search(rule.source) for name, _ in rule.heads}


def _by_text(rules: Sequence[Rule]) -> Mapping[tuple[str, tuple[str, ...]], tuple[str, ...]]:
    return {(rule.source, rule.provisions): tuple(name for name, _ in rule.heads) for rule in rules}


def _heads(rules: Iterable[tuple[object, tuple[str, ...]]]) -> set[str]:
    return {name for _, heads in rules for name in heads}


def _differing(old: Mapping[str, T], new: Mapping[str, T], read: Callable[[T], object]) -> set[str]:
    return {
        name
        for name in old.keys() | new.keys()
        if name not in old or name not in new or read(old[name]) != read(new[name])
    }


def _values(policy: Policy, table: str) -> list[Mapping[str, object]]:
    return [one.values for one in policy.pack_rows.get(table, ())]

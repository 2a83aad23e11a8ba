"""What two policies state differently, and which predicates that bears on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bylaw.policy.model import Policy, Rule

T = TypeVar("T")


def bearing(old: Policy, new: Policy) -> frozenset[str]:
    """Return the predicates that two policies may derive differently from the same record.

    It errs on the side of saying more. Editions count with the policy that has them.
    """
    sides = [_editions(one) for one in (old, new)]
    first = sides[0][0]
    touched: set[str] = set()
    for other in (*sides[0][1:], *sides[1]):
        touched |= _touched(first, other)
    found = set(touched)
    for policy in (*sides[0], *sides[1]):
        for name in policy.predicates:
            if not touched.isdisjoint(policy.encoding.reached_from(name)):
                found.add(name)
    return frozenset(found)


def provisions_touched(old: Policy, new: Policy) -> frozenset[str]:
    """Return the provisions of what two policies state differently: rules, limits and readings."""
    found: set[str] = set()
    for other in (*_editions(old)[1:], *_editions(new)):
        pair = (old, other)
        texts = [{(rule.source, rule.provisions) for rule in one.encoding.rules} for one in pair]
        found.update(pid for _, provisions in texts[0] ^ texts[1] for pid in provisions)
        for name in _differing(old.limits, other.limits, lambda limit: limit.value):
            found.update(one.limits[name].provision for one in pair if name in one.limits)
        for name in _differing(old.readings, other.readings, lambda reading: reading.default):
            found.update(pid for one in pair if name in one.readings for pid in one.readings[name].provisions)
    return frozenset(found)


def _editions(policy: Policy) -> list[Policy]:
    return [policy, *(policy.editions.others if policy.editions else ())]


def _touched(old: Policy, new: Policy) -> set[str]:
    """Return the predicates whose own rules or facts are not the same."""
    found = _heads(_by_text(old.encoding.rules).items() ^ _by_text(new.encoding.rules).items())
    limits = _differing(old.limits, new.limits, lambda limit: limit.value)
    readings = _differing(old.readings, new.readings, lambda reading: reading.default)
    patterns = [rf"\blimit\({name}\b" for name in limits] + [rf"\breading\({name}\b" for name in readings]
    tables = {
        fact.predicate
        for name in old.pack_rows.keys() | new.pack_rows.keys()
        if _values(old, name) != _values(new, name)
        for policy in (old, new)
        if name in policy.tables
        for fact in policy.tables[name].facts
    }
    asked = re.compile("|".join(patterns)) if patterns else None
    for rule in (*old.encoding.rules, *new.encoding.rules):
        loose = bool(limits or readings) and _asks_loosely(rule)
        if loose or (asked and asked.search(rule.source)):
            found |= {name for name, _ in rule.heads}
    return found | tables


def _asks_loosely(rule: Rule) -> bool:
    """Whether a rule asks for a limit or a reading without naming it."""
    return bool(re.search(r"\b(limit|reading)\((?![a-z])", rule.source))


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

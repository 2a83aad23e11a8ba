"""The rules that some predicates rest on, of those that can apply at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bylaw.engine.slices import Slicer
from bylaw.policy.model import Policy, Rule


def rules_behind(
    policy: Policy, readings: Mapping[str, str], given: Collection[str], wanted: Iterable[str]
) -> list[Rule]:
    """Return the rules that some predicates rest on, in the order of the text.

    Only through rules that can apply: what a rule of a reading that is not taken asks for is of no matter. So
    figures that are derived for the reader alone, such as averages, stay out where an outcome does not need
    them; over a choice of marks they would be derived for every combination.

    Args:
        readings: switches set otherwise than by default.
        given: predicates that facts state, or may state.
        wanted: the predicates asked for.
    """
    slicer = Slicer(policy.encoding, given, policy.chosen_readings(readings))
    by_head: dict[str, list[Rule]] = {}
    for rule in slicer.rules(given):
        for head, _ in rule.heads:
            by_head.setdefault(head, []).append(rule)
    found: dict[int, Rule] = {}
    seen: set[str] = set()
    todo = list(wanted)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            fresh = [rule for rule in by_head.get(name, ()) if rule.number not in found]
            found.update((rule.number, rule) for rule in fresh)
            todo.extend(used for rule in fresh for used in rule.uses)
    return [found[number] for number in sorted(found)]

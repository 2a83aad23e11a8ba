"""How far things reach: the predicates that a record has a say in, and those that an explanation tells of."""

from __future__ import annotations

from bylaw.policy.model import Policy


def record_predicates(policy: Policy) -> frozenset[str]:
    """Return the predicates that a record has a say in: its own, the clock's, and what rests on them."""
    given = policy.recorded
    derived = {
        name for name in policy.encoding.depends if not given.isdisjoint(policy.encoding.reached_from(name))
    }
    return given | derived


def told_of(policy: Policy, predicate: str) -> frozenset[str]:
    """Return the predicates that an explanation of one tells of: all that it rests on, with their figures.

    What a rule that does not apply asks for is among them, since a reason says what of it is so.
    """
    labels = {kind.label for kind in policy.types.values() if kind.label}
    found: set[str] = set()
    todo = {predicate, *labels}
    while todo:
        name = todo.pop()
        fresh = policy.encoding.reached_from(name) - found
        found |= fresh
        figures = (
            known.value.actual for one in fresh if (known := policy.predicates.get(one)) and known.value
        )
        todo.update(figure for figure in figures if figure not in found)
    return frozenset(found)

"""How far a record reaches: the predicates that it has a say in, and those that the pack settles alone."""

from __future__ import annotations

from bylaw.policy.model import Policy


def record_predicates(policy: Policy) -> frozenset[str]:
    """Return the predicates that a record has a say in: its own, the clock's, and what rests on them."""
    given = {
        template.predicate for table in policy.tables.values() if not table.pack for template in table.facts
    }
    if policy.clock:
        given.add(policy.clock.predicate)
    derived = {
        name for name in policy.encoding.depends if not given.isdisjoint(policy.encoding.reached_from(name))
    }
    return frozenset(given | derived)

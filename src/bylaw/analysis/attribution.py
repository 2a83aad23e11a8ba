"""Which part of a proposal a change hangs on: what is left of it when each part is taken out in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bylaw.analysis.compare import Advance, Change, Comparison, Side, differences, stand
from bylaw.engine.cohort import Effort
from bylaw.policy.amend import amended
from bylaw.policy.model import Policy
from bylaw.policy.proposal import Part


@dataclass(frozen=True, slots=True)
class Attribution:
    """What of a comparison is due to which part.

    Args:
        parts: of all amendments, in their order.
        needed: by change, the parts without which it does not come about; none where several do alike.
    """

    parts: tuple[Part, ...]
    needed: Mapping[tuple[str, object], tuple[Part, ...]]

    def of(self, change: Change) -> tuple[Part, ...]:
        """Return the parts without which a change does not come about."""
        return self.needed.get((change.subject, change.key), ())


def attribute(
    found: Comparison,
    base: Policy,
    names: Sequence[str],
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Attribution:
    """Take out each part of the amendments in turn, and see which changes go with it.

    Args:
        found: the comparison of the text with and without amendments.
        base: the policy that is amended.
        names: of the amendments, as they were named.
    """
    parts = tuple(part for one in found.new.policy.amendments for part in one.parts)
    needed: dict[tuple[str, object], list[Part]] = {}
    touched = tuple(found.touched())
    if len(parts) == 1:
        return Attribution(parts, {(c.subject, c.key): parts for c in found.changes})
    before = stand(found.old, found.names, touched, effort)
    for part in parts:
        policy = amended(base, names, lambda one, out=part: one != out)  # type: ignore[misc]
        side = Side(policy, found.new.readings, found.new.records)
        there = differences(found.old, side, before, stand(side, found.names, touched, effort))
        left = {(c.subject, c.key) for c in there.changes}
        for change in found.changes:
            if (change.subject, change.key) not in left:
                needed.setdefault((change.subject, change.key), []).append(part)
        if advance:
            advance(1)
    return Attribution(parts, {key: tuple(some) for key, some in needed.items()})

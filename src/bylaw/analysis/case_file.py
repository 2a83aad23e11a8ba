"""Writes a changed record as a case: the record, and what follows otherwise than before."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.analysis.what_if import WhatIf
from bylaw.analysis.written import written_atom
from bylaw.engine.solve import Conclusion
from bylaw.errors import UsageError
from bylaw.policy.model import Policy
from bylaw.records.write import yaml_present, yaml_rows, yaml_text


def case_yaml(found: WhatIf, name: str) -> str:
    """Write a file with one case, as `bylaw test` reads it.

    What differs is expected to be as it is with the changes; where nothing differs, all that follows is.

    Args:
        name: of the case.

    Raises:
        UsageError: nothing certain follows that the case could expect.
    """
    policy, side = found.policy, found.after
    expected = list(_expected(found)) or [_derived(policy, one) for one in _certain(found)]
    if not expected:
        raise UsageError("nothing follows that a case could expect", "save the record alone, with `--save`")
    lines = [f"- name: {yaml_text(name)}"]
    if side.records.as_of is not None:
        lines.append(f"  as_of: {yaml_present(policy, side.records.as_of)}")
    chosen = [f"{reading}: {yaml_text(value)}" for reading, value in side.engine.readings.items()]
    if chosen:
        lines.append(f"  readings: {{{', '.join(chosen)}}}")
    lines += ["  record:", *yaml_rows(policy, side.draft, found.student, 4, named=True)]
    lines += ["  expect:", *(f"    {yaml_text(pattern)}: {value}" for pattern, value in expected)]
    return "\n".join(lines) + "\n"


def _certain(found: WhatIf) -> list[Conclusion]:
    return [one for one in found.after.decision.reported() if one.status == "certain"]


def _expected(found: WhatIf) -> Iterator[tuple[str, str]]:
    """Yield patterns with what is expected of them."""
    policy = found.policy
    hidden = {one.predicate.name for one in found.after.decision.undetermined}
    for one in found.differences:
        if one.predicate.name in hidden:
            if one.unknown_after:
                yield one.predicate.name, "undetermined"
            continue
        if one.before is not None and (one.after is None or one.after.atom != one.before.atom):
            yield written_atom(policy, one.predicate, one.before.args), "absent"
        if one.after is not None and one.after.status == "certain":
            yield _derived(policy, one.after)


def _derived(policy: Policy, one: Conclusion) -> tuple[str, str]:
    because = ", ".join(yaml_text(provision) for provision in one.provisions)
    return written_atom(policy, one.predicate, one.args), f"{{because: [{because}]}}"

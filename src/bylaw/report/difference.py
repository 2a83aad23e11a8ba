"""What `bylaw diff` found out of two texts, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bylaw.analysis.difference import Judge, TextDifference, Verdict, Witness
from bylaw.policy.model import Policy
from bylaw.report.comparison import change_shape, change_words
from bylaw.report.terminal import Line, line
from bylaw.report.tried import trial_yaml

_VERDICTS = {
    Verdict.EQUIVALENT: "The two texts say the same: nothing that these conclusions rest on differs.",
    Verdict.NO_DIFFERENCE: "No difference was found. That is no proof: another record may show one.",
    Verdict.STRICTER: "The new text is stricter, in all that was tried.",
    Verdict.MORE_LENIENT: "The new text is more lenient, in all that was tried.",
    Verdict.INCOMPARABLE: "Neither text is stricter: the new one is better for some and worse for others.",
    Verdict.DIFFERENT: "The two texts differ, in what the pack does not rank.",
}
_HEADS = {"better": "Better under the new text", "worse": "Worse under the new text", "changed": "Otherwise"}


def lines(found: TextDifference, bounds: str) -> Iterator[Line]:
    """Yield what was found as text.

    Args:
        bounds: what was tried, in words.
    """
    yield line(f"{_named(found.old)} against {_named(found.new)}", "bold", hang=2)
    if found.names:
        yield line(f"on {', '.join(found.names)}", "dim", indent=2, hang=2)
    yield line()
    yield line(_VERDICTS[found.verdict])
    if found.verdict is Verdict.EQUIVALENT:
        return
    yield line(f"Tried: {found.tried:,} records: {bounds}.", indent=2, hang=2)
    if found.refused:
        yield line(f"{found.refused:,} more are refused by one of the texts.", indent=2, hang=2)
    for toward, witness in found.witnesses.items():
        yield line()
        yield line(f"{_HEADS[toward]}: {found.directions[toward]:,} of them", "bold")
        yield from _witness_lines(found, witness)


def _witness_lines(found: TextDifference, witness: Witness) -> Iterator[Line]:
    for change in witness.changes:
        yield line(change_words(found.old.policy, found.new.policy, change), indent=2, hang=2)
    before, rows = witness.found.rows(), witness.trial.rows()
    told = f"Found as {witness.found.name}"
    if rows < before:
        told += f", of whose {before} rows these {rows} are enough"
    yield line(f"{told}; no row can be left out.", "dim", indent=2, hang=2)
    for text in witness_yaml(found.old.policy, witness).splitlines():
        bare = text.lstrip()
        yield line(bare, indent=4 + len(text) - len(bare), hang=4)


def witness_yaml(policy: Policy, witness: Witness) -> str:
    """Write a witness as a file with one record."""
    return trial_yaml(policy, replace(witness.trial, name=witness.found.name))


def shape(found: TextDifference, bounds: str) -> dict[str, Any]:
    """Return what was found as JSON.

    Args:
        bounds: what was tried, in words.
    """
    old, new = found.old.policy, found.new.policy
    return {
        "old": _side(found.old),
        "new": _side(found.new),
        "conclusions": list(found.names),
        "verdict": found.verdict.value,
        "proved": found.verdict is Verdict.EQUIVALENT,
        "tried": found.tried,
        "refused": found.refused,
        "bounds": bounds,
        "directions": dict(found.directions),
        "witnesses": [
            {
                "direction": toward,
                "student": witness.trial.subject,
                "rows": witness.trial.rows(),
                "found_as": witness.found.name,
                "changed": [change_shape(old, new, change) for change in witness.changes],
                "record": witness_yaml(old, witness),
            }
            for toward, witness in found.witnesses.items()
        ],
    }


def _side(judge: Judge) -> dict[str, Any]:
    policy = judge.policy
    return {
        "policy": policy.id,
        "edition": policy.edition,
        "readings": dict(judge.readings),
        "digest": policy.digest,
    }


def _named(judge: Judge) -> str:
    added = "".join(f"+{one.id}" for one in judge.policy.amendments)
    readings = "".join(f", {name}={value}" for name, value in judge.readings.items())
    return (
        f"{judge.policy.id}{added if added not in judge.policy.id else ''} {judge.policy.edition}{readings}"
    )

"""What `bylaw diff` found out of two texts, as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bylaw.analysis.difference import TextDifference, Verdict, Witness
from bylaw.report.comparison import change_shape, change_words, text_name, text_shape
from bylaw.report.terminal import Line, line
from bylaw.report.tried import trial_lines, trial_yaml

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
    names = [text_name(one.policy, one.readings) for one in (found.old, found.new)]
    yield line(" against ".join(names), "bold", hang=2)
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
    trial, rows = witness.trial, witness.trial.rows()
    told = f"Found as {trial.name}"
    if rows < witness.before:
        told += f", of whose {witness.before} rows these {rows} are enough"
    yield line(f"{told}; no row can be left out.", "dim", indent=2, hang=2)
    yield from trial_lines(found.old.policy, trial, 4)


def shape(found: TextDifference, bounds: str) -> dict[str, Any]:
    """Return what was found as JSON.

    Args:
        bounds: what was tried, in words.
    """
    old, new = found.old.policy, found.new.policy
    return {
        "old": text_shape(old, found.old.readings),
        "new": text_shape(new, found.new.readings),
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
                "found_as": witness.trial.name,
                "changed": [change_shape(old, new, change) for change in witness.changes],
                "record": trial_yaml(old, witness.trial),
            }
            for toward, witness in found.witnesses.items()
        ],
    }

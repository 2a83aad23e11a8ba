"""One self-contained page on what a changed text does to a cohort, for those who decide on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from bylaw.analysis.attribution import Attribution
from bylaw.analysis.compare import Comparison
from bylaw.analysis.sweep import Distances, Sweep
from bylaw.explain.sentences import number
from bylaw.policy.model import Limit
from bylaw.report.comparison import (
    FATES,
    LEAST_GROUP,
    counted,
    counts,
    grouped,
    part_words,
    undetermined,
    written_state,
)
from bylaw.report.comparison_letters import Told
from bylaw.report.html import safe_text, template

WIDTH, HEIGHT = 480, 150
"""Of a drawing, in its own units."""


def comparison_page(
    found: Comparison,
    due: Attribution | None,
    sweeps: Sequence[Sweep],
    measured: Sequence[Distances],
    told: Sequence[Told],
    *,
    reveal: bool,
    made: date,
    version: str,
) -> str:
    """Return the page as HTML.

    Args:
        due: which change hangs on which part, where that was looked at.
        sweeps: of the limits that the new text changes.
        measured: how far the cohort is from these limits.
        told: students at length.
        reveal: whether students are named and groups of fewer than LEAST_GROUP students told of.
    """
    policy = found.new.policy
    names = {
        one.subject: one.subject if reveal else f"{policy.subject.capitalize()} {chr(65 + n)}"
        for n, one in enumerate(told)
    }
    return template("comparison.html").render(
        page={
            "title": safe_text(f"{policy.title}: {found.old.policy.edition} and {policy.edition}"),
            "institution": policy.institution,
            "regulations": policy.title,
            "editions": [found.old.policy.edition, policy.edition],
            "headline": _headline(found),
            "fares": [(FATES[name], count) for name, count in counts(found).items() if count],
            "amendments": [
                {
                    "title": one.title,
                    "summary": one.summary,
                    "why": one.why,
                    "since": f"from {one.since}, by {one.by}" if one.since else "",
                    "parts": [part_words(found, part) for part in one.parts],
                }
                for one in policy.amendments
            ],
            "tables": [_table(found, name, reveal) for name in _moved(found)],
            "groups": _groups(found, reveal),
            "due": _due(found, due, reveal),
            "sweeps": [_sweep(one) for one in sweeps],
            "distances": [_distances(one) for one in measured],
            "told": [
                {
                    "name": names[one.subject],
                    "changes": [
                        f"{written_state(found.old.policy, c, c.before) or 'nothing'} → "
                        f"{written_state(found.new.policy, c, c.after) or 'nothing'} ({c.direction})"
                        for c in one.changes
                    ],
                    "before": _renamed(one.before, names),
                    "after": _renamed(one.after, names),
                }
                for one in told
            ],
            "least": LEAST_GROUP,
            "reveal": reveal,
            "compared": list(found.names),
            "undetermined": undetermined(found),
            "failed": len(found.failed),
            "everybody": counted(policy, len(found.subjects)),
            "one": policy.subject,
            "synthetic": found.old.records.synthetic,
            "record": found.old.records.source,
            "readings": [f"{name} = {value}" for name, value in found.old.readings.items()],
            "digests": [found.old.policy.digest, policy.digest],
            "made": made.isoformat(),
            "version": version,
        }
    )


def _headline(found: Comparison) -> str:
    touched = len(found.touched())
    everybody = counted(found.new.policy, len(found.subjects))
    if not touched:
        return f"Of {everybody} nobody fares otherwise."
    return f"Of {everybody} {touched:,} {'fares' if touched == 1 else 'fare'} otherwise."


def _moved(found: Comparison) -> list[str]:
    changed = {change.key[0] for change in found.changes}
    return [name for name in found.names if name in changed]


def _table(found: Comparison, name: str, reveal: bool) -> dict[str, Any]:
    """Return the transitions of a conclusion: a row for how it stood, a column for how it stands."""
    cells = {(b, a): count for (one, b, a), count in found.transitions.items() if one == name}
    rows = list(dict.fromkeys(before for before, _ in cells))
    columns = list(dict.fromkeys([*(after for _, after in cells), *(r for r in rows if (r, r) in cells)]))
    moved = [count for (before, after), count in cells.items() if before != after]
    most = max(moved, default=1)
    return {
        "name": name,
        "columns": [one.replace("_", " ") for one in columns],
        "rows": [
            {
                "name": row.replace("_", " "),
                "cells": [
                    _cell(cells.get((row, column), 0), row in (column,) or column == "the same", most, reveal)
                    for column in columns
                ],
            }
            for row in rows
        ],
    }


def _cell(count: int, same: bool, most: int, reveal: bool) -> dict[str, Any]:
    hidden = 0 < count < LEAST_GROUP and not reveal and not same
    shade = 0.0 if same or not count else 0.15 + 0.45 * count / most
    text = f"under {LEAST_GROUP}" if hidden else f"{count:,}" if count else "·"
    return {"text": text, "same": same, "shade": f"{0.3 if hidden else shade:.2f}"}


def _groups(found: Comparison, reveal: bool) -> list[dict[str, Any]]:
    told = []
    for name, values in grouped(found).items():
        shown = {v: c for v, c in values.items() if reveal or c["students"] >= LEAST_GROUP}
        most = max((cells["students"] for cells in shown.values()), default=1)
        rows = [
            {
                "name": found.new.policy.cite(value) if name == "provision" else value,
                "figures": [cells[fare] for fare in FATES],
                "better": 100 * cells["better"] / most,
                "worse": 100 * cells["worse"] / most,
            }
            for value, cells in shown.items()
        ]
        told.append({"name": name, "rows": rows, "hidden": len(values) - len(shown)})
    return told


def _due(found: Comparison, due: Attribution | None, reveal: bool) -> list[dict[str, str]]:
    if due is None or len(due.parts) < 2:
        return []
    told = []
    for part in due.parts:
        students = {c.subject for c in found.changes if part in due.of(c)}
        told.append({"part": part_words(found, part), "students": _number(len(students), reveal)})
    several = {c.subject for c in found.changes if not due.of(c)}
    if several:
        told.append({"part": "any of several parts does it alone", "students": _number(len(several), reveal)})
    return told


def _number(count: int, reveal: bool) -> str:
    return f"under {LEAST_GROUP}" if 0 < count < LEAST_GROUP and not reveal else f"{count:,}"


def _figure(limit: Limit, value: int) -> str:
    return number(value, limit.scale)


def _sweep(one: Sweep) -> dict[str, Any]:
    """Return the bars of a sweep: for each value the students who are better and who are worse off."""
    values = list(one.fares)
    most = max((sum(fares.values()) for fares in one.fares.values()), default=0) or 1
    wide = WIDTH / len(values)
    bars = []
    for n, value in enumerate(values):
        fares = one.fares[value]
        up = HEIGHT / 2 * fares.get("better", 0) / most
        down = HEIGHT / 2 * fares.get("worse", 0) / most
        bars.append(
            {
                "x": round(n * wide + wide * 0.2, 1),
                "width": round(wide * 0.6, 1),
                "up": round(up, 1),
                "top": round(HEIGHT / 2 - up, 1),
                "down": round(down, 1),
                "value": _figure(one.limit, value),
                "mark": "now" if value == one.limit.value else "proposed" if value == one.proposed else "",
                "better": fares.get("better", 0),
                "worse": fares.get("worse", 0),
                "others": fares.get("mixed", 0) + fares.get("changed", 0),
            }
        )
    unit = f", in {one.limit.unit[1]}" if one.limit.unit else ""
    return {"says": f"{one.limit.says}{unit}", "bars": bars, "middle": HEIGHT / 2}


def _distances(one: Distances) -> dict[str, Any]:
    """Return a histogram of distances, in no more bars than can be told apart."""
    low, high = min(one.counts, default=0), max(one.counts, default=0)
    step = max(1, -(-(high - low + 1) // 24))
    binned: Counter[int] = Counter()
    for distance, count in one.counts.items():
        binned[distance // step * step] += count
    places = [*range(low // step * step, high + 1, step)]
    most = max(binned.values(), default=1)
    wide = WIDTH / max(1, len(places))
    bars = [
        {
            "x": round(n * wide + wide * 0.1, 1),
            "width": round(wide * 0.8, 1),
            "height": round((HEIGHT - 10) * binned[place] / most, 1),
            "top": round(HEIGHT - (HEIGHT - 10) * binned[place] / most, 1),
            "from": _figure(one.limit, place),
            "to": _figure(one.limit, place + step - 1),
            "count": binned[place],
            "beyond": place > 0,
        }
        for n, place in enumerate(places)
    ]
    unit = one.limit.unit[1] if one.limit.unit else ""
    return {"says": one.limit.says, "unit": unit, "bars": bars, "figures": sum(one.counts.values())}


def _renamed(lines: Sequence[str], names: dict[str, str]) -> str:
    text = "\n".join(lines)
    for subject, name in names.items():
        text = text.replace(subject, name)
    return text

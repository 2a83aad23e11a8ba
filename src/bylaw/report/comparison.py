"""A comparison as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bylaw.analysis.attribution import Attribution
from bylaw.analysis.compare import Change, Comparison, fate
from bylaw.analysis.standing import State, atoms_of
from bylaw.analysis.written import written_atom
from bylaw.policy.model import Policy
from bylaw.policy.proposal import Amendment, Part, PartKind
from bylaw.report.query_table import harmless
from bylaw.report.terminal import Line, escape, line
from bylaw.report.terminal import Part as Run

LEAST_GROUP = 5
"""A group of fewer students is not told of, so that nobody is known by being the only one."""
SHOWN = 20
"""How many students are named in a text."""
FATES = {
    "better": "better off",
    "worse": "worse off",
    "mixed": "better in one thing and worse in another",
    "changed": "changed in what the pack does not rank",
}


def counts(found: Comparison) -> dict[str, int]:
    """Return how many students fare how, in the order of FATES."""
    seen = Counter(fate([c.direction for c in changes]) for changes in found.touched().values())
    return {name: seen[name] for name in FATES}


def undetermined(found: Comparison) -> int:
    """Return of how many students something cannot be told."""
    return len({subject for some in found.undetermined.values() for subject in some})


def grouped(found: Comparison) -> dict[str, dict[str, dict[str, int]]]:
    """Return how many students fare how, by group and by the provisions behind what stands now or stood.

    A student counts once in each group, by the changes that lie in it.
    """
    cells: dict[str, dict[str, dict[str, list[str]]]] = {}
    for change in found.changes:
        places = list(change.groups.items())
        places += [("provision", pid) for pid in _provisions(change)]
        for name, value in places:
            group = cells.setdefault(name, {}).setdefault(value, {})
            group.setdefault(change.subject, []).append(change.direction)
    order = [*found.new.policy.groups, "provision"]
    rank = {pid: n for n, pid in enumerate(found.new.policy.provisions)}
    told: dict[str, dict[str, dict[str, int]]] = {}
    for name in (one for one in order if one in cells):
        told[name] = {}
        for value in sorted(
            cells[name], key=lambda one: (rank.get(one, 0) if name == "provision" else 0, one)
        ):
            seen = Counter(fate(directions) for directions in cells[name][value].values())
            told[name][value] = {"students": sum(seen.values()), **{one: seen[one] for one in FATES}}
    return told


def _provisions(change: Change) -> list[str]:
    """Return the provisions behind one side of a change only; all of them where both have the same."""
    before = change.before.provisions if change.before else ()
    after = change.after.provisions if change.after else ()
    either = list(dict.fromkeys([*before, *after]))
    return [pid for pid in either if (pid in before) != (pid in after)] or either


def written_state(policy: Policy, change: Change, state: State | None) -> str | None:
    """Write what stands as a person types it, None where nothing does."""
    predicate = policy.predicates[change.key[0]]
    atoms = [written_atom(policy, predicate, args) for args in atoms_of(policy, change.key, state)]
    return " and ".join(atoms) or None


def shape(found: Comparison, due: Attribution | None, reveal: bool) -> dict[str, Any]:
    """Return a comparison as JSON.

    Args:
        due: which change hangs on which part, where that was looked at.
        reveal: whether groups of fewer than LEAST_GROUP students are told of.
    """
    fares = counts(found)
    told: dict[str, Any] = {
        "old": text_shape(found.old.policy, found.old.readings),
        "new": text_shape(found.new.policy, found.new.readings),
        "amendments": [_amendment(one) for one in found.new.policy.amendments],
        "students": len(found.subjects),
        "changed": [_change(found, change, due) for change in found.changes],
        "transitions": [
            {"predicate": name, "from": before, "to": after, "count": count}
            for (name, before, after), count in found.transitions.items()
        ],
        "better": fares["better"],
        "worse": fares["worse"],
        "mixed": fares["mixed"],
        "otherwise": fares["changed"],
        "undetermined": undetermined(found),
        "failed": [
            {"student": one.subject, "problems": [problem.message for problem in one.problems]}
            for one in found.failed
        ],
        "groups": {
            name: {value: _suppressed(cells, reveal) for value, cells in values.items()}
            for name, values in grouped(found).items()
        },
    }
    return told


def text_shape(policy: Policy, readings: Mapping[str, str]) -> dict[str, Any]:
    """Return which text was taken as JSON."""
    return {
        "policy": policy.id,
        "edition": policy.edition,
        "readings": dict(readings),
        "digest": policy.digest,
    }


def _amendment(one: Amendment) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.id, "title": one.title, "summary": one.summary}
    if one.since:
        told |= {"from": one.since, "by": one.by}
    told["parts"] = [_part(part) for part in one.parts]
    return told


def _part(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": part.kind.value, "provisions": list(part.provisions)}
    if part.name:
        told["name"] = part.name
    if part.before or part.after:
        told |= {"before": part.before, "after": part.after}
    return told


def _change(found: Comparison, change: Change, due: Attribution | None) -> dict[str, Any]:
    told = change_shape(found.old.policy, found.new.policy, change)
    if change.groups:
        told["groups"] = dict(change.groups)
    if due is not None:
        told["due_to"] = [part_name(part) for part in due.of(change)]
    return told


def change_shape(old: Policy, new: Policy, change: Change) -> dict[str, Any]:
    """Return what stands otherwise as JSON."""
    return {
        "student": change.subject,
        "predicate": change.key[0],
        "before": written_state(old, change, change.before),
        "after": written_state(new, change, change.after),
        "provisions_before": list(change.before.provisions) if change.before else [],
        "provisions_after": list(change.after.provisions) if change.after else [],
        "direction": change.direction,
    }


def part_name(part: Part) -> str:
    """Name a part of an amendment: `raise-resit-limit: limit resit_hours_first_year`."""
    what = f"{part.kind.value} {part.name}" if part.name else ", ".join(part.provisions)
    return f"{part.amendment}: {what}"


def _suppressed(cells: Mapping[str, int], reveal: bool) -> dict[str, int | None]:
    if reveal or cells["students"] >= LEAST_GROUP:
        return dict(cells)
    return {"students": None, **dict.fromkeys(FATES)}


def csv_text(found: Comparison, due: Attribution | None) -> str:
    """Write the changes as CSV, a row each."""
    out = io.StringIO()
    names = list(found.new.policy.groups)
    writer = csv.writer(out, lineterminator="\n")
    head = ["student", "predicate", "before", "after", "provisions_before", "provisions_after", "direction"]
    writer.writerow([*head, *names, *(["due_to"] if due is not None else [])])
    for change in found.changes:
        one = _change(found, change, due)
        row = [
            one["student"],
            one["predicate"],
            one["before"] or "",
            one["after"] or "",
            " ".join(one["provisions_before"]),
            " ".join(one["provisions_after"]),
            one["direction"],
            *(change.groups.get(name, "") for name in names),
            *(["; ".join(one["due_to"])] if due is not None else []),
        ]
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def lines(found: Comparison, due: Attribution | None, reveal: bool) -> Iterator[Line]:
    """Yield a comparison as text."""
    names = [text_name(side.policy, side.readings) for side in (found.old, found.new)]
    yield line(" against ".join(names), "bold", hang=2)
    for amendment in found.new.policy.amendments:
        yield from _amendment_lines(found, amendment)
    yield line()
    touched = found.touched()
    everybody = counted(found.new.policy, len(found.subjects))
    yield line(f"{everybody}; for {len(touched):,} something stands otherwise.")
    for name, count in counts(found).items():
        if count:
            yield line(f"{count:,} {FATES[name]}", indent=2)
    if unknown := undetermined(found):
        yield line(f"Of {unknown:,} something cannot be told, on one side or both.", indent=2, hang=2)
    for failure in found.failed:
        yield line(f"{failure.subject} has no result: {failure.problems[0].message}", indent=2, hang=2)
    if not found.names:
        yield line("No conclusion rests on what differs between the two texts.", indent=2, hang=2)
    if not found.changes:
        return
    yield from _transition_lines(found)
    yield from _group_lines(found, reveal)
    if due is not None and len(due.parts) > 1:
        yield from _due_lines(found, due)
    yield line()
    yield line("Who", "bold")
    for subject in list(touched)[:SHOWN]:
        for change in touched[subject]:
            yield from _who(found, change)
    if len(touched) > SHOWN:
        yield line(f"and {len(touched) - SHOWN:,} more; `--format csv` lists all", "dim", indent=2)


def text_name(policy: Policy, readings: Mapping[str, str]) -> str:
    """Name a text: its pack and edition with its amendments, and what is read otherwise than usual."""
    added = "".join(f"+{one.id}" for one in policy.amendments)
    edition = policy.edition if policy.edition.endswith(added) else policy.edition + added
    return f"{policy.id} {edition}{''.join(f', {name}={value}' for name, value in readings.items())}"


def _amendment_lines(found: Comparison, amendment: Amendment) -> Iterator[Line]:
    since = f" (from {amendment.since}, by {amendment.by})" if amendment.since else ""
    yield line(f"{amendment.title}{since}", indent=2, hang=2)
    yield line(amendment.summary, indent=4, hang=2)
    for part in amendment.parts:
        yield line(part_words(found, part), "dim", indent=4, hang=2)


def part_words(found: Comparison, part: Part) -> str:
    """Say what a part of an amendment changes."""
    policy = found.new.policy
    cites = "; ".join(policy.cite(pid) for pid in part.provisions)
    where = f" ({cites})" if cites else ""
    if part.kind is PartKind.LIMIT:
        return f"{policy.limits[part.name].says}: {part.before}, now {part.after}{where}"
    if part.kind is PartKind.READING:
        meanings = policy.readings[part.name].readings
        return f"{policy.readings[part.name].question} {meanings.get(part.after, part.after)}{where}"
    if part.kind is PartKind.TABLE:
        return f"the table {part.name} is changed{where}"
    return f"the rules of {cites} are changed"


def _transition_lines(found: Comparison) -> Iterator[Line]:
    changed = {name for (name, before, after) in found.transitions if _moves(before, after)}
    for name in (one for one in found.names if one in changed):
        yield line()
        yield line(name, "bold")
        cells = [(b, a, count) for (one, b, a), count in found.transitions.items() if one == name]
        width = max(len(f"{b}, as before") if not _moves(b, a) else len(f"{b} -> {a}") for b, a, _ in cells)
        for before, after, count in cells:
            style = "" if _moves(before, after) else "dim"
            text = (f"{before} -> {after}" if _moves(before, after) else f"{before}, as before").ljust(width)
            yield Line((Run(f"{escape(text)}  {count:>7,}", style, glue=True),), indent=2)


def _moves(before: str, after: str) -> bool:
    return before != after and after != "the same"


def _group_lines(found: Comparison, reveal: bool) -> Iterator[Line]:
    for name, values in grouped(found).items():
        yield line()
        yield line(f"By {name}: better off, worse off, both, otherwise", "bold")
        hidden = 0
        for value, cells in values.items():
            if cells["students"] < LEAST_GROUP and not reveal:
                hidden += 1
                continue
            label = found.new.policy.cite(value) if name == "provision" else value
            figures = "".join(f"{cells[one]:>7,}" for one in FATES)
            yield Line((Run(f"{escape(label):<24}{figures}", glue=True),), indent=2)
        if hidden:
            words = "group" if hidden == 1 else "groups"
            fewer = counted(found.new.policy, LEAST_GROUP)
            text = f"{hidden} {words} of fewer than {fewer}; `--reveal` tells"
            yield line(text, "dim", indent=2)


def _due_lines(found: Comparison, due: Attribution) -> Iterator[Line]:
    yield line()
    yield line("Without which part the change does not come about", "bold")
    for part in due.parts:
        students = {c.subject for c in found.changes if part in due.of(c)}
        yield line(f"{part_words(found, part)}: {counted(found.new.policy, len(students))}", indent=2, hang=2)
    several = {c.subject for c in found.changes if not due.of(c)}
    if several:
        yield line(
            f"any of several parts does it alone: {counted(found.new.policy, len(several))}", indent=2, hang=2
        )


def counted(policy: Policy, number: int) -> str:
    """Say how many subjects: `1 student`, `12 students`."""
    return f"{number:,} {policy.subject}" if number == 1 else f"{number:,} {policy.subject}s"


def _who(found: Comparison, change: Change) -> Iterator[Line]:
    text = f"{change.subject}  {change.direction}: {change_words(found.old.policy, found.new.policy, change)}"
    yield line(text, indent=2, hang=4)


def change_words(old: Policy, new: Policy, change: Change) -> str:
    """Say what stood and what stands, with the provisions: `a (14.B.1) -> b (14.A.2)`."""
    before = written_state(old, change, change.before) or "nothing"
    after = written_state(new, change, change.after) or "nothing"
    return f"{before}{_cited(old, change.before)} -> {after}{_cited(new, change.after)}"


def _cited(policy: Policy, state: State | None) -> str:
    if state is None or not state.provisions:
        return ""
    return f" ({'; '.join(policy.cite(pid) for pid in state.provisions)})"

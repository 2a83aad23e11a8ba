"""`bylaw compare`: what a changed text does to the students of a cohort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.options import (
    AsOfOption,
    MappingOption,
    ReadingOption,
    RecordsOption,
    open_policy,
    open_records,
    read_readings,
)
from bylaw.cli.output import print_lines, save, say, write
from bylaw.cli.progress import progress
from bylaw.errors import UsageError, did_you_mean
from bylaw.report.json_shapes import json_text

if TYPE_CHECKING:
    from bylaw.analysis.attribution import Attribution
    from bylaw.analysis.compare import Change, Comparison, Side
    from bylaw.analysis.standing import State
    from bylaw.engine.cohort import Effort
    from bylaw.policy.model import Policy
    from bylaw.report.comparison_page import Told


class CompareFormat(StrEnum):
    """How a comparison is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def compare(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The text as it stands: a pack.")],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The changed text: a pack, or OLD+AMENDMENT, or +AMENDMENT.")
    ],
    records: RecordsOption = None,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    reading: ReadingOption = None,
    conclusion: Annotated[
        list[str] | None,
        typer.Option("--conclusion", "-c", metavar="NAME", help="Compare only this conclusion; repeatable."),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Tell also of groups of fewer than five students.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="How many processes; as the machine allows unless given."),
    ] = None,
    format: Annotated[
        CompareFormat,
        typer.Option("--format", "-f", metavar="text|json|csv|html", help="How to write it."),
    ] = CompareFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file, not to stdout.")
    ] = None,
) -> None:
    """Compare what two texts say of every student of a cohort: who is touched, how, and by which part."""
    from bylaw.analysis.attribution import attribute
    from bylaw.analysis.compare import Side
    from bylaw.analysis.compare import compare as compare_texts
    from bylaw.engine.cohort import Effort
    from bylaw.policy.packs import amendments_named
    from bylaw.report import comparison
    from bylaw.report.terminal import render

    new = f"{old}{new}" if new.startswith("+") else new
    before, after = open_policy(old), open_policy(new)
    names = _names(before, after, conclusion)
    readings = read_readings(reading)
    sides = [Side(one, readings, open_records(one, records, as_of, mapping)) for one in (before, after)]
    effort = Effort(workers=workers)
    with progress(2 * len(sides[0].records.subjects), f"{before.subject}s") as advance:
        found = compare_texts(sides[0], sides[1], names, effort=effort, advance=advance)
    due = None
    pack, added = amendments_named(new)
    if added and found.changes:
        with progress(sum(len(one.parts) for one in after.amendments), "parts") as advance:
            due = attribute(found, open_policy(str(pack)), added, effort, advance)
    if format is CompareFormat.TEXT:
        lines = list(comparison.lines(found, due, reveal))
        if output is None:
            print_lines(lines)
            return
        text = "".join(f"{one}\n" for one in render(lines))
    elif format is CompareFormat.JSON:
        text = json_text(comparison.shape(found, due, reveal)) + "\n"
    elif format is CompareFormat.CSV:
        text = comparison.csv_text(found, due)
    else:
        text = _page(found, due, effort, reveal)
    if output is None:
        write(text)
        return
    save(output, text)
    say(f"{len(found.changes)} changes written to {output}")


def _page(found: Comparison, due: Attribution | None, effort: Effort, reveal: bool) -> str:
    """Return the page, with what the cohort is swept and told for."""
    from datetime import date

    from bylaw import __version__
    from bylaw.analysis.sweep import changed_limits, distances, sweep
    from bylaw.report.comparison_page import comparison_page

    limits = changed_limits(found)
    with progress(len(limits), "limits") as advance:
        sweeps = []
        for name in limits:
            sweeps.append(sweep(found, name, effort))
            advance()
    measured = [distances(found.old, name, found.subjects) for name in limits]
    return comparison_page(
        found,
        due,
        sweeps,
        [one for one in measured if one is not None and one.counts],
        list(_told(found)),
        reveal=reveal,
        made=date.today(),
        version=__version__,
    )


def _told(found: Comparison) -> Iterator[Told]:
    """Tell students at length who stand for many: why something stood, and why it stands otherwise."""
    from bylaw.report.comparison_page import Told, representatives

    seen: set[str] = set()
    for subject, change in representatives(found):
        if subject not in seen:
            seen.add(subject)
            letters = [_letter(side, subject, change, state) for side, state in _both(found, change)]
            yield Told(subject, tuple(found.touched()[subject]), *letters)


def _both(found: Comparison, change: Change) -> list[tuple[Side, State | None]]:
    return [(found.old, change.before), (found.new, change.after)]


def _letter(side: Side, subject: str, change: Change, state: State | None) -> tuple[str, ...]:
    """Return why something stands for a student by a text, or why it does not, as lines of a letter."""
    from bylaw.analysis.standing import atoms_of
    from bylaw.analysis.written import written_atom
    from bylaw.cli.why import DEPTH
    from bylaw.engine.editions import open_engine, year_asked
    from bylaw.explain.explainer import Explainer
    from bylaw.policy.patterns import parse_pattern
    from bylaw.report.letter import Letter
    from bylaw.report.terminal import render

    predicate = side.policy.predicates[change.key[0]]
    other = atoms_of(side.policy, change.key, change.before or change.after)
    args = (atoms_of(side.policy, change.key, state) or other)[0]
    kinds = [side.policy.types[kind] for _, kind in predicate.args]
    whole = open_engine(side.policy, side.readings)
    engine = whole.applying(side.records, subject, year_asked(side.policy, args, kinds))
    decision = engine.decide(side.records, subject)
    pattern = parse_pattern(engine.policy, written_atom(engine.policy, predicate, args), subject)
    explainer = Explainer(engine, decision)
    reason = explainer.why(pattern) if state else explainer.why_not(pattern)
    letter = Letter(engine, side.records, decision, depth=DEPTH)
    return tuple(render(letter.page(reason, negative=state is None), 76))


def _names(old: Policy, new: Policy, asked: Sequence[str] | None) -> list[str] | None:
    """Return the conclusions that are asked for; None for all.

    Raises:
        UsageError: one of them is no conclusion of both packs.
    """
    from bylaw.analysis.standing import conclusions_of

    known = conclusions_of([old, new])
    for name in asked or ():
        if name not in known:
            raise UsageError(f"`{name}` is no conclusion of both packs", did_you_mean(name, known))
    return list(asked) if asked else None

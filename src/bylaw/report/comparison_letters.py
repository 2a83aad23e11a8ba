"""Students who stand for many in a comparison: why something stood for them, and why it stands otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bylaw.analysis.compare import Change, Comparison, Side
from bylaw.analysis.standing import State, atoms_of
from bylaw.analysis.written import written_atom
from bylaw.engine.editions import open_engine, year_asked
from bylaw.engine.solve import Engine
from bylaw.explain.explainer import Explainer
from bylaw.policy.patterns import parse_pattern
from bylaw.report.letter import Letter
from bylaw.report.terminal import render

MOST_TOLD = 6
"""How many students are told of at length."""
DEPTH = 3
"""Levels of reasons in a letter."""
WIDTH = 76
"""Columns of a letter."""


@dataclass(frozen=True, slots=True)
class Told:
    """One student at length: what stands otherwise, and why before and after.

    Args:
        changes: of the student.
        before: the lines of the reasons under the old text, one letter a change.
        after: likewise under the new.
    """

    subject: str
    changes: tuple[Change, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def representatives(found: Comparison) -> list[tuple[str, Change]]:
    """Return students who stand for many: for each way in which something changed, the first one."""
    ways: Counter[tuple[object, ...]] = Counter(_way(change) for change in found.changes)
    first: dict[tuple[object, ...], Change] = {}
    for change in found.changes:
        first.setdefault(_way(change), change)
    return [(first[way].subject, first[way]) for way, _ in ways.most_common(MOST_TOLD)]


def _way(change: Change) -> tuple[object, ...]:
    before = (change.before.values, change.before.provisions) if change.before else None
    after = (change.after.values, change.after.provisions) if change.after else None
    return change.key[0], change.direction, before, after


def told_at_length(found: Comparison) -> Iterator[Told]:
    """Yield the students who stand for many, each once."""
    touched = found.touched()
    engines = [open_engine(side.policy, side.readings) for side in (found.old, found.new)]
    seen: set[str] = set()
    for subject, change in representatives(found):
        if subject in seen:
            continue
        seen.add(subject)
        before = _letter(engines[0], found.old, change, change.before)
        after = _letter(engines[1], found.new, change, change.after)
        yield Told(subject, tuple(touched[subject]), before, after)


def _letter(whole: Engine, side: Side, change: Change, state: State | None) -> tuple[str, ...]:
    """Return why something stands by a text, or why it does not, as lines of a letter.

    Args:
        whole: the engine of the text, with all its editions.
    """
    predicate = side.policy.predicates[change.key[0]]
    args = atoms_of(side.policy, change.key, state or change.before or change.after)[0]
    kinds = [side.policy.types[kind] for _, kind in predicate.args]
    year = year_asked(side.policy, args, kinds)
    engine = whole.applying(side.records, change.subject, year)
    decision = engine.decide(side.records, change.subject)
    pattern = parse_pattern(engine.policy, written_atom(engine.policy, predicate, args), change.subject)
    explainer = Explainer(engine, decision)
    reason = explainer.why(pattern) if state else explainer.why_not(pattern)
    letter = Letter(engine, side.records, decision, depth=DEPTH)
    return tuple(render(letter.page(reason, negative=state is None), WIDTH))

"""The nearest way to a better outcome: what a reader of a bad one asks next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import clingo

from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Reason
from bylaw.policy.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Contrast:
    """The way to a better outcome that failed in the fewest conditions.

    Args:
        says: the better outcome in a sentence.
        outcome: why the better outcome is not so, with that way as its only route.
        failed: the conditions of it that are not met.
    """

    says: str
    outcome: Reason
    failed: tuple[Reason, ...]


def nearest_better(explainer: Explainer, pattern: Pattern) -> Contrast | None:
    """Return the nearest way to a better outcome than the one that a pattern means.

    Which values are better the pack says with `best_first`. Of ways that fail in as few conditions, that to
    the least improvement is taken.

    Returns:
        None where several outcomes are meant, nothing better is known, or no rule for it concerns the case.
    """
    matches = explainer.matches(pattern)
    if len(matches) != 1:
        return None
    found: list[tuple[int, Reason, Reason]] = []
    better = _better(explainer, pattern, matches[0])
    said: dict[int, str] = {}
    for goal, (reason, lacking) in zip(better, explainer.routes_to(better), strict=True):
        said[id(reason)] = explainer.said(goal)
        for route, lacks in zip(reason.because, lacking, strict=True):
            if any(not one.met for one in route.because):
                found.append((lacks, reason, route))
    if not found:
        return None
    fewest = min(lacks for lacks, _, _ in found)
    _, outcome, route = next(one for one in found if one[0] == fewest)
    outcome.because = [route]
    outcome.provisions = route.provisions
    return Contrast(said[id(outcome)], outcome, tuple(one for one in route.because if not one.met))


def _better(explainer: Explainer, pattern: Pattern, atom: clingo.Symbol) -> Sequence[clingo.Symbol]:
    """Return the atoms with a better value in place of an atom's, the next better first."""
    found = []
    for position, (_, kind) in enumerate(pattern.predicate.args):
        value = atom.arguments[position]
        if value.type is not clingo.SymbolType.Function or value.arguments:
            continue
        for better in explainer.policy.types[kind].better(value.name):
            arguments = [*atom.arguments]
            arguments[position] = clingo.Function(better)
            found.append(clingo.Function(atom.name, arguments))
    return [one for one in found if not explainer.is_so(one)]

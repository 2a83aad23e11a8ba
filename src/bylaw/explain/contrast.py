"""The nearest way to a better outcome: what a reader of a bad one asks next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import clingo

from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Contrast:
    """The way to a better outcome that failed in the fewest conditions, and in these by the least.

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
    the least improvement is taken; of those to the same, the one that failed in the fewest cases, and then
    the one that fell short by the least.

    Returns:
        None where several outcomes are meant, nothing better is known, or no rule for it concerns the case.
    """
    matches = explainer.matches(pattern)
    if len(matches) != 1:
        return None
    found: list[tuple[tuple[int, int, int, float], Reason, Reason]] = []
    better = _better(explainer, pattern, matches[0])
    said: dict[int, str] = {}
    for step, (goal, (reason, lacking)) in enumerate(zip(better, explainer.routes_to(better), strict=True)):
        said[id(reason)] = explainer.said(goal)
        for route, lacks in zip(reason.because, lacking, strict=True):
            failed = [one for one in route.because if not one.met]
            if failed:
                distance = (lacks, step, sum(map(_cases, failed)), sum(map(_shortfall, failed)))
                found.append((distance, reason, route))
    if not found:
        return None
    _, outcome, route = min(found, key=lambda one: one[0])
    outcome.because = [route]
    outcome.provisions = route.provisions
    return Contrast(said[id(outcome)], outcome, tuple(one for one in route.because if not one.met))


def _cases(reason: Reason) -> int:
    """Count in how many things a condition failed; of several ways to it, in the nearest."""
    if reason.kind is Kind.EACH and reason.value is not None and reason.value.bound is not None:
        return reason.value.bound - reason.value.actual
    failed = [] if reason.holds else [one for one in reason.because if not one.met]
    routes = [_cases(one) for one in failed if one.kind is Kind.ROUTE]
    return min(routes) if routes else max(1, sum(map(_cases, failed)))


def _shortfall(reason: Reason) -> float:
    """Say by which part of its bound the first figure of a condition failed; 0 where there is no figure."""
    for one in _failed_below(reason):
        if one.kind is not Kind.EACH and one.value is not None and one.value.bound:
            return abs(one.value.actual - one.value.bound) / abs(one.value.bound)
    return 0.0


def _failed_below(reason: Reason) -> Iterator[Reason]:
    """Yield a reason that failed and what failed below it, parents first."""
    yield reason
    for child in reason.because:
        if not child.met:
            yield from _failed_below(child)


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

"""Making one sentence of a reason and what stands below or beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bylaw.explain.reason import Kind, Reason

FIGURES = (Kind.COMPARISON, Kind.SUM)


def bounded(reason: Reason) -> bool:
    """Tell whether a reason has a figure and a bound for it."""
    return reason.value is not None and reason.value.bound is not None


def bare(reason: Reason) -> bool:
    """Tell whether a reason compares two numbers that the vocabulary gives no unit and no wording."""
    value = reason.value
    return (
        value is not None
        and value.unit is None
        and reason.says.startswith(f"{value.actual} ")
        and reason.says.endswith(f" {value.bound}")
    )


def plain(reason: Reason) -> bool:
    """Tell whether a reason is a fact, or a step that rests on facts alone and cites nothing."""
    return (
        reason.kind in (Kind.RECORD, Kind.STATED, Kind.ATOM)
        and reason.met
        and reason.holds
        and not (reason.because or reason.value or reason.more or reason.provisions)
        and reason.predicate != "reading"
        and not reason.supposed
    )


def tellable(parent: Reason, child: Reason) -> bool:
    """Tell whether a step and the one reason below it make one sentence."""
    if child.repeated or child.more or child.kind in (Kind.ROUTE, Kind.ELEMENT):
        return False
    if child.predicate == "reading" or parent.met != child.met:
        return False
    if parent.kind is Kind.ELEMENT or child.kind is Kind.EACH:
        return True
    return parent.value is None or child.value is None or same_figure(parent, child)


def same_figure(one: Reason, other: Reason) -> bool:
    """Tell whether two reasons tell the same figure, so that it is told once."""
    if one.value is None or other.value is None or one.value.actual != other.value.actual:
        return False
    return one.value.bound == other.value.bound or not bounded(other)


def absorb(parent: Reason, child: Reason) -> Reason:
    """Return a step with the sentence, rows and grounds of the one reason below it."""
    says = parent.says.rstrip(".")
    if child.kind is Kind.EACH:
        if not child.met and child.value is not None and child.value.bound is not None:
            says = f"{says}: it fails in {child.value.bound - child.value.actual} of {child.value.bound}"
    elif same_figure(parent, child) or (child.kind is Kind.SUM and not bounded(child)):
        pass
    elif child.kind is Kind.ATOM and ": " in child.says:
        says = f"{says}: {child.says.rpartition(': ')[2]}"
    elif child.kind is Kind.COMPARISON and child.predicate and ": " in child.says:
        before, _, bound = child.says.rpartition(": ")
        says = f"{says}: {before}, {bound}"
    elif child.kind in FIGURES or (bounded(child) and child.met) or (not child.met and not child.because):
        says = f"{says}: {child.says}"
    return replace(
        parent,
        says=says,
        provisions=tuple(dict.fromkeys((*parent.provisions, *child.provisions))),
        because=child.because,
        evidence=tuple(dict.fromkeys((*parent.evidence, *child.evidence))),
        value=parent.value or (None if child.kind is Kind.EACH else child.value),
        assumed="; ".join(dict.fromkeys(filter(None, (parent.assumed, child.assumed)))),
    )


def once(text: str) -> str:
    """Take the figure in parentheses from the end of a sentence that has it already."""
    before, _, figure = text.removesuffix(")").rpartition(" (")
    return before if text.endswith(")") and figure[:1].isdigit() and figure in before else text


def join_figures(comparison: Reason, others: Sequence[Reason]) -> tuple[Reason, str] | None:
    """Find the reason that tells the figure of a comparison, and say both: `it is 41 %, less than 60 %`.

    Returns:
        The reason and the sentence; None if no other reason, or more than one, tells the figure, or if the
        comparison says no more than that the figure is itself.
    """
    figure, _, rest = comparison.says.partition(" is ")
    if not rest or not figure[:1].isdigit() or rest.endswith(f" {figure}"):
        return None
    atoms = [one for one in others if one.kind in (Kind.ATOM, Kind.RECORD) and one.met and one.holds]
    found = [one for one in atoms if one.says.endswith(f" {figure}")]
    if not found and comparison.met and not figure[-1].isdigit():
        found = [one for one in atoms if f" {figure} " in f" {one.says}"]
    elif any(one.because for one in found):
        return None
    return (found[0], f"{found[0].says}, {rest}") if len(found) == 1 else None


def nearest_figure(reason: Reason) -> Reason:
    """Let a step that failed by one figure tell it, though other ways to the step failed as well.

    A figure is told only where nothing else failed on its way, for elsewhere it is not what decided.
    """
    if reason.met or not reason.because or any(one.kind is not Kind.ROUTE for one in reason.because):
        return reason
    alone = [
        one
        for route in reason.because
        for one in route.because
        if not one.met and sum(not other.met for other in route.because) == 1
    ]
    figures = [one for one in alone if bounded(one) and one.kind in (*FIGURES, Kind.ATOM, Kind.RECORD)]
    if len(figures) != 1:
        return reason
    return absorb(replace(reason, because=[]), figures[0])


def joined_routes(reasons: Sequence[Reason]) -> list[Reason]:
    """Tell ways to one step once where they have the same words.

    Of ways that failed the conditions that are not met stand together; of ways that lead to it the first
    tells enough.
    """
    found: list[Reason] = []
    for one in reasons:
        same = next(
            (other for other in found if other.kind is one.kind is Kind.ROUTE and _alike(other, one)), None
        )
        if same is None:
            found.append(one)
        elif not one.met:
            failed = [child for child in one.because if not child.met]
            known = {child.says for child in same.because}
            merged = [*same.because, *(child for child in failed if child.says not in known)]
            found[found.index(same)] = replace(same, because=merged)
    return found


def unheaded(parent: Reason, reasons: Sequence[Reason]) -> list[Reason]:
    """Put what failed in a rule under the step itself, where the rule has no words but those of the step."""
    found: list[Reason] = []
    for one in reasons:
        repeats = one.kind is Kind.ROUTE and not one.met and one.says == parent.says and not one.provisions
        found += one.because if repeats else [one]
    return found


def _alike(one: Reason, other: Reason) -> bool:
    return (one.says, one.provisions, one.met) == (other.says, other.provisions, other.met)

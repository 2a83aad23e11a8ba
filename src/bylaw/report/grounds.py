"""For want of what something is not so: which of the conditions that failed decide, and by which figure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bylaw.explain.reason import Kind, Reason
from bylaw.report.merging import absorb, bounded

FIGURED = (Kind.COMPARISON, Kind.SUM, Kind.ATOM, Kind.RECORD)


def deciding(reason: Reason) -> list[Reason]:
    """Return the figures for which something is not so, over the ways to it, and what the record lacks.

    A way that fails for what nothing in the record speaks of, such as an exception, is passed over. Nothing
    is returned where there are many ways, or one fails for something else: then no figure decides.
    """
    failing = {one.says: one for route in _ways(reason) for one in route.because if not one.met}
    figures = {says for says, one in failing.items() if _figure(one) and not _itself(one)}
    lacking = {says for says, one in failing.items() if one.kind is Kind.RECORD and not one.holds}
    others = [one for says, one in failing.items() if says not in figures | lacking]
    if not figures or (len(_ways(reason)) == 1 and len(failing) > 1):
        return []
    if others and (len(others) > 1 or len(figures | lacking) == 1 or others[0].evidence):
        return []
    return [one for says, one in failing.items() if says in figures | lacking]


def figures_behind(reason: Reason) -> list[Reason]:
    """Return why something is not so where figures are behind it, each once: these, and what else failed.

    A figure is behind it only where nothing else failed on its way, for elsewhere it is not what decided.
    """
    found: dict[str, Reason] = {}
    told = False
    for route in _ways(reason):
        failed = [one for one in route.because if not one.met]
        for one in failed:
            figures = _measured_below(one) if _alike(failed) else []
            told = told or bool(figures)
            for own in figures or [one]:
                found.setdefault(own.says, own)
    return list(found.values()) if told else []


def idle(reason: Reason, failed: Collection[str]) -> bool:
    """Tell whether something is not so for nothing but what failed beside it, so that it says no more.

    Args:
        failed: atoms that are not so, in the words of the rules.
    """
    return bool(reason.because) and all(
        any(
            not one.met and not one.holds and (one.atom in failed or idle(one, failed))
            for one in route.because
        )
        for route in _ways(reason)
    )


def _ways(reason: Reason) -> list[Reason]:
    return [one for one in reason.because if one.kind is Kind.ROUTE and not one.met] or [reason]


def _figure(reason: Reason) -> bool:
    return bounded(reason) and reason.kind in FIGURED


def _itself(reason: Reason) -> bool:
    """Tell whether a comparison is of a day or a year with itself."""
    value = reason.value
    compared = reason.kind is Kind.COMPARISON and value is not None and value.unit is None
    return compared and value is not None and value.actual == value.bound


def defeated(reason: Reason) -> list[Reason]:
    """Return what alone keeps something from being so in one way to it, as an exception to it.

    An excuse is such: without it, a sitting that was missed would be forgone.
    """
    found: dict[str, Reason] = {}
    for route in _ways(reason):
        failed = [one for one in route.because if not one.met]
        if len(failed) == 1 and failed[0].holds and failed[0].kind in (Kind.ATOM, Kind.RECORD):
            found.setdefault(failed[0].says, failed[0])
    return list(found.values())


def measured(reason: Reason) -> bool:
    """Tell whether a reason tells a figure of some measure beside its bound, not years or the like."""
    return _figure(reason) and reason.value is not None and reason.value.unit is not None


def _alike(failed: Sequence[Reason]) -> bool:
    """Tell whether conditions that failed are one, tried of several things."""
    return all((one.kind, one.predicate) == (failed[0].kind, failed[0].predicate) for one in failed)


def _measured_below(reason: Reason) -> list[Reason]:
    """Return the figures, each with what it is of, for which alone something is not so."""
    if measured(reason):
        return [reason]
    if reason.holds:
        return []
    found: list[Reason] = []
    for route in _ways(reason):
        failed = [one for one in route.because if not one.met]
        for one in failed if _alike(failed) else ():
            nameless = one.kind in (Kind.SUM, Kind.COMPARISON) and not one.predicate
            if nameless and measured(one) and not (one.value and one.value.of):
                # of several things tried, a figure without its name says nothing
                found += [absorb(replace(reason, because=[], more=0), one)] if len(failed) == 1 else []
            else:
                found += _measured_below(one)
    return found

"""How the figures of a letter came about: each contribution, or of many those of one factor together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bylaw.analysis.written import written_atom
from bylaw.explain.reason import Kind, Reason
from bylaw.explain.sentences import number
from bylaw.report.folding import lists_several
from bylaw.report.phrases import FAINT, cited_sentence
from bylaw.report.terminal import Line, line

if TYPE_CHECKING:
    from bylaw.explain.reckoning import Entry, Reckoner, Reckoning
    from bylaw.explain.sums import Product
    from bylaw.policy.model import Policy

MOST_ENTRIES = 25
"""Contributions are listed one by one up to this number."""
NEAR = 2
"""How far below a conclusion a figure is told with what makes it."""
MOST_RECKONED = 2
"""Of more figures than these only what was added up is told."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a reckoning: what contributes, and how much."""

    label: str
    reckoned: str


@dataclass(frozen=True, slots=True)
class Told:
    """How one figure came about, as it is told.

    Args:
        says: what was added up, in a sentence.
        rows: of which the sum is made; none where only the sum is told.
        pattern: what to ask for to have the rows.
        about: the atoms behind the rows, in the words of the rules.
    """

    says: str
    provisions: tuple[str, ...]
    rows: tuple[Row, ...]
    pattern: str
    about: frozenset[str]


def asked_of(reason: Reason) -> list[str]:
    """Return the figures that a reason is about, or that it rests on at once, in the words of the rules."""
    asked = [reason] if _is_figure(reason) else reason.because
    return [one.atom for one in asked if _is_figure(one)]


def _is_figure(reason: Reason) -> bool:
    """Tell whether a reason is of something that is so and ends with a number, as an average does."""
    ends = reason.atom.removesuffix(")").rpartition(",")[2]
    open_too = lists_several(reason) or reason.kind is not Kind.ATOM or not reason.holds
    return not open_too and ends.lstrip("-").isdigit() and reason.predicate != "limit"


def figures_of(reason: Reason, level: int = 0) -> dict[str, bool]:
    """Return the figures that a reason tells beside a limit, each with whether what makes it is told too.

    That is so of the conclusion that it is about, down to NEAR steps below it, and where a condition failed.
    """
    found = dict.fromkeys(asked_of(reason), True) if not level else {}
    below = level if reason.kind is Kind.ROUTE else level + 1
    if reason.value is not None and reason.value.of:
        found[reason.value.of] = level <= NEAR or not reason.met
    for one in reason.because:
        for figure, whole in figures_of(one, below).items():
            found[figure] = found.get(figure, False) or whole
    return found


def reckoned(policy: Policy, reckoner: Reckoner, figures: Mapping[str, bool]) -> list[Told]:
    """Tell how figures came about, those that are sums of products; the same sum once.

    Args:
        figures: in the words of the rules, each with whether what it is made of is told.
    """
    same: dict[tuple[object, ...], list[tuple[Reckoning, bool]]] = {}
    for figure, whole in figures.items():
        one = reckoner.of(figure)
        if one is not None:
            made_of = tuple((entry.label, entry.product) for entry in one.entries)
            same.setdefault(made_of, []).append((one, whole))
    several = sum(any(whole for _, whole in group) for group in same.values()) > MOST_RECKONED
    return [
        _told(policy, [one for one, _ in group], listed=not several and any(whole for _, whole in group))
        for group in same.values()
    ]


def _told(policy: Policy, alike: Sequence[Reckoning], *, listed: bool) -> Told:
    """Tell the first of some reckonings that are made of the same."""
    one = alike[0]
    says = f"{one.says}: {one.total}" if one.total else one.says
    weight = _whole([entry.product for entry in one.entries]).weight
    over = number(weight.actual, weight.scale, weight.unit)
    says += f", over {over}" if over not in says else ""
    rows = tuple(_rows(one.entries)) if listed else ()
    predicate = policy.predicates[one.predicate]
    without = replace(predicate, args=predicate.args[:-1])
    pattern = written_atom(policy, without, one.args[:-1])
    about = frozenset(entry.about for own in alike for entry in own.entries if listed)
    return Told(says, one.provisions, rows, pattern, about)


def _rows(entries: Sequence[Entry]) -> Iterator[Row]:
    if len(entries) <= MOST_ENTRIES:
        for one in entries:
            yield Row(one.label, one.product.text)
        return
    groups: dict[int, list[Entry]] = {}
    for one in entries:
        groups.setdefault(one.product.factor.actual, []).append(one)
    for _, group in sorted(groups.items(), reverse=True):
        label = ", ".join(dict.fromkeys(one.short for one in group))
        yield Row(label, _whole([one.product for one in group]).text)


def _whole(products: Sequence[Product]) -> Product:
    """Return what contributions make together; its factor is that of the first."""
    weight = replace(products[0].weight, actual=sum(one.weight.actual for one in products))
    value = replace(products[0].value, actual=sum(one.value.actual for one in products))
    return replace(products[0], weight=weight, value=value)


def reckoned_lines(policy: Policy, subject: str, told: Sequence[Told]) -> Iterator[Line]:
    """Yield the part of a letter that says how its figures came about; nothing where there is none."""
    if not told:
        return
    yield line("How the figure came about:" if len(told) == 1 else "How the figures came about:", indent=2)
    for one in told:
        yield Line(tuple(cited_sentence(policy, one.says, one.provisions)), indent=2, hang=2)
        for row in one.rows:
            yield line(f"{row.label}: {row.reckoned}", indent=4, mark="-", hang=2)
    short = next((one for one in told if not one.rows), None)
    if short is not None:
        text = f"What such a sum is made of: bylaw why {subject} '{short.pattern}'"
        yield line(text, FAINT, indent=2, hang=2)

"""One self-contained page for the student: the outcome, the rule, the figures, the reasons, whom to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind, Reason
from bylaw.explain.sentences import OPPOSITE, RELATIONS, number
from bylaw.report.contrast_text import contrast_text
from bylaw.report.folding import Folding, lists_several
from bylaw.report.html import template
from bylaw.report.merging import bounded
from bylaw.report.pages import assumptions, frame
from bylaw.report.phrases import (
    PERMITTED,
    citations,
    idle_words,
    margin,
    permitted,
    sentence,
    short_row,
    unknown_tables,
)
from bylaw.report.reckoned import Told, figures_of, reckoned

if TYPE_CHECKING:
    from bylaw.engine.solve import Decision, Engine
    from bylaw.explain.contrast import Contrast
    from bylaw.explain.reckoning import Reckoner
    from bylaw.policy.model import Policy
    from bylaw.records.model import Records
    from bylaw.tables.terms import Row

DEPTH = 3
"""Levels of reasons on the page."""
MOST_ROWS = 20
MOST_FIGURES = 6
MOST_ROUTES = 4
"""Ways that failed, told in full: the nearest; of the others, where each failed stands in a line."""
MOST_BELOW = 5
"""Reasons below one that are told where it failed."""
_ASKED = {"<=": RELATIONS["<="], ">=": RELATIONS[">="], "<": RELATIONS[">="]}
"""What a limit asks; a figure that is told to lie below it was asked to reach it."""


@dataclass(slots=True)
class Step:
    """A numbered sentence, its citation, and whether it is met where that is in question."""

    says: str
    cited: str = ""
    sign: str = ""
    below: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure beside its limit, as words and as the parts of a bar from 0 to 100."""

    name: str
    actual: str
    bound: str
    cited: str
    margin: str
    width: float
    mark: float


def student_page(
    engine: Engine,
    records: Records,
    decision: Decision,
    reason: Reason,
    *,
    made: date,
    version: str,
    contrast: Contrast | None = None,
    reckoner: Reckoner | None = None,
    undetermined: Sequence[str] = (),
) -> str:
    """Return the page as HTML.

    Args:
        reason: what it tells.
        made: the day that stands on it.
        version: of bylaw.
        contrast: the nearest way to a better outcome.
        reckoner: what tells how its figures came about.
        undetermined: the tables for want of which it cannot be told.
    """
    policy = engine.policy
    shown = Folding(policy).fold(reason)
    sums = reckoned(policy, reckoner, figures_of(shown)) if reckoner and not undetermined else []
    shown = Folding(policy, frozenset().union(*(one.about for one in sums))).fold(reason)
    several = lists_several(shown)
    outcome = sentence(shown.says)
    if undetermined:
        outcome = f"It cannot be told whether {reason.predicate} holds for {decision.subject}."
        shown.because = [Reason(Kind.RECORD, "", unknown_tables(policy, undetermined), False)]
    elif several:
        outcome = f"{len(shown.because)} conclusions fit."
    routes = [one for one in shown.because if one.kind is Kind.ROUTE]
    plain = [one for one in shown.because if one.kind is not Kind.ROUTE]
    outcomes = {one.name for one in policy.conclusions()}
    exceptions = [
        one for one in plain if shown.holds and one.met and not one.holds and one.predicate not in outcomes
    ]
    full = routes if shown.holds else _nearest(routes)
    step = _Steps(policy).step
    rows = list(_rows(policy, records, reason, shown))
    return template("student_page.html").render(
        page=frame(engine, records, decision, made=made, version=version)
        | {
            "outcome": outcome,
            "holds": shown.holds,
            "rules": [] if several or routes else _rules(policy, shown.provisions),
            "figures": _figures(policy, shown),
            "steps": [step(one, 1) for one in plain if one not in exceptions],
            "routes": [_route(policy, one, step, holds=shown.holds) for one in full],
            "others": list(
                dict.fromkeys(
                    _brief(policy, one) for one in routes if not any(one is other for other in full)
                )
            ),
            "reckoned": _reckoned(policy, sums),
            "rows": rows[:MOST_ROWS],
            "more_rows": max(0, len(rows) - MOST_ROWS),
            "exceptions": [step(one, DEPTH - 1) for one in exceptions],
            "contrast": contrast_text(policy, contrast) if contrast else "",
            "assumed": assumptions(one.assumed for one in reason.walk() if one.assumed),
        }
    )


def _reckoned(policy: Policy, sums: Iterable[Told]) -> list[dict[str, object]]:
    """Return how figures came about, a few of them with what makes each."""
    return [
        {
            "says": sentence(one.says),
            "cited": citations(policy, one.provisions),
            "rows": [(row.label, row.reckoned) for row in one.rows],
        }
        for one in sums
    ]


def _rules(policy: Policy, provisions: Iterable[str]) -> list[dict[str, str]]:
    known = [policy.provisions[one] for one in provisions if one in policy.provisions]
    return [{"says": sentence(one.summary), "cited": f"({one.cite})"} for one in known]


def _nearest(routes: Sequence[Reason]) -> list[Reason]:
    """Return the ways that failed in the fewest conditions, by a figure rather than not, as they come."""
    ranked = sorted(
        routes,
        key=lambda one: (
            sum(not child.met for child in one.because),
            not any(bounded(child) for child in one.because if not child.met),
        ),
    )[:MOST_ROUTES]
    return [one for one in routes if any(one is other for other in ranked)]


def _route(
    policy: Policy, route: Reason, step: Callable[[Reason, int, bool], Step], *, holds: bool
) -> dict[str, object]:
    """Return a rule with its conditions; of one that failed, those that are met in a line."""
    return {
        "name": citations(policy, route.provisions)[1:-1] or sentence(route.says),
        "rule": " ".join(rule["says"] for rule in _rules(policy, route.provisions)),
        "steps": [step(child, 1, not holds) for child in route.because if holds or not child.met],
        "met": [sentence(child.says) for child in route.because if child.met and not holds],
        "idle": PERMITTED if permitted(route) else idle_words(route.idle) if route.idle and not holds else "",
    }


def _brief(policy: Policy, route: Reason) -> tuple[str, str]:
    """Return a way that failed in a line: its name, and the first condition that is not met."""
    unmet = [child for child in route.because if not child.met]
    first = next((one for one in unmet if bounded(one)), unmet[0] if unmet else route)
    says = first.says
    if figure := margin(first.value) if first.value else "":
        says = f"{says.rstrip('.')}; {figure}"
    return citations(policy, route.provisions)[1:-1] or "A rule", sentence(says)


class _Steps:
    """Makes the sentences of one page; what stands below one is told once."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._told: set[str] = set()

    def step(self, reason: Reason, level: int, signed: bool = False) -> Step:
        """Return a reason as a sentence with those below it.

        Args:
            level: 1 for a condition of the outcome.
            signed: whether it says if it is met.
        """
        policy = self.policy
        says = reason.says
        if reason.more:
            says = f"{says.rstrip('.')}, and {reason.more} more of the kind"
        if figure := margin(reason.value) if reason.value and not reason.met else "":
            says = f"{says.rstrip('.')}; {figure}"
        further = [one for one in reason.provisions if f"({policy.cite(one)})" not in says]
        sign = ("met" if reason.met else "unmet") if signed and reason.kind is not Kind.ROUTE else ""
        if reason.kind is Kind.ROUTE:
            says = f"{'by' if reason.met else 'not by'} {citations(policy, reason.provisions)[1:-1]}: {says}"
            further = []
        told = Step(sentence(says), citations(policy, further), sign)
        if says not in self._told:
            deciding = signed and not reason.met
            below = [
                one
                for one in reason.because
                if (level < DEPTH or (deciding and bounded(one)))
                and not (one.predicate == "reading" and one.says in self._told)
            ]
            self._told.update(one.says for one in below if one.predicate == "reading")
            if below:
                self._told.add(says)
            shown = below[:MOST_BELOW] if deciding else below
            told.below = [self.step(one, level + 1, signed=deciding and not one.met) for one in shown]
            if len(shown) < len(below):
                told.below.append(Step(f"And {len(below) - len(shown)} more."))
        return told


def _figures(policy: Policy, shown: Reason) -> list[Figure]:
    """Return the figures that stand beside a limit, each once, those that failed first."""
    found: dict[tuple[str, int, int], Figure] = {}
    told = sorted((one for one in shown.walk() if _measured(one)), key=lambda one: one.met)
    for one in told:
        value = one.value
        assert value is not None and value.bound is not None
        actual = number(value.actual, value.scale, value.unit)
        name, found_in, _ = one.says.partition(f": {actual}")
        if not found_in:
            name, _, _ = one.says.partition(": ")
        asked = _ASKED.get(OPPOSITE[value.relation] if one.met and not one.holds else value.relation, "")
        top = max(value.actual, value.bound, 1) * 1.15
        key = (name, value.actual, value.bound)
        found.setdefault(
            key,
            Figure(
                name[:1].upper() + name[1:],
                actual,
                f"{asked} {number(value.bound, value.scale, value.unit)}".strip(),
                citations(policy, _states_limit(policy, one)),
                margin(value),
                round(max(0.0, 100 * value.actual / top), 1),
                round(max(0.0, 100 * value.bound / top), 1),
            ),
        )
    return list(found.values())[:MOST_FIGURES]


def _states_limit(policy: Policy, reason: Reason) -> list[str]:
    """Return the provision that states the limit of a figure."""
    value = reason.value
    for limit in policy.limits.values():
        if value is not None and limit.value == value.bound and limit.says in reason.says:
            return [limit.provision]
    return [one for one in reason.provisions if one in policy.provisions][-1:]


def _measured(reason: Reason) -> bool:
    value = reason.value
    told = reason.kind in (Kind.ATOM, Kind.COMPARISON, Kind.SUM) and ": " in reason.says
    return told and bounded(reason) and value is not None and value.unit is not None and value.actual >= 0


def _rows(policy: Policy, records: Records, reason: Reason, shown: Reason) -> Iterator[dict[str, str]]:
    """Yield the rows that the page rests on, in the words of the facts they give."""
    wanted: dict[Row, None] = {}
    for one in shown.walk():
        wanted.update(dict.fromkeys(one.evidence))
    says: dict[Row, str] = {}
    for one in reason.walk():
        if one.kind is Kind.RECORD and one.holds:
            for row in one.evidence:
                says.setdefault(row, one.says)
    for row in sorted(wanted, key=lambda row: (row.table, row.line)):
        table = policy.tables.get(row.table)
        if row in says and not (table and table.pack):
            yield {"says": sentence(says[row]), "where": short_row(row, records.source, policy.folder)}

"""One self-contained page for the student: the outcome, the rule, the figures, the reasons, whom to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind, Reason
from bylaw.explain.sentences import RELATIONS, number
from bylaw.report.contrast_text import contrast_text
from bylaw.report.folding import Folding, lists_several
from bylaw.report.html import safe_text, template
from bylaw.report.json_shapes import digests
from bylaw.report.merging import bounded
from bylaw.report.phrases import as_of_words, citations, margin, sentence, short_row, unknown_tables

if TYPE_CHECKING:
    from bylaw.engine.solve import Decision, Engine
    from bylaw.explain.contrast import Contrast
    from bylaw.policy.model import Policy
    from bylaw.records.model import Records
    from bylaw.tables.terms import Row

DEPTH = 3
"""Levels of reasons on the page."""
MOST_ROWS = 20
MOST_FIGURES = 6
_ASKED = {"<=": RELATIONS["<="], ">=": RELATIONS[">="]}


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
    undetermined: Sequence[str] = (),
) -> str:
    """Return the page as HTML.

    Args:
        reason: what it tells.
        made: the day that stands on it.
        version: of bylaw.
        contrast: the nearest way to a better outcome.
        undetermined: the tables for want of which it cannot be told.
    """
    policy = engine.policy
    shown = Folding(policy).fold(reason)
    several = lists_several(shown)
    outcome = sentence(shown.says)
    if undetermined:
        outcome = f"It cannot be told whether {reason.predicate} holds for {decision.subject}."
        shown.because = [Reason(Kind.RECORD, "", unknown_tables(policy, undetermined), False)]
    elif several:
        outcome = f"{len(shown.because)} conclusions fit."
    routes = [one for one in shown.because if one.kind is Kind.ROUTE]
    plain = [one for one in shown.because if one.kind is not Kind.ROUTE]
    exceptions = [one for one in plain if shown.holds and one.met and not one.holds]
    step = _Steps(policy).step
    digest = digests(engine, records, decision.subject)
    rows = list(_rows(policy, records, reason, shown))
    as_of = as_of_words(policy, records.as_of) if records.as_of is not None else ""
    return template("student_page.html").render(
        page={
            "title": safe_text(f"{decision.subject}: {policy.title}"),
            "institution": policy.institution,
            "regulations": policy.title,
            "edition": decision.edition,
            "outcome": outcome,
            "holds": shown.holds,
            "authority": policy.authority,
            "synthetic": records.synthetic,
            "rules": [] if several or routes else _rules(policy, shown.provisions),
            "figures": _figures(policy, shown),
            "steps": [step(one, 1) for one in plain if one not in exceptions],
            "routes": [
                {
                    "name": citations(policy, one.provisions)[1:-1] or sentence(one.says),
                    "rule": " ".join(rule["says"] for rule in _rules(policy, one.provisions)),
                    "steps": [
                        step(child, 1, signed=not shown.holds)
                        for child in one.because
                        if shown.holds or not child.met
                    ],
                    "met": [sentence(child.says) for child in one.because if child.met and not shown.holds],
                }
                for one in routes
            ],
            "rows": rows[:MOST_ROWS],
            "more_rows": max(0, len(rows) - MOST_ROWS),
            "exceptions": [step(one, DEPTH) for one in exceptions],
            "contrast": contrast_text(policy, contrast) if contrast else "",
            "assumed": _assumed(one.assumed for one in reason.walk() if one.assumed),
            "student": decision.subject,
            "record": records.source,
            "as_of": as_of,
            "readings": [
                f"{name} = {value}"
                for name, value in engine.readings.items()
                if value != policy.readings[name].default
            ],
            "policy_digest": digest["policy"],
            "record_digest": digest["records"],
            "made": made.isoformat(),
            "version": version,
        }
    )


def _rules(policy: Policy, provisions: Iterable[str]) -> list[dict[str, str]]:
    known = [policy.provisions[one] for one in provisions if one in policy.provisions]
    return [{"says": sentence(one.summary), "cited": f"({one.cite})"} for one in known]


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
            told.below = [self.step(one, level + 1, signed=deciding and not one.met) for one in below]
        return told


def _figures(policy: Policy, shown: Reason) -> list[Figure]:
    """Return the figures that stand beside a limit, each once, those that failed first."""
    found: dict[tuple[str, int, int], Figure] = {}
    told = sorted((one for one in shown.walk() if _measured(one)), key=lambda one: one.met)
    for one in told:
        value = one.value
        assert value is not None and value.bound is not None
        name, _, _ = one.says.partition(": ")
        top = max(value.actual, value.bound, 1) * 1.15
        key = (name, value.actual, value.bound)
        found.setdefault(
            key,
            Figure(
                name[:1].upper() + name[1:],
                number(value.actual, value.scale, value.unit),
                f"{_ASKED.get(value.relation, '')} {number(value.bound, value.scale, value.unit)}".strip(),
                citations(policy, [one for one in one.provisions if one in policy.provisions][-1:]),
                margin(value),
                round(max(0.0, 100 * value.actual / top), 1),
                round(max(0.0, 100 * value.bound / top), 1),
            ),
        )
    return list(found.values())[:MOST_FIGURES]


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


def _assumed(says: Iterable[str]) -> list[str]:
    told = dict.fromkeys(
        text.removeprefix("assumed: ").removesuffix(", table not supplied")
        for one in says
        for text in one.split("; assumed: ")
    )
    return [sentence(one) for one in told]

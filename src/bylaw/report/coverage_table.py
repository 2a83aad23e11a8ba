"""What the cases of a pack cover, as a table and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.analysis.coverage import SIDES, ProvisionCoverage
from bylaw.policy.model import Provision, Status
from bylaw.report.phrases import FAINT, sentence
from bylaw.report.provision_page import rule_place
from bylaw.report.terminal import NO_BREAK, Line, Part, columns, line

if TYPE_CHECKING:
    from bylaw.analysis.coverage import Coverage, LimitCoverage, ReadingCoverage
    from bylaw.policy.cases import Case

MOST_NAMED = 20
"""How many cases are named of those that a provision decides, and of those that it does not."""
_HEADS = ("provision", "status", "rules", "decided", "not decided")
_GAP = 2


def lines(coverage: Coverage, *, detailed: bool = False) -> Iterator[Line]:
    """Yield a line for each provision, then the limits and readings that the cases do not show, then totals.

    Args:
        detailed: whether rules and cases are named.
    """
    policy = coverage.policy
    edition = f", edition {policy.edition}" if policy.edition else ""
    yield line(f"What the cases of {policy.id}{edition} cover", "bold")
    yield line()
    yield from _table(coverage.provisions)
    if detailed:
        for one in coverage.provisions:
            yield from _details(coverage, one)
    yield from _limits(coverage, detailed)
    yield from _readings(coverage, detailed)
    yield line()
    yield from _totals(coverage)


def _table(provisions: Sequence[ProvisionCoverage]) -> Iterator[Line]:
    rows = [_row(one) for one in provisions]
    widths = [max(columns(row[n]) for row in [_HEADS, *rows]) for n in range(len(_HEADS))]
    yield Line((Part(aligned(_HEADS, widths), "bold", glue=True),))
    for one, row in zip(provisions, rows, strict=True):
        parts = [Part(aligned(row, widths), "" if one.encoded else FAINT, glue=True)]
        if one.undecided:
            parts.append(Part("  ✗ decides no case", "red"))
        elif one.unopposed:
            parts.append(Part("  - no case that it does not decide", "yellow"))
        yield Line(tuple(parts), hang=4)


def _row(one: ProvisionCoverage) -> tuple[str, ...]:
    counts = (len(one.rules), len(one.decided), len(one.not_decided))
    told = one.encoded or one.rules
    return (one.provision.id, _status(one), *(str(count) if told else "" for count in counts))


def _status(one: ProvisionCoverage) -> str:
    return Status.ENCODED.value if one.encoded else one.provision.status.value


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return the cells of a row in columns, from the third on to the right."""
    shown = []
    for n, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        room = " " * (width - columns(cell))
        shown.append(cell + room if n < 2 else room + cell)
    return (" " * _GAP).join(shown).rstrip().replace(" ", NO_BREAK)


def _details(coverage: Coverage, one: ProvisionCoverage) -> Iterator[Line]:
    yield line()
    yield Line((Part(one.provision.cite, "bold"), Part(f"  {one.provision.summary}")), hang=2)
    if one.provision.why_not_encoded:
        yield line(sentence(f"not encoded: {one.provision.why_not_encoded}"), indent=2, hang=2)
    for rule in one.rules:
        yield line(rule_place(coverage.policy, rule), FAINT, indent=2)
    for words, cases in (("Decides:", one.decided), ("Does not decide:", one.not_decided)):
        if cases:
            yield line(words, indent=2)
        for case in cases[:MOST_NAMED]:
            yield Line((Part(case.name), Part(f"  {_place(case)}", FAINT, glue=True)), 4, hang=2)
        if len(cases) > MOST_NAMED:
            yield line(f"and {len(cases) - MOST_NAMED} more", FAINT, indent=4)


def _place(case: Case) -> str:
    return f"{case.file}:{case.line}"


def _limits(coverage: Coverage, detailed: bool) -> Iterator[Line]:
    shown = [one for one in coverage.limits if one.missing or one.contradicted or (detailed and not one.why)]
    if shown:
        yield line()
        yield line("Limits" if detailed else "Limits with a side that no case shows", "bold")
        names = [f"{one.limit.name} ({one.limit.provision})" for one in shown]
        width = max(map(columns, names))
        for name, one in zip(names, shown, strict=True):
            yield _limit(f"{name}{' ' * (width - columns(name))}", one)
            if detailed:
                for side, case in sorted(one.sides.items()):
                    said = Part(f"{SIDES[side]}: {case.name}")
                    yield Line((said, Part(f"  {_place(case)}", FAINT, glue=True)), 4, hang=2)
            for side in one.contradicted:
                told = f"`sides` of limits.yaml says that none lies {SIDES[side]}, and one does:"
                case = one.sides[side]
                yield Line(
                    (Part(told, "red"), Part(f" {case.name}"), Part(f"  {_place(case)}", FAINT)), 4, hang=2
                )
    impossible = [
        f"{one.limit.name} {side}: {why}"
        for one in coverage.limits
        for side, why in one.limit.impossible.items()
    ]
    if impossible:
        yield line()
        yield line("Sides that cannot occur", "bold")
        for told in impossible:
            yield line(told, indent=2, hang=2)
    whys: dict[str, list[str]] = {}
    for one in coverage.limits:
        if one.why:
            whys.setdefault(one.why, []).append(one.limit.name)
    if whys:
        yield line()
        yield line("Limits without sides", "bold")
    for why, named in whys.items():
        yield line(f"{why}: {', '.join(named)}", indent=2, hang=2)


def _limit(name: str, one: LimitCoverage) -> Line:
    parts = [Part(name.replace(" ", NO_BREAK), glue=True)]
    for side, word in SIDES.items():
        wrong = side in one.missing or side in one.contradicted
        sign = "✗" if wrong else "✓" if side in one.sides else "-"
        text = f"  {sign} {word}".replace(" ", NO_BREAK)
        parts.append(Part(text, "red" if wrong else "green" if side in one.sides else FAINT, glue=True))
    return Line(tuple(parts), indent=2, hang=4)


def _readings(coverage: Coverage, detailed: bool) -> Iterator[Line]:
    shown = [one for one in coverage.readings if one.missing or detailed]
    if not shown:
        return
    yield line()
    yield line("Readings" if detailed else "Readings on which no case hangs", "bold")
    for one in shown:
        for value in one.alternatives if detailed else one.missing:
            case = one.flipped.get(value)
            word = f"{one.reading.name}={value}"
            if case is None:
                told = "  ✗ no case takes it and fails by the default".replace(" ", NO_BREAK)
                yield Line((Part(word), Part(told, "red", glue=True)), 2, hang=2)
            else:
                yield Line(
                    (Part(f"{word}: {case.name}"), Part(f"  {_place(case)}", FAINT, glue=True)), 2, hang=2
                )


def _totals(coverage: Coverage) -> Iterator[Line]:
    totals = totals_shape(coverage)
    passed = totals["passing_cases"]
    told = [f"{totals['encoded']} of {_count(totals['provisions'], 'provision')} encoded"]
    told.append(f"{totals['encoded'] - len(totals['without_deciding_case'])} of them decide a case")
    told.append(
        f"{totals['encoded'] - len(totals['without_not_deciding_case'])} have one that they do not decide"
    )
    yield line(sentence("; ".join(told)))
    sided = totals["limits"] - len(totals["limits_not_compared"])
    shown = sum(not (one.why or one.missing or one.contradicted) for one in coverage.limits)
    yield line(f"{shown} of {_count(sided, 'limit')} shown from all sides.")
    hanging = totals["alternatives"] - len(totals["alternatives_without_case"])
    if totals["alternatives"]:
        alternatives = _count(totals["alternatives"], "alternative")
        yield line(f"{hanging} of {alternatives} of the readings make a difference to a case.")
    for failure in coverage.failing:
        yield Line(
            (Part("fails: ", "red"), Part(failure.case.name), Part(f"  {_place(failure.case)}", FAINT)),
            hang=2,
        )
    tail = f"{passed} of {_count(totals['cases'], 'case')} pass"
    tail += "" if passed == totals["cases"] else "; one that fails counts for nothing"
    yield line(sentence(tail), "bold green" if coverage.complete else "bold red")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def shape(coverage: Coverage) -> dict[str, Any]:
    """Return what the cases cover as JSON."""
    policy = coverage.policy
    return {
        "policy": policy.id,
        "provisions": list(_provision_shapes(coverage)),
        "limits": [_limit_shape(one) for one in coverage.limits],
        "readings": [_reading_shape(one) for one in coverage.readings],
        "groups": [{"id": one.id, "catalogue_id": one.catalogue_id} for one in coverage.groups],
        "totals": totals_shape(coverage),
    }


def _provision_shapes(coverage: Coverage) -> Iterator[dict[str, Any]]:
    """Yield the provisions in the order of the text, headings among them."""
    own = {one.provision.id: _provision_shape(coverage, one) for one in coverage.provisions}
    own |= {one.id: _heading_shape(coverage, one) for one in coverage.groups}
    yield from (own[pid] for pid in coverage.policy.provisions if pid in own)


def _heading_shape(coverage: Coverage, group: Provision) -> dict[str, Any]:
    """Tell of a heading what is so of the provisions below it together."""
    below = [one for one in coverage.provisions if one.provision.id.startswith(f"{group.id}.")]
    encoded = [one for one in below if one.encoded]
    statuses = [_status(one) for one in encoded or below] or [Status.NOT_COMPUTATIONAL.value]
    told = ProvisionCoverage(
        group,
        tuple({rule.number: rule for one in below for rule in one.rules}.values()),
        tuple({case.name: case for one in encoded for case in one.decided}.values()),
        tuple({case.name: case for one in encoded for case in one.not_decided}.values()),
    )
    data = _provision_shape(coverage, told) | {"status": statuses[0], "heading": True}
    return data if encoded else data | {"why_not_encoded": "a heading; see the provisions below it"}


def _provision_shape(coverage: Coverage, one: ProvisionCoverage) -> dict[str, Any]:
    folder = coverage.policy.folder.name
    data: dict[str, Any] = {
        "id": one.provision.id,
        "catalogue_id": one.provision.catalogue_id,
        "status": _status(one),
        "rules": [{"file": f"{folder}/{rule.file}", "line": rule.line} for rule in one.rules],
        "cases": {"decided": len(one.decided), "not_decided": len(one.not_decided)},
    }
    if one.provision.why_not_encoded:
        data["why_not_encoded"] = one.provision.why_not_encoded
    return data


def _limit_shape(one: LimitCoverage) -> dict[str, Any]:
    data: dict[str, Any] = {"name": one.limit.name, "provision": one.limit.provision}
    data |= {word: side in one.sides for side, word in SIDES.items()}
    if one.why:
        data["why"] = one.why
    return data | ({"impossible": dict(one.limit.impossible)} if one.limit.impossible else {})


def _reading_shape(one: ReadingCoverage) -> dict[str, Any]:
    return {
        "name": one.reading.name,
        "provisions": list(one.reading.provisions),
        "default": one.reading.default,
        "alternatives": {value: value in one.flipped for value in one.alternatives},
    }


def totals_shape(coverage: Coverage) -> dict[str, Any]:
    """Return the counts, and by name what is not covered."""
    counted = Counter(_status(one) for one in coverage.provisions)
    return {
        "provisions": len(coverage.provisions),
        **{status.value.replace("-", "_"): counted[status.value] for status in Status if status != "group"},
        "without_deciding_case": [one.provision.id for one in coverage.provisions if one.undecided],
        "without_not_deciding_case": [one.provision.id for one in coverage.provisions if one.unopposed],
        "rules": len(coverage.policy.encoding.rules),
        "rules_without_provision": len(coverage.untagged),
        "limits": len(coverage.limits),
        "limits_with_a_side_missing": [one.limit.name for one in coverage.limits if one.missing],
        "limits_with_an_impossible_side_shown": [o.limit.name for o in coverage.limits if o.contradicted],
        "limits_not_compared": [one.limit.name for one in coverage.limits if one.why],
        "readings": len(coverage.readings),
        "alternatives": sum(len(one.alternatives) for one in coverage.readings),
        "alternatives_without_case": [f"{o.reading.name}={v}" for o in coverage.readings for v in o.missing],
        "cases": coverage.cases,
        "passing_cases": coverage.cases - len(coverage.failing),
        "failing_cases": [
            {"name": one.case.name, "file": one.case.file, "line": one.case.line} for one in coverage.failing
        ],
    }

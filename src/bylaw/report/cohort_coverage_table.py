"""What decides the subjects of a cohort, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bylaw.policy.model import Status
from bylaw.report.coverage_table import aligned
from bylaw.report.phrases import FAINT, sentence
from bylaw.report.terminal import Line, Part, columns, line

if TYPE_CHECKING:
    from bylaw.analysis.cohort_coverage import CohortCoverage, ProvisionReach


def lines(coverage: CohortCoverage, least: int = 1) -> Iterator[Line]:
    """Yield a line for each provision, with how many it decides and one of them, then totals.

    Args:
        least: where fewer are decided, neither how many nor one of them is told.
    """
    records = "1 record" if coverage.subjects == 1 else f"{coverage.subjects:,} records"
    yield line(f"What decides {records} of {coverage.source}", "bold")
    yield line()
    heads = ("provision", "status", "decided", "such as")
    rows = [
        (one.provision.id, _status(one), _number(one, least) if one.encoded else "")
        for one in coverage.provisions
    ]
    widths = [max(columns(row[n]) for row in [heads, *rows]) for n in range(3)]
    yield Line((Part(f"{aligned(heads[:3], widths)}  {heads[3]}", "bold", glue=True),))
    for one, row in zip(coverage.provisions, rows, strict=True):
        parts = [Part(aligned(row, widths), "" if one.encoded else FAINT, glue=True)]
        if one.undecided:
            parts.append(Part("  ✗ decides nobody", "red", glue=True))
        elif one.first and one.encoded and one.decided >= least:
            parts.append(Part(f"  {one.first}", FAINT, glue=True))
        yield Line(tuple(parts), hang=4)
    yield line()
    totals = totals_shape(coverage)
    told = f"{totals['deciding']} of {totals['encoded']} encoded provisions decide somebody"
    yield line(sentence(told), "bold green" if coverage.complete else "bold red")


def _number(one: ProvisionReach, least: int) -> str:
    return "few" if 0 < one.decided < least else f"{one.decided:,}"


def shape(coverage: CohortCoverage, least: int = 1) -> dict[str, Any]:
    """Return what decides the subjects of a cohort as JSON.

    Args:
        least: where fewer are decided, the number is null and none of them is named.
    """
    return {
        "policy": coverage.policy.id,
        "records": coverage.source,
        "readings": dict(coverage.readings),
        "students": coverage.subjects,
        "provisions": [_shape(one, least) for one in coverage.provisions],
        "totals": totals_shape(coverage),
    }


def _shape(one: ProvisionReach, least: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": one.provision.id,
        "catalogue_id": one.provision.catalogue_id,
        "status": _status(one),
    }
    if 0 < one.decided < least:
        return told | {"students": None}
    return told | {"students": one.decided} | ({"first": one.first} if one.first else {})


def totals_shape(coverage: CohortCoverage) -> dict[str, Any]:
    """Return the counts, and by id the encoded provisions that decide nobody."""
    encoded = [one for one in coverage.provisions if one.encoded]
    return {
        "provisions": len(coverage.provisions),
        "encoded": len(encoded),
        "deciding": sum(1 for one in encoded if one.decided),
        "without_student": [one.provision.id for one in encoded if not one.decided],
    }


def _status(one: ProvisionReach) -> str:
    return Status.ENCODED.value if one.encoded else one.provision.status.value

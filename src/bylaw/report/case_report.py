"""The outcome of a pack's cases as text and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.analysis.cases import CaseResult


def lines(results: Sequence[CaseResult]) -> Iterator[Line]:
    """Yield each failing case with what was expected and found, then how many passed."""
    failed = [result for result in results if not result.passed]
    for result in failed:
        yield Line(
            (
                Part(f"{result.place}: ", "red", glue=True),
                Part(result.case.name, "bold"),
            ),
            hang=2,
        )
        for failure in result.failures:
            for text in failure.splitlines():
                step = len(text) - len(text.lstrip())
                yield line(text.strip(), indent=2 + step, hang=2)
    if failed:
        yield line()
    passed = len(results) - len(failed)
    yield line(f"{passed} passed, {len(failed)} failed", "bold red" if failed else "bold green")


def shape(results: Sequence[CaseResult]) -> dict[str, Any]:
    """Return the outcome of all cases as JSON."""
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "cases": [
            {
                "policy": result.policy,
                "name": result.case.name,
                "file": result.case.file,
                "line": result.case.line,
                "passed": result.passed,
                "failures": list(result.failures),
            }
            for result in results
        ],
    }

"""The nearest way to a better outcome, in two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bylaw.explain.reason import Kind
from bylaw.report.folding import Folding
from bylaw.report.phrases import citations, clause, margin, sentence

if TYPE_CHECKING:
    from bylaw.explain.contrast import Contrast
    from bylaw.explain.reason import Reason
    from bylaw.policy.model import Policy

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def contrast_text(policy: Policy, contrast: Contrast) -> str:
    """Say which better outcome was nearest and what it failed in, each with its margin."""
    cited = citations(policy, contrast.outcome.provisions)
    failed = failed_conditions(policy, contrast)
    count = NUMBERS.get(len(failed), str(len(failed)))
    conditions = (
        "one condition of it is not met" if len(failed) == 1 else f"{count} conditions of it are not met"
    )
    told = "; ".join(_told(one) for one in failed)
    better = f"The nearest better outcome is that {clause(contrast.says)} {cited}."
    return f"{better} {sentence(f'{conditions}: {told}')}"


def failed_conditions(policy: Policy, contrast: Contrast) -> list[Reason]:
    """Return the conditions that the nearest way failed in, in short."""
    folded = Folding(policy).fold(contrast.outcome)
    routes = [one for route in folded.because for one in route.because if not one.met]
    return routes or list(contrast.failed)


def _told(reason: Reason) -> str:
    """Say a condition that is not met, with its margin; one that says no more, with what failed in it."""
    figure = margin(reason.value) if reason.value else ""
    says = reason.says.rstrip(".")
    failed = [one for one in reason.because if not one.met]
    if failed and not figure and ": " not in says and all(one.kind is Kind.ATOM for one in failed):
        return f"{says}: {', and '.join(map(_told, failed))}"
    return f"{says}, {figure}" if figure else says

"""What is asked of a share of absence is told in percent, not in the products that the rules compare."""

from __future__ import annotations

import pytest

from bylaw.engine.solve import Engine
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows
from bylaw.report.folding import Folding

SHARE = "the share of a course that may be missed (Article 7(B), sentence 1)"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_policy("hebron-md"))


def over(engine: Engine, missed: str) -> tuple[Reason, Reason]:
    """Explain whether more than a tenth of 250 hours is missed; the second reason is the comparison."""
    rows = {
        "students": [{"student": "S1", "admitted": 2020, "route": "new"}],
        "placements": [{"student": "S1", "year": 2020, "level": 1}],
        "marks": [],
        "schedules": [{"student": "S1", "course": "M1110", "year": 2020, "hours": "250.00"}],
        "absences": [
            {"student": "S1", "course": "M1110", "year": 2020, "entry": 1, "hours": missed, "excuse": "none"}
        ],
    }
    records = records_from_rows(engine.policy, rows, name="made up")
    decision = engine.decide(records, "S1")
    told = Explainer(engine, decision).why(parse_pattern(engine.policy, "unexcused_over(2020,M1110)"))
    (comparison,) = (one for one in told.walk() if one.kind is Kind.COMPARISON)
    return told, comparison


@pytest.mark.parametrize(
    ("missed", "share", "relation"),
    [("25.25", "10.10 %", "more than"), ("25.00", "10.00 %", "at most"), ("20.00", "8.00 %", "at most")],
)
def test_a_product_is_told_by_the_figure_that_the_vocabulary_names(
    engine: Engine, missed: str, share: str, relation: str
) -> None:
    told, comparison = over(engine, missed)
    assert told.holds == (relation == "more than")
    assert told.says.endswith(f": {share}, {relation} 10.00 %, {SHARE}")
    assert comparison.says == f"{share} is {relation} 10.00 %, {SHARE}"
    assert comparison.value == told.value
    assert comparison.provisions == ("7.B.s1",)
    folded = Folding(engine.policy).below(told)
    assert all(one.kind is not Kind.COMPARISON for one in folded.walk()), "it is told above"


def test_a_figure_that_rounding_puts_on_the_other_side_is_not_told(engine: Engine) -> None:
    told, comparison = over(engine, "25.01")  # 10.004 percent
    assert told.holds
    assert "%" not in told.says
    assert comparison.says == "25010000 is more than 25000000"

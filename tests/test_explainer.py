"""Explanations are true: each step agrees with the answer set, none rests on itself, no route is left out."""

import shutil
from pathlib import Path

import clingo
import pytest

from bylaw.engine.solve import Decision, Engine
from bylaw.explain.contrast import Contrast, nearest_better
from bylaw.explain.explainer import Explainer
from bylaw.explain.reason import Kind, Reason
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.policy.patterns import Pattern, parse_pattern
from bylaw.records.load import load_records, records_from_rows

PACKS = Path(__file__).parent / "packs"

LOANS = {
    "members": [{"member": "M1", "group": "grown-up"}],
    "loans": [
        {"member": "M1", "item": "0017", "borrowed": "2022-03-01", "returned": "2022-04-08"},
        {"member": "M1", "item": "0018", "borrowed": "2022-03-01", "returned": "2022-03-27"},
    ],
    "payments": [],
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(PACKS / "library-loans")


def decided(policy: Policy, rows: dict) -> tuple[Decision, Explainer]:
    engine = Engine(policy)
    records = records_from_rows(policy, rows, name="test", subject="M1")
    decision = engine.decide(records, "M1")
    return decision, Explainer(engine, decision)


def why(policy: Policy, rows: dict, text: str) -> Reason:
    _, explainer = decided(policy, rows)
    return explainer.why(parse_pattern(policy, text, "M1"))


def why_not(policy: Policy, rows: dict, text: str) -> Reason:
    _, explainer = decided(policy, rows)
    return explainer.why_not(parse_pattern(policy, text, "M1"))


def check_true(reason: Reason, decision: Decision) -> None:
    """Hold every step of a reason against the answer set."""
    written = {str(atom) for atom in decision.atoms}
    for one in reason.walk():
        if one.kind in (Kind.ATOM, Kind.RECORD, Kind.STATED):
            if "_" in one.atom.replace("_", "", 0) and (",_" in one.atom or "(_" in one.atom):
                assert one.holds is _some_match(one.atom, decision), one.atom
            else:
                assert one.holds is (one.atom in written), one.atom
        if one.value is not None and one.value.relation and one.value.bound is not None:
            relation = {
                "<": int.__lt__,
                "<=": int.__le__,
                ">": int.__gt__,
                ">=": int.__ge__,
                "=": int.__eq__,
                "!=": int.__ne__,
            }[one.value.relation]
            if one.kind in (Kind.COMPARISON, Kind.SUM, Kind.EACH):
                assert relation(one.value.actual, one.value.bound) is one.met, one


def _some_match(pattern: str, decision: Decision) -> bool:
    goal = clingo.parse_term(pattern.replace(",_", ",any_value").replace("(_", "(any_value"))
    wild = clingo.Function("any_value")
    return any(
        all(want in (wild, have) for want, have in zip(goal.arguments, atom.arguments, strict=True))
        for atom in decision.atoms.named(goal.name, len(goal.arguments))
    )


def check_acyclic(reason: Reason, above: frozenset[str] = frozenset()) -> None:
    inner = above
    if reason.kind is Kind.ATOM and reason.holds and not reason.repeated:
        assert reason.atom not in above, f"{reason.atom} rests on itself"
        inner = above | {reason.atom}
    for child in reason.because:
        check_acyclic(child, inner)


def test_every_step_of_every_conclusion_is_true(policy):
    decision, explainer = decided(policy, LOANS)
    assert decision.reported()
    for conclusion in decision.reported():
        pattern = Pattern(conclusion.predicate, conclusion.args)
        reason = explainer.why(pattern)
        assert reason.holds
        assert reason.provisions == conclusion.provisions
        check_true(reason, decision)
        check_acyclic(reason)


def test_every_step_of_a_why_not_is_true(policy):
    decision, explainer = decided(policy, LOANS)
    for text in ("may_borrow", "may_reserve", "barred(loss)"):
        reason = explainer.why_not(parse_pattern(policy, text, "M1"))
        assert not reason.holds
        check_true(reason, decision)
        check_acyclic(reason)


def test_a_why_not_has_every_rule_that_could_have_concluded_it(policy):
    reason = why_not(policy, LOANS, "barred(loss)")
    assert [route.kind for route in reason.because] == [Kind.ROUTE]
    assert reason.because[0].provisions == ("4.B",)
    borrow = why_not(policy, LOANS, "may_borrow")
    rules = [rule for rule in policy.encoding.rules if ("may_borrow", 1) in rule.heads]
    assert [route.rule[1] for route in borrow.because] == [rule.line for rule in rules]


def test_a_comparison_tells_the_figure_and_the_bound(policy):
    reason = why(policy, LOANS, "barred(debt)")
    figure = next(one for one in reason.walk() if one.kind is Kind.COMPARISON and one.predicate == "debt")
    assert (figure.value.actual, figure.value.relation, figure.value.bound) == (525, ">", 500)
    assert figure.value.scale == 2
    assert "5.25 euros" in figure.says
    assert "more than 5.00 euros" in figure.says


def test_the_parts_of_a_sum_are_told_with_their_rows(policy):
    reason = why(policy, LOANS, "barred(debt)")
    parts = [one for one in reason.walk() if one.kind is Kind.ELEMENT]
    assert sorted(part.value.actual for part in parts) == [125, 400]
    loans = {
        one.atom
        for part in parts
        for one in part.walk()
        if one.predicate == "loan" and any(row.table == "loans" for row in one.evidence)
    }
    assert len(loans) == 2


def test_a_condition_over_several_cases_names_the_failing_ones(policy):
    reason = why_not(policy, LOANS, "may_reserve")
    each = [one for one in reason.walk() if one.kind is Kind.EACH and not one.met]
    assert len(each) == 1
    assert each[0].value.actual == 0
    assert {child.predicate for child in each[0].because} == {"late"}
    assert all(child.holds and not child.met for child in each[0].because)


def test_a_failing_count_is_told_against_its_limit(policy):
    reason = why_not(policy, LOANS, "may_reserve")
    count = next(one for one in reason.walk() if one.kind is Kind.SUM and not one.met)
    assert (count.value.actual, count.value.relation, count.value.bound) == (2, ">=", 3)
    assert count.provisions == ("5.B",)


def test_a_table_that_was_not_supplied_is_told_as_an_assumption(policy):
    rows = {"members": LOANS["members"], "payments": []}
    reason = why_not(policy, rows, "barred(loss)")
    assert "assumed: no loans, table not supplied" in {one.assumed for one in reason.walk()}


@pytest.mark.long
def test_routes_that_do_not_concern_the_year_are_left_out():
    """A first-year student is told the three routes of 14.A, and none of the later years."""
    regulations = load_policy("hebron-md")
    engine = Engine(regulations)
    source = Path(__file__).parent.parent / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"
    decision = engine.decide(load_records(regulations, source), "S9002")
    explainer = Explainer(engine, decision)
    reason = explainer.why_not(parse_pattern(regulations, "year_outcome(2020,promoted)", "S9002"))
    assert [route.provisions for route in reason.because] == [("14.A.1",), ("14.A.2",), ("14.A.3",)]
    assert all(any(not condition.met for condition in route.because) for route in reason.because)
    check_true(reason, decision)


@pytest.mark.long
def test_a_failed_year_has_a_nearest_better_outcome():
    regulations = load_policy("hebron-md")
    engine = Engine(regulations)
    source = Path(__file__).parent.parent / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"
    decision = engine.decide(load_records(regulations, source), "S9002")
    explainer = Explainer(engine, decision)

    def nearest(text: str) -> Contrast | None:
        return nearest_better(explainer, parse_pattern(regulations, text, "S9002"))

    contrast = nearest("year_outcome(2020,failed)")
    assert contrast is not None
    assert contrast.says == "S9002 is promoted after academic year 2020/21"
    assert contrast.outcome.provisions == ("14.A.1",)
    assert [(one.predicate, one.holds, one.met) for one in contrast.failed] == [
        ("all_passed", False, False),
        ("average_sufficient", False, False),
    ]
    assert nearest("year_outcome(2020,promoted)") is None
    assert nearest("must_repeat") is None


def test_two_texts_are_told_to_differ(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(PACKS / "library-loans", folder)
    rules = folder / "rules" / "par_4_borrowing.lp"
    text = rules.read_text(encoding="utf-8")
    both = "%@ 4.B\nbarred(M, loss) :- late(M, I, B, _), late(M, J, B, _), I != J.\n"
    rules.write_text(text + both, encoding="utf-8")
    reason = why(load_policy(folder), LOANS, "barred(loss)")
    assert reason.holds
    said = [one.says for one in reason.walk() if one.kind is Kind.COMPARISON]
    assert any(" is not 0018 " in one or " is not 0017 " in one for one in said), said

"""Advice on first years of hebron-md is the least: nothing smaller is found by trying every mark.

What a set of sittings comes to is reckoned in plain Python by `hebron_md_oracle`, which knows nothing of the
rules or the search. So the argument is tried as well that the lowest mark of each letter is enough to try.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bylaw.analysis.advise import Advice, advise
from bylaw.engine.editions import open_engine
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows
from bylaw.tables.terms import Text
from hebron_md_oracle import LOWEST, PASS_FAIL, Oracle, Year, read_plan

pytestmark = pytest.mark.long

POLICY = load_policy("hebron-md")
PLAN = read_plan(POLICY.folder)
GRADED = sorted(
    c.name for c in PLAN.values() if c.level == 1 and not c.requirement and c.name not in PASS_FAIL
)
ENGINE = open_engine(POLICY)
ORACLE = Oracle(PLAN, {})
GOAL = parse_pattern(POLICY, "year_outcome(2020,promoted)", "S1")
Plan = tuple[tuple[str, str, int], ...]
"""Sittings with their course and mark."""


def advised(first: Mapping[str, int]) -> Advice:
    marks = [{"course": c, "year": 2020, "sitting": "main", "mark": m} for c, m in first.items()]
    rows = {
        "students": [{"admitted": 2020, "route": "new"}],
        "placements": [{"year": 2020, "level": 1}],
        "marks": [row for row in marks if row["course"] not in PASS_FAIL],
        "results": [
            {"course": c, "year": 2020, "sitting": "main", "result": "pass"} for c in first if c in PASS_FAIL
        ],
    }
    records = records_from_rows(POLICY, rows, name="first year", subject="S1", as_of=2020)
    return advise(ENGINE, records, "S1", GOAL, seconds=60)


def promoted(first: Mapping[str, int], plan: Plan) -> bool:
    """Whether the year is passed with some sittings, by the second reckoning."""
    marks = {course: {"main": mark} for course, mark in first.items()}
    for sitting, course, mark in plan:
        marks[course][sitting] = mark
    return ORACLE.outcomes([Year(2020, 1, marks)], {}, 2020)[2020] == "promoted"


def weight(plan: Plan) -> tuple[int, int, int]:
    return len(plan), max((m for _, _, m in plan), default=0), sum(m for _, _, m in plan)


def plans(first: Mapping[str, int], sittings: int, marks: range | tuple[int, ...]) -> Iterator[Plan]:
    """Yield all sets of so many sittings: second ones of failed courses, others to improve the average."""
    failed = [course for course in GRADED if first[course] < 60]
    every = [("resit", course) for course in failed] + [("improvement", course) for course in GRADED]
    for chosen in itertools.combinations(every, sittings):
        if len({course for _, course in chosen}) == sittings:
            for reached in itertools.product(marks, repeat=sittings):
                yield tuple((k, c, m) for (k, c), m in zip(chosen, reached, strict=True))


low = st.sampled_from((66, 68, 69, 70, 71, 73))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.fixed_dictionaries(dict.fromkeys(GRADED, low)),
    st.dictionaries(st.sampled_from(GRADED), st.integers(40, 59), max_size=2),
)
@example(dict.fromkeys(GRADED, 70), {})
@example(dict.fromkeys(GRADED, 70) | {GRADED[0]: 66}, {GRADED[3]: 55})
def test_no_smaller_set_is_found_by_trying_every_mark(marks: dict[str, int], failed: dict[str, int]) -> None:
    others = {c.name: 100 if c.name in PASS_FAIL else 70 for c in PLAN.values() if c.level == 1}
    first = others | marks | failed
    advice = advised(first)
    assert advice.reached or advice.found is not None
    assert advice.reached == promoted(first, ())
    if advice.reached or advice.found is None:
        return
    assert advice.found.proved
    # One sitting is tried with every mark; two, being many, with the lowest mark of each letter.
    tried = [(1, range(60, 101)), (2, tuple(sorted(LOWEST)))]
    if advice.out_of_reach:
        assert not any(promoted(first, plan) for n, reached in tried for plan in plans(first, n, reached))
        return
    told = {tuple(sorted(as_plan(way.plan.steps))) for way in advice.ways}
    [least] = {weight(plan) for plan in told}
    assert all(promoted(first, plan) for plan in told)
    if least[0] > 2:
        assert not any(promoted(first, plan) for n, reached in tried for plan in plans(first, n, reached))
        return
    found = [
        plan
        for n, reached in tried
        if n <= least[0]
        for plan in plans(first, n, reached)
        if weight(plan) <= least and promoted(first, plan)
    ]
    assert min(map(weight, found)) == least
    ties = {tuple(sorted(plan)) for plan in found}
    assert told <= ties
    assert advice.found.more or told == ties


def as_plan(steps) -> Plan:
    kinds = {"sit_second": "resit", "sit_improvement": "improvement"}
    return tuple((kinds[s.predicate.name], s.args[2].value, s.args[3]) for s in steps)


@pytest.mark.parametrize(("excuse", "reachable"), [("accepted", True), ("not_accepted", False)])
def test_an_excused_second_sitting_is_open_when_the_year_is_over(excuse: str, reachable: bool) -> None:
    marks = [{"course": c, "year": 2020, "sitting": "main", "mark": 84} for c in GRADED]
    rows = {
        "students": [{"admitted": 2020, "route": "new"}],
        "placements": [{"year": 2020, "level": 1}],
        "marks": [row | {"mark": 50} if row["course"] == "M1110" else row for row in marks],
        "results": [{"course": c, "year": 2020, "sitting": "main", "result": "pass"} for c in PASS_FAIL],
        "missed_sittings": [{"course": "M1110", "year": 2020, "sitting": "resit", "excuse": excuse}],
    }
    rows["results"] = [row for row in rows["results"] if PLAN[str(row["course"])].level == 1]
    records = records_from_rows(POLICY, rows, name="first year", subject="S1", as_of=2022)
    found = advise(ENGINE, records, "S1", GOAL, seconds=60)
    assert bool(found.ways) is reachable
    if reachable:
        [step] = found.ways[0].plan.steps
        assert (step.predicate.name, step.provisions) == ("sit_second", ("14.A.2",))


@pytest.mark.parametrize(("excuse", "reachable"), [("accepted", True), ("not_accepted", False)])
def test_an_excused_improvement_is_open_when_the_year_is_over(excuse: str, reachable: bool) -> None:
    rows = {
        "students": [{"admitted": 2020, "route": "new"}],
        "placements": [{"year": 2020, "level": 1}],
        "marks": [
            {"course": c, "year": 2020, "sitting": "main", "mark": 69 if c == "M1110" else 70} for c in GRADED
        ],
        "results": [
            {"course": c, "year": 2020, "sitting": "main", "result": "pass"}
            for c in PASS_FAIL
            if PLAN[str(c)].level == 1
        ],
        "missed_sittings": [{"course": "M1110", "year": 2020, "sitting": "improvement", "excuse": excuse}],
    }
    records = records_from_rows(POLICY, rows, name="first year", subject="S1", as_of=2022)
    outcome = next(c for c in ENGINE.decide(records, "S1").conclusions if c.predicate.name == "year_outcome")
    assert str(outcome.args[2]) == ("open" if reachable else "failed")
    found = advise(ENGINE, records, "S1", GOAL, seconds=60)
    assert bool(found.ways) is reachable
    if reachable:
        [step] = found.ways[0].plan.steps
        assert (step.predicate.name, step.args[2], step.provisions) == (
            "sit_improvement",
            Text("M1110"),
            ("14.A.3",),
        )

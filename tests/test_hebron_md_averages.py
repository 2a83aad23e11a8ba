"""Article 11: the averages are the means of the marks, and what is asked of one agrees with the one shown."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bylaw.engine.solve import Engine
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import records_from_rows

pytestmark = pytest.mark.long

FIRST_YEAR = 2020
POINTS = {95: 400, 90: 370, 87: 330, 83: 300, 80: 270, 75: 230, 70: 200, 67: 170, 64: 130, 60: 100, 0: 0}
"""What a mark from here up is worth in hundredths, as the mark table prints it."""

PASS_FAIL = {"M1151": 1, "M1257": 2, "M1258": 2}
"""The courses that have no mark, with their program years."""

# Marks at the edges of the letters, most of them about the line of 2.00 points and 70 percent.
MARK = st.sampled_from([70, 69, 71, 67, 74, 75, 66, 64, 79, 63, 60, 59, 80, 83, 87, 90, 95, 0, 100, None])
SECOND = st.one_of(st.none(), st.none(), st.sampled_from([59, 60, 69, 70, 80, 100]))
READINGS: list[dict[str, str]] = [
    {},
    {"tie_rule": "half_even"},
    {"round_before_compare": "no"},
    {"round_before_compare": "no", "clinical_pass_mark": "paragraph"},
]
NAMES = frozenset(
    {"points_sufficient", "points_insufficient", "percent_sufficient", "percent_insufficient", "stage_sum"}
    | {"stage_average", "stage_percent", "annual_average", "annual_percent", "gpa", "gpa_percent"}
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


@pytest.fixture(scope="module")
def plan(policy: Policy) -> Mapping[int, list[tuple[str, int]]]:
    """The graded courses of each program year without the university requirements, with their hours."""
    text = (policy.folder / "tables" / "plan.csv").read_text(encoding="utf-8")
    courses: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in csv.DictReader(text.splitlines()):
        if row["course"].startswith("M") and row["course"] not in PASS_FAIL:
            courses[int(row["level"])].append((row["course"], int(row["hours"])))
    return courses


@pytest.fixture(scope="module", params=READINGS, ids=lambda one: "-".join(one.values()) or "default")
def engine(request: pytest.FixtureRequest, policy: Policy) -> Engine:
    return Engine(policy, request.param)


def worth(scale: str, mark: int) -> int:
    return 100 * mark if scale == "percent" else next(v for low, v in POINTS.items() if mark >= low)


def mean(marks: Mapping[str, int], hours: Mapping[str, int], scale: str) -> Fraction | None:
    """The weighted mean in hundredths, exactly; None without a mark."""
    weight = sum(hours[course] for course in marks)
    total = sum(worth(scale, mark) * hours[course] for course, mark in marks.items())
    return Fraction(total, weight) if weight else None


def rounded(value: Fraction, rule: str) -> int:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN if rule == "half_even" else ROUND_HALF_UP))


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a record takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(level=st.integers(1, 5), data=st.data())
def test_what_is_asked_of_an_average_agrees_with_the_one_shown(
    level: int, data: st.DataObject, policy: Policy, engine: Engine, plan: Mapping[int, list[tuple[str, int]]]
) -> None:
    hours = {course: number for courses in plan.values() for course, number in courses}
    first: dict[int, dict[str, int]] = {FIRST_YEAR: {}, FIRST_YEAR + 1: {}}
    marks, codes = [], []
    for year, courses in ((FIRST_YEAR, plan[level]), (FIRST_YEAR + 1, plan[level + 1])):
        for course, _ in courses:
            mark = data.draw(MARK, label=f"{course} in {year}")
            row = {"course": course, "year": year}
            if mark is None:
                codes.append({**row, "code": "W"})
                continue
            first[year][course] = mark
            marks.append({**row, "sitting": "main", "mark": mark})
            again = data.draw(SECOND, label=f"{course} again") if mark < 60 else None
            if again is not None:
                marks.append({**row, "sitting": "resit", "mark": again})
    rows = {
        "students": [{"student": "S1", "admitted": FIRST_YEAR, "route": "new"}],
        "placements": [{"year": FIRST_YEAR, "level": level}, {"year": FIRST_YEAR + 1, "level": level + 1}],
        "marks": marks,
        "codes": codes,
        "results": [
            {"course": course, "year": FIRST_YEAR + of - level, "sitting": "main", "result": "pass"}
            for course, of in PASS_FAIL.items()
            if level <= of <= level + 1
        ],
    }
    records = records_from_rows(policy, rows, name="drawn")
    found: dict[str, dict[tuple[object, ...], int]] = defaultdict(dict)
    held: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    sums: dict[tuple[object, ...], Fraction] = {}
    for atom in engine.certain_atoms(records, ["S1"], NAMES):
        args = tuple(
            a.number if a.type.name == "Number" else a.string if a.type.name == "String" else a.name
            for a in atom.arguments[1:]
        )
        if atom.name == "stage_sum":
            held_year, of_scale, stage, total, weight = args
            if weight:
                sums[held_year, stage, of_scale] = Fraction(int(str(total)), int(str(weight)))
        elif atom.name.endswith("sufficient"):
            held[atom.name].add(args)
        else:
            found[atom.name][args[:-1]] = int(str(args[-1]))

    read = {name: engine.readings.get(name, policy.readings[name].default) for name in policy.readings}
    rule = read["tie_rule"]
    lines = {
        "points": policy.limits["minimum_average"].value,
        "percent": policy.limits["minimum_average_percent"].value,
    }
    for scale, shown in (("points", "stage_average"), ("percent", "stage_percent")):
        # What a reader works out by hand is what is shown ...
        so_far: dict[str, int] = {}
        for year, received in first.items():
            exact = mean(received, hours, scale)
            assert found[shown].get((year, "first")) == (None if exact is None else rounded(exact, rule))
            so_far |= received
        if not any(row["sitting"] == "resit" for row in marks):
            gpa = mean(so_far, hours, scale)
            name = "gpa" if scale == "points" else "gpa_percent"
            assert found[name].get((FIRST_YEAR + 1,)) == (None if gpa is None else rounded(gpa, rule))
        # ... and a threshold is reached if the average shown, or the exact one, reaches it.
        for key, average in found[shown].items():
            unrounded = sums[(*key, scale)]
            assert average == rounded(unrounded, rule)
            compared = unrounded if read["round_before_compare"] == "no" else average
            assert (key in held[f"{scale}_sufficient"]) is (compared >= lines[scale]), (key, unrounded)
            assert (key in held[f"{scale}_insufficient"]) is (compared < lines[scale]), (key, unrounded)
    # The average of the year is that of its last stage.
    for (closed,), average in found["annual_average"].items():
        assert average in (found["stage_average"][closed, "second"], found["stage_average"][closed, "final"])

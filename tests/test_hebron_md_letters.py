"""Letters on the Hebron regulations, read as a strict reader would: what decided is there, and no noise."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bylaw.cli.main import main
from bylaw.explain.sentences import Sentences
from bylaw.policy.load import load_policy
from bylaw.tables.terms import Constant

pytestmark = pytest.mark.long

PACKS = Path(__file__).parent.parent / "policies"
PLAN = list(csv.DictReader((PACKS / "hebron-md" / "tables" / "plan.csv").open(encoding="utf-8")))
PASS_FAIL = ("M1151", "M1257", "M1258")
DOUBLED = re.compile(r"\b(\w+) \1\b")


def year(year: int, level: int, mark: int, **other: int) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a year with one mark in all program courses but for others."""
    courses = [row["course"] for row in PLAN if int(row["level"]) == level and row["course"].startswith("M")]
    sat = {"year": year, "sitting": "main"}
    return {
        "placements": [{"year": year, "level": level}],
        "marks": [
            {"course": one, "mark": other.get(one, mark), **sat} for one in courses if one not in PASS_FAIL
        ],
        "results": [{"course": one, "result": "pass", **sat} for one in courses if one in PASS_FAIL],
    }


def together(*parts: Mapping[str, list[Any]], admitted: int = 2020, **more: list[Any]) -> dict[str, Any]:
    record: dict[str, list[Any]] = {"students": [{"admitted": admitted, "route": "new"}]}
    for part in (*parts, more):
        for table, rows in part.items():
            record[table] = [*record.get(table, []), *rows]
    return record


@pytest.fixture
def letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def told(record: dict[str, Any], verb: str, about: str, as_of: int | None = None) -> str:
        path = tmp_path / "S1.yaml"
        case = {"synthetic": True, "student": "S1", "record": record} | ({"as_of": as_of} if as_of else {})
        path.write_text(yaml.safe_dump(case), encoding="utf-8")
        assert main([verb, "S1", about, "-p", "hebron-md", "-r", str(path)]) == 0
        return " ".join(capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ").split())

    return told


def nearest(text: str) -> str:
    return text.partition("The nearest better outcome is that ")[2]


def resit(course: str, mark: int, sitting: str = "resit") -> dict[str, list[Any]]:
    return {"marks": [{"course": course, "year": 2020, "sitting": sitting, "mark": mark}]}


def test_of_two_ways_that_lack_one_condition_the_one_with_fewer_failing_courses_was_nearest(letter) -> None:
    record = together(year(2020, 1, 78, M1110=52, M1130=58), resit("M1110", 66), resit("M1130", 57))
    told = nearest(letter(record, "why", "year_outcome(2020,failed)"))
    assert told.startswith("S1 is promoted after academic year 2020/21 (Article 14(A)(2)).")
    assert "after the second sittings: it fails in 1 of 15" in told


def test_of_two_ways_that_fell_short_the_one_that_fell_short_by_less_was_nearest(letter) -> None:
    record = together(year(2020, 1, 69), resit("M1121", 72, "improvement"))
    told = nearest(letter(record, "why", "year_outcome(2020,failed)", as_of=2021))
    assert "(Article 14(A)(3))" in told
    assert "after the improvement sittings: 1.73 points, less than 2.00 points" in told
    assert "0.27 points short" in told


def test_the_nearest_way_says_what_failed_in_a_condition_of_several(letter) -> None:
    record = together(year(2020, 1, 80), year(2021, 2, 77, M1232=55, M1214=56, M1225=59))
    told = nearest(letter(record, "why", "year_outcome(2021,failed)"))
    assert "do not suffice after the first sitting: S1 has not passed all program courses of 2021/22" in told
    assert "it fails in 3 of 22, and the annual average of S1 in 2021/22 is not sufficient" in told
    assert "0.26 points short" in told


def test_a_mark_that_is_not_there_is_not_put_down_to_the_article_on_reviews(letter) -> None:
    told = letter(together(year(2020, 1, 69)), "why-not", "year_outcome(2020,promoted)")
    assert "there is no mark of S1 in any course from the improvement sitting of 2020/21." in told
    assert "9(B)(6)(c)" not in told


TRANSFER: dict[str, Any] = {
    "year": 2021,
    "level": 2,
    "vacancy": True,
    "admission_conditions": True,
    "school_mark": 96.5,
    "school_cutoff": 95,
    "medical_program": True,
    "recognised_institution": True,
    "disciplinary_dismissal": False,
    "last_semester": "2021-01-31",
    "applied": "2021-08-10",
    "regular_study": True,
    "palestinian_university": True,
    "attendance": 88,
}


def transfer(**other: Any) -> dict[str, Any]:
    return {
        "students": [{"admitted": 2021, "route": "transfer"}],
        "placements": [{"year": 2021, "level": 2}],
        "marks": [],
        "transfers": [TRANSFER | other],
    }


def test_every_condition_that_a_transfer_misses_is_told(letter) -> None:
    record = transfer(school_mark=93.25, recognised_institution=False, level=5, attendance=80.5)
    told = letter(record, "why-not", "transfer_eligible(2021)")
    for missed in (
        "the institution is not shown to be recognised",
        "no competitive school mark is shown",
        "the program year is not open to transfers",
        "80.50 %, less than 85.00 %",
    ):
        assert missed in told


def test_a_transfer_that_misses_nothing_names_what_the_application_says_of_each_condition(letter) -> None:
    told = letter(transfer(), "why", "transfer_eligible(2021)")
    assert "says yes to the question whether there is a vacancy in the program. S1.yaml" in told
    assert "says no to the question whether there was a dismissal for disciplinary reasons. S1.yaml" in told
    assert "is not met: 88.00 %" not in told


def test_a_gate_that_is_closed_names_the_course_that_closes_it(letter) -> None:
    record = together(year(2020, 1, 80), year(2021, 2, 80), year(2022, 3, 80))
    told = letter(record, "why-not", "year_outcome(2022,promoted)")
    assert "Arabic Language of the basic plan is still missing for S1 after 2022/23" in told


def test_no_years_left_to_postpone_tells_both_limits_and_the_decision_that_is_missing(letter) -> None:
    postponed = [{"year": one, "ground": "approved"} for one in (2020, 2021, 2022)]
    asked = [{"request": "postponement", "year": 2023, "filed": "2023-08-10", "reference": "2023-09-20"}]
    parts = (year(2019, 1, 80), year(2023, 2, 80))
    record = together(*parts, admitted=2019, postponements=postponed, applications=asked)
    told = letter(record, "why", "may_not_postpone(2023)")
    assert (
        "S1 has no year left to postpone before 2023/24: "
        "there are 3 academic years, at least 2 academic years" in told
    )
    assert "no decision that a third postponed year was granted to S1" in told
    assert (
        "there are 3 academic years, at least 3 academic years, the years that may be postponed by decision"
        in told
    )


def test_the_entries_of_a_sum_of_absences_are_told_with_the_excuse_that_came_too_late(letter) -> None:
    entry = {"course": "M1102", "year": 2020}
    absences = [
        {**entry, "entry": 1, "hours": 3, "excuse": "none"},
        {**entry, "entry": 2, "hours": 2, "excuse": "medical", "filed": 100, "certified": True},
    ]
    told = letter(together(year(2020, 1, 82), absences=absences), "why", "excluded(2020,M1102)")
    assert "Entry 1 of S1 in M1102 Biochemistry I of 2020/21 counts without an accepted excuse (3.00" in told
    assert "100 hours passed until the excuse of S1 for entry 2" in told
    assert "more than 72 hours" in told


def test_what_is_so_of_no_course_is_told_once(letter) -> None:
    record = together(year(2020, 1, 80), year(2021, 2, 77, M1203=55))
    told = letter(record, "why-not", "year_outcome(2021,failed)")
    assert told.count("S1 is not excluded from any course in 2021/22") == 1
    assert "S1 is not excluded from M1203" not in told
    assert "the last program year with the weights" not in told


def test_limits_of_other_years_are_not_told_of_the_fifth(letter) -> None:
    years = [year(2016 + level, level, 82) for level in range(1, 5)]
    record = together(*years, year(2021, 5, 80, M1582=50, M1584=51), admitted=2017)
    told = letter(record, "why-not", "resit_right(2021,M1582)")
    assert "10 credit hours, more than 9 credit hours" in told
    assert "in the first year" not in told
    assert "years 2 to 4 open" not in told


def test_a_degree_that_is_not_asked_for_yet_names_the_year_that_is_not_reached(letter) -> None:
    told = letter(together(year(2020, 1, 80)), "why-not", "eligible(md_degree)")
    assert "are not asked of S1 yet: S1 is not placed in program year 6" in told
    assert "the greatest is" not in told


@pytest.mark.parametrize("pack", [one.name for one in sorted(PACKS.iterdir())])
def test_no_sentence_names_a_word_twice_or_a_provision_by_its_id(pack: str) -> None:
    policy = load_policy(PACKS / pack)
    said = Sentences(policy)
    for predicate in policy.predicates.values():
        for holds in (True, False):
            told = said.atom(predicate.name, [None] * predicate.arity, holds)
            assert not DOUBLED.search(told), told
            assert not re.search(r"\b(\w+) any \1\b", told), told
    for name, reading in policy.readings.items():
        for choice in reading.readings:
            told = said.atom("reading", (Constant(name), Constant(choice)))
            assert not [one for one in re.findall(r"\b\w+(?:\.\w+)+\b", told) if one in policy.provisions]


def test_another_value_of_a_limit_is_denied() -> None:
    policy = load_policy(PACKS / "annajah-graduate")
    name, limit = next(
        (name, one) for name, one in policy.limits.items() if "least time" in one.says and one.value == 3
    )
    told = Sentences(policy).atom("limit", (Constant(name), 1), holds=False)
    assert told == f"{limit.says}: 3 semesters, not 1 semester"

"""A letter tells what decided: how an average came about, and what an award rests on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from bylaw.engine.solve import Decision, Engine
from bylaw.explain.contrast import nearest_better
from bylaw.explain.explainer import Explainer
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows
from bylaw.records.model import Records
from bylaw.report.json_shapes import reason_report
from bylaw.report.letter import Letter
from bylaw.report.terminal import render
from test_hebron_md_letters import together, year

ENTRY = re.compile(
    r"- (?P<what>[^:]+): (?P<factor>[0-9.]+) × (?P<hours>\d+) credit hours? = (?P<adds>[0-9.]+)"
)
REQUIREMENTS = {
    "marks": [
        {"course": course, "year": 2020, "sitting": "main", "mark": 88}
        for course in ("10100", "21100", "22100", "23100", "T1100")
    ]
}
CAREER = [year(2019 + level, level, 78 + level) for level in range(1, 7)]


@cache
def engine() -> Engine:
    return Engine(load_policy("hebron-md"))


def record(name: str) -> dict[str, Any]:
    if name == "low":
        return together(year(2020, 1, 69, M1121=88))
    if name == "third year":
        return together(year(2020, 1, 88), REQUIREMENTS, year(2021, 2, 81), year(2022, 3, 84))
    if name == "third failure":
        return together(
            year(2020, 1, 50), year(2021, 1, 71), year(2022, 2, 50), year(2023, 2, 72), year(2024, 3, 50)
        )
    if name == "lost twice":
        return {
            "students": [{"admitted": 2020, "route": "new"}],
            "placements": [{"year": year, "level": min(year - 2019, 3)} for year in (2020, 2021, 2023, 2024)],
            "marks": [],
            "not_enrolled": [{"year": 2021, "term": "first"}, {"year": 2024, "term": "first"}],
            "returns": [{"year": 2023, "term": "first", "way": "readmitted"}],
        }
    if name == "two missing":
        return together(*CAREER[:5], year(2025, 6, 84, M1689=50, M1662=50))
    if name == "excused":
        missed = {"course": "M1110", "year": 2020, "sitting": "resit", "excuse": "accepted"}
        return together(year(2020, 1, 84, M1110=50), year(2021, 2, 84), missed_sittings=[missed])
    if name == "excluded":
        absence = {"course": "M1226", "year": 2021, "entry": 1, "hours": "8", "excuse": "none"}
        return together(year(2020, 1, 84), REQUIREMENTS, year(2021, 2, 84), absences=[absence])
    assert name == "whole career"
    return together(*CAREER)


@cache
def decided(name: str) -> tuple[Records, Decision, Explainer]:
    records = records_from_rows(engine().policy, record(name), name="record", subject="S1")
    decision = engine().decide(records, "S1")
    return records, decision, Explainer(engine(), decision)


def letter(name: str, about: str, *, negative: bool = False) -> str:
    records, decision, explainer = decided(name)
    pattern = parse_pattern(engine().policy, about, "S1")
    reason = explainer.why_not(pattern) if negative else explainer.why(pattern)
    told = Letter(engine(), records, decision, depth=3 if reason.holds else 2)
    lines = render(told.page(reason, negative=negative, reckoner=explainer.reckoner), 400)
    return "\n".join(lines).replace("\N{NO-BREAK SPACE}", " ")


def total(text: str) -> tuple[str, str]:
    """Return what the marks of a letter weigh, and over how many hours."""
    found = re.search(r"weigh ([0-9.]+) in points over (\d+) credit hours", text)
    assert found is not None
    return found[1], found[2]


def test_the_reader_can_reckon_an_average_again() -> None:
    said = letter("low", "year_outcome(2020,promoted)", negative=True)
    entries = [one.groupdict() for one in ENTRY.finditer(said)]
    [one] = [one for one in entries if one["what"].startswith("M1121")]
    assert (one["what"], one["factor"]) == ("M1121 Human Anatomy I (Thorax, Abdomen & Pelvis), 88 %", "3.30")
    weight, hours = total(said)
    for one in entries:
        assert round(float(one["factor"]) * int(one["hours"]), 2) == float(one["adds"]), one
    assert f"{sum(float(one['adds']) for one in entries):.2f}" == weight
    assert sum(int(one["hours"]) for one in entries) == int(hours)
    average = f"{float(weight) / int(hours):.2f} points"
    assert f"The average of S1 in 2020/21 is {average} after the first sitting" in said


def test_the_courses_of_a_long_sum_stand_together_by_what_they_are_worth() -> None:
    said = letter("whole career", "gpa(2025)")
    entries = [one.groupdict() for one in ENTRY.finditer(said)]
    assert [one["factor"] for one in entries] == ["3.00", "2.70", "2.30"]
    assert "M1480" in entries[1]["what"]
    weight, hours = total(said)
    assert f"{sum(float(one['adds']) for one in entries):.2f}" == weight
    assert sum(int(one["hours"]) for one in entries) == int(hours)


def test_json_has_each_contribution() -> None:
    records, decision, explainer = decided("whole career")
    reason = explainer.why(parse_pattern(engine().policy, "gpa(2025)", "S1"))
    report = reason_report(engine(), records, decision, reason, reckoner=explainer.reckoner)
    [told] = report["reckoned"]
    assert told["figure"] == reason.atom and told["provisions"] == ["11.B", "11.C"]
    first = told["entries"][0]
    assert first["says"] == "M1100 Biology for MS, 2020/21, 79 %"
    assert (first["factor"], first["weight"], first["adds"]) == (2.3, 3, 6.9)


def test_an_award_tells_the_averages_that_it_rests_on() -> None:
    said = letter("third year", "eligible(biomedical_degree)")
    assert "S1 meets the requirements of study for the bachelor degree in biomedical sciences" in said
    for span, average in (("2020/21", "3.30"), ("2021/22", "2.70")):
        assert f"The annual average of S1 for {span} is not too low: {average} points, at least 2.00" in said
    assert "the average of year 3: 3.00 points, at least 1.70 points" in said


def test_a_later_award_tells_what_the_first_rests_on() -> None:
    said = letter("whole career", "certificate_due", negative=True)
    assert "The MD degree is not to be awarded to S1 yet (Article 28)" in said
    said = letter("whole career", "eligible(md_degree)", negative=True)
    assert "5(A)" in said and "less than 264 credit hours" in said


def test_before_the_last_year_nothing_is_said_of_conditions_that_are_not_asked_yet() -> None:
    said = letter("third year", "eligible(md_degree)", negative=True)
    assert "✗ not met: The conditions of the MD degree are not asked of S1 yet" in said
    assert "✓" not in said
    assert "further conditions are not in question as long as the above is not met." in said


def test_the_failed_years_of_a_ground_are_counted_in_the_letter() -> None:
    said = letter("third failure", "dismissal_due(2024)")
    assert "There are 3 failed years, at least 3 failed years" in said
    for span in ("2020/21", "2022/23", "2024/25"):
        assert f"The failed year {span} of S1 counts towards the failed years of a dismissal" in said


@pytest.mark.parametrize("name", ["low", "whole career"])
def test_a_figure_that_is_no_sum_of_products_is_not_reckoned(name: str) -> None:
    _, decision, explainer = decided(name)
    hours = next(str(one) for one in decision.atoms if one.name == "earned_hours")
    assert explainer.reckoner.of(hours) is None
    assert explainer.reckoner.of('gpa("S1",2020,1)') is None


def test_the_return_between_two_losses_of_the_seat_is_told() -> None:
    said = letter("lost twice", "barred")
    assert "The loss of the seat in 2024/25 is the second one of S1 (Article 17(B)(6))." in said
    assert "S1 was admitted again in 2023/24 after a loss of the seat (Article 17(B)(4))." in said
    said = letter("lost twice", "seat_lost(2024)")
    assert "No earlier loss of the seat by S1 still stood in 2024/25" in said
    assert "had not lost" not in said


def test_an_award_that_misses_courses_names_them() -> None:
    said = letter("two missing", "missing(md_degree,courses)")
    for course in ("M1689 Obstetrics & Gynecology (Senior)", "M1662 Cardiology"):
        assert f"S1 has not passed {course}, which the MD degree asks for" in said


def test_an_excuse_that_keeps_a_year_open_is_told_with_its_row() -> None:
    said = letter("excused", "year_outcome(2020,open)")
    assert "S1 has not let the second sitting of M1110 General chemistry for MS in 2020/21 pass" in said
    assert "S1 is excused from the second sitting of M1110 General chemistry for MS in 2020/21." in said


def test_a_better_outcome_that_lacks_one_course_is_nearer_than_one_that_was_never_open() -> None:
    _, _, explainer = decided("excluded")
    contrast = nearest_better(explainer, parse_pattern(engine().policy, "year_outcome(2021,failed)", "S1"))
    assert contrast is not None and contrast.outcome.provisions == ("15.A.1",)

"""Letters on the graduate instructions tell figures, bodies and terms as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaw.cli.main import main

GRANTED_BY_THE_DEAN = """synthetic: true
student: G1
as_of: 20111
record:
  students: [{degree: master, department: Law, first_enrolled: 20081, accepted: 20081}]
  extension_decisions: [{term: 20102, by: dean_of_graduate_studies, result: granted, semesters: 1}]
"""

NOT_URGENT = GRANTED_BY_THE_DEAN.replace("dean_of_graduate_studies", "faculty_council") + (
    "  urgency_findings: [{result: not_found}]\n"
)


@pytest.fixture
def letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def told(record: str, *words: str) -> str:
        path = tmp_path / "G1.yaml"
        path.write_text(record, encoding="utf-8")
        assert main([words[0], "G1", *words[1:], "-p", "annajah-graduate", "-r", str(path)]) == 0
        return " ".join(capsys.readouterr().out.split())

    return told


def test_two_words_are_told_to_differ(letter) -> None:
    said = letter(GRANTED_BY_THE_DEAN, "why", "extension_irregular")
    dean, council = "the Dean of the Faculty of Graduate Studies", "the Faculty Council of Graduate Studies"
    assert f'"{dean}" is not "{council}".' in said
    assert "!=" not in said


def test_a_term_is_not_after_another(letter) -> None:
    said = letter(GRANTED_BY_THE_DEAN, "why", "extension_irregular", "--full")
    assert "The second semester of 2010/11 is not after the first semester of 2011/12" in said


def test_a_grant_against_a_finding_names_the_row_of_the_finding(letter) -> None:
    said = letter(NOT_URGENT, "why", "extension_irregular")
    assert "does not rest on urgent circumstances" in said
    assert "G1.yaml:7" in said


def test_time_that_stands_in_the_way_is_told_in_semesters(letter) -> None:
    late = letter(GRANTED_BY_THE_DEAN, "why-not", "degree_complete")
    assert "The allowed time stands in the way. ✗ not met: 7 semesters is more than 6 semesters." in late
    early = letter(GRANTED_BY_THE_DEAN, "why-not", "degree_complete", "--as-of", "20082")
    assert "The least time stands in the way: 2 semesters is less than 3 semesters." in early


HANDED_IN = """synthetic: true
student: G1
as_of: 20101
record:
  students: [{degree: master, department: Physics, first_enrolled: 20081, accepted: 20081}]
  submissions: [{work: thesis, term: 20101}]
  track_decisions: [{track: thesis, term: 20091, by: deanship_of_graduate_studies}]
"""


def test_what_is_not_missing_now_is_not_put_down_to_another_present(letter) -> None:
    said = letter(HANDED_IN, "why-not", "missing(thesis_submission)")
    assert "the present is" not in said
    assert (
        "the thesis was submitted by the end of the first semester of 2010/11 (item 4(A)(2)). G1.yaml:6"
        in said
    )


def test_a_limit_is_not_told_to_have_another_value(letter) -> None:
    said = letter(HANDED_IN.replace("20101\n", "20082\n"), "why-not", "earliest_term")
    assert "The least time for a master's degree: 3 semesters, not 1 semester" in said
    assert "The least time for a master's degree: 1 semester" not in said


LOW = """synthetic: true
student: G1
as_of: 20082
record:
  students: [{degree: master, department: Law, first_enrolled: 20081, accepted: 20081}]
  courses:
    - {course: L1, kind: graduate, hours: 3}
    - {course: L2, kind: graduate, hours: 6}
  attempts:
    - {course: L1, term: 20081, mark: 70}
    - {course: L2, term: 20081, mark: 76.5}
"""


def test_an_average_that_is_too_low_can_be_reckoned_again(letter) -> None:
    said = letter(LOW, "why", "average_below_now").replace("\N{NO-BREAK SPACE}", " ")
    assert "With all marks the average is too low now: 74.333 %, less than 75.000 %" in said
    assert "L1, 70.00 %: 70.00 % × 3 credit hours = 210.00" in said
    assert "L2, 76.50 %: 76.50 % × 6 credit hours = 459.00" in said
    assert "came to 669.00 at the end of the second semester of 2008/09, over 9 credit hours" in said
    assert "entries" not in said and "as of the second semester of 2008/09" in said

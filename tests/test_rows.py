import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bylaw.errors import Place
from bylaw.tables.rows import facts_of
from bylaw.tables.schema import Column, ColumnType, ColumnValue, FactTemplate, Table
from bylaw.tables.sheet_rows import read_csv_rows, read_csv_table
from bylaw.tables.terms import Constant, Fact, Row, Text
from bylaw.tables.yaml_rows import rows_from_yaml

COLUMNS = (
    Column("student", ColumnType.TEXT),
    Column("course", ColumnType.TEXT),
    Column("mark", ColumnType.INTEGER, minimum=0, maximum=100),
    Column("note", ColumnType.TEXT, required=False),
)
MARKS = Table(
    "marks",
    "marks.csv",
    {column.name: column for column in COLUMNS},
    key=("student", "course"),
    facts=(
        FactTemplate("mark", (ColumnValue("student"), ColumnValue("course"), ColumnValue("mark"))),
        FactTemplate("noted", (ColumnValue("student"), Constant("on_paper"), 7, ColumnValue("note"))),
    ),
)


def read(tmp_path: Path, text: str) -> tuple[list[str], list[str]]:
    path = tmp_path / "marks.csv"
    path.write_text(text, encoding="utf-8", newline="")
    rows, problems = read_csv_table(MARKS, path, "marks.csv")
    return [str(fact) for row in rows for fact in facts_of(MARKS, row)], [str(p) for p in problems]


def test_each_fact_remembers_its_row(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("note,mark,course,student\n,41,M1,S1\n\nlate,60,M2,S1\n", encoding="utf-8")
    rows, problems = read_csv_table(MARKS, path, "some/marks.csv")
    assert problems == []
    assert [facts_of(MARKS, row) for row in rows] == [
        [Fact("mark", (Text("S1"), Text("M1"), 41), Row("marks", "some/marks.csv", 2))],
        [
            Fact("mark", (Text("S1"), Text("M2"), 60), Row("marks", "some/marks.csv", 4)),
            Fact(
                "noted",
                (Text("S1"), Constant("on_paper"), 7, Text("late")),
                Row("marks", "some/marks.csv", 4),
            ),
        ],
    ]
    assert rows[1].place("course") == Place("some/marks.csv", 4, 9)


def test_column_that_is_not_required_may_be_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "student,course,mark\nS1,M1,41\n") == (['mark("S1","M1",41)'], [])


def test_row_with_a_problem_gives_no_facts(tmp_path: Path) -> None:
    facts, problems = read(tmp_path, "student,course,mark\nS1,M1,141\nS1,M2,41\n")
    assert facts == ['mark("S1","M2",41)']
    assert problems == [
        "error: `mark` is 141; the highest is 100\n  at marks.csv:2:7, column `mark`",
    ]


def test_table_with_a_wrong_header_gives_no_rows_but_checks_them(tmp_path: Path) -> None:
    facts, problems = read(tmp_path, "student,curse,mark\nS1,M1,141\n")
    assert facts == []
    assert [problem.splitlines()[0] for problem in problems] == [
        "error: `curse` is not a column of `marks`",
        "error: column `course` of `marks` is missing",
        "error: `mark` is 141; the highest is 100",
    ]
    assert "help: did you mean `course`?" in problems[0]


def test_unknown_column_is_not_taken_for_one_that_is_there(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "student,course,mark,marks\nS1,M1,41,2\n")
    assert problems == [
        "error: `marks` is not a column of `marks`\n  at marks.csv:1:21\n  help: did you mean `mark`?"
    ]


def test_repeated_key_names_the_first_line_even_of_equal_rows(tmp_path: Path) -> None:
    facts, problems = read(tmp_path, "student,course,mark\nS1,M1,41\nS1,M1,41\nS1,M1,x\n")
    assert facts == ['mark("S1","M1",41)']
    assert problems[0] == (
        "error: row repeats `student` `S1`, `course` `M1`\n"
        "  at marks.csv:3:1\n  help: the first one is on line 2"
    )
    assert [problem.splitlines()[1].strip() for problem in problems[1:]] == [
        "at marks.csv:4:1",
        "at marks.csv:4:7, column `mark`",
    ]


def test_record_is_named_where_its_id_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("student,course,mark\nS1,,x\n,M1,41\n", encoding="utf-8")
    found = read_csv_rows(MARKS, path, "marks.csv", subject="student")
    assert [(p.subject, p.field) for p in found.problems] == [
        ("S1", "course"),
        ("S1", "mark"),
        (None, "student"),
    ]
    assert found.gaps == {"student", "course", "mark"}
    assert found.count == 2


def test_lost_rows_leave_gaps_in_every_column(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("student,course,mark\nS1,M1\n", encoding="utf-8")
    assert read_csv_rows(MARKS, path, "marks.csv").gaps == set(MARKS.columns)


def place_of(loc: tuple[str | int, ...]) -> Place:
    return Place("r.yaml:" + ".".join(str(part) for part in loc))


def test_yaml_rows_take_the_subject_from_the_record() -> None:
    raw = [{"course": "M1", "mark": 41}, {"student": "S1", "course": "M2", "mark": 60, "note": None}]
    found = rows_from_yaml(MARKS, raw, place_of, ("student", "S1"))
    assert found.problems == []
    assert [str(fact) for row in found.rows for fact in facts_of(MARKS, row)] == [
        'mark("S1","M1",41)',
        'mark("S1","M2",60)',
    ]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ({}, "error: `marks` is a list of rows\n  at r.yaml:"),
        ("x", "error: `marks` is a list of rows\n  at r.yaml:"),
        ([3], "error: row 1 of `marks` is not a map\n  at r.yaml:0"),
        ([{"mark": 1}], "error: record `S1`: `course` is missing\n  at r.yaml:0, column `course`"),
        (
            [{"course": 21100, "mark": 1}],
            "error: record `S1`: `course` is the number 21100; text is needed\n  at r.yaml:0.course",
        ),
        (
            [{"course": "M", "mark": 1, "student": "S2"}],
            "error: record `S1`: `student` is `S2`; the record is that of `S1`\n  at r.yaml:0.student",
        ),
        (
            [{"course": "M", "mark": 1, "marc": 1}],
            "error: record `S1`: `marc` is not a column of `marks`\n  at r.yaml:0.marc",
        ),
        (
            [{"course": "M", "mark": 1}, {"course": "M", "mark": 1}],
            "error: record `S1`: row repeats `student` `S1`, `course` `M`\n  at r.yaml:1",
        ),
    ],
)
def test_yaml_rows_that_do_not_fit(raw: Any, wanted: str) -> None:
    found = rows_from_yaml(MARKS, raw, place_of, ("student", "S1"))
    assert len(found.problems) == 1
    assert str(found.problems[0]).startswith(wanted)
    assert sum(row.sound for row in found.rows) == max(0, len(found.rows) - 1)


def test_no_list_at_all_is_no_rows() -> None:
    found = rows_from_yaml(MARKS, None, place_of, ("student", "S1"))
    assert (found.rows, found.problems, found.count) == ([], [], 0)


visible_text = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"), min_size=1
).filter(lambda text: text == text.strip())


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(visible_text, min_size=1, max_size=8, unique=True),
    delimiter=st.sampled_from(",;\t"),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_text_survives_a_file_unchanged(
    tmp_path: Path, ids: list[str], delimiter: str, ends: str, encoding: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ends)
    writer.writerows([["student", "course", "mark"], *([text, text, 1] for text in ids)])
    path = tmp_path / "marks.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    rows, problems = read_csv_table(MARKS, path, "marks.csv")
    assert problems == []
    assert [row.values["student"] for row in rows] == [Text(text) for text in ids]
    assert [row.row.line for row in rows] == list(range(2, len(ids) + 2))

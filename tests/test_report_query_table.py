"""The answers to a query: aligned, counted, as JSON and as CSV that no spreadsheet acts on."""

from __future__ import annotations

import csv
import io

import pytest

from bylaw.errors import UsageError
from bylaw.policy.model import ArgType, Base, Show
from bylaw.report.query_table import Table, counted, csv_text, lines, shapes
from bylaw.report.terminal import render
from bylaw.tables.terms import Constant, Term, Text

YEAR = ArgType("academic_year", Base.INTEGER, show=Show.YEAR_SPAN)
AVERAGE = ArgType("average", Base.INTEGER, scale=2)
DAY = ArgType("day", Base.INTEGER, show=Show.DATE)
STUDENT = ArgType("student", Base.TEXT)


def table(*rows: tuple[Term, ...]) -> Table:
    return Table(("S", "Y", "A"), rows, (STUDENT, YEAR, AVERAGE))


ROWS = table(
    (Text("S1"), 2020, 198),
    (Text("S1"), 2021, -5),
    (Text("S22"), 2021, 6500),
    (Text("S3"), 2021, Constant("no")),
)


def test_columns_are_aligned_and_rows_counted() -> None:
    assert list(render(lines(ROWS))) == [
        "S          Y  A",
        "S1   2020/21  1.98",
        "S1   2021/22  -0.05",
        "S22  2021/22  65.00",
        "S3   2021/22  no",
        "4 rows",
    ]


def test_a_text_cannot_break_out_of_its_row() -> None:
    shown = list(render(lines(table((Text("a\n\x1b[2J  b"), 2020, 1)))))
    assert shown[1].startswith("a\\n\\x1b[2J  b  2020/21")
    assert shown[2] == "1 row"


def test_counting_by_a_variable() -> None:
    found = counted(ROWS, ["Y"])
    assert found.columns == ("Y", "count")
    assert found.rows == ((2020, 1), (2021, 3))


def test_counting_by_an_unknown_variable_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        counted(ROWS, ["Yy"])
    assert caught.value.problems[0].help == "did you mean `Y`?"


def test_json_has_numbers_as_a_person_writes_them() -> None:
    assert shapes(ROWS)[:2] == [{"S": "S1", "Y": 2020, "A": 1.98}, {"S": "S1", "Y": 2021, "A": -0.05}]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_csv_neutralises_formulas(text: str) -> None:
    _, row = csv.reader(io.StringIO(csv_text(table((Text(text), 2020, 1))), newline=""))
    assert row[0] == f"'{text}"


def test_csv_keeps_other_texts_and_negative_numbers() -> None:
    assert csv_text(table((Text('0012345, "x"'), 2020, -5))) == 'S,Y,A\n"0012345, ""x""",2020,-0.05\n'


def test_days_are_written_as_dates() -> None:
    days = Table(("D",), ((737791,),), (DAY,))
    assert csv_text(days) == "D\n2021-01-01\n"
    assert list(render(lines(days)))[1] == "2021-01-01"
    assert shapes(days) == [{"D": "2021-01-01"}]

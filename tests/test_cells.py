from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.tables.cells import CellError, parse_cell, parse_value, written
from bylaw.tables.schema import Column, ColumnType
from bylaw.tables.terms import Constant, Term, Text

TEXT = Column("id", ColumnType.TEXT)
CODE = Column("code", ColumnType.TEXT, pattern="[A-Z][0-9]+")
WHOLE = Column("mark", ColumnType.INTEGER)
PERCENT = Column("mark", ColumnType.INTEGER, minimum=0, maximum=100, maximum_limit="highest_mark")
MONEY = Column("sum", ColumnType.DECIMAL, scale=2, minimum=-150, maximum=10_000)
DAY = Column("day", ColumnType.DATE, minimum=737_000)
GRADE = Column("grade", ColumnType.CHOICE, choices={"A-": Constant("a_minus"), "B": Constant("b")})
PAID = Column("paid", ColumnType.BOOLEAN)
NOTE = Column("note", ColumnType.TEXT, required=False)


@pytest.mark.parametrize(
    ("column", "text", "term"),
    [
        (TEXT, "0012345", Text("0012345")),
        (TEXT, " \t\u00a0S1 \n", Text("S1")),
        (TEXT, "=1+1", Text("=1+1")),
        (TEXT, "محمد علي", Text("محمد علي")),
        (TEXT, "x" * 1_000, Text("x" * 1_000)),
        (CODE, "M1110", Text("M1110")),
        (WHOLE, "63", 63),
        (WHOLE, "+007", 7),
        (WHOLE, "-0", 0),
        (WHOLE, "2147483647", 2**31 - 1),
        (WHOLE, "-2147483648", -(2**31)),
        (PERCENT, "0", 0),
        (PERCENT, "100", 100),
        (MONEY, "63.5", 6350),
        (MONEY, "63.5000", 6350),
        (MONEY, "-1.5", -150),
        (MONEY, "-0.07", -7),
        (MONEY, "100", 10_000),
        (DAY, "2021-09-30", 738_063),
        (DAY, "2020-02-29", 737_484),
        (GRADE, "A-", Constant("a_minus")),
        (PAID, "yes", Constant("yes")),
        (NOTE, "  ", None),
    ],
)
def test_a_cell_becomes_exactly_this_term(column: Column, text: str, term: Term | None) -> None:
    assert parse_cell(column, text) == term


@pytest.mark.parametrize(
    ("column", "text", "message", "help_line"),
    [
        (TEXT, "", "`id` is empty", "every row has a value in this column"),
        (TEXT, "a\0b", "`id` holds U+0000, which no cell may", "write one line of visible characters"),
        (TEXT, "a\nb", "`id` holds a line break, which no cell may", "write one line of visible characters"),
        (TEXT, "\x1f1", "`id` holds U+001F, which no cell may", "write one line of visible characters"),
        (TEXT, "\ufeff1", "`id` holds U+FEFF, which no cell may", "write one line of visible characters"),
        (TEXT, "\ud800", "`id` holds U+D800, which no cell may", "write one line of visible characters"),
        (TEXT, "x" * 1_001, "`id` has 1,001 characters; the most allowed is 1,000", None),
        (CODE, "M1110\u200f", "`code` is `M1110\\u200f`, which does not match `[A-Z][0-9]+`", None),
        (CODE, "m1110", "`code` is `m1110`, which does not match `[A-Z][0-9]+`", None),
        (WHOLE, "63.5", "`mark` is 63.5; a whole number is needed", None),
        (WHOLE, "63.0", "`mark` is 63.0; a whole number is needed", None),
        (
            WHOLE,
            "1e3",
            "`mark` is 1e3; a whole number is needed",
            "write digits only, without exponent, unit or thousands mark",
        ),
        (
            WHOLE,
            "1_000",
            "`mark` is `1_000`; a whole number is needed",
            "write digits only, without exponent, unit or thousands mark",
        ),
        (WHOLE, "٦٣", "`mark` is `٦٣`; a whole number is needed", "write it with the digits 0 to 9: 63"),
        (
            WHOLE,
            "2147483648",
            "`mark` is 2147483648; numbers go from -2147483648 to 2147483647",
            None,
        ),
        (
            WHOLE,
            "9" * 1_000,
            f"`mark` is {'9' * 60}...; numbers go from -2147483648 to 2147483647",
            None,
        ),
        (PERCENT, "101", "`mark` is 101; the highest is 100 (Article 10(A))", None),
        (PERCENT, "-1", "`mark` is -1; the lowest is 0", None),
        (
            MONEY,
            "1.255",
            "`sum` is 1.255, which has more than 2 decimals",
            "nothing is rounded here; write the figure that counts",
        ),
        (MONEY, "1,5", "`sum` is 1,5; a number is needed", "write 1.5, with a point before the decimals"),
        (
            MONEY,
            ".5",
            "`sum` is `.5`; a number is needed",
            "write digits only, without exponent, unit or thousands mark",
        ),
        (MONEY, "100.01", "`sum` is 100.01; the highest is 100.00", None),
        (MONEY, "-1.51", "`sum` is -1.51; the lowest is -1.50", None),
        (MONEY, "21474836.48", "`sum` is 21474836.48; numbers go from -21474836.48 to 21474836.47", None),
        (
            DAY,
            "2021-02-30",
            "`day` is 2021-02-30, which is no day of the calendar",
            "February 2021 has 28 days",
        ),
        (DAY, "0000-01-01", "`day` is 0000-01-01, which is no day of the calendar", None),
        (DAY, "30/09/2021", "`day` is 30/09/2021; a date is needed", "a date is written 2021-09-30"),
        (DAY, "2018-10-31", "`day` is 2018-10-31; the earliest is 2018-11-02", None),
        (GRADE, "a-", "`grade` is `a-`, which is none of its values", "did you mean `A-`?"),
        (GRADE, "Z", "`grade` is `Z`, which is none of its values", "known here: `A-`, `B`"),
        (PAID, "Yes", "`paid` is `Yes`; `yes` or `no` is needed", None),
    ],
)
def test_a_cell_that_does_not_fit_says_why(
    column: Column, text: str, message: str, help_line: str | None
) -> None:
    cited = {"highest_mark": "Article 10(A)"}
    with pytest.raises(CellError) as caught:
        parse_cell(column, text, cited.get)
    assert (caught.value.message, caught.value.help) == (message, help_line)


@pytest.mark.parametrize(
    ("column", "value", "term"),
    [
        (WHOLE, 63, 63),
        (WHOLE, "63", 63),
        (MONEY, 5, 500),
        (MONEY, "1.98", 198),
        (PAID, True, Constant("yes")),
        (PAID, "no", Constant("no")),
        (TEXT, "0012345", Text("0012345")),
        (NOTE, None, None),
        (DAY, "2021-09-30", 738_063),
    ],
)
def test_a_value_from_yaml_becomes_the_same_term_as_its_cell(
    column: Column, value: object, term: Term | None
) -> None:
    assert parse_value(column, value) == term


@pytest.mark.parametrize(
    ("column", "value", "message", "help_line"),
    [
        (TEXT, 21100, "`id` is the number 21100; text is needed", 'quote it: "21100"'),
        (TEXT, None, "`id` is empty", "every row has a value in this column"),
        (TEXT, True, "`id` is true; text is needed", None),
        (WHOLE, False, "`mark` is false; a whole number is needed", None),
        (WHOLE, [1], "`mark` is a list; one value is needed", None),
        (WHOLE, {"a": 1}, "`mark` is a map; one value is needed", None),
        (DAY, 20210930, "`day` is the number 20210930; a date is needed", None),
        (GRADE, 1, "`grade` is the number 1; one of its words is needed", "known here: `A-`, `B`"),
    ],
)
def test_a_value_from_yaml_that_does_not_fit(
    column: Column, value: object, message: str, help_line: str | None
) -> None:
    with pytest.raises(CellError) as caught:
        parse_value(column, value)
    assert (caught.value.message, caught.value.help) == (message, help_line)


def test_a_huge_number_from_yaml_is_refused_without_writing_it_out() -> None:
    with pytest.raises(CellError, match="numbers go from"):
        parse_value(WHOLE, 10**10_000)


@settings(max_examples=200, deadline=None)
@given(
    number=st.decimals(
        allow_nan=False, allow_infinity=False, places=None, min_value=-(10**9), max_value=10**9
    ),
    scale=st.integers(0, 6),
)
def test_a_decimal_is_exact_or_refused(number: Decimal, scale: int) -> None:
    column = Column("x", ColumnType.DECIMAL, scale=scale)
    scaled = number.scaleb(scale)
    fits = scaled == scaled.to_integral_value() and -(2**31) <= scaled < 2**31
    text = f"{number:f}"
    if fits:
        term = parse_cell(column, text)
        assert isinstance(term, int)
        assert Decimal(term) == scaled
        assert Decimal(written(column, term)) == number
    else:
        with pytest.raises(CellError):
            parse_cell(column, text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=30), kind=st.sampled_from(ColumnType))
def test_no_text_does_more_than_be_refused(text: str, kind: ColumnType) -> None:
    column = Column("x", kind, scale=2, choices={"a": Constant("a")} if kind is ColumnType.CHOICE else {})
    try:
        term = parse_cell(column, text)
    except CellError as error:
        assert error.message.isprintable()
    else:
        assert term is not None
        if isinstance(term, Text):
            assert term.value == text.strip()

"""Patterns of conclusions as a person types them."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.errors import UsageError
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern, parse_term
from bylaw.tables.terms import Constant, Text

LIBRARY = load_policy(Path(__file__).parent / "packs" / "library-loans")
MARCH = date(2022, 3, 1).toordinal()


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("fine", (None, None, None, None)),
        ("fine()", (None, None, None, None)),
        ("fine(0017)", (None, Text("0017"), None, None)),
        (" fine ( 0017 , _ , 0.25 ) ", (None, Text("0017"), None, 25)),
        ('fine("0017",2022-03-01)', (None, Text("0017"), MARCH, None)),
        (f"fine(_,{MARCH})", (None, None, MARCH, None)),
        ("fine(_,_,4)", (None, None, None, 400)),
        ("fine(_,_,-4.5)", (None, None, None, -450)),
        ('fine("M1","0017",2022-03-01,0.25)', (Text("M1"), Text("0017"), MARCH, 25)),
        ("fine(_,0017,_,_)", (None, Text("0017"), None, None)),
        ("fine(The keeper)", (None, Text("The keeper"), None, None)),
        (r'fine("a \"b\", c)")', (None, Text('a "b", c)'), None, None)),
        ('fine("_")', (None, Text("_"), None, None)),
        ("barred(debt)", (None, Constant("debt"))),
        ("may_borrow", (None,)),
        ('may_borrow("M1")', (Text("M1"),)),
        ("may_borrow(_)", (None,)),
        ("today(2022-03-01)", (MARCH,)),
        ("item_title(0017)", (Text("0017"), None)),
    ],
)
def test_a_pattern_fills_every_argument(text, args):
    pattern = parse_pattern(LIBRARY, text)
    assert pattern.args == args
    assert len(pattern.args) == pattern.predicate.arity


@pytest.mark.parametrize("text", ["barred(debt)", 'barred("M1",debt)', "barred(_,debt)"])
def test_the_subject_asked_about_fills_its_place(text):
    assert parse_pattern(LIBRARY, text, "M1").args == (Text("M1"), Constant("debt"))


def test_another_subject_than_the_one_asked_about_is_refused():
    with pytest.raises(UsageError, match="names `M2`, and `M1` is asked about"):
        parse_pattern(LIBRARY, 'barred("M2",debt)', "M1")


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("bared(debt)", "there is no predicate `bared`", "did you mean `barred`?"),
        ("barred(dept)", "`ground` is `dept`, which is no `ground`", "did you mean `debt`?"),
        (
            "barred(debt,1)",
            "`barred` takes one argument and has 2",
            "`barred(ground)`, the subject is implied",
        ),
        (
            "may_borrow(x)",
            "`may_borrow` takes no arguments and has 1",
            "`may_borrow`, the subject is implied",
        ),
        (
            'barred("debt")',
            '`ground` is the text "debt"; one of the values of `ground`',
            "take the quotes off",
        ),
        ("fine(_,_,a lot)", "`amount` is `a lot`; a number is needed", None),
        ("fine(_,_,0.255)", "more than 2 decimals", None),
        ("fine(_,_,99999999999)", "numbers go from", None),
        ("fine(_,2022-02-30)", "no day of the calendar", None),
        ("fine(_,2022-03)", "a whole number is needed", None),
        ("", "is not a pattern", None),
        ("fine(", "is not a pattern", None),
        ("fine(a", "is not a pattern", None),
        ("fine)", "is not a pattern", None),
        ("fine(a))", "is not a pattern", None),
        ("fine(a,)", "is not a pattern", None),
        ("fine(,a)", "is not a pattern", None),
        ('fine("a)', "is not a pattern", None),
        ("fine(a)b", "is not a pattern", None),
        ("fine(f(a))", "is not a pattern", None),
        ("fine" + "(" * 5000, "is not a pattern", None),
    ],
)
def test_what_is_no_pattern_is_refused(text, message, help):
    with pytest.raises(UsageError) as caught:
        parse_pattern(LIBRARY, text)
    problem = caught.value.problems[0]
    assert message in problem.message
    assert help is None or help in problem.help


def test_a_pattern_matches_atoms():
    pattern = parse_pattern(LIBRARY, "fine(0017,_,0.25)", "M1")
    assert pattern.matches((Text("M1"), Text("0017"), MARCH, 25))
    assert not pattern.matches((Text("M1"), Text("0018"), MARCH, 25))
    assert not pattern.matches((Text("M2"), Text("0017"), MARCH, 25))
    assert not pattern.matches((Text("M1"),))


def test_a_year_span_is_read():
    from bylaw.policy.model import ArgType, Base, Show

    year = ArgType("year", Base.INTEGER, show=Show.YEAR_SPAN)
    assert parse_term(year, "2021/22") == 2021
    assert parse_term(year, "2021") == 2021
    assert parse_term(year, "1999/00") == 1999
    with pytest.raises(UsageError):
        parse_term(year, "2021/23")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='fine_barred(),"\\ 0.-é\n', max_size=25))
def test_any_text_is_a_pattern_or_refused(text):
    try:
        assert parse_pattern(LIBRARY, text).predicate.name in LIBRARY.predicates
    except UsageError as error:
        assert error.problems

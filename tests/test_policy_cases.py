"""Cases: shared records, replaced and removed rows, places and expectations."""

from pathlib import Path

import pytest

from bylaw.errors import Place, PolicyError
from bylaw.files.yaml import parse_yaml
from bylaw.policy.cases import CaseWords, load_cases, read_cases
from bylaw.policy.load import load_policy
from bylaw.tables.terms import Constant, Text

LIBRARY = load_policy(Path(__file__).parent / "packs" / "library-loans")
WORDS = CaseWords(
    "member", LIBRARY.types, LIBRARY.predicates, LIBRARY.tables, LIBRARY.provisions, LIBRARY.readings
)

SHARED = """\
- shared: base
  record:
    members: [{member: M1, group: child}]
    loans:
      - {item: "0017", borrowed: 2022-03-01}
      - {item: "0018", borrowed: 2022-03-01}
"""


def read(text):
    problems = []
    cases = read_cases([("cases/x.yaml", parse_yaml(text, "pack/cases/x.yaml"))], WORDS, problems)
    return cases, problems


def one(text):
    cases, problems = read(text)
    assert problems == []
    return cases[-1]


def test_the_cases_of_a_pack_in_the_order_of_its_files():
    cases = load_cases(LIBRARY)
    assert len(cases) == 14
    assert cases[0].name == "a loan that comes back on its last day costs nothing"
    assert (cases[0].file, cases[0].line) == ("cases/fines.yaml", 6)
    assert cases[-1].file == "cases/borrowing.yaml"


def test_a_row_with_the_key_of_a_shared_row_replaces_it_and_others_are_added():
    case = one(
        SHARED + "- name: x\n  like: base\n  record:\n    loans:\n"
        '      - {member: M1, item: "0017", borrowed: 2022-03-01, returned: 2022-03-05}\n'
        '      - {item: "0017", borrowed: 2022-04-01}\n'
        "    visits:\n"
        "  expect: {fine: absent}\n"
    )
    assert case.record == {
        "members": [{"member": "M1", "group": "child"}],
        "loans": [
            {"member": "M1", "item": "0017", "borrowed": "2022-03-01", "returned": "2022-03-05"},
            {"item": "0018", "borrowed": "2022-03-01"},
            {"item": "0017", "borrowed": "2022-04-01"},
        ],
        "visits": [],
    }
    assert case.place_of(("loans", 0, "returned")) == Place("pack/cases/x.yaml", 11, 68)
    assert case.place_of(("loans", 0)) == Place("pack/cases/x.yaml", 11, 9)
    assert case.place_of(("loans", 1, "item")) == Place("pack/cases/x.yaml", 6, 16)
    assert case.place_of(("loans", 1, "returned")) == Place("pack/cases/x.yaml", 6, 9)
    assert case.place_of(("loans",)) == case.place_of(()) == Place("pack/cases/x.yaml", 7, 3)


def test_rows_are_taken_out_by_their_key():
    case = one(
        SHARED + "- name: x\n  like: base\n  remove:\n"
        '    loans: [{item: "0017", borrowed: 2022-03-01}, {item: "0018", borrowed: 2022-03-01}]\n'
        "  expect: {fine: absent}\n"
    )
    assert case.record["loans"] == []


def test_a_shared_record_may_be_like_another_that_stands_below():
    case = one(
        '- shared: more\n  like: base\n  record:\n    loans: [{item: "0019", borrowed: 2022-03-01}]\n'
        + SHARED
        + "- name: x\n  like: more\n  expect: {fine: absent}\n"
    )
    assert [row["item"] for row in case.record["loans"]] == ["0017", "0018", "0019"]


def test_what_one_case_adds_another_does_not_see():
    text = SHARED + (
        '- {name: x, like: base, record: {loans: [{item: "19", borrowed: 2022}]}, expect: {fine: absent}}\n'
        "- {name: y, like: base, expect: {fine: absent}}\n"
    )
    assert [len(case.record["loans"]) for case in read(text)[0]] == [3, 2]


def test_expectations():
    case = one(
        SHARED + "- name: x\n  like: base\n  as_of: 738300\n  readings: {day_of_return: counted}\n  expect:\n"
        "    fine(0017): {because: [3.A], value: {fine: 0.25, late: 1}}\n"
        "    barred(debt): {because_includes: [4.A]}\n"
        "    barred: {because: []}\n"
        "    may_borrow: absent\n"
        "    may_reserve: present\n"
        "    fine: undetermined\n"
    )
    first, second, third, *others = case.expect
    assert (first.kind, first.because, first.because_includes) == ("derived", ("3.A",), ())
    assert first.value == {"fine": 25, "late": 1}
    assert first.pattern.args == (None, Text("0017"), None, None)
    assert first.text == "fine(0017)"
    assert first.place == Place("pack/cases/x.yaml", 12, 5)
    assert (second.because, second.because_includes) == (None, ("4.A",))
    assert second.pattern.args == (None, Constant("debt"))
    assert third.because == ()
    assert [expected.kind for expected in others] == ["absent", "present", "undetermined"]
    assert (case.as_of, case.readings) == (738300, {"day_of_return": "counted"})


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("- x\n", ["entry 1 is `x`; a case is a map"]),
        ("- {name: x}\n", ["key `expect` of entry 1 is missing"]),
        ("- {name: x, expect: {}}\n", ["`expect` is empty; a map of patterns is needed"]),
        ("- {name: x, expect: absent}\n", ["`expect` is `absent`; a map of patterns is needed"]),
        ("- {name: x, record: [1], expect: {fine: absent}}\n", ["`record` is a list; a map"]),
        ("- {name: x, record: {loans: {}}, expect: {fine: absent}}\n", ["`loans` is a map; a list of rows"]),
        ("- {name: x, record: {loans: [1]}, expect: {fine: absent}}\n", ["row 1 of `loans` is `1`; a map"]),
        (
            "- {name: x, record: {items: []}, expect: {fine: absent}}\n",
            ["there is no table `items` in a record"],
        ),
        (
            "- {name: x, remove: {loans: [{item: a, borrowed: b}]}, expect: {fine: absent}}\n",
            ["`remove` takes rows"],
        ),
        (
            "- {name: x, as_of: 2021-01-01, expect: {fine: absent}}\n",
            ["`as_of` is `2021-01-01`; a whole number"],
        ),
        ("- {shared: a, like: a}\n", ["shared records are like each other in a circle: `a` -> `a`"]),
        ("- {shared: a}\n- {name: a, expect: {fine: absent}}\n", ["`a` stands twice"]),
        ("- {shared: a, expect: {fine: absent}}\n", ["unknown key `expect`"]),
        ("- {name: x, expect: {fine: {because: 3.A}}}\n", ["`because` is `3.A`; a list is needed"]),
        ("- {name: x, expect: {fine: {value: {fine: [1]}}}}\n", ["`fine` is a list; a number is needed"]),
        (
            SHARED + "- {name: x, like: base, remove: {loans: [{item: a}]}, expect: {fine: absent}}\n",
            ["`borrowed` of `loans` is missing", "the shared record has no such row"],
        ),
        (
            SHARED + "- {name: x, like: base, remove: {loans: [{returned: a}]}, expect: {fine: absent}}\n",
            [
                "`returned` is not in the key of `loans`",
                "`item` of",
                "`borrowed` of",
                "the shared record has no",
            ],
        ),
    ],
)
def test_what_a_case_may_not_be(text, messages):
    problems = read(text)[1]
    assert len(problems) == len(messages)
    for problem, message in zip(problems, messages, strict=True):
        assert message in problem.message
        assert problem.place.line is not None


def test_a_case_file_that_changed_since_is_checked_again(tmp_path):
    import shutil

    folder = shutil.copytree(LIBRARY.folder, tmp_path / "pack")
    policy = load_policy(folder)
    (folder / "cases/fines.yaml").write_text("- {name: x, expect: {fines: absent}}\n")
    with pytest.raises(PolicyError, match="there is no predicate `fines`"):
        load_cases(policy)

"""The actions of a pack are checked when it is loaded; what is wrong is told with its place."""

import shutil
from pathlib import Path

import pytest

from bylaw.errors import PolicyError
from bylaw.policy.load import load_policy

LAB = Path(__file__).parent / "packs" / "advice-lab"

WRONG = [
    (
        "vocabulary.yaml",
        "'second', mark)",
        "'third', mark)",
        "column `sitting` of `marks` has no value `third`",
    ),
    ("vocabulary.yaml", "'second', mark)", "'second', marks)", "`marks` is no argument of `sit_second`"),
    ("vocabulary.yaml", "'second', mark)", "'second')", "a row of `marks` has not 4 values"),
    (
        "vocabulary.yaml",
        "\"marks(student, course, year, 'second'",
        "\"mark(student, course, year, 'second'",
        "no table `mark`",
    ),
    (
        "vocabulary.yaml",
        "'second', mark)\"",
        "'second', course)\"",
        "column `mark` of `marks` is not filled by a `course`",
    ),
    (
        "vocabulary.yaml",
        "waivers(student, year)",
        "waivers(student, 'ill')",
        "column `year` of `waivers` has no value `ill`",
    ),
    (
        "vocabulary.yaml",
        'adds: "waivers(student, year)"',
        "says_not: none",
        "the action `ask_waiver` has no `adds`",
    ),
    ("vocabulary.yaml", "cost: 3", "cost: 0", "`cost`"),
    ("vocabulary.yaml", "    cost: 3\n", "", "the action `ask_waiver` has no `cost`"),
    ("vocabulary.yaml", "least: mark", "least: course", "`course` is no number"),
    ("vocabulary.yaml", "least: mark", "least: height", "`height` is no argument of `sit_first`"),
    (
        "vocabulary.yaml",
        'role: input, says: "it is {year}"',
        'role: input, cost: 3, says: "it is {year}"',
        "`cost` is for predicates of role action",
    ),
    ("policy.yaml", "  actions: actions.lp\n", "", "nothing opens the action `repeat`"),
    ("actions.lp", "ask_waiver(S, Y) :-", "ask_favour(S, Y) :-", "no rule opens the action `ask_waiver`"),
    ("actions.lp", "%@ 4\n", "%@ 44\n", "there is no provision `44`"),
    ("actions.lp", "%@ none: the marks that an examination can have\n", "", "the rule has no tag"),
    ("actions.lp", "ask_waiver(S, Y) :-", "{ ask_waiver(S, Y) } :-", "actions make no choices"),
    (
        "actions.lp",
        "ask_waiver(S, Y) :-",
        "waived(S, Y) :-",
        "the actions derive `waived`, which is the pack's",
    ),
    ("actions.lp", "was_repeatable(S, N)", "was_repeated(S, N)", "there is no predicate `was_repeated`"),
    ("actions.lp", "was_repeatable(S, N)", "was_repeatable(S)", "has 2 arguments, not 1"),
    ("actions.lp", "year(S, Y), now(Y)", "year(S, _), not now(Y)", "unbound"),
    (
        "rules/passing.lp",
        "unwaived(S, Y) :- waiver(S, Y),",
        "unwaived(S, Y) :- ask_waiver(S, Y),",
        "`ask_waiver` is an action, and no part of the text",
    ),
    (
        "rules/passing.lp",
        "unwaived(S, Y) :-",
        "ask_waiver(S, Y) :- waiver(S, Y). unwaived(S, Y) :-",
        "`ask_waiver` is an action, and no part of the text",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), WRONG, ids=[one[3] for one in WRONG])
def test_what_is_wrong_with_actions_is_told(tmp_path, file, old, new, message):
    pack = tmp_path / "advice-lab"
    shutil.copytree(LAB, pack)
    text = (pack / file).read_text(encoding="utf-8")
    assert old in text
    (pack / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy(pack)
    found = [problem for problem in caught.value.problems if message in problem.message]
    assert found, str(caught.value)
    assert found[0].place is not None
    assert Path(found[0].place.file).name in (Path(file).name, "vocabulary.yaml")


def test_the_actions_of_a_pack_are_no_rules_of_it():
    policy = load_policy(LAB)
    assert policy.actions is not None
    assert [rule.provisions for rule in policy.actions.rules] == [
        (),
        (),
        ("1",),
        ("2",),
        ("3",),
        ("3",),
        ("4",),
        ("5",),
    ]
    assert all(rule.file.startswith("rules/") for rule in policy.encoding.rules)

"""Rule files: the scan before clingo, tags, comments, heads and dependencies."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.errors import Place
from bylaw.policy.encoding import build, read_rules
from bylaw.policy.lexical import MAX_TOKENS, scan
from bylaw.policy.strata import check_strata


def read(text):
    problems = []
    found = read_rules("rules/x.lp", "pack/rules/x.lp", text, 0, problems)
    assert not problems, problems
    return found


def refused(text):
    problems = []
    read_rules("rules/x.lp", "x.lp", text, 0, problems)
    return [(problem.message, problem.place.line, problem.place.column) for problem in problems]


@pytest.mark.parametrize(
    "text",
    [
        'a("#include") :- b. % #script @f() #external',
        '%* #include "x". *% a.',
        "a :- #count { X : b(X) } > 1, #sum+ { X : b(X) } < 3, #min { X : b(X) } = #inf.",
        "#show a/1. #defined b/2. #program base.",
        'a("\\"\\\\\\n% not a comment").',
        "a :- b. % émile",
        "a(2147483647, 0x7fffffff, -2147483647).",
        'a("é").',
        "a(X) :- X = 1..3, X != 2, b'(X), _c(X, -1, |X|, X ** 2, ~X, X \\ 2).",
        "",
    ],
)
def test_the_scan_lets_plain_rules_through(text):
    assert scan(text, "x.lp") == []


@pytest.mark.parametrize(
    ("text", "word", "line", "column"),
    [
        ('#include "x".', "`#include`", 1, 1),
        ('#include%*c*%"x".', "`#include`", 1, 1),
        ('a.\n  #include\n"x".', "`#include`", 2, 3),
        ("#include <incmode>.", "`#include`", 1, 1),
        ("#script (lua) @ ! ` #end.", "`#script`", 1, 1),
        ("a(@f(X)) :- b(X).", "external functions", 1, 3),
        ("#external a.", "`#external`", 1, 1),
        ("#theory t {}.", "theories", 1, 1),
        ("#const a = 1.", "`#const`", 1, 1),
        ("#minimise { 1 }.", "`#minimise`", 1, 1),
        ("#maximize { 1 }.", "`#maximize`", 1, 1),
        (":~ a. [1]", "weak constraints", 1, 1),
        ("#heuristic a. [1,sign]", "`#heuristic`", 1, 1),
        ("#project a/1.", "`#project`", 1, 1),
        ("#shovv a/1.", "unknown statement `#shovv`", 1, 1),
        ("# include", "a `#` that starts no statement", 1, 1),
        ('a("\\x").', "a text that is not closed", 1, 3),
        ('a("x\n").', "a text that is not closed", 1, 3),
        ("%* a", "is not closed", 1, 1),
        ("%* a %* b *% #include *%", "a `%` inside a block comment", 1, 6),
        ("a(2147483648).", "`2147483648` is too large", 1, 3),
        ("a(0x100000001).", "`0x100000001` is too large", 1, 3),
        ("a(" + "9" * 5000 + ").", "is too large", 1, 3),
        ("a(é).", "character `é` cannot stand in a rule", 1, 3),
        ("a :- `b`.", "character ``` cannot stand in a rule", 1, 6),
    ],
)
def test_the_scan_refuses_before_clingo_sees_it(text, word, line, column):
    problem = scan(text, "x.lp")[0]
    assert word in problem.message
    assert problem.place == Place("x.lp", line, column)


def test_terms_that_would_overflow_the_parser_are_refused():
    assert "more than" in scan("a(" + "1+" * MAX_TOKENS + "1).", "x.lp")[0].message
    assert scan("a(1). " * MAX_TOKENS, "x.lp") == []


def test_an_included_file_is_never_opened(tmp_path):
    import os

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # reading it would wait for ever
    assert refused(f'%@ 1\na :- b.\n#include%*c*%"{pipe}".\n')[0][1:] == (3, 1)


def test_tags_hold_for_the_rules_below_them():
    rules = read(
        "%@ 1.A\na(X) :- b(X).\nc :- a(_).\n\n%@ 2, 3.B\nd :- c.\n%@ none: only counting\ne :- d. f :- e.\n"
    ).rules
    assert [(rule.line, rule.provisions) for rule in rules] == [
        (2, ("1.A",)),
        (3, ("1.A",)),
        (6, ("2", "3.B")),
        (8, ()),
        (8, ()),
    ]
    assert [rule.number for rule in rules] == [0, 1, 2, 3, 4]


def test_a_comment_inside_a_rule_does_not_come_before_it():
    rules = read("%@ 1\na :- % first\n  b.\n%@ 2\nc :- b.\n").rules
    assert [rule.provisions for rule in rules] == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a :- b.\n", [("the rule has no tag", 1, 1)]),
        ("%@ 1\na. %@ 2\n", [("a tag stands on a line of its own, above its rules", 2, 4)]),
        ("%@ 1\na :-\n%@ 2\n  b.\n", [("a tag stands on a line of its own, above its rules", 3, 1)]),
        ("%@\na.\n", [("the tag names no provision", 1, 1)]),
        ("%@ 1,,2\na.\n", [("the tag names no provision", 1, 1)]),
        ("%@ none\na.\n", [("the tag `none` does not say why", 1, 1)]),
        ("%@ none:  \na.\n", [("the tag `none` does not say why", 1, 1)]),
        ("%@ 1\na(X :- b.\nc.\n", [("not a rule of clingo: unexpected :-, expecting ) or ;", 2, 5)]),
        ('%@ 1\na("é") b.\n', [("not a rule of clingo: unexpected <IDENTIFIER>", 2, 8)]),
        ("%@ 1\na :- b", [("not a rule of clingo: the last statement is not finished", 3, 1)]),
        ("#show.\n", [("`#show.` hides what the pack declares", 1, 1)]),
        ("#show a : b.\n", [("`#show` of a term is not allowed in a pack", 1, 1)]),
        ("#program base(x).\n", [("`#program base` is not allowed in a pack", 1, 1)]),
    ],
)
def test_what_a_rule_file_may_not_hold(text, found):
    assert refused(text) == found


def test_the_sentence_of_a_rule_is_the_comment_above_it():
    rules = read(
        "%%% Header\n%%% Uses b/1\n"
        "% Who has b has a,\n% as the text says.\n%@ 1\na(X) :- b(X).\n"
        "c(X) :- b(X).\n\n"
        "%@ 2\n% Below the tag.\nd(X) :- b(X).\n\n"
        "% Apart.\n\ne(X) :- b(X).\n"
    ).rules
    assert [rule.comment for rule in rules] == [
        "Who has b has a, as the text says.",
        "",
        "Below the tag.",
        "",
    ]


def test_heads_and_choices():
    rules = read(
        "%@ 1\na(X) :- b(X).\n{ c(X) : b(X); d(X, 1) } = 1 :- b(X).\ne(1;2).\n#count { X : f(X) : b(X) } 2.\n"
    ).rules
    assert [(rule.heads, rule.choice) for rule in rules] == [
        ((("a", 1),), False),
        ((("c", 1), ("d", 2)), True),
        ((("e", 1),), False),
        ((("f", 1),), True),
    ]


def test_dependencies_see_every_part_of_a_body():
    encoding = build(
        [
            read(
                "%@ 1\na(X) :- b(X), not c(X), #count { Y : d(Y), not e(Y) } > 1, f(Z) : g(Z, X);"
                " not 1 { h(X) : i(X) }, (j; k).\n".replace(", (j; k)", "")
                + "{ l(X) : m(X) } :- limit(n, X).\na(X) :- o(X).\np.\n"
            )
        ]
    )
    assert encoding.depends == {
        "a": frozenset("bcdefghio"),
        "l": frozenset({"m", "limit"}),
        "p": frozenset(),
    }
    assert encoding.reached_from("l") == {"l", "m", "limit"}


def test_the_program_keeps_the_lines_of_its_files():
    first = read("%@ 1\na.")
    problems = []
    second = read_rules("rules/y.lp", "pack/rules/y.lp", "%@ 1\nb.\n", 1, problems)
    encoding = build([first, second])
    assert encoding.text == "%@ 1\na.\n%@ 1\nb.\n"
    assert list(encoding.files) == ["rules/x.lp", "rules/y.lp"]
    assert [rule.number for rule in encoding.rules] == [0, 1]


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("a :- not b.\nb :- not a.", "`a` -> `b` -> `a`"),
        ("a :- not a.", "`a` -> `a`"),
        ("a(X) :- X = #sum { Y : a(Y) }.", "`a` -> `a`"),
        ("a :- b : c. c :- a.", "`a` -> `c` -> `a`"),
        ("a :- b. b :- c. c :- not not a.", "`c` -> `a` -> `b` -> `c`"),
        ("a(X) :- b(X), not c(X).\nc(X) :- a(X-1).", "`a` -> `c` -> `a`"),
    ],
)
def test_a_cycle_through_negation_is_reported(text, cycle):
    problems = []
    check_strata([read(f"%@ 1\n{text}\n")], problems)
    assert [problem.message.rpartition(": ")[2] for problem in problems] == [cycle]


@pytest.mark.parametrize(
    "text",
    [
        "a(X) :- a(X-1), b(X).",
        "a :- b : c. b :- a.",
        "{ a } :- not b. b :- not a.",
        "a :- not b. b :- not c.",
    ],
)
def test_what_is_settled_or_openly_a_choice_is_no_cycle(text):
    problems = []
    check_strata([read(f"%@ 1\n{text}\n")], problems)
    assert problems == []


PIECES = [
    "a",
    "b(X)",
    "X",
    "Y",
    " ",
    ", ",
    ":- ",
    ".",
    "\n",
    "%@ 1\n",
    "% c\n",
    "%*",
    "*%",
    '"',
    "\\",
    "not ",
    "é",
]
PIECES += [
    "#count",
    "{",
    "}",
    ":",
    "(",
    ")",
    "1",
    "..",
    "+",
    "#show ",
    "a/1",
    "@",
    "#",
    "&",
    "_",
    ";",
    "|",
    "[",
    "]",
]
rule_text = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


@settings(max_examples=250, deadline=None)
@given(rule_text)
def test_any_text_is_rules_or_refused_with_a_place(text):
    problems = []
    found = read_rules("x.lp", "x.lp", text, 0, problems)
    assert found is not None or problems
    for problem in problems:
        assert problem.place.line is not None
        assert problem.place.line <= text.count("\n") + 2

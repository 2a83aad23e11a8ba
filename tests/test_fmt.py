"""`bylaw fmt`: rule files in house style, with the same rules and comments."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from clingo.ast import AST, ASTType, parse_string
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.analysis.formatting import format_text
from bylaw.cli.main import main
from bylaw.policy.layout.text import laid_out
from bylaw.policy.layout.tokens import tokens_of
from random_rules import programs

ROOT = Path(__file__).parent.parent
FILES = sorted(path for folder in ("policies", "tests/packs") for path in (ROOT / folder).rglob("*.lp"))
UNTIDY = """%%% A header
p(X):-q(X,Y)  ,not r( Y ) , X<Y .


%@ 1
% A sentence.
p(X) :- q(X, -1), X = 2*Y -1, q(Y,_) , #sum{ W,Y:q(Y,W),not r(W);
 V,z: r(V)}>=3.   % why
% --- A section
s(1..2). s( 4 ).
"""
TIDY = """%%% A header

p(X) :- q(X, Y), not r(Y), X < Y.

% A sentence.
%@ 1
p(X) :-
    q(X, -1), X = 2*Y - 1, q(Y, _), #sum { W, Y : q(Y, W), not r(W);
                                           V, z : r(V) } >= 3.  % why

% --- A section
s(1..2).  s(4).
"""


def statements(text: str) -> list[AST]:
    """The statements of a text; they are equal whatever their places."""
    found: list[AST] = []
    parse_string(text, found.append)
    return [node for node in found if node.ast_type != ASTType.Comment]


def comments(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if token.is_comment]


def check(text: str, *, order: bool = True) -> str:
    """Format a text and hold it to what formatting promises."""
    once = format_text(text, "rules.lp")
    assert statements(once) == statements(text)
    kept = (lambda lines: lines) if order else sorted
    assert kept(comments(once)) == kept(comments(text))
    assert format_text(once, "rules.lp") == once
    return once


def test_a_file_gets_house_style():
    assert check(UNTIDY, order=False) == TIDY


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_the_packs_are_in_house_style(path):
    text = path.read_text(encoding="utf-8")
    assert check(text) == text


@pytest.mark.long
@settings(max_examples=15, deadline=None)
@given(programs(), st.randoms(use_true_random=False))
def test_rules_laid_out_at_random_keep_their_meaning(text, random):
    check("".join(_shaken(text, random)), order=False)


def _shaken(text: str, random: object) -> Iterable[str]:
    """Put the tokens of a program apart by spaces, lines and comments at random."""
    for token in tokens_of(text):
        if token.is_comment:
            yield f"\n{token.text}\n"
            continue
        needed = token.gap > 0 and not token.own_line
        choice = random.choice(["", "", " ", "   ", "\n", "\n\n  ", " % odd\n"])
        yield (choice or (" " if needed else "")) + token.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.", "a.  b.\n"),
        ("p( (1,) ;2).", "p((1,); 2).\n"),
        ("p :-|X-Y|>1,q(X,Y).", "p :- |X-Y| > 1, q(X, Y).\n"),
        ("p(- X) :- q(X).", "p(-X) :- q(X).\n"),
        ("{a;b}1:-c.", "{ a; b } 1 :- c.\n"),
        ("p(X**2,X ..Y) :- q(X,Y).", "p(X**2, X .. Y) :- q(X, Y).\n"),
        ('p("a  %b").', 'p("a  %b").\n'),
        ("%@ 1\n\n\np.\n\n\n\n", "%@ 1\np.\n"),
        ("p :- a,\nb.", "p :-\n    a,\n    b.\n"),
        ("p %* odd   *%   :-q.", "p %* odd   *%   :-q.\n"),
        ("ab :- x.\nc  :- y.\n", "ab :- x.\nc  :- y.\n"),
        ("ab  :- x.\nc :- y.\n", "ab :- x.\nc :- y.\n"),
        ("", ""),
    ],
)
def test_spaces(text, expected):
    assert statements(text) == statements(expected)
    assert laid_out(text) == expected
    assert laid_out(expected) == expected


def test_long_lines_end_between_conditions():
    body = ", ".join(f"condition_{number}(S, Y, C)" for number in range(12))
    lines = check(f"long(S) :- {body}.").splitlines()
    assert lines[0] == "long(S) :-"
    assert [len(line) <= 120 for line in lines] == [True] * len(lines)
    assert len(lines) == 4
    assert all(line.startswith("    condition_") and line.endswith((",", ".")) for line in lines[1:])


def test_the_command_writes_what_changes_and_nothing_else(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "tests" / "packs" / "library-loans", "loans")
    fines, loans = Path("loans/rules/par_3_fines.lp"), Path("loans/rules/par_1_lending.lp")
    tidy = fines.read_text()
    fines.write_text(tidy.replace("member(M, child)", "member( M,child )"))
    stamp = loans.stat().st_mtime_ns
    assert main(["fmt", "loans", "--check"]) == 1
    assert capsys.readouterr() == ("loans/rules/par_3_fines.lp\n", "1 of 3 files would change\n")
    assert main(["fmt", "loans", "--diff"]) == 0
    assert "+exempt(M) :- member(M, child).\n" in capsys.readouterr().out
    assert fines.read_text() != tidy
    assert main(["fmt", "loans"]) == 0
    assert fines.read_text() == tidy
    assert loans.stat().st_mtime_ns == stamp
    assert main(["fmt", str(fines), "--check"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "1 file in style"


def test_what_is_no_rule_file_is_refused_and_the_others_are_laid_out(tmp_path, capsys):
    (tmp_path / "bad.lp").write_text('#include "other.lp".\n')
    (tmp_path / "good.lp").write_text("a:-b.")
    assert main(["fmt", str(tmp_path / "bad.lp"), str(tmp_path / "good.lp")]) == 2
    assert "error: `#include` is not allowed in a pack" in capsys.readouterr().err
    assert (tmp_path / "bad.lp").read_text() == '#include "other.lp".\n'
    assert (tmp_path / "good.lp").read_text() == "a :- b.\n"


def test_the_rules_of_amendments_are_part_of_a_pack(tmp_path, capsys):
    pack = tmp_path / "loans"
    shutil.copytree(ROOT / "tests" / "packs" / "library-loans", pack)
    (pack / "amendments").mkdir()
    (pack / "amendments" / "more.yaml").write_text(
        "id: more\ntitle: More\nsummary: More.\nrules: [more.lp]\n"
    )
    (pack / "amendments" / "more.lp").write_text("%@ 1.A\na:-b.\n")
    assert main(["fmt", str(pack), "--check"]) == 1
    assert capsys.readouterr().out == f"{pack}/amendments/more.lp\n"


def test_a_missing_file_is_named(capsys):
    assert main(["fmt", "nowhere.lp"]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error: there is no file `nowhere.lp`"

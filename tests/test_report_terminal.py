"""Pages on a terminal: what is escaped, how lines wrap, where colour stands."""

from __future__ import annotations

import pytest

from bylaw.report.phrases import listed, sentence, short_row
from bylaw.report.terminal import Line, Part, columns, escape, line, render
from bylaw.tables.terms import Row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
        ("خليل", "خليل"),
    ],
)
def test_what_would_steer_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert escape(text) == shown
    assert escape(shown) == shown


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("خليل", 4)])
def test_columns_of_a_text(text: str, wide: int) -> None:
    assert columns(text) == wide


def test_lines_wrap_behind_their_mark() -> None:
    page = [Line((Part("one two three four five six seven eight nine ten eleven"),), indent=2, mark="1.")]
    assert list(render(page, width=40)) == [
        "  1. one two three four five six seven",
        "     eight nine ten eleven",
    ]


def test_a_row_of_evidence_stays_whole() -> None:
    page = [Line((Part("a sentence of some length."), Part("  some folder/marks.csv:21", glue=True)))]
    assert list(render(page, width=40)) == ["a sentence of some length.", "some folder/marks.csv:21"]


def test_parts_join_without_a_space_of_their_own() -> None:
    page = [Line((Part("It failed "), Part("(Article 1)", "cyan"), Part(".")))]
    assert list(render(page)) == ["It failed (Article 1)."]


def test_a_page_is_plain_unless_colour_is_asked_for() -> None:
    page = [line("failed", "bold red"), line(), line("[bold]as it is[/bold]")]
    assert list(render(page)) == ["failed", "", "[bold]as it is[/bold]"]
    coloured = list(render(page, colour=True))
    assert coloured[0].startswith("\x1b[1;31mfailed")
    assert coloured[2] == "[bold]as it is[/bold]"


def test_a_long_word_is_not_cut() -> None:
    assert list(render([line("x" * 90)], width=40)) == ["x" * 90]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("it is so", "It is so."),
        ("S1041 failed", "S1041 failed."),
        ("is it so?", "Is it so?"),
        ("s1041 failed", "s1041 failed."),
        ("", ""),
    ],
)
def test_a_sentence_has_its_capital_and_its_full_stop(text: str, said: str) -> None:
    assert sentence(text) == said


def test_words_are_listed_as_a_sentence_has_them() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("file", "source", "shown"),
    [
        ("facts/cohort/marks.csv", "facts/cohort", "marks.csv:3"),
        ("facts/cases/one.yaml", "facts/cases/one.yaml", "one.yaml:3"),
        ("one.yaml", "one.yaml", "one.yaml:3"),
        ("pack/tables/plan.csv", "facts/cohort", "pack/tables/plan.csv:3"),
        ("/tmp/c/marks.csv", "/tmp/c/", "marks.csv:3"),
    ],
)
def test_rows_are_named_from_the_folder_of_the_records_on(file: str, source: str, shown: str) -> None:
    assert short_row(Row("marks", file, 3), source) == shown

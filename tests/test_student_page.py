"""The page for the student: what stands on it, that no text acts in it, and how a browser shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from bylaw.cli.main import main
from conftest import BROWSER

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
LOANS = ["-p", "tests/packs/library-loans", "-r", "tests/golden/loans"]
HEBRON = ["-p", "hebron-md", "-r", "facts/hebron-md/cases/failed_by_hours.yaml"]
VOID = {"meta", "rect", "br"}

INJECTION = """member: M1
record:
  members: [{group: grown-up}]
  loans:
    - {item: "0017", borrowed: 2022-03-01, returned: 2022-04-08}
  payments:
    - {receipt: "<script>alert(1)</script><svg onload=alert(2)>\\u202e", amount: 1.00}
    - {receipt: "إيصال 12", amount: 0.50}
"""


class Page(HTMLParser):
    """Reads a page: its tags in order, with attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def named(self, *names: str) -> list[tuple[str, dict[str, str | None]]]:
        return [one for one in self.tags if one[0] in names]


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TESTS.parent)


def html(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, "--format", "html", "--date", "2022-05-31"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("page_why", ["why", "M1", "barred(debt)", *LOANS]),
        ("page_why_not", ["why-not", "M1", "may_reserve", *LOANS]),
        ("page_decide", ["decide", "M1", *LOANS]),
    ],
)
def test_pages_are_as_recorded(
    name: str, words: list[str], request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    text = re.sub("sha256:[0-9a-f]{64}", "sha256:...", html(capsys, *words))
    path = GOLDEN / f"{name}.html"
    if request.config.getoption("--rerecord"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.long
def test_a_page_is_complete_and_accessible(capsys: pytest.CaptureFixture[str]) -> None:
    text = html(capsys, "why", "S9002", "year_outcome(2020,failed)", *HEBRON)
    page = Page(text)
    assert page.named("html")[0][1] == {"lang": "en", "dir": "ltr"}
    levels = [int(tag[1]) for tag, _ in page.named("h1", "h2", "h3")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("scope" in attrs for _, attrs in page.named("th"))
    assert all(attrs.get("aria-label") for _, attrs in page.named("svg"))
    assert not page.named("script", "img", "link", "iframe", "a")
    assert "http:" not in text and "https:" not in text and "url(" not in text
    for words in (
        "S9002 failed academic year 2020/21.",
        "The decision lies with the Dean of the College of Medicine.",
        "(Article 14(B)(1))",
        "9 credit hours",
        "failed_by_hours.yaml:11",
        "The nearest better outcome is that S9002 is promoted after academic year 2020/21",
        "Ask the Dean of the College of Medicine",
        "2022-05-31 with bylaw",
    ):
        assert words in text, words
    assert len(re.findall("sha256:[0-9a-f]{64}", text)) == 2


def test_a_page_lists_all_that_follows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = html(capsys, "decide", "S9002", *HEBRON)
    page = Page(text)
    levels = [int(tag[1]) for tag, _ in page.named("h1", "h2", "h3")]
    assert levels[0] == 1 and levels.count(1) == 1 and levels.count(2) >= 2
    assert not page.named("script", "img", "link", "iframe", "a")
    assert len(re.findall("sha256:[0-9a-f]{64}", text)) == 2
    assert all("scope" in attrs for _, attrs in page.named("th"))
    says = 'S9002 failed academic year 2020/21.</td><td class="cite">Article 14(B)(1)</td>'
    assert says in text
    assert main(["decide", "S9002", *HEBRON, "--format", "json"]) == 0
    reported = json.loads(capsys.readouterr().out)
    told = len(reported["conclusions"]) + len(reported["findings"])
    assert f"<h1>{told} conclusions on S9002.</h1>" in text
    out = tmp_path / "page.html"
    words = ["decide", "S9002", *HEBRON, "-f", "html", "--date", "2022-05-31", "--output", str(out)]
    assert main(words) == 0 and out.read_text(encoding="utf-8") == text
    capsys.readouterr()
    assert main(["decide", "--all", *HEBRON, "-f", "html"]) == 2
    assert "a page is of one student" in capsys.readouterr().err
    assert main(["decide", "S9002", *HEBRON, "--date", "2022-05-31"]) == 2
    assert "add `--format html`" in capsys.readouterr().err


@pytest.mark.long
def test_the_conditions_of_an_award_are_reasons_and_the_sums_of_an_average_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["-p", "hebron-md", "-r", "facts/hebron-md/cases/resit_then_improvement.yaml"]
    text = html(capsys, "why-not", "S9003", "eligible(md_degree)", *words)
    assert "not in question as long as the above is not met" in text
    assert "Considered, and not applied" not in text
    text = html(capsys, "why-not", "S9002", "year_outcome(2020,promoted)", *HEBRON)
    told = text.partition("How the figure came about")[2]
    assert "<li>M1100 Biology for MS, 88 %: 3.30 × 3 credit hours = 9.90</li>" in told


@pytest.mark.long
def test_of_many_ways_the_nearest_are_told_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    passed = ["-p", "hebron-md", "-r", "facts/hebron-md/cases/clean_pass.yaml"]
    text = html(capsys, "why-not", "S9001", "year_outcome(2020,failed)", *passed)
    assert len(Page(text).named("h3")) == 4
    assert "The nearest ways to it, and where each failed" in text
    others = text[text.index("Other ways, and where each failed first") :]
    assert others.count("<li><strong>Article ") >= 1


def test_nothing_of_a_record_acts_in_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "bad.yaml"
    record.write_text(INJECTION, encoding="utf-8")
    text = html(capsys, "why-not", "M1", "barred(debt)", "-p", "tests/packs/library-loans", "-r", str(record))
    page = Page(text)
    assert not page.named("script")
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\u202e" not in text
    assert '<bdi dir="rtl">إيصال 12</bdi>' in text


def test_a_page_is_written_whole_and_dated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    out = tmp_path / "page.html"
    words = ["why", "M1", "barred(debt)", *LOANS, "-f", "html", "--out", str(out)]
    assert main(words) == 0
    first = out.read_bytes()
    assert b"1970-01-02 with bylaw" in first
    assert main(words) == 0
    assert out.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    capsys.readouterr()
    assert main([*words[:-1], str(tmp_path / "none" / "page.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["why", "M1", "barred(debt)", *LOANS, "--out", str(out)]) == 2
    assert "add `--format html`" in capsys.readouterr().err
    assert main(["why", "M1", "barred(debt)", *LOANS, "-f", "html", "--date", "yesterday"]) == 2
    assert "is no day" in capsys.readouterr().err


def test_ci_has_a_browser() -> None:
    """`.ci/run` fetches one; elsewhere a run may do without, and the head of its report says so."""
    assert BROWSER is not None or "BYLAW_CI" not in os.environ


if BROWSER is not None:

    def browse(tmp_path: Path, *words: str) -> str:
        options = "--headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run"
        options += " --disable-component-update --disable-sync --virtual-time-budget=2000"
        command = [str(BROWSER), *options.split(), f"--user-data-dir={tmp_path / 'profile'}", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    def pages_of(printed: Path) -> int:
        return len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))

    @pytest.mark.long
    def test_a_browser_shows_and_prints_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        page = tmp_path / "page.html"
        text = html(capsys, "why", "S9002", "year_outcome(2020,failed)", *HEBRON)
        page.write_text(text, encoding="utf-8")
        seen = browse(tmp_path, "--dump-dom", page.as_uri())
        assert "<h1>S9002 failed academic year 2020/21.</h1>" in seen
        assert len(Page(seen).named("svg")) == len(Page(text).named("svg")) >= 1
        printed = tmp_path / "page.pdf"
        browse(tmp_path, f"--print-to-pdf={printed}", "--no-pdf-header-footer", page.as_uri())
        assert 1 <= pages_of(printed) <= 2

    @pytest.mark.long
    def test_many_ways_that_failed_print_on_two_pages(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page, printed = tmp_path / "page.html", tmp_path / "page.pdf"
        cohort = ["-p", "hebron-md", "-r", "facts/hebron-md/cohort-2019"]
        text = html(capsys, "why-not", "SYN-0086", "year_outcome(2027,failed)", *cohort)
        page.write_text(text, encoding="utf-8")
        browse(tmp_path, f"--print-to-pdf={printed}", "--no-pdf-header-footer", page.as_uri())
        assert 1 <= pages_of(printed) <= 2

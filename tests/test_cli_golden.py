"""What commands print, line by line.

The expected texts are in tests/golden/; `pytest --rerecord` writes them anew, and a diff shows what changed.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bylaw.cli.main import main

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
LOANS = "-p tests/packs/library-loans -r tests/golden/loans"
WAITS = "-p hebron-md -r facts/hebron-md/cases/excuse_waits.yaml"
FIRST_YEAR = "-p hebron-md -r facts/hebron-md/cases/failed_by_hours.yaml"

COMMANDS = {
    "decide_all": (f"decide --all {LOANS}", 0),
    "decide_json": (f"decide M1 -f json {LOANS}", 0),
    "decide_jsonl": (f"decide --all -f jsonl {LOANS}", 0),
    "decide_reading": (f"decide M1 --reading day_of_return=counted {LOANS}", 0),
    "why_barred": (f"why M1 'barred(debt)' {LOANS}", 0),
    "why_barred_full": (f"why M1 'barred(debt)' --full {LOANS}", 0),
    "why_barred_shallow": (f"why M1 'barred(debt)' --depth 1 {LOANS}", 0),
    "why_barred_json": (f"why M1 'barred(debt)' -f json {LOANS}", 0),
    "why_barred_lp": (f"why M1 'barred(debt)' -f lp {LOANS}", 0),
    "why_each": (f"why M2 may_reserve {LOANS}", 0),
    "why_several": (f"why M1 fine {LOANS}", 0),
    "why_of_what_is_not_so": (f"why M1 may_borrow {LOANS}", 0),
    "why_not_may_reserve": (f"why-not M1 may_reserve {LOANS}", 0),
    "why_not_two_routes": (f"why-not M2 barred {LOANS}", 0),
    "why_not_two_routes_json": (f"why-not M2 barred -f json {LOANS}", 0),
    "why_not_of_what_is_so": (f"why-not M2 may_borrow {LOANS}", 0),
    "what_if": (f"what-if M1 --set loans:0017/2022-03-01.returned=2022-04-01 {LOANS}", 0),
    "what_if_rows": (
        "what-if M2 --unset loans:0018 --set payments:R5.amount=0.75 "
        f"--add 'visits: {{day: 2022-05-20}}' --set members.group=grown-up {LOANS}",
        0,
    ),
    "what_if_asked": (f"what-if M1 barred --set loans:0018.returned=2022-03-22 {LOANS}", 0),
    "what_if_open": (
        f"what-if M1 fine --set loans:0018.returned=2022-03-22 --readings open {LOANS}",
        0,
    ),
    "what_if_nothing": (f"what-if M1 barred --set members.joined=2020-01-01 {LOANS}", 0),
    "what_if_json": (f"what-if M1 barred --set loans:0018.returned=2022-03-22 -f json {LOANS}", 0),
    "hebron_what_if": (f"what-if S9002 --set marks:2020/M1110.mark=60 {FIRST_YEAR}", 0),
    "decide_receipt": (f"decide M4 --receipt {LOANS}", 0),
    "open_decide": (f"decide M1 --readings open {LOANS}", 0),
    "open_why": (f"why M1 fine --readings open {LOANS}", 0),
    "open_why_json": (f"why M1 'fine(0018,_,1.50)' --readings open -f json {LOANS}", 0),
    "hebron_open_decide": (f"decide S9005 --decisions open {WAITS}", 0),
    "hebron_open_why": (f"why S9005 'year_outcome(2020,postponed)' --decisions open {WAITS}", 0),
    "hebron_open_why_not": (f"why-not S9005 'year_outcome(2020,open)' --decisions open {WAITS}", 0),
    "hebron_open_settled": (f"why-not S9005 seat_lost --decisions open --depth 1 {WAITS}", 0),
    "show_all": (f"show {LOANS.split(' -r')[0]}", 0),
    "show_provision": ("show '3(A)' -p tests/packs/library-loans", 0),
    "show_provision_json": ("show 3.A -p tests/packs/library-loans -f json", 0),
    "show_discretion": ("show 'Paragraph 3(D)' -p tests/packs/library-loans", 0),
    "show_others": ("show debt_limit day_of_return barred loan -p tests/packs/library-loans", 0),
    "query": (f"query 'fine(M, I, B, A), A > 200' {LOANS}", 0),
    "query_by": (f"query 'fine(M, I, B, A)' --by M {LOANS}", 0),
    "query_json": (f"query 'fine(M, I, B, A)' -f json {LOANS}", 0),
    "query_csv": (f"query 'fine(M, I, B, A)' -f csv {LOANS}", 0),
    "query_count": (f"query 'fine(M, I, B, A)' --count {LOANS}", 0),
    "facts": (f"facts M4 {LOANS}", 0),
    "test": ("test tests/packs/library-loans", 0),
    "hebron_decide": (f"decide S9002 {FIRST_YEAR}", 0),
    "hebron_why_failed": (f"why S9002 'year_outcome(2020,failed)' {FIRST_YEAR}", 0),
    "hebron_why_not_promoted": (f"why-not S9002 'year_outcome(2020,promoted)' {FIRST_YEAR}", 0),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_print_as_recorded(
    name: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(TESTS.parent)
    command, code = COMMANDS[name]
    assert main(shlex.split(command)) == code
    printed = capsys.readouterr()
    assert re.fullmatch(r"([0-9]+ members read, .*\n)?", printed.err)
    path = GOLDEN / f"{name}.txt"
    out = re.sub("sha256:[0-9a-f]{64}", "sha256:...", printed.out)
    out = re.sub('"(bylaw|clingo|python)": "[0-9.+a-z]+"', r'"\1": "..."', out)
    text = f"$ bylaw {command}\n{out}"
    if request.config.getoption("--rerecord"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_letter_to_a_failed_student_is_short_and_cites(capsys: pytest.CaptureFixture[str]) -> None:
    letter = (GOLDEN / "hebron_why_failed.txt").read_text(encoding="utf-8").splitlines()[1:]
    body = letter[: letter.index("")]
    assert 10 <= len(body) <= 25
    assert body[0] == "S9002 failed academic year 2020/21 (Article 14(B)(1))."
    assert "more than 6 credit hours" in " ".join(" ".join(body).split())
    assert sum("failed_by_hours.yaml:" in line for line in body) >= 3
    ways = (GOLDEN / "hebron_why_not_promoted.txt").read_text(encoding="utf-8")
    for number, provision in enumerate(("14(A)(1)", "14(A)(2)", "14(A)(3)"), 1):
        assert f"\n  {number}. Article {provision}: not met.\n" in ways


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(COMMANDS)


def test_no_line_is_wider_than_the_page() -> None:
    for path in GOLDEN.glob("[hws]*.txt"):
        if "json" not in path.stem:
            for line in path.read_text(encoding="utf-8").splitlines()[1:]:
                assert len(line) <= 100, (path.name, line)

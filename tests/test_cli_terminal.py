"""What reaches a terminal: escaped text, no colour where none is wanted, a quiet end of a broken pipe."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.model import Records
from bylaw.tables.terms import Text

TESTS = Path(__file__).parent
PACK = TESTS / "packs" / "library-loans"
LOANS = ["-p", str(PACK), "-r", str(TESTS / "golden" / "loans")]
BYLAW = [sys.executable, "-c", "from bylaw.cli.main import run; run()"]
HOSTILE = "\x1b[31m[red]a\nb\u202e"


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt that would steer a terminal, as if the reader of records had let it pass."""
    import bylaw.records.load as load

    def let_pass(policy: Policy, source: str, as_of: int | None = None, **mapping: str | None) -> Records:
        records = load_records(policy, source, as_of, **mapping)
        facts = records.by_subject["M2"]
        worse = tuple(
            replace(fact, args=(fact.args[0], Text(HOSTILE), *fact.args[2:]))
            if fact.predicate == "paid"
            else fact
            for fact in facts
        )
        return records.with_facts("M2", worse)

    monkeypatch.setattr(load, "load_records", let_pass)


def harmless(text: str) -> bool:
    return not any(ord(c) < 32 and c != "\n" for c in text) and "\u202e" not in text


@pytest.mark.usefixtures("hostile")
def test_text_of_a_record_is_escaped_and_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why-not", "M2", "barred", "--full", *LOANS]) == 0
    said = capsys.readouterr().out
    assert harmless(said)
    assert "with receipt \\x1b[31m[red]a\\nb\\u202e" in said


@pytest.mark.usefixtures("hostile")
def test_json_escapes_what_a_terminal_acts_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why-not", "M2", "barred", "-f", "json", *LOANS]) == 0
    said = capsys.readouterr().out
    assert harmless(said)
    assert any(HOSTILE in text for text in strings(json.loads(said)))


def strings(data: object) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in strings(value)]
    if isinstance(data, list):
        return [text for value in data for text in strings(value)]
    return [data] if isinstance(data, str) else []


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize(("format", "lines"), [("text", 3), ("jsonl", 1)])
def test_rows_of_a_query_are_harmless(format: str, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "paid(M, R, A)", "-f", format, *LOANS]) == 0
    said = capsys.readouterr().out
    assert harmless(said)
    assert said.count("\n") == lines


@pytest.mark.usefixtures("hostile")
def test_facts_stay_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "M2", *LOANS]) == 0
    paid = [line for line in capsys.readouterr().out.split("\n") if line.startswith("paid")]
    assert paid == [
        'paid("M2","\x1b[31m[red]a\\nb\u202e",25).  % ' + f"{LOANS[3]}/payments.csv:2",
    ]


def test_a_hostile_word_is_shown_escaped_in_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "M1\x1b]0;x\x07", *LOANS]) == 2
    assert "M1\\x1b]0;x\\x07" in capsys.readouterr().err
    assert main(["why", "M1", "\x1b[2J", *LOANS]) == 2
    assert harmless(capsys.readouterr().err)


def on_a_terminal(*command: str, **environment: str) -> str:
    """Run a command with a terminal for its output."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "70", **environment}
    process = subprocess.Popen([*BYLAW, *command], stdout=theirs, stderr=theirs, env=settings)
    os.close(theirs)
    printed = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        try:
            data = os.read(ours, 65536) if ready else b""
        except OSError:
            data = b""
        if not data:
            break
        printed += data
    os.close(ours)
    assert process.wait(60) == 0
    return printed.decode("utf-8").replace("\r\n", "\n")


def test_a_terminal_has_colours_and_its_own_width() -> None:
    said = on_a_terminal("why", "M1", "barred", *LOANS, NO_COLOR="")
    assert "\x1b[1m" in said
    assert "\x1b[36m" in said
    plain = on_a_terminal("why", "M1", "barred", *LOANS, NO_COLOR="1")
    assert "\x1b" not in plain
    assert max(map(len, plain.splitlines())) <= 70


def test_a_broken_pipe_is_quiet() -> None:
    process = subprocess.Popen(
        [*BYLAW, "facts", "--all", *LOANS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert said == b""


def test_an_output_without_the_signs_still_has_the_words() -> None:
    settings = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*BYLAW, "why-not", "M1", "may_borrow", *LOANS], capture_output=True, env=settings, check=True
    )
    said = done.stdout.decode("ascii")
    assert "- not met: " in said
    assert "+ met: " in said

"""`bylaw decide --all`: formats, files, filters, and runs that are cut short."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bylaw.cli.cohort_options import Wishes
from bylaw.cli.main import main
from bylaw.engine.workers import Limits
from bylaw.policy import kept
from bylaw.report.told import Telling
from cohort_tasks import Misbehaving
from hostile import hear_interrupts

TESTS = Path(__file__).parent
ROOT = TESTS.parent
LOANS = ["-p", str(TESTS / "packs" / "library-loans"), "-r", str(TESTS / "golden" / "loans")]
EVERYBODY = ["M1", "M2", "M3", "M4", "M5"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "kept"))
    return tmp_path / "kept"


def decide(*words: str, code: int | None = None) -> int:
    found = main(["decide", "--all", *LOANS, "--workers", "1", *words])
    assert code is None or found == code
    return found


def lines(capsys, *words: str) -> list[dict]:
    decide("-f", "jsonl", *words)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_file_has_what_stdout_has(tmp_path, capsys):
    for format in ("text", "json", "jsonl", "csv"):
        decide("-f", format)
        printed = capsys.readouterr().out
        decide("-f", format, "-o", str(tmp_path / format))
        assert capsys.readouterr().out == ""
        assert (tmp_path / format).read_text(encoding="utf-8") == printed
        assert (tmp_path / format).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "json", "jsonl", "kept", "text"]


def test_the_counts_add_up(capsys):
    decide(code=0)
    assert capsys.readouterr().err == (
        "5 members read, 5 decided, 0 of them with something undetermined, 0 without a result\n"
    )
    decide("--where", "barred(M,debt)")
    assert capsys.readouterr().err == (
        "5 members read, 1 asked for, 1 decided (1 as in an earlier run), "
        "0 of them with something undetermined, 0 without a result\n"
    )


def test_nothing_is_kept_where_it_is_not_wanted(cache, capsys):
    decide("--no-cache")
    assert not (cache / "results.sqlite").exists()


def test_a_table_has_a_row_for_each_conclusion(tmp_path, capsys):
    told = lines(capsys)
    decide("-f", "csv", "-o", str(tmp_path / "all.csv"))
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [
        (one["student"], kind, c["atom"], "; ".join(c["provisions"]), c["says"])
        for one in told
        for kind in ("conclusion", "finding")
        for c in one[f"{kind}s"]
    ]
    assert [(r["student"], r["kind"], r["atom"], r["provisions"], r["says"]) for r in rows] == expected
    assert len(expected) > 5


def test_a_table_says_what_is_undetermined(tmp_path, capsys):
    records = tmp_path / "loans"
    records.mkdir()
    for name in ("cohort.yaml", "loans.csv", "members.csv"):
        (records / name).write_bytes((TESTS / "golden" / "loans" / name).read_bytes())
    assert main(["decide", "--all", *LOANS[:2], "-r", str(records), "-f", "csv"]) == 3
    printed = capsys.readouterr()
    rows = list(csv.DictReader(printed.out.splitlines()))
    unknown = [row for row in rows if row["kind"] == "undetermined"]
    assert {row["says"] for row in unknown} == {"not known: payments"}
    assert {row["student"] for row in unknown} == set(EVERYBODY)
    assert "5 of them with something undetermined" in printed.err


def test_parquet_has_the_same_table(tmp_path, capsys):
    parquet = pytest.importorskip("pyarrow.parquet")
    decide("-f", "csv")
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    for name in ("one", "two"):
        decide("-f", "parquet", "-o", str(tmp_path / name))
    table = parquet.read_table(tmp_path / "one").to_pylist()
    assert [{**row, "provisions": "; ".join(row["provisions"])} for row in table] == rows
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_query_is_answered_in_parquet_and_by_any_number_of_workers(tmp_path, capsys, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("bylaw.engine.cohort.BATCH", 2)
    body = "fine(M,I,D,A)"
    assert main(["query", body, *LOANS, "-f", "json", "--workers", "1"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert main(["query", body, *LOANS, "-f", "parquet", "--workers", "2", "-o", str(tmp_path / "q")]) == 0
    assert "3 rows written" in capsys.readouterr().err
    assert parquet.read_table(tmp_path / "q").to_pylist() == rows
    assert rows[0] == {"M": "M1", "I": "0017", "D": "2022-03-01", "A": 4.0}
    assert main(["query", "fine(M,I,D,9999)", *LOANS, "-f", "parquet", "-o", str(tmp_path / "n")]) == 0
    assert parquet.read_table(tmp_path / "n").num_rows == 0
    assert main(["query", body, *LOANS, "-f", "parquet"]) == 2


def test_only_those_for_whom_a_body_holds(capsys):
    assert [one["student"] for one in lines(capsys, "--where", "loan(M,I,_), not barred(M,_)")] == [
        "M2",
        "M3",
    ]
    assert decide("--where", "item_title(I,T)") == 2
    assert "does not say which member is meant" in capsys.readouterr().err


def test_what_is_kept_is_shown_and_cleared(cache, capsys, monkeypatch):
    decide()
    capsys.readouterr()
    assert main(["cache", "show", "-f", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["students"]["results"] == 5
    assert shown["packs"]["packs"] == 1
    assert shown["folder"] == str(cache)
    assert main(["cache", "clear"]) == 0
    assert main(["cache"]) == 0
    assert "0 results of students, 0 bytes\n  0 checked packs, 0 bytes" in capsys.readouterr().out
    decide()
    assert "5 decided, 0 of them" in capsys.readouterr().err
    monkeypatch.setenv(kept.FOLDER, "off")
    assert main(["cache"]) == 0
    assert "nothing is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["decide", "M1", *LOANS, "--resume", "-o", "x"], "these options are for a cohort"),
        (["decide", "M1", *LOANS, "--workers", "2"], "these options are for a cohort"),
        (["decide", "M1", *LOANS, "-f", "csv"], "these options are for a cohort"),
        (["decide", "--all", *LOANS, "--resume"], "`--resume` goes on with a file"),
        (["decide", "--all", *LOANS, "-f", "parquet"], "Parquet is written to a file"),
        (["decide", "--all", *LOANS, "-o", "no/where.json"], "cannot be written"),
    ],
)
def test_options_that_do_not_fit_are_refused(words, told, capsys):
    assert main(words) == 2
    assert told in capsys.readouterr().err


class Stopped(Telling):
    """Tells of some students, and is interrupted."""

    left = 3

    def begin(self, policy):
        tell = super().begin(policy)

        def some(records):
            told = []
            for line in tell(records):
                if Stopped.left == 0:
                    raise KeyboardInterrupt
                Stopped.left -= 1
                told.append(line)
            return told

        return some


@pytest.fixture
def stopped(monkeypatch):
    """Let a run end after three students, each of whom is a batch."""
    monkeypatch.setattr("bylaw.engine.cohort.BATCH", 1)
    monkeypatch.setattr("bylaw.report.told.Telling", Stopped)

    def stop_after(students: int) -> None:
        Stopped.left = students

    return stop_after


@pytest.mark.parametrize("format", ["text", "json", "jsonl", "csv"])
def test_an_interrupted_output_is_gone_on_with(tmp_path, capsys, stopped, format):
    stopped(99)
    decide("-f", format, "-o", str(tmp_path / "whole"), "--no-cache")
    out = tmp_path / "out"
    out.write_text("of the last term")
    stopped(3)
    decide("-f", format, "-o", str(out), "--no-cache", code=130)
    assert "3 of 5 are kept; `--resume` goes on" in capsys.readouterr().err
    assert out.read_text() == "of the last term"
    stopped(2)  # a third one would end the run again
    decide("-f", format, "-o", str(out), "--no-cache", "--resume")
    assert "3 of 5 are there from a run that was cut short" in capsys.readouterr().err
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_what_cannot_be_gone_on_with_is_derived(tmp_path, capsys, stopped):
    stopped(99)
    decide("-f", "jsonl", "-o", str(tmp_path / "whole"), "--no-cache")
    out = tmp_path / "out"
    stopped(3)
    decide("-f", "jsonl", "-o", str(out), "--no-cache", code=130)
    (journal,) = tmp_path.glob(".*")
    one, two, three = journal.read_bytes().splitlines(keepends=True)
    changed = two.replace(b'"records": "sha256:', b'"records": "sha256:0')
    journal.write_bytes(one + changed + b"no json\n" + three[:50])
    stopped(4)
    decide("-f", "jsonl", "-o", str(out), "--no-cache", "--resume")
    assert "1 of 5 are there" in capsys.readouterr().err
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()


def test_another_reading_does_not_go_on_with_it(tmp_path, capsys, stopped):
    out = str(tmp_path / "out")
    stopped(3)
    decide("-o", out, "--no-cache", code=130)
    stopped(99)
    decide("-o", out, "--no-cache", "--resume", "--reading", "day_of_return=counted")
    assert "0 of 5 are there" in capsys.readouterr().err


def test_two_runs_do_not_write_one_file(tmp_path, capsys, stopped):
    from bylaw.analysis.journal import Journal

    stopped(3)
    out = tmp_path / "out"
    decide("-o", str(out), "--no-cache", code=130)
    (journal,) = tmp_path.glob(".*")
    run = journal.name.removeprefix(".out.").removesuffix(".partial")
    with Journal(out, run, lambda _: None, resume=True):
        decide("-o", str(out), "--no-cache", code=2)
    assert "another run writes" in capsys.readouterr().err


class Failing(Telling):
    """Tells of everybody but one."""

    def begin(self, policy):
        tell, fail = super().begin(policy), Misbehaving("M3", "refuse").begin(policy)
        return lambda records: tell(records) if fail(records) else []


def test_a_student_without_a_result_does_not_keep_the_others_from_theirs(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("bylaw.report.told.Telling", Failing)
    decide("-f", "jsonl", "-o", str(tmp_path / "out"), code=2)
    printed = capsys.readouterr().err
    assert "record `M3`: no answer set" in printed
    assert "5 members read, 4 decided, 0 of them with something undetermined, 1 without a result" in printed
    told = [json.loads(line)["student"] for line in (tmp_path / "out").read_text().splitlines()]
    assert told == ["M1", "M2", "M4", "M5"]


@pytest.mark.long
@pytest.mark.parametrize("limit", [["--time-limit", "1"], ["--memory-limit", "300"]])
def test_a_rule_that_grounds_without_end_stops_one_student(tmp_path, capsys, limit):
    pack = tmp_path / "library-loans"
    shutil.copytree(TESTS / "packs" / "library-loans", pack)
    with (pack / "rules" / "par_4_borrowing.lp").open("a", encoding="utf-8") as rules:
        rules.write(
            "\n%@ none: too many pairs\n"
            'burst(M, X, Y) :- loan(M, "0099", _), X = 1..30000, Y = 1..30000.\n'
            "may_reserve(M) :- burst(M, 1, 2), member(M, child).\n"
        )
    with (pack / "vocabulary.yaml").open("a", encoding="utf-8") as words:
        words.write("  burst: {args: {member: member, x: count, y: count}, role: definition, says: bursts}\n")
    out = tmp_path / "out"
    words = ["decide", "--all", "-p", str(pack), *LOANS[2:], "-f", "jsonl", "--workers", "2", "-o", str(out)]
    assert main([*words, *limit]) == 4
    assert "record `M4`: a limit was hit" in capsys.readouterr().err
    told = [json.loads(line)["student"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert told == ["M1", "M2", "M3", "M5"]


@pytest.mark.long
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(tmp_path):
    cohort = ["-p", "annajah-graduate", "-r", str(ROOT / "facts" / "annajah-graduate" / "cohort")]
    words = ["decide", "--all", *cohort, "-f", "jsonl", "--workers", "2", "--no-cache"]
    program = [sys.executable, "-c", "from bylaw.cli.main import run; run()", *words]
    whole, out = tmp_path / "whole", tmp_path / "out"
    begun = time.monotonic()
    subprocess.run([*program, "-o", str(whole)], check=True, stderr=subprocess.DEVNULL)
    took = time.monotonic() - begun
    out.write_text("of the last term")
    chance = random.Random(1)
    for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        process = subprocess.Popen(
            [*program, "-o", str(out), "--resume"],
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=hear_interrupts,
        )
        time.sleep(chance.uniform(0.3, 0.8) * took)
        os.kill(process.pid, end)
        process.communicate()
        assert out.read_text() == "of the last term" or out.read_bytes() == whole.read_bytes()
    subprocess.run([*program, "-o", str(out), "--resume"], check=True, stderr=subprocess.DEVNULL)
    assert out.read_bytes() == whole.read_bytes()


def test_workers_and_limits_may_stand_in_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bylaw.toml").write_text(
        "[bylaw]\nworkers = 3\ntime_limit = 2.5\nmemory_limit = 700\n", encoding="utf-8"
    )
    effort = Wishes().effort()
    assert (effort.workers, effort.limits) == (3, Limits(2.5, 700))
    effort = Wishes(workers=1, seconds=9.0).effort()
    assert (effort.workers, effort.limits) == (1, Limits(9.0, 700))

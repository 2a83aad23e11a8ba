"""What takes too much ends as a limit that was hit, with everybody else's results kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from bylaw import watch
from bylaw.engine import cohort
from bylaw.engine.solve import Engine
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from hostile import A2_ALONE, BOMBS, PROGRAM, bylaw, hear_interrupts, pack_with, pigeonhole, records

LIMIT = ["--time-limit", "1"]


@pytest.fixture
def house(tmp_path):
    records(tmp_path / "records")
    (tmp_path / "bylaw.toml").write_text('[bylaw]\npolicy = "pack"\nrecords = "records"\n', encoding="utf-8")
    return tmp_path


def test_a_student_whose_record_grounds_without_end_is_named(house):
    pack_with(BOMBS["interval"], house / "pack")
    done = bylaw("decide", "A1", *LIMIT, cwd=house)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: record `A1`: a limit was hit: 1 seconds\n  help: ")


COMMANDS = [
    ["why", "A1", "barred(1)"],
    ["why-not", "A1", "barred(1)"],
    ["what-if", "A1", "--set", "loans:2020/1.days=3"],
    ["profile"],
    ["synth", "--students", "1", "--as-of", "2020", "-o", "new"],
    ["coverage", "--records", "records"],
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("bomb", "words"),
    [*((bomb, ["decide", "A1"]) for bomb in BOMBS), *(("interval", words) for words in COMMANDS)],
)
def test_every_bomb_ends_every_command(house, bomb, words):
    pack_with(BOMBS[bomb], house / "pack")
    done = bylaw(*words, *LIMIT, cwd=house)
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "a limit was hit: 1 seconds" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("pigeons", "status"), [(2, "possible"), (3, None)])
def test_the_search_without_end_is_a_search(house, pigeons, status):
    """With few pigeons it ends, and tells what may be: two find a hole each in two, three do not."""
    policy = load_policy(pack_with(pigeonhole(pigeons, 2), house / "pack"))
    decision = Engine(policy).decide(load_records(policy, house / "records"), "A1")
    assert {str(one.atom): one.status for one in decision.conclusions}.get('barred("A1",1)') == status


@pytest.mark.long
def test_a_case_that_takes_too_long_is_named(house):
    pack = pack_with(BOMBS["endless"], house / "pack")
    (pack / "cases").mkdir()
    (pack / "cases" / "bars.yaml").write_text(
        "- name: nobody comes to an end\n"
        "  record: {readers: [{reader: A1}]}\n  expect: {barred(1): absent}\n",
        encoding="utf-8",
    )
    manifest = pack / "policy.yaml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8") + "  cases: [cases/bars.yaml]\n", encoding="utf-8"
    )
    done = bylaw("test", *LIMIT, cwd=house)
    assert done.returncode == 4, (done.stdout, done.stderr)
    assert "error: case `nobody comes to an end` at pack/cases/bars.yaml:1: a limit was hit" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("body", ["X = 1..99999999", "X = 1..9999, Y = 1..9999, Z = 1..9999"])
def test_a_question_may_be_too_large_itself(house, body):
    pack_with(BOMBS["interval"], house / "pack", A2_ALONE)
    for limit, told in ((LIMIT, "1 seconds"), (["--memory-limit", "100"], "100 MiB of memory")):
        done = bylaw("query", body, *limit, cwd=house)
        assert done.returncode == 4
        assert f"a limit was hit: {told}" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("memory_limit", 100, "100 MiB of memory"),
        ("cpu_limit", 1, "1 seconds of processor time"),
        ("time_limit", 1.5, "1.5 seconds"),
    ],
)
def test_the_limits_may_stand_in_the_defaults(house, option, value, told):
    pack_with(BOMBS["cross product"], house / "pack")
    with (house / "bylaw.toml").open("a", encoding="utf-8") as defaults:
        defaults.write(f"{option} = {value}\n")
    done = bylaw("decide", "A1", cwd=house)
    assert done.returncode == 4
    assert f"record `A1`: a limit was hit: {told}" in done.stderr


@pytest.mark.long
def test_the_others_have_their_results(house):
    pack_with(BOMBS["interval"], house / "pack", A2_ALONE)
    done = bylaw("decide", "--all", "-f", "jsonl", *LIMIT, cwd=house)
    assert done.returncode == 4
    assert [json.loads(line)["student"] for line in done.stdout.splitlines()] == ["A1", "A3"]
    assert "record `A2`: a limit was hit: 1 seconds" in done.stderr
    assert "3 readers read, 2 decided" in done.stderr
    assert "1 without a result" in done.stderr
    done = bylaw("audit", *LIMIT, cwd=house)
    assert "3 readers read, 2 audited, 1 without a result" in done.stderr
    assert (done.returncode, "record `A2`: a limit was hit" in done.stderr) == (4, True)
    done = bylaw("query", "barred(R, Y)", *LIMIT, cwd=house)
    assert (done.returncode, done.stdout) == (4, "")
    assert "record `A2`: a limit was hit" in done.stderr
    assert "A1" not in done.stderr


@pytest.mark.long
def test_a_comparison_names_who_has_no_result(house):
    pack_with(BOMBS["interval"], house / "pack", A2_ALONE)
    pack_with(BOMBS["interval"], house / "new", A2_ALONE)
    limits = house / "new" / "limits.yaml"
    limits.write_text(limits.read_text(encoding="utf-8").replace("value: 30", "value: 35"), encoding="utf-8")
    done = bylaw("compare", "pack", "new", "-f", "json", "--time-limit", "3", cwd=house)
    assert done.returncode == 4, done.stderr
    assert "record `A2`: a limit was hit" in done.stderr
    assert json.loads(done.stdout)


@pytest.mark.long
def test_a_pattern_that_takes_for_ever_is_cut_short(house):
    """A pack's pattern is looked for in the cells of a record, and some patterns take exponential time."""
    pack = pack_with(BOMBS["interval"], house / "pack", A2_ALONE)
    table = pack / "records.yaml"
    text = table.read_text(encoding="utf-8").replace('"[A-Z0-9-]+"', '"([A-Z]+)+x"')
    table.write_text(text, encoding="utf-8")
    (house / "records" / "readers.csv").write_text("reader\n" + "A" * 40 + "\n", encoding="utf-8")
    done = bylaw("decide", "A1", *LIMIT, cwd=house)
    assert (done.returncode, done.stdout) == (4, "")


@pytest.mark.long
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_command_that_is_ended(house, end):
    pack_with(pigeonhole(30, 29), house / "pack")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "decide", "A1"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_interrupts,
    )
    time.sleep(1.0)
    os.kill(process.pid, end)
    process.communicate(timeout=30)  # the child has stderr too, so it is gone when that ends
    assert process.returncode == (130 if end == signal.SIGINT else -end)


class Written(bytearray):
    """Memory that only one process has."""


@pytest.fixture
def clock(monkeypatch):
    shared = Written(watch.SIZE)
    monkeypatch.setattr(watch, "_confine", lambda bounds: None)
    watch.begin(shared)
    yield lambda: watch.read(shared)
    watch.end()
    watch.bound(watch.Bounds())


def test_a_step_has_an_end_and_time_of_others_is_not_counted(clock):
    watch.bound(watch.Bounds(seconds=3.0))
    watch.step("Ünal")
    begun = clock()
    assert (begun.who, begun.seconds, begun.deadline > time.monotonic()) == ("Ünal", 3.0, True)
    with watch.away():
        assert clock().deadline == 0
        with watch.outside():
            pass
        watch.pulse()
        assert clock().deadline == 0
    assert clock().deadline >= begun.deadline
    with watch.outside():
        assert clock().deadline == 0
    assert clock().deadline >= begun.deadline


def test_what_comes_further_is_bounded_anew_now_and_then(clock, monkeypatch):
    """Rows of a large file are read in one step, and take more processor time and memory than one may."""
    bounded = []
    monkeypatch.setattr(watch, "_confine", bounded.append)
    watch.step()
    watch.pulse()
    assert len(bounded) == 1
    monkeypatch.setattr(watch._Clock, "confined", time.monotonic() - 2)
    watch.pulse()
    assert bounded == [watch.bounds()] * 2


def test_a_long_name_does_not_leave_the_memory(clock):
    watch.step("x" * 5000)
    assert set(clock().who) == {"x"}


def test_nobody_is_tried_in_vain_for_ever(monkeypatch):
    """A pack that goes off at everybody is told of after some of them, not after all."""
    crew = object.__new__(cohort._Crew)
    crew._hits, crew._answered = cohort.GIVEN_UP, False
    failures = crew._do(None, ("A", "B"))
    assert [(one.subject, one.limit) for one in failures] == [("A", True), ("B", True)]
    assert "not tried" in failures[0].problems[0].message

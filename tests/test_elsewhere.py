"""Cohorts on the workers of a Dask scheduler: a real one on loopback, whose workers may be killed."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from distributed import Client

import bylaw
from bylaw.cli.main import main
from bylaw.engine import bench, elsewhere
from bylaw.engine.build import own_build
from bylaw.engine.cohort import Batch, Effort, Failure, _Clerk, work_through
from bylaw.engine.editions import open_engine
from bylaw.engine.query import run_query
from bylaw.engine.workers import Limits
from bylaw.errors import UsageError
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from bylaw.records.packed import pack_records
from bylaw.report.told import Telling
from cohort_tasks import Misbehaving, running
from dask_cluster import Cluster, cluster

pytestmark = pytest.mark.long

TESTS = Path(__file__).parent
LOANS = ["-p", str(TESTS / "packs" / "library-loans"), "-r", str(TESTS / "golden" / "loans")]
GRADUATES = TESTS.parent / "facts" / "annajah-graduate" / "cohort"
SOME = 80


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), "one", "two") as made:
        yield made


@pytest.fixture(scope="module")
def loans():
    policy = load_policy(TESTS / "packs" / "library-loans")
    return policy, load_records(policy, TESTS / "golden" / "loans")


@pytest.fixture(scope="module")
def graduates(tmp_path_factory) -> tuple[list[str], bytes]:
    """Return the words that decide some graduates into a file, and what this machine writes into it."""
    folder = tmp_path_factory.mktemp("graduates")
    for path in GRADUATES.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        some = [row for row in rows if int(row.split(",")[0].removeprefix("SYN-")) <= SOME]
        (folder / path.name).write_text("".join([header, *some]), encoding="utf-8")
    shutil.copy(GRADUATES / "cohort.yaml", folder)
    words = [
        "decide",
        "--all",
        "-p",
        "annajah-graduate",
        "-r",
        str(folder),
        "-f",
        "jsonl",
        "--no-cache",
        "-o",
    ]
    here = folder / "here.jsonl"
    assert main([*words, str(here), "--workers", "1"]) == 0
    return words, here.read_bytes()


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch):
    monkeypatch.setenv("BYLAW_CACHE", "off")


def worked(loans, task, effort: Effort) -> list[Batch | Failure]:
    policy, records = loans
    return list(work_through(task, policy, records, records.subjects, effort))


def told(results) -> dict[str, str]:
    return {
        who: text
        for one in results
        if isinstance(one, Batch)
        for who, text in zip(one.subjects, one.value, strict=True)
    }


def test_what_is_told_is_what_this_machine_tells(two, loans):
    here = worked(loans, Telling(), Effort(workers=1, batch=2))
    there = worked(loans, Telling(), Effort(batch=2, on=two.address))
    assert there == here
    assert list(told(there)) == list(loans[1].subjects)


def test_both_workers_have_a_part_in_it_in_processes_that_end_with_the_run(two, loans):
    done = told(worked(loans, Misbehaving(how="wait"), Effort(batch=1, on=two.address)))
    processes = {int(text.split()[1]) for text in done.values()}
    assert len(processes) == 2
    assert not processes & {os.getpid(), *(one.pid for one in two.workers.values())}
    until = time.monotonic() + 10
    while any(map(running, processes)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(running, processes))


@pytest.mark.parametrize(
    ("how", "said", "limit"),
    [("die", "signal 9", True), ("sleep", "1 seconds", True), ("refuse", "no answer set", False)],
)
def test_a_student_without_a_result_does_not_stop_the_others(two, loans, how, said, limit):
    effort = Effort(batch=2, limits=Limits(1.0), on=two.address)
    results = worked(loans, Misbehaving("M3", how), effort)
    assert list(told(results)) == ["M1", "M2", "M4", "M5"]
    failed = [one for one in results if isinstance(one, Failure)]
    assert [one.subject for one in failed] == ["M3"]
    assert failed[0].limit is limit
    assert said in failed[0].problems[0].message


def test_processes_that_nobody_gives_a_task_to_end(loans, monkeypatch):
    """As where the command is killed, which can tell nobody."""
    monkeypatch.setattr(bench, "IDLE", 0.3)
    policy, records = loans
    order = bench.Order("a run", own_build(), 100, Limits(60))
    setup = pickle.dumps(_Clerk(Misbehaving(), policy))
    done = [
        bench.do(order, setup, pack_records(records, [who]), 1, None)[0].value for who in records.subjects[:2]
    ]
    (process,) = {int(text.split()[1]) for (text,) in done}
    until = time.monotonic() + 10
    while running(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not running(process)
    ((text,),) = [bench.do(order, setup, pack_records(records, ["M1"]), 1, None)[0].value]
    assert running(int(text.split()[1]))
    bench.end("a run")
    assert not running(int(text.split()[1]))


def test_a_fault_of_the_program_is_no_result(two, loans):
    with pytest.raises(KeyError):
        worked(loans, Misbehaving("M2", "break"), Effort(batch=1, on=two.address))


def test_the_pack_travels_by_its_contents(two, loans, tmp_path):
    """The workers need no file of it."""
    shutil.copytree(TESTS / "packs" / "library-loans", tmp_path / "pack")
    policy = load_policy(tmp_path / "pack")
    records = load_records(policy, TESTS / "golden" / "loans")
    shutil.rmtree(tmp_path / "pack")
    results = list(
        work_through(Telling(), policy, records, records.subjects, Effort(batch=2, on=two.address))
    )
    assert [json.loads(one)["conclusions"] for one in told(results).values()] == [
        json.loads(one)["conclusions"] for one in told(worked(loans, Telling(), Effort(1, batch=2))).values()
    ]


def test_a_query_and_an_audit_are_answered_there(two, loans, capsys):
    policy, records = loans
    engine = open_engine(policy)
    here = run_query(engine, records, "fine(M,I,D,A)")
    assert run_query(engine, records, "fine(M,I,D,A)", effort=Effort(batch=2, on=two.address)) == here
    outputs = []
    for words in ([], ["--on", two.address]):
        for command in (["query", "fine(M,I,D,A)", "-f", "csv"], ["audit", "-f", "json"]):
            outputs.append((main([*command, *LOANS, *words]), capsys.readouterr().out))
    assert outputs[:2] == outputs[2:]


def test_a_worker_is_killed_in_the_middle_and_the_file_is_the_same(graduates, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bylaw.engine.cohort.BATCH", 2)
    words, here = graduates
    killed = []
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", "one", "two") as there:

        @contextmanager
        def progress(total: int, _what: str):
            """Kill a worker that has work under way, once some students are told."""
            with Client(there.address, set_as_default=False) as client:
                names = {at: one["name"] for at, one in client.scheduler_info()["workers"].items()}

                def advance(_count: int = 1) -> None:
                    for place, under_way in client.processing().items() if not killed else ():
                        if not killed and any("-batch-" in key for key in under_way):
                            there.kill(names[place])
                            killed.append(under_way)

                yield advance

        monkeypatch.setattr("bylaw.cli.decide_all.progress", progress)
        assert main([*words, str(tmp_path / "there"), "--on", there.address]) == 0
    assert killed
    assert f"{SOME} students read, {SOME} decided" in capsys.readouterr().err
    assert (tmp_path / "there").read_bytes() == here


def test_a_run_that_loses_its_scheduler_is_gone_on_with(graduates, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bylaw.engine.cohort.BATCH", 5)
    words, here = graduates
    output = tmp_path / "out"
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", "one") as there:

        @contextmanager
        def progress(_total: int, _what: str):
            done = []

            def advance(_count: int = 1) -> None:
                done.append(1)
                if len(done) == 20:
                    there.scheduler.send_signal(signal.SIGKILL)

            yield advance

        with monkeypatch.context() as patch:
            patch.setattr("bylaw.cli.decide_all.progress", progress)
            assert main([*words, str(output), "--on", there.address]) == 2
        printed = capsys.readouterr().err
        assert f"the scheduler at `{there.address}` does not answer any more" in printed
        assert "--resume" in printed
        assert not output.exists()
    assert main([*words, str(output), "--resume", "--workers", "1"]) == 0
    said = f"[1-9][0-9]+ of {SOME} are there from a run that was cut short"
    assert re.match(said, capsys.readouterr().err)
    assert output.read_bytes() == here


def test_workers_with_other_programs_are_refused_by_name(tmp_path, loans, capsys, monkeypatch):
    package = Path(bylaw.__file__).parent
    other, none = tmp_path / "other", tmp_path / "none"
    shutil.copytree(package, other / "bylaw", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "bylaw" / "engine" / "solve.py").open("a") as file:
        file.write("\n# changed\n")
    (none / "bylaw").mkdir(parents=True)
    (none / "bylaw" / "__init__.py").touch()
    with cluster(tmp_path) as there:
        with pytest.raises(UsageError, match=f"no worker has joined `{there.address}`"):
            elsewhere.check_scheduler(there.address)
        there.add("good")
        there.add("other", str(other))
        there.add("none", str(none))
        with Client(there.address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=60)
            places = {one["name"]: at for at, one in client.scheduler_info()["workers"].items()}
        assert main(["decide", "--all", *LOANS, "--on", there.address]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        version = f"other files of bylaw {own_build().bylaw}: "
        assert f"the worker `{places['other']}` cannot be used: it has {version}" in printed.err
        assert f"the worker `{places['none']}` cannot be used: it has no `bylaw.engine`" in printed.err
        assert places["good"] not in printed.err
        # One that joins later is found out by the first task that it takes.
        monkeypatch.setattr(elsewhere, "_check_builds", lambda *_: None)
        there.kill("good")
        with pytest.raises(UsageError, match="a worker that has joined cannot be used: it has other files"):
            worked(loans, Telling(), Effort(batch=1, on=there.address))


def test_a_scheduler_with_other_programs_is_refused(tmp_path, loans):
    (tmp_path / "bylaw").mkdir()
    (tmp_path / "bylaw" / "__init__.py").touch()
    with cluster(tmp_path, variables={"PYTHONPATH": str(tmp_path)}) as there:
        with pytest.raises(UsageError) as raised:
            elsewhere.check_scheduler(there.address)
        said = f"the scheduler `{there.address}` cannot be used: it has no `bylaw.engine`"
        assert [one.message for one in raised.value.problems] == [
            said,
            f"no worker has joined `{there.address}`",
        ]


def test_nobody_there_is_told_before_a_record_is_read(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(elsewhere, "CONNECTING", 0.5)
    words = ["decide", "--all", *LOANS[:3], str(tmp_path / "nowhere"), "--on"]
    for address, said in (
        ("tcp://127.0.0.1:1", "no scheduler answers at `tcp://127.0.0.1:1`"),
        ("127.0.0.1:8786", "`127.0.0.1:8786` is no address of a scheduler"),
        ("tls://127.0.0.1:1", "for `tls://127.0.0.1:1` Dask has no certificates"),
    ):
        assert main([*words, address]) == 2
        assert said in capsys.readouterr().err
    assert main([*words, "tcp://127.0.0.1:1", "--workers", "2"]) == 2
    assert "`--workers` and `--on` exclude each other" in capsys.readouterr().err
    monkeypatch.setattr("bylaw.files.extras.import_module", lambda name: __import__(f"no_{name}"))
    assert main([*words, "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'bylaw[dask]'" in capsys.readouterr().err


def test_a_worker_that_does_not_answer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "CONNECTING", 1.0)
    with cluster(tmp_path, "one") as there:
        there.workers["one"].send_signal(signal.SIGSTOP)
        with pytest.raises(UsageError, match=f"a worker of `{there.address}` has not answered"):
            elsewhere.check_scheduler(there.address)
        there.workers["one"].send_signal(signal.SIGCONT)


def test_to_wait_for_a_scheduler_is_no_work_that_a_limit_bounds(two, monkeypatch):
    import distributed

    away = []

    @contextmanager
    def note():
        away.append(True)
        yield
        away.pop()

    def client(*words, **how):
        assert away
        return real(*words, **how)

    real = distributed.Client
    monkeypatch.setattr(elsewhere.watch, "away", note)
    monkeypatch.setattr(distributed, "Client", client)
    elsewhere.check_scheduler(two.address)
    assert not away


def test_a_run_waits_no_longer_than_its_patience_for_a_worker(tmp_path, loans, monkeypatch):
    monkeypatch.setattr(elsewhere, "PATIENCE", 0.5)
    monkeypatch.setattr(elsewhere, "_LOOK", 0.2)
    with cluster(tmp_path, "one") as there:
        results = work_through(
            Misbehaving("M2", "sleep"), *loans, loans[1].subjects, Effort(batch=1, on=there.address)
        )
        next(results)
        there.kill("one")
        with pytest.raises(UsageError, match=f"no worker is left at `{there.address}`"):
            list(results)


def test_records_travel_encrypted_where_dask_is_told_how(tmp_path, loans):
    import dask

    authority = trustme.CA()
    cert = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    cert.private_key_and_cert_chain_pem.write_to_path(tmp_path / "all.pem")
    files = {"ca-file": "ca.pem"}
    for role in ("scheduler", "worker", "client"):
        files |= {f"{role}.cert": "all.pem", f"{role}.key": "all.pem"}
    tls = {f"distributed.comm.tls.{key}": str(tmp_path / name) for key, name in files.items()}
    variables = {
        "DASK_" + key.upper().replace("-", "_").replace(".", "__"): value for key, value in tls.items()
    }
    with (
        dask.config.set(tls),
        cluster(tmp_path, "one", scheme="tls", variables=variables) as there,
    ):
        assert there.address.startswith("tls://")
        until = time.monotonic() + 30
        while True:
            try:
                elsewhere.check_scheduler(there.address)
                break
            except UsageError as error:
                assert "no worker has joined" in str(error)
                assert time.monotonic() < until
        here = worked(loans, Telling(), Effort(workers=1, batch=2))
        assert worked(loans, Telling(), Effort(batch=2, on=there.address)) == here


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("tcp://registrar.example:8786", True),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://[2001:db8::1]:8786", True),
        ("tls://registrar.example:8786", False),
    ],
)
def test_it_is_known_whether_records_travel_in_the_clear(address, exposed):
    assert elsewhere.is_exposed(address) is exposed

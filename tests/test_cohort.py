"""A cohort is worked through by several processes as it would be by one, whatever becomes of some of them."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bylaw.engine.cohort import Batch, Effort, Failure, processors, work_through
from bylaw.engine.editions import open_engine
from bylaw.engine.workers import Limits
from bylaw.errors import Fault, LimitExceeded, Problem, RecordError, UsageError
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from bylaw.records.packed import pack_records, unpack_records
from bylaw.report.json_shapes import decision_shape, json_text
from bylaw.report.told import Telling
from cohort_tasks import Misbehaving, running

TESTS = Path(__file__).parent
ROOT = TESTS.parent
TWO = Effort(workers=2, batch=2)


@pytest.fixture(scope="module")
def loans():
    policy = load_policy(TESTS / "packs" / "library-loans")
    return policy, load_records(policy, TESTS / "golden" / "loans")


def worked(loans, task, effort=TWO):
    policy, records = loans
    return list(work_through(task, policy, records, records.subjects, effort))


def found(results):
    """Each subject with its result, in the order in which they came; failures apart."""
    done = [
        pair
        for one in results
        if isinstance(one, Batch)
        for pair in zip(one.subjects, one.value, strict=True)
    ]
    return dict(done), {one.subject: one for one in results if isinstance(one, Failure)}


@pytest.mark.parametrize("effort", [Effort(workers=1), TWO, Effort(workers=3, batch=1)])
@pytest.mark.parametrize("readings", [False, True])
def test_what_is_told_is_the_same_for_any_number_of_workers(loans, effort, readings):
    policy, records = loans
    engine = open_engine(policy)
    done, failed = found(worked(loans, Telling(open_readings=readings), effort))
    assert list(done) == list(records.subjects)
    assert not failed
    if not readings:
        single = [decision_shape(engine, records, engine.decide(records, one)) for one in records.subjects]
        assert list(done.values()) == [json_text(shape, indent=None) for shape in single]
    else:
        assert list(done.values()) == list(
            found(worked(loans, Telling(open_readings=True), Effort(1)))[0].values()
        )
        assert any('"hangs_on"' in text for text in done.values())


def test_records_travel_whole(loans):
    policy, records = loans
    arrived = unpack_records(policy, pack_records(records, ["M4", "M1"]))
    assert arrived.subjects == ("M4", "M1")
    for subject in arrived.subjects:
        assert arrived.facts(subject) == records.facts(subject)
        assert [f.row for f in arrived.facts(subject)] == [f.row for f in records.facts(subject)]
        assert arrived.missing(subject) == records.missing(subject)
        assert arrived.digest(subject) == records.digest(subject)


def test_errors_travel_whole():
    import pickle

    for error in (UsageError("no", "mend"), RecordError([Problem("a"), Problem("b", subject="M1")])):
        arrived = pickle.loads(pickle.dumps(error))
        assert (type(arrived), arrived.problems, str(arrived)) == (type(error), error.problems, str(error))


def test_a_worker_is_replaced_when_it_is_worn_out(loans):
    done, _ = found(worked(loans, Misbehaving(), Effort(workers=1, batch=1, lifetime=2, limits=Limits(60))))
    processes = [text.split()[1] for text in done.values()]
    assert [processes.index(one) for one in processes] == [0, 0, 2, 2, 4]
    assert str(os.getpid()) not in processes


def test_a_worker_that_has_grown_heavy_is_replaced(loans, monkeypatch):
    effort = Effort(workers=1, batch=1, limits=Limits(60))
    processes = [text.split()[1] for text in found(worked(loans, Misbehaving(), effort))[0].values()]
    assert len(set(processes)) == 1
    monkeypatch.setattr("bylaw.engine.workers.HEAVY", 1)
    processes = [text.split()[1] for text in found(worked(loans, Misbehaving(), effort))[0].values()]
    assert len(set(processes)) == 5


def test_the_students_of_a_killed_worker_are_done_again(loans, tmp_path):
    mark = tmp_path / "killed"
    done, failed = found(worked(loans, Misbehaving("M3", "die", mark)))
    assert mark.exists()
    assert list(done) == list(loans[1].subjects)
    assert not failed


def test_a_student_who_kills_each_worker_is_named_and_the_others_are_told(loans):
    results = worked(loans, Misbehaving("M3", "die"))
    done, failed = found(results)
    assert list(done) == ["M1", "M2", "M4", "M5"]
    assert list(failed) == ["M3"]
    assert failed["M3"].limit
    assert "signal 9" in failed["M3"].problems[0].message
    assert failed["M3"].problems[0].subject == "M3"
    # The failure stands where the student does.
    assert [isinstance(one, Failure) for one in results] == [False, True, False, False]


@pytest.mark.parametrize(
    ("how", "limits", "told"), [("sleep", Limits(1.0), "1 seconds"), ("grow", Limits(60, 2048), "2048 MiB")]
)
def test_a_student_who_hits_a_limit_is_named_and_the_others_are_told(loans, how, limits, told):
    effort = Effort(workers=2, batch=2, limits=limits)
    begun = time.monotonic()
    done, failed = found(worked(loans, Misbehaving("M5", how), effort))
    assert time.monotonic() - begun < 30
    assert list(done) == ["M1", "M2", "M3", "M4"]
    assert failed["M5"].limit
    assert told in failed["M5"].problems[0].message


@pytest.mark.parametrize("effort", [Effort(workers=1), TWO])
def test_a_student_without_a_result_is_named_and_the_others_are_told(loans, effort):
    done, failed = found(worked(loans, Misbehaving("M2", "refuse"), effort))
    assert list(done) == ["M1", "M3", "M4", "M5"]
    assert failed["M2"].problems == (Problem("no answer set", subject="M2"),)
    assert not failed["M2"].limit


@pytest.mark.parametrize("effort", [Effort(workers=1), TWO])
def test_a_fault_of_the_program_is_no_result(loans, effort):
    with pytest.raises(KeyError):
        worked(loans, Misbehaving("M2", "break"), effort)


def test_work_that_cannot_begin_is_no_failure_of_students(loans):
    with pytest.raises(ZeroDivisionError):
        worked(loans, Misbehaving(how="begin"))
    with pytest.raises(LimitExceeded, match="no worker can begin within 30 MiB"):
        worked(loans, Telling(), replace(TWO, limits=Limits(60, 30)))
    with pytest.raises(Fault, match="before it had begun"):
        worked(loans, Misbehaving(how="die at once"))


def test_no_worker_outlives_a_run_that_is_given_up(loans):
    policy, records = loans
    effort = Effort(workers=2, batch=1)
    results = work_through(Misbehaving("M5", "sleep"), policy, records, records.subjects, effort)
    first = [next(results) for _ in range(4)]
    processes = {int(text.split()[1]) for one in first for text in one.value}
    results.close()
    assert not any(map(running, processes))


def test_the_width_follows_the_machine_and_the_work():
    assert Effort(workers=4).width(several=True) == 4
    assert Effort(workers=4).width(several=False) == 0
    assert Effort(workers=1).width(several=True) == 0
    assert Effort(workers=1, limits=Limits(1)).width(several=True) == 1
    assert Effort(workers=8, limits=Limits(1)).width(several=False) == 1
    machine = processors()
    assert Effort().width(several=True) == (machine if machine > 1 else 0)


def test_no_process_is_started_for_what_is_one_batch(loans):
    done, _ = found(worked(loans, Misbehaving(), Effort(workers=2, batch=5)))
    assert {text.split()[1] for text in done.values()} == {str(os.getpid())}


def test_subjects_are_read_as_the_work_goes_on(loans):
    policy, records = loans
    read = []
    subjects = (read.append(one) or one for one in ["M1", "M2", "M3", "M4", "M5"] * 20)
    results = work_through(Misbehaving(), policy, records, subjects, Effort(workers=2, batch=1))
    next(results)
    assert len(read) < 15
    results.close()

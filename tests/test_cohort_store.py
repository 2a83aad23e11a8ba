"""What is kept of earlier runs is used where nothing has changed, and never gives a wrong answer."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bylaw.analysis import store as stores
from bylaw.analysis.cohort_run import Memory, Told, tell_all
from bylaw.analysis.store import Keys, Store, clear_results, kept_results, open_store
from bylaw.engine.cohort import Effort
from bylaw.policy import kept
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records
from bylaw.report.told import Telling

TESTS = Path(__file__).parent
PACK = TESTS / "packs" / "library-loans"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    monkeypatch.setenv(kept.FOLDER, str(folder))
    return folder


@pytest.fixture
def records_folder(tmp_path):
    return shutil.copytree(TESTS / "golden" / "loans", tmp_path / "loans")


class Run:
    """One run over the cohort: what it derived, what it knew, and what it said of the store."""

    def __init__(self, folder: Path, telling: Telling | None = None, as_of: int | None = None) -> None:
        telling = telling or Telling()
        policy = load_policy(PACK)
        records = load_records(policy, folder, as_of)
        self.notes: list[str] = []
        store = open_store(self.notes.append)
        assert store is not None
        how = {"readings": dict(telling.readings), "open": telling.open_readings}
        memory = Memory(store, Keys(policy, how))
        self.told = list(tell_all(telling, policy, records, records.subjects, Effort(1), memory))
        store.close()
        assert all(isinstance(one, Told) for one in self.told)
        self.derived = [one.subject for one in self.told if not one.kept]
        self.texts = [one.text for one in self.told]


def test_a_second_run_derives_nobody_and_tells_the_same(cache, records_folder):
    first, second = Run(records_folder), Run(records_folder)
    assert first.derived == ["M1", "M2", "M3", "M4", "M5"]
    assert second.derived == []
    assert second.texts == first.texts


def test_after_one_changed_row_one_student_is_derived(cache, records_folder):
    first = Run(records_folder)
    file = records_folder / "payments.csv"
    file.write_text(file.read_text().replace("M2,R1,0.25", "M2,R1,0.75"))
    second = Run(records_folder)
    assert second.derived == ["M2"]
    assert second.texts[0] == first.texts[0]
    assert second.texts[1] != first.texts[1]


def test_the_order_of_rows_does_not_matter(cache, records_folder):
    Run(records_folder)
    file = records_folder / "loans.csv"
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *reversed(rows)]) + "\n")
    assert Run(records_folder).derived == []


def test_everybody_is_derived_again_where_the_present_or_the_reading_is_another(cache, records_folder):
    everybody = ["M1", "M2", "M3", "M4", "M5"]
    Run(records_folder)
    assert Run(records_folder, as_of=738_500).derived == everybody
    assert Run(records_folder, Telling(readings={"day_of_return": "counted"})).derived == everybody
    assert Run(records_folder, Telling(open_readings=True)).derived == everybody
    # A table that is not supplied is an assumption of everybody who has no row in it.
    (records_folder / "payments.csv").unlink()
    assert Run(records_folder).derived == everybody


def test_the_key_tells_all_that_a_result_depends_on(records_folder):
    policy = load_policy(PACK)
    records = load_records(policy, records_folder)
    key = Keys(policy, {}).key(records, "M1")
    others = [
        Keys(policy, {"readings": {"day_of_return": "counted"}}).key(records, "M1"),
        Keys(replace(policy, digest="sha256:0"), {}).key(records, "M1"),
        Keys(policy, {}).key(records, "M2"),
        Keys(policy, {}).key(replace(records, synthetic=not records.synthetic), "M1"),
        Keys(policy, {}).key(replace(records, as_of=1), "M1"),
        Keys(policy, {}).key(records.with_facts("M1", ()), "M1"),
    ]
    assert len({key, *others}) == 7
    assert Keys(policy, {}).key(load_records(policy, records_folder), "M1") == key


def test_another_program_does_not_know_what_this_one_kept(monkeypatch, records_folder):
    policy = load_policy(PACK)
    records = load_records(policy, records_folder)
    key = Keys(policy, {}).key(records, "M1")
    monkeypatch.setattr(stores, "_programs", lambda: ["another"])
    assert Keys(policy, {}).key(records, "M1") != key


def damage_text(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("UPDATE results SET told = substr(told, 1, 20) || x'00' || substr(told, 22)")
    base.close()


def damage_blob(path: Path) -> None:
    with sqlite3.connect(path) as base:
        ((key, told),) = base.execute("SELECT key, told FROM results LIMIT 1").fetchall()
        base.execute("UPDATE results SET told = ? WHERE key = ?", (told[:-3] + b"abc", key))
    base.close()


def damage_file(path: Path) -> None:
    path.write_bytes(b"no database at all" * 400)


def damage_page(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:2000] = b"\xff" * 1900
    path.write_bytes(data)


def damage_table(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("DROP TABLE results")
        base.execute("CREATE TABLE results (something)")
    base.close()


@pytest.mark.parametrize("damage", [damage_text, damage_blob, damage_file, damage_page, damage_table])
def test_a_damaged_store_is_set_aside_and_gives_no_answer(cache, records_folder, damage):
    first = Run(records_folder)
    damage(cache / stores.NAME)
    second = Run(records_folder)
    assert second.texts == first.texts
    assert second.derived
    assert len(second.notes) == 1
    assert "set aside" in second.notes[0]
    assert (cache / f"{stores.NAME}.damaged").exists()
    third = Run(records_folder)
    assert (third.derived, third.notes, third.texts) == ([], [], first.texts)


def test_a_store_that_another_run_holds_is_done_without(cache, records_folder, monkeypatch):
    monkeypatch.setattr(stores, "PATIENCE", 0.05)
    first = Run(records_folder)
    file = records_folder / "payments.csv"
    file.write_text(file.read_text().replace("M2,R1,0.25", "M2,R1,0.75"))
    holder = sqlite3.connect(cache / stores.NAME, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        second = Run(records_folder)
    finally:
        holder.close()
    assert len(second.notes) == 1
    assert "another run holds it" in second.notes[0]
    assert second.texts[0] == first.texts[0]
    assert not (cache / f"{stores.NAME}.damaged").exists()


def test_a_folder_that_cannot_be_written_to_is_done_without(cache, records_folder):
    cache.write_text("no folder")
    run = Run(records_folder)
    assert len(run.derived) == 5
    assert len(run.notes) == 1


def test_two_runs_may_use_it_at_once(cache):
    one, other = (Store(cache / stores.NAME, pytest.fail) for _ in range(2))
    one.keep({b"a": "1"})
    other.keep({b"b": "2", b"a": "1"})
    assert one.known([b"a", b"b", b"c"]) == other.known([b"a", b"b"]) == {b"a": "1", b"b": "2"}
    one.close()
    other.close()


def test_only_its_owner_may_read_it(cache, records_folder):
    Run(records_folder)
    assert (cache / stores.NAME).stat().st_mode & 0o777 == 0o600


def test_the_results_used_least_recently_go_first(cache, monkeypatch):
    monkeypatch.setattr(stores, "MOST", 2)
    for day, name in enumerate("abc"):
        monkeypatch.setattr(stores, "_today", lambda day=day: day)
        store = Store(cache / stores.NAME, pytest.fail)
        store.known([b"a"])
        store.keep({name.encode(): name})
        store.close()
    store = Store(cache / stores.NAME, pytest.fail)
    assert store.holds([b"a", b"b", b"c"]) == {b"a", b"c"}
    store.close()


def test_it_is_counted_and_cleared(cache, records_folder):
    Run(records_folder)
    told = kept_results()
    assert told is not None
    assert told.results == 5
    assert told.size > 0
    assert clear_results() == told.size
    assert kept_results() == replace(told, results=0, size=0)
    assert Run(records_folder).derived == ["M1", "M2", "M3", "M4", "M5"]

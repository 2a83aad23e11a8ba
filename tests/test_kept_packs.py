"""A pack that was checked before is not checked again, and any change of it is noticed."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from pathlib import Path

import pytest

from bylaw.engine.solve import Engine
from bylaw.errors import PolicyError
from bylaw.policy import kept, load
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

LOANS = Path(__file__).parent / "packs" / "library-loans"
RECORDS = Path(__file__).parent / "golden" / "loans"


class Counted:
    """Counts how often a pack is read and checked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        checked = load._checked

        def count(files):
            self.times += 1
            return checked(files)

        monkeypatch.setattr(load, "_checked", count)


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "kept"))
    folder = tmp_path / "library-loans"
    shutil.copytree(LOANS, folder)
    return folder


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def kept_file(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "kept" / "packs").iterdir()
    return found


def test_the_second_time_it_is_the_same_policy_without_being_checked(pack, counted):
    first, second = load_policy(pack), load_policy(pack)
    assert counted.times == 1
    assert first == second
    assert [str(rule.node) for rule in second.encoding.rules] == [r.source for r in first.encoding.rules]


def test_a_kept_policy_decides_as_a_fresh_one(pack):
    told = []
    for _ in range(2):
        policy = load_policy(pack)
        decisions = Engine(policy).decide_all(load_records(policy, RECORDS))
        told.append([(d.subject, [(str(c.atom), c.provisions) for c in d.reported()]) for d in decisions])
    assert told[0] == told[1]
    assert any(conclusions for _, conclusions in told[0])


@pytest.mark.parametrize("file", ["policy.yaml", "limits.yaml", "rules/par_3_fines.lp", "cases/fines.yaml"])
def test_a_changed_file_is_noticed(pack, counted, file):
    before = load_policy(pack)
    with (pack / file).open("a", encoding="utf-8") as stream:
        stream.write("%\n" if file.endswith(".lp") else "#\n")
    after = load_policy(pack)
    assert counted.times == 2
    assert before.digest != after.digest


def test_a_file_that_the_manifest_does_not_list_is_noticed(pack):
    load_policy(pack)
    (pack / "rules" / "more.lp").write_text("", encoding="utf-8")
    with pytest.raises(PolicyError, match="not listed"):
        load_policy(pack)


def test_a_file_that_has_become_a_link_is_noticed(pack, tmp_path):
    load_policy(pack)
    (pack / "limits.yaml").rename(tmp_path / "elsewhere.yaml")
    (pack / "limits.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with pytest.raises(PolicyError, match="symbolic link"):
        load_policy(pack)


def test_a_pack_that_is_wrong_is_not_kept(pack, tmp_path):
    with (pack / "limits.yaml").open("a", encoding="utf-8") as stream:
        stream.write("limits: twice\n")
    for _ in range(2):
        with pytest.raises(PolicyError):
            load_policy(pack)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("damage", [b"", b"bylaw pack 1\n", None])
def test_what_is_damaged_is_not_used(pack, counted, tmp_path, damage):
    load_policy(pack)
    path = kept_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-10] if damage is None else damage)
    assert load_policy(pack).id == "library-loans"
    assert counted.times == 2


def test_nothing_is_called_by_what_lies_in_the_folder(pack, counted, tmp_path):
    load_policy(pack)
    path = kept_file(tmp_path)
    listed = path.read_bytes().removeprefix(kept._MARK).split(b"\n")[1]

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    rest = listed + b"\n" + pickle.dumps(Evil())
    path.write_bytes(kept._MARK + hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
    assert load_policy(pack).id == "library-loans"
    assert counted.times == 2
    assert not (tmp_path / "made").exists()


def test_it_can_be_switched_off(pack, counted, tmp_path, monkeypatch):
    monkeypatch.setenv(kept.FOLDER, "off")
    load_policy(pack)
    load_policy(pack)
    assert counted.times == 2
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_cannot_be_written_changes_nothing(pack, counted, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "file"))
    assert load_policy(pack).id == load_policy(pack).id == "library-loans"
    assert counted.times == 2


def test_only_the_owner_may_read_it_and_the_oldest_go_first(pack, tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 1)
    load_policy(pack)
    first = kept_file(tmp_path)
    assert first.stat().st_mode & 0o777 == 0o600
    os.utime(first, (0, 0))
    with (pack / "policy.yaml").open("a", encoding="utf-8") as stream:
        stream.write("#\n")
    load_policy(pack)
    assert kept_file(tmp_path) != first

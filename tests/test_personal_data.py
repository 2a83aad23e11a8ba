"""Persons in records: other names under a key, small groups, the log, errors without records, permissions."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import stat
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.errors import Fault, UsageError
from bylaw.files.secret import read_key
from bylaw.policy.load import load_policy
from bylaw.records.pseudonyms import Pseudonyms
from hostile import TESTS

KEY = b"0123456789abcdef0123456789abcdef"
PEOPLE = {"S-ANNA": "Anna Nobody", "S-BERT": "Bert Nobody", "S-CARL": "Carl Nobody"}
PSEUDONYM = re.compile("P-[A-Z2-7]{16}")


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A project with a pack that knows the names of readers, records, and a key outside."""
    project = tmp_path / "project"
    pack = project / "pack"
    shutil.copytree(TESTS / "packs" / "lending", pack)
    change(
        pack / "vocabulary.yaml",
        "reader: {base: text}",
        "reader: {base: text, label: called}\n  name: {base: text}",
    )
    with (pack / "vocabulary.yaml").open("a", encoding="utf-8") as words:
        words.write(
            '  called: {args: {reader: reader, name: name}, role: input, says: "{reader} is {name}"}\n'
        )
    change(
        pack / "records.yaml",
        '      reader: {type: text, pattern: "[A-Z0-9-]+"}\n',
        '      reader: {type: text, pattern: "[A-Z0-9-]+"}\n      name: {type: text}\n',
    )
    change(
        pack / "records.yaml",
        'facts: ["reader(reader)"]',
        'facts: ["reader(reader)", "called(reader, name)"]',
    )
    records = project / "records"
    records.mkdir()
    rows = "".join(f"{one},{name}\n" for one, name in PEOPLE.items())
    (records / "readers.csv").write_text(f"reader,name\n{rows}", encoding="utf-8")
    loans = "".join(
        f"{one},2020,1,{days},ordinary,,,no\n" for one, days in zip(PEOPLE, (40, 2, 50), strict=True)
    )
    head = "reader,year,number,days,kind,fee,back,spoilt\n"
    (records / "loans.csv").write_text(head + loans, encoding="utf-8")
    (project / "bylaw.toml").write_text('[bylaw]\npolicy = "pack"\nrecords = "records"\n', encoding="utf-8")
    key = tmp_path / "key"
    key.write_bytes(KEY + b"\n")
    key.chmod(0o600)
    monkeypatch.chdir(project)
    monkeypatch.setenv("BYLAW_CACHE", "off")
    return project


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(capsys, *words: str, code: int = 0) -> str:
    assert main([*words]) == code
    return capsys.readouterr().out


def nobody_is_in(text: str) -> bool:
    return not any(part in text for one, name in PEOPLE.items() for part in (one, *name.split()))


COMMANDS = [
    ["decide", "S-ANNA"],
    ["decide", "S-ANNA", "-f", "json"],
    ["decide", "S-ANNA", "-f", "html"],
    ["decide", "--all", "--no-cache"],
    ["decide", "--all", "--no-cache", "-f", "csv"],
    ["decide", "--all", "--no-cache", "-f", "jsonl"],
    ["why", "S-ANNA", "barred(2021)"],
    ["why", "S-ANNA", "barred(2021)", "-f", "json"],
    ["why-not", "S-BERT", "barred(2021)"],
    ["query", "barred(R, Y)"],
    ["query", "barred(R, Y), called(R, N)", "-f", "json"],
    ["audit"],
    ["audit", "-f", "json"],
    ["facts", "S-ANNA"],
    ["compare", "pack", "other", "-f", "csv"],
    ["compare", "pack", "other", "-f", "json", "--reveal"],
    ["coverage", "--records", "records"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_nobody_is_named_in_any_report(house, capsys, words):
    if words[0] == "compare":
        shutil.copytree("pack", "other")
        change(house / "other" / "limits.yaml", "value: 30", "value: 45")
    plain = told(capsys, *words)
    assert main([*words, "--pseudonymise", "../key"]) in (0, 1)
    printed = capsys.readouterr()
    assert nobody_is_in(printed.out), printed.out
    assert nobody_is_in(printed.err), printed.err
    if not nobody_is_in(plain) and words[0] != "coverage" and "called" not in words[1]:
        assert PSEUDONYM.search(printed.out)
        assert len(printed.out.splitlines()) >= len(plain.splitlines()) - 3


def test_a_person_has_one_name_everywhere_and_another_under_another_key(house, capsys):
    names = []
    for words in (
        ["query", "barred(R, 2021)", "-f", "json"],
        ["decide", "--all", "--no-cache", "-f", "jsonl"],
    ):
        text = told(capsys, *words, "--pseudonymise", "../key")
        names.append(set(PSEUDONYM.findall(text)))
    mine = {one: Pseudonyms(KEY).of(one) for one in PEOPLE}
    assert names == [{mine["S-ANNA"], mine["S-CARL"]}, set(mine.values())]
    assert (
        json.loads(told(capsys, "decide", mine["S-ANNA"], "-f", "json", "--pseudonymise", "../key"))[
            "student"
        ]
        == (mine["S-ANNA"])
    )
    other = Pseudonyms(KEY[::-1])
    assert not {other.of(one) for one in PEOPLE} & set(mine.values())


def test_the_key_may_be_named_by_the_environment(house, capsys, monkeypatch):
    monkeypatch.setenv("BYLAW_PSEUDONYM_KEY", "../key")
    assert nobody_is_in(told(capsys, "query", "barred(R, Y)"))


def test_the_same_follows_for_everybody(house, capsys):
    """A rule sees other names; what it derives of them is the same."""
    mine = Pseudonyms(KEY)
    plain = [
        json.loads(line) for line in told(capsys, "decide", "--all", "--no-cache", "-f", "jsonl").splitlines()
    ]
    renamed = told(capsys, "decide", "--all", "--no-cache", "-f", "jsonl", "--pseudonymise", "../key")
    found = {one["student"]: one["conclusions"] for one in map(json.loads, renamed.splitlines())}
    for one in plain:
        theirs = found[mine.of(one["student"])]
        assert [c["args"][1:] for c in theirs] == [c["args"][1:] for c in one["conclusions"]]
        assert [c["provisions"] for c in theirs] == [c["provisions"] for c in one["conclusions"]]


def test_a_copy_for_others_has_neither_ids_nor_names_nor_their_order(house, capsys):
    told(capsys, "import", "run", "-o", "../copy", "--pseudonymise", "../key")
    texts = {path.name: path.read_text(encoding="utf-8") for path in (house.parent / "copy").iterdir()}
    assert nobody_is_in("".join(texts.values()))
    rows = list(csv.DictReader(texts["readers.csv"].splitlines()))
    assert [row["reader"] for row in rows] == sorted(Pseudonyms(KEY).of(one) for one in PEOPLE)
    assert {row["name"] for row in rows} == {""}


@pytest.mark.parametrize(
    ("where", "mode", "text", "message"),
    [
        ("project/key", 0o600, KEY, "lies in"),
        ("project/pack/key", 0o600, KEY, "lies in"),
        ("project/records/key", 0o600, KEY, "lies in"),
        ("other", 0o644, KEY, "may be read by others"),
        ("other", 0o640, KEY, "may be read by others"),
        ("other", 0o600, b"short", "has 5 bytes; it needs 32"),
        ("other", 0o600, b"x" * 5000, "is larger than 4096 bytes"),
        ("other", 0o600, None, "is not a regular file"),
        ("missing", 0o600, b"", "there is no file"),
        ("link", 0o600, KEY, "lies in"),
    ],
)
def test_a_key_is_its_owners_alone_and_lies_outside(house, capsys, where, mode, text, message):
    key = house.parent / where
    if where == "link":
        (house / "key").write_bytes(KEY)
        (house / "key").chmod(mode)
        key.symlink_to(house / "key")
    elif text is None:
        os.mkfifo(key, mode)
    elif where != "missing":
        key.write_bytes(text)
        key.chmod(mode)
    assert main(["decide", "S-ANNA", "--pseudonymise", str(key)]) == 2
    printed = capsys.readouterr()
    assert (printed.out, message in printed.err) == ("", True), printed.err
    assert KEY.decode() not in printed.err


def test_records_named_by_the_command_are_no_place_for_a_key(house, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    key = tmp_path / "elsewhere" / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    assert read_key(key, [("the project", house)]) == KEY
    with pytest.raises(UsageError, match="lies in the records"):
        read_key(key, [("the project", house), ("the records", tmp_path / "elsewhere")])


def test_a_receipt_keeps_its_own_names(house, capsys):
    assert main(["decide", "S-ANNA", "--receipt", "--pseudonymise", "../key"]) == 2
    assert capsys.readouterr().out == ""


def test_two_persons_with_one_name_are_no_result():
    names = Pseudonyms(KEY)
    names._taken[names.of("A")] = "B"
    names._known.clear()
    with pytest.raises(Fault):
        names.of("A")


def test_few_are_not_counted(house, capsys):
    by = ["query", "barred(R, Y)", "--by", "Y"]
    assert told(capsys, *by, "-f", "json") == json.dumps([{"Y": 2021, "count": 2}], indent=2) + "\n"
    key = ["--pseudonymise", "../key"]
    assert json.loads(told(capsys, *by, "-f", "json", *key)) == [{"Y": 2021, "count": None}]
    assert told(capsys, *by, *key).split() == ["Y", "count", "2021", "few", "1", "row"]
    assert told(capsys, *by, "-f", "csv", *key) == "Y,count\n2021,few\n"
    assert json.loads(told(capsys, "query", "barred(R, Y)", "--count", "-f", "json", *key)) == {"count": None}
    assert told(capsys, "query", "barred(R, Y)", "--count", *key) == "few rows\n"
    assert told(capsys, "query", "barred(R, 1)", "--count", *key) == "0 rows\n"
    with (house / "bylaw.toml").open("a", encoding="utf-8") as defaults:
        defaults.write("least_group = 3\n")
    assert json.loads(told(capsys, *by, "-f", "json")) == [{"Y": 2021, "count": None}]
    change(house / "bylaw.toml", "least_group = 3", "least_group = 2")
    assert json.loads(told(capsys, *by, "-f", "json", *key)) == [{"Y": 2021, "count": 2}]


def test_a_provision_that_decides_few_names_none_of_them(house, capsys):
    words = ["coverage", "--records", "records", "-f", "json"]
    plain = json.loads(told(capsys, *words))
    assert {one["id"]: one.get("students") for one in plain["provisions"]}["1.b"] == 2
    few = json.loads(told(capsys, *words, "--pseudonymise", "../key"))
    assert {one["id"]: one["students"] for one in few["provisions"]}["1.b"] is None
    assert not any("first" in one for one in few["provisions"])


def test_who_looked_is_noted_and_nothing_of_what_was_seen(house, capsys):
    with (house / "bylaw.toml").open("a", encoding="utf-8") as defaults:
        defaults.write('access_log = "../access.jsonl"\n')
    told(capsys, "decide", "S-ANNA")
    told(capsys, "decide", "S-NONE", code=2)
    told(capsys, "query", "barred(R, Y)")
    told(capsys, "what-if", "S-ANNA", "--set", "loans:2020/1.days=1")
    told(capsys, "import", "run", "-o", "../copy")
    told(capsys, "lint")
    log = house.parent / "access.jsonl"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(one["command"], one["students"]) for one in lines] == [
        ("decide", 1),
        ("decide", 0),
        ("query", 3),
        ("what-if", 1),
        ("import run", 3),
    ]
    digest = load_policy(house / "pack").digest
    for one in lines:
        assert set(one) == {"when", "command", "policy", "digest", "students"}
        assert (one["policy"], one["digest"]) == ("lending", digest)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", one["when"])
    assert nobody_is_in(log.read_text(encoding="utf-8"))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "how", ["folder", "pipe", "link", "missing folder", "another ending", "another file"]
)
def test_without_its_log_nothing_is_told(house, capsys, how):
    log = house.parent / "log.jsonl"
    if how == "folder":
        log.mkdir()
    elif how == "pipe":
        os.mkfifo(log)
    elif how == "link":
        log.symlink_to(house.parent / "key")
    elif how == "another ending":
        log = house.parent / "profile"
    elif how == "another file":
        log.write_text("{}\n", encoding="utf-8")
    else:
        log = house.parent / "none" / "log.jsonl"
    with (house / "bylaw.toml").open("a", encoding="utf-8") as defaults:
        defaults.write(f'access_log = "{log}"\n')
    assert main(["decide", "S-ANNA"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, "access log" in printed.err) == ("", True)
    assert (house.parent / "key").read_bytes() == KEY + b"\n"


@pytest.mark.parametrize("debug", ["0", "1"])
def test_a_fault_prints_no_record(house, capsys, monkeypatch, debug):
    """Neither the message of an unforeseen error, nor a value that a frame of it holds."""

    def fail(self, records, student):
        mark = f"{student} has 40 days"
        raise KeyError(mark)

    monkeypatch.setenv("BYLAW_DEBUG", debug)
    monkeypatch.setattr("bylaw.engine.solve.Engine.decide", fail)
    assert main(["decide", "S-ANNA"]) == 70
    printed = capsys.readouterr()
    assert nobody_is_in(printed.err + printed.out)
    assert "40 days" not in printed.err.replace('mark = f"{student} has 40 days"', "")
    assert "KeyError" in printed.err


def test_what_holds_records_is_its_owners_alone(house, capsys):
    out = house.parent / "out"
    out.mkdir()
    os.umask(0o022)
    written = {
        "decide": ["decide", "--all", "--no-cache", "-o", f"{out}/all"],
        "page": ["why", "S-ANNA", "barred(2021)", "-f", "html", "-o", f"{out}/page"],
        "sheet": ["decide", "S-ANNA", "-f", "html", "-o", f"{out}/sheet"],
        "query": ["query", "barred(R, Y)", "-f", "csv", "-o", f"{out}/rows"],
        "audit": ["audit", "-f", "csv", "-o", f"{out}/audit"],
        "compare": ["compare", "pack", "pack", "-f", "csv", "-o", f"{out}/changes"],
        "receipt": ["decide", "S-ANNA", "--receipt", f"{out}/receipt"],
        "saved": ["what-if", "S-ANNA", "--set", "loans:2020/1.days=1", "--save", f"{out}/saved.yaml"],
        "case": ["what-if", "S-ANNA", "--set", "loans:2020/1.days=1", "--save-case", f"{out}/case.yaml"],
    }
    for words in written.values():
        told(capsys, *words)
    shutil.copytree("pack", "other")
    change(house / "other" / "limits.yaml", "value: 30", "value: 45")
    assert main(["diff", "pack", "other", "--records", "records", "--save", str(house.parent / "found")]) in (
        0,
        1,
    )
    found = list((house.parent / "found").iterdir())
    assert found
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in out.iterdir()}
    assert len(modes) == len(written)
    assert set(modes.values()) == {"0o600"}, modes

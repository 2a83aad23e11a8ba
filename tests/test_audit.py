"""An audit sets the outcomes on record beside those that follow, and its counts add up."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.engine.solve import Engine
from bylaw.policy import kept
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records, records_from_rows

TESTS = Path(__file__).parent
TABLES = """
  recorded_fines:
    columns:
      member: {type: text, references: members.member}
      item: {type: text}
      borrowed: {type: date}
      amount: {type: decimal, scale: 2}
    key: [member, item, borrowed]
    recorded: ["fine(member, item, borrowed, amount)"]
    missing: none
    none_means: no fines on record
  recorded_permits:
    columns: {member: {type: text, references: members.member}}
    key: [member]
    recorded: ["may_borrow(member)"]
    missing: none
    none_means: no permits on record
pack_tables:
"""


@pytest.fixture
def pack(tmp_path, monkeypatch):
    monkeypatch.setenv(kept.FOLDER, str(tmp_path / "kept"))
    folder = shutil.copytree(TESTS / "packs" / "library-loans", tmp_path / "library-loans")
    file = folder / "records.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("\npack_tables:\n", TABLES), encoding="utf-8")
    return folder


@pytest.fixture
def records(tmp_path):
    folder = shutil.copytree(TESTS / "golden" / "loans", tmp_path / "loans")
    fines = [
        "member,item,borrowed,amount",
        "M1,0017,2022-03-01,4.00",  # as it follows
        "M1,0018,2022-03-01,1.50",  # it is 1.25
        "M2,0017,2022-04-10,0.25",  # none follows
    ]  # that of M4 is not on record
    (folder / "recorded_fines.csv").write_text("\n".join(fines) + "\n", encoding="utf-8")
    (folder / "recorded_permits.csv").write_text("member\nM1\nM2\nM5\n", encoding="utf-8")
    return folder


def audit(pack, records, capsys, *words, code):
    assert main(["audit", "-p", str(pack), "-r", str(records), *words]) == code
    return capsys.readouterr()


def test_what_is_on_record_is_set_beside_what_follows(pack, records, capsys):
    told = json.loads(audit(pack, records, capsys, "-f", "json", code=1).out)
    zero = {"possible": 0, "undetermined": 0, "no_result": 0}
    assert told["outcomes"] == {
        "fine": {"recorded": 3, "agrees": 1, "differs": 1, "not_derived": 1, "not_recorded": 1, **zero},
        "may_borrow": {"recorded": 3, "agrees": 2, "differs": 0, "not_derived": 1, "not_recorded": 1, **zero},
    }
    differs, no_fine, no_permit = sorted(
        told["differences"], key=lambda one: (one["predicate"], one["kind"], one["student"])
    )
    assert (differs["student"], differs["kind"]) == ("M1", "differs")
    assert differs["recorded"]["args"] == ["M1", "0018", 738215, 150]
    assert differs["recorded"]["says"] == (
        "M1 owes a fine of 1.50 euros for 0018 The lighthouse keeper, borrowed on 2022-03-01"
    )
    assert differs["recorded"]["evidence"] == {"file": str(records / "recorded_fines.csv"), "line": 3}
    (follows,) = differs["derived"]
    assert (follows["args"], follows["provisions"]) == (["M1", "0018", 738215, 125], ["3.A"])
    assert (no_fine["student"], no_fine["kind"], no_fine["derived"]) == ("M2", "not_derived", [])
    assert (no_permit["student"], no_permit["predicate"]) == ("M1", "may_borrow")
    missing = [(one["student"], one["derived"][0]["args"]) for one in told["not_recorded"]]
    assert missing == [("M3", ["M3"]), ("M4", ["M4", "0099", 738158, 400])]
    (finding,) = told["findings"]
    assert (finding["student"], finding["predicate"], finding["provisions"]) == (
        "M4",
        "reference_lent",
        ["1.D"],
    )
    assert told["students"] == 5


def test_the_text_groups_and_counts(pack, records, capsys):
    printed = audit(pack, records, capsys, code=1)
    text = " ".join(printed.out.split())
    assert "fine: 3 on record: 1 as it follows, 1 otherwise, 1 that does not follow; what" in text
    assert "fine: another on record than follows: 1\n" in printed.out
    assert "recorded_fines.csv:3 What follows: M1 owes a fine of 1.25" in text
    assert "Findings: 1, of 1 of 5\n  reference_lent: 1\n" in printed.out
    assert "Undetermined: 0\n" in printed.out
    assert printed.err == "5 members read, 5 audited, 0 without a result\n"


def test_groups_are_split_by_arguments(pack, records, capsys):
    told = json.loads(audit(pack, records, capsys, "-f", "json", "--by", "item", code=1).out)
    groups = {one["group"]: one["count"] for one in told["groups"]}
    assert groups["fine: 0017 on record, does not follow"] == 1
    assert groups["reference_lent: 0099"] == 1
    assert "has an argument `itm`" in audit(pack, records, capsys, "--by", "itm", code=2).err


def test_the_table_has_a_row_for_each(pack, records, capsys, tmp_path):
    audit(pack, records, capsys, "-f", "csv", "-o", str(tmp_path / "a.csv"), code=1)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted((row["student"], row["kind"], row["predicate"]) for row in rows) == [
        ("M1", "differs", "fine"),
        ("M1", "not_derived", "may_borrow"),
        ("M2", "not_derived", "fine"),
        ("M3", "not_recorded", "may_borrow"),
        ("M4", "finding", "reference_lent"),
        ("M4", "not_recorded", "fine"),
    ]
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


def test_nothing_is_wrong_where_everything_is_on_record(pack, records, capsys):
    (records / "recorded_fines.csv").unlink()
    (records / "recorded_permits.csv").write_text("member\nM2\nM3\nM5\n", encoding="utf-8")
    told = json.loads(audit(pack, records, capsys, "-f", "json", code=0).out)
    # The table of fines is not supplied, so none is missed.
    assert list(told["outcomes"]) == ["may_borrow"]
    assert (told["differences"], told["not_recorded"]) == ([], [])


def test_what_cannot_be_told_is_counted_and_says_why(pack, records, capsys):
    (records / "payments.csv").unlink()
    told = json.loads(audit(pack, records, capsys, "-f", "json", code=1).out)
    permits = told["outcomes"]["may_borrow"]
    assert (permits["recorded"], permits["undetermined"]) == (3, 3)
    assert {"student": "M1", "predicate": "may_borrow", "tables": ["payments"]} in told["undetermined"]
    (records / "recorded_fines.csv").unlink()
    assert "may_borrow, 5: " in audit(pack, records, capsys, code=3).out


def test_only_those_asked_for_are_audited(pack, records, capsys):
    printed = audit(pack, records, capsys, "--where", "barred(M,loss)", "-f", "json", code=0)
    told = json.loads(printed.out)
    assert (told["students"], len(told["not_recorded"])) == (1, 1)
    assert printed.err == "5 members read, 1 audited, 0 without a result\n"


def test_no_rule_sees_what_is_on_record(pack, records):
    policy = load_policy(pack)
    with_outcomes = load_records(policy, records)
    for name in ("recorded_fines.csv", "recorded_permits.csv"):
        (records / name).unlink()
    without = load_records(policy, records)
    for subject in without.subjects:
        assert with_outcomes.digest(subject) == without.digest(subject)
        assert with_outcomes.facts(subject) == without.facts(subject)
        assert without.recorded(subject) == ()
    assert [str(fact) for fact in with_outcomes.recorded("M1")] == [
        'fine("M1","0017",738215,400)',
        'fine("M1","0018",738215,150)',
        'may_borrow("M1")',
    ]
    assert not any("record" in one.says for one in Engine(policy).decide(without, "M1").assumptions)


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        (
            "hebron-md",
            {
                "students": [{"student": "S1", "admitted": 2020, "route": "new"}],
                "placements": [{"student": "S1", "year": 2020, "level": 1}],
                "marks": [],
                "recorded_outcomes": [{"student": "S1", "year": 2020, "outcome": "failed"}],
                "recorded_averages": [{"student": "S1", "year": 2020, "points": "1.95"}],
            },
            ['year_outcome("S1",2020,failed)', 'annual_average("S1",2020,195)'],
        ),
        (
            "annajah-graduate",
            {
                "students": [{"student": "S1", "degree": "master", "first_enrolled": 20081}],
                "recorded_degrees": [{"student": "S1"}],
                "recorded_averages": [{"student": "S1", "average": "88.5"}],
            },
            ['degree_complete("S1")', 'average_now("S1",88500)'],
        ),
    ],
)
def test_the_shipped_packs_say_where_outcomes_are_on_record(name, rows, told):
    records = records_from_rows(load_policy(name), rows, name="here")
    assert [str(fact) for fact in records.recorded("S1")] == told

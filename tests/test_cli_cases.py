"""Cases that fail say what they expect and what is found; cases that fit pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bylaw.analysis.cases import CaseRunner
from bylaw.cli.main import main
from bylaw.policy.cases import load_cases
from bylaw.policy.load import load_policy

PACK = Path(__file__).parent / "packs" / "library-loans"
RECORD = """
  record:
    members: [{member: M1, group: grown-up}]
    loans:
      - {item: "0017", borrowed: 2022-03-01, returned: 2022-04-08}
      - {item: "0018", borrowed: 2022-03-01, returned: 2022-03-27}
    payments: []
"""


def failures(tmp_path: Path, case: str) -> list[str]:
    """Run one case in a copy of the pack."""
    pack = tmp_path / "library-loans"
    shutil.copytree(PACK, pack)
    (pack / "cases" / "fines.yaml").write_text(f"- name: the case{case}", encoding="utf-8")
    (pack / "cases" / "borrowing.yaml").write_text("[]\n", encoding="utf-8")
    policy = load_policy(pack)
    (found,) = load_cases(policy)
    result = CaseRunner(policy).run(found)
    assert result.passed is not bool(result.failures)
    return [failure.replace(str(pack), "PACK") for failure in result.failures]


@pytest.mark.parametrize(
    "expect",
    [
        "{barred: present}",
        "{barred(debt): {because: [4.A], value: {debt: 5.25}}}",
        "{barred(_): {because_includes: [4.A]}}",
        "{barred(loss): absent, may_borrow: absent}",
        '{fine(0017): {because: [3.B]}, "fine(0018,_,1.25)": {because: [3.A], value: {late: 5}}}',
        "{late: present, debt(5.25): present, lost: absent}",
        "{debt: {value: {debt: 5.25}}}",
    ],
)
def test_what_follows_passes(tmp_path: Path, expect: str) -> None:
    assert failures(tmp_path, f"{RECORD}  expect: {expect}\n") == []


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        (
            "{barred(debt): absent}",
            "expected barred(debt) absent\n   found barred(debt) because 4.A (rules/par_4_borrowing.lp:8)",
        ),
        (
            "{barred(debt): {because: [4.B]}}",
            "expected barred(debt) because 4.B\n"
            "   found barred(debt) because 4.A (rules/par_4_borrowing.lp:8)",
        ),
        (
            "{barred(debt): {because_includes: [4.A, 4.B]}}",
            "expected barred(debt) because of 4.A, 4.B among others\n"
            "   found barred(debt) because 4.A (rules/par_4_borrowing.lp:8)",
        ),
        (
            "{barred(debt): {value: {debt: 5.5}}}",
            "expected barred(debt) with debt 5.50\n   found barred(debt) with debt 5.25",
        ),
        (
            "{barred(debt): {value: {items_out: 2}}}",
            "expected barred(debt) with items_out 2\n   found barred(debt) with items_out 0",
        ),
        (
            "{barred(loss): present}",
            "expected barred(loss) present\n   found barred(debt) because 4.A (rules/par_4_borrowing.lp:8)",
        ),
        ("{may_borrow: {}}", "expected may_borrow\n   found no may_borrow"),
        (
            "{barred: undetermined}",
            "expected barred undetermined\n"
            "   found it determined: barred(debt) because 4.A (rules/par_4_borrowing.lp:8)",
        ),
        (
            "{debt: {because: [4.A]}}",
            "expected debt because 4.A\n"
            "   found debt(5.25) debt is a definition, and only conclusions and findings have their "
            "provisions recorded",
        ),
    ],
)
def test_what_does_not_follow_fails(tmp_path: Path, expect: str, failure: str) -> None:
    told = failures(tmp_path, f"{RECORD}  expect: {expect}\n")
    assert told == [f"{failure}\n      at PACK/cases/fines.yaml:8"]


def test_each_failing_expectation_is_told(tmp_path: Path) -> None:
    told = failures(tmp_path, f"{RECORD}  expect:\n    barred: absent\n    may_borrow: present\n")
    assert [text.splitlines()[0] for text in told] == [
        "expected barred absent",
        "expected may_borrow present",
    ]
    assert [text.splitlines()[-1].strip() for text in told] == [
        "at PACK/cases/fines.yaml:9",
        "at PACK/cases/fines.yaml:10",
    ]


def test_what_is_undetermined_is_not_absent(tmp_path: Path) -> None:
    record = RECORD.replace("    payments: []\n", "")
    assert failures(tmp_path, f"{record}  expect: {{barred: undetermined}}\n") == []
    shutil.rmtree(tmp_path / "library-loans")
    (told,) = failures(tmp_path, f"{record}  expect: {{barred: absent}}\n")
    assert told.splitlines()[1] == "   found barred undetermined: the record has nothing on `payments`"


def test_a_reading_and_a_clock_are_those_of_the_case(tmp_path: Path) -> None:
    record = RECORD.replace(", returned: 2022-03-27", "").replace(", returned: 2022-04-08", "")
    case = (
        f"{record}  readings: {{day_of_return: counted}}\n  as_of: 2022-03-23\n"
        '  expect: {fine("0018"): {value: {late: 1}}}\n'
    )
    if "as_of: 2022-03-23" in case:  # the clock of a case is a number
        case = case.replace("2022-03-23", "738237")
    assert failures(tmp_path, case) == []


def test_a_wrong_record_fails_with_its_error(tmp_path: Path) -> None:
    record = RECORD.replace("0018", "0081")
    (told,) = failures(tmp_path, f"{record}  expect: {{barred: present}}\n")
    assert told == (
        "error: record `M1`: `item` is `0081`, which is not in `items`\n"
        "  at PACK/cases/fines.yaml:6:16, column `item`\n"
        "  help: did you mean `0019`?"
    )


def test_the_json_of_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(PACK), "-k", "little more", "-f", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["passed"], report["failed"]) == (1, 0)
    (case,) = report["cases"]
    assert case["name"] == "who owes a little more may not"
    assert case["file"] == "cases/borrowing.yaml"
    assert case["failures"] == []


def test_several_packs_run_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(PACK), str(PACK)]) == 0
    assert capsys.readouterr().out == "28 passed, 0 failed\n"

"""The JSON that other programs read: which keys, of which kinds, and which are absent."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from bylaw.cli.main import main
from bylaw.explain.reason import Kind, Reason, Value
from bylaw.report.json_shapes import reason_shape
from bylaw.tables.terms import Row

TESTS = Path(__file__).parent
LOANS = f"-p '{TESTS / 'packs' / 'library-loans'}' -r '{TESTS / 'golden' / 'loans'}'"
REASON_KEYS = {
    "kind",
    "atom",
    "says",
    "holds",
    "met",
    "provisions",
    "rule",
    "because",
    "evidence",
    "value",
    "assumed",
    "repeated",
    "more",
}


def report(command: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert main(shlex.split(f"{command} -f json {LOANS}")) == 0
    return json.loads(capsys.readouterr().out)


def test_a_decision_has_the_keys_of_the_design(capsys: pytest.CaptureFixture[str]) -> None:
    found = report("decide M4", capsys)
    assert list(found) == [
        "policy",
        "edition",
        "as_of",
        "readings",
        "synthetic",
        "student",
        "conclusions",
        "undetermined",
        "assumptions",
        "findings",
        "digest",
    ]
    assert found["readings"] == {"day_of_return": "free"}
    assert found["digest"].keys() == {"policy", "records"}
    for conclusion in (*found["conclusions"], *found["findings"]):
        assert list(conclusion) == ["atom", "predicate", "args", "says", "status", "provisions"]
        assert conclusion["status"] == "certain"
    assert found["findings"][0]["args"] == ["M4", "0099"]


def test_a_cohort_is_one_array_and_the_same_as_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    whole = report("decide --all", capsys)
    assert main(shlex.split(f"decide --all -f jsonl {LOANS}")) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == whole
    assert [one["student"] for one in whole] == ["M1", "M2", "M3", "M4", "M5"]


@pytest.mark.parametrize(
    "command", ["why M1 barred", "why-not M2 barred", "why M2 may_reserve", "why M3 fine"]
)
def test_reasons_have_the_keys_of_the_design(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(command, capsys)
    context = {"policy", "edition", "as_of", "readings", "synthetic", "student", "assumptions", "digest"}
    assert context <= found.keys()
    top = {key: value for key, value in found.items() if key not in context}
    for reason in walk(top):
        assert {"kind", "atom", "says", "holds"} <= reason.keys() <= REASON_KEYS
        assert reason.get("met") is not True
        assert reason.get("evidence") != []
        for row in reason.get("evidence", ()):
            assert list(row) == ["file", "line"]
        if "rule" in reason:
            assert list(reason["rule"]) == ["file", "line"]
            assert {"provisions", "because"} <= reason.keys()
        assert reason.get("value", {}).keys() <= {"actual", "relation", "bound", "unit"}


def walk(reason: dict[str, Any]) -> list[dict[str, Any]]:
    return [reason, *(one for child in reason.get("because", ()) for one in walk(child))]


def test_figures_are_numbers_as_a_person_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    values = [one["value"] for one in walk(report("why M1 barred", capsys)) if "value" in one]
    assert {"actual": 5.25, "relation": ">", "bound": 5.0, "unit": "euros"} in values


def test_keys_that_do_not_apply_are_absent() -> None:
    least = Reason(Kind.RECORD, "a", "it is so", True)
    assert reason_shape(least) == {"kind": "record", "atom": "a", "says": "it is so", "holds": True}


def test_keys_that_apply_are_there() -> None:
    most = Reason(
        Kind.ATOM,
        "a",
        "it is not so",
        False,
        met=False,
        provisions=("1.A",),
        rule=("rules/a.lp", 3),
        because=[Reason(Kind.RECORD, "b", "nor that", False)],
        evidence=(Row("t", "t.csv", 7),),
        value=Value(198, ">=", 200, ("point", "points"), 2),
        assumed="assumed: none",
        repeated=True,
        more=2,
    )
    assert reason_shape(most) == {
        "kind": "atom",
        "atom": "a",
        "says": "it is not so",
        "holds": False,
        "met": False,
        "provisions": ["1.A"],
        "rule": {"file": "rules/a.lp", "line": 3},
        "because": [{"kind": "record", "atom": "b", "says": "nor that", "holds": False}],
        "evidence": [{"file": "t.csv", "line": 7}],
        "value": {"actual": 1.98, "relation": ">=", "bound": 2.0, "unit": "points"},
        "assumed": "assumed: none",
        "repeated": True,
        "more": 2,
    }

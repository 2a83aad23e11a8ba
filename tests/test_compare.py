"""Comparing two texts over a cohort: who is touched, how, and by which part of a proposal."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from bylaw.cli.main import main
from libraries import library_with

MEMBERS = {
    "M1": ("grown-up", "2024-01-30"),  # eight days late: 2.00
    "M2": ("grown-up", "2024-01-22"),  # in time
    "M3": ("grown-up", "2024-02-10"),  # nineteen days late: capped at 4.00
    "M4": ("child", "2024-02-10"),  # children pay nothing
    "M5": ("grown-up", "2024-01-25"),  # three days late: 0.75
    "M6": ("grown-up", "2024-01-26"),
    "M7": ("grown-up", "2024-01-27"),
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack with proposals, and a cohort of seven members with a loan each."""
    library_with(
        tmp_path,
        {
            "dearer": "limits: {fine_a_day: 0.50}\n",
            "both": "limits: {fine_a_day: 0.50, fine_cap: 8.00, debt_limit: 3.00}\n",
            "nothing": "limits: {items_child: 3}\n",
            "free": "repeal: [3.A, 3.B]\n",
        },
    )
    cohort = tmp_path / "cohort"
    cohort.mkdir()
    (cohort / "members.csv").write_text(
        "member,group\n" + "".join(f"{name},{group}\n" for name, (group, _) in MEMBERS.items())
    )
    (cohort / "loans.csv").write_text(
        "member,item,borrowed,returned\n"
        + "".join(f"{name},0017,2024-01-01,{back}\n" for name, (_, back) in MEMBERS.items())
    )
    (cohort / "payments.csv").write_text("member,receipt,amount\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(capsys: pytest.CaptureFixture[str], new: str, *options: str, old: str = "./library") -> dict:
    assert main(["compare", old, new, "-r", "cohort", "--workers", "1", "-f", "json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def changes(found: dict, predicate: str) -> dict[str, tuple]:
    return {
        one["student"]: (one["before"], one["after"], one["direction"])
        for one in found["changed"]
        if one["predicate"] == predicate
    }


def test_each_change_is_told_with_provisions_and_direction(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, "+dearer")
    fines = changes(found, "fine")
    assert fines == {
        "M1": ("fine(0017,2024-01-01,2.00)", "fine(0017,2024-01-01,4.00)", "worse"),
        "M5": ("fine(0017,2024-01-01,0.75)", "fine(0017,2024-01-01,1.50)", "worse"),
        "M6": ("fine(0017,2024-01-01,1.00)", "fine(0017,2024-01-01,2.00)", "worse"),
        "M7": ("fine(0017,2024-01-01,1.25)", "fine(0017,2024-01-01,2.50)", "worse"),
    }
    first = next(one for one in found["changed"] if one["student"] == "M1" and one["predicate"] == "fine")
    assert first["provisions_before"] == first["provisions_after"] == ["3.A"]
    assert first["groups"] == {"card": "adult"}
    assert (found["students"], found["better"], found["worse"], found["undetermined"]) == (7, 0, 4, 0)
    counts = {(t["from"], t["to"]): t["count"] for t in found["transitions"] if t["predicate"] == "fine"}
    assert counts == {("a figure", "greater"): 4, ("a figure", "the same"): 1}
    assert found["amendments"][0]["parts"] == [
        {"kind": "limit", "provisions": ["3.A"], "name": "fine_a_day", "before": "0.25", "after": "0.50"}
    ]


def test_what_follows_no_longer_is_gone_with_its_provision(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fines = changes(compared(capsys, "+free"), "fine")
    assert fines["M3"] == ("fine(0017,2024-01-01,4.00)", None, "changed")
    assert len(fines) == 5


def test_to_have_something_is_good_or_bad_as_the_pack_says(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, "+both")
    assert changes(found, "barred") == {
        "M1": (None, "barred(debt)", "worse"),
        "M3": (None, "barred(debt)", "worse"),
    }
    assert changes(found, "may_borrow")["M3"] == ("may_borrow", None, "worse")


def test_each_change_is_due_to_the_parts_without_which_it_does_not_come(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, "+both")
    due = {(o["student"], o["predicate"]): o["due_to"] for o in found["changed"]}
    assert due["M5", "fine"] == ["both: limit fine_a_day"]
    # With the dearer day alone the fine is at the cap that it has now; with the cap alone it is as before.
    assert due["M3", "fine"] == ["both: limit fine_cap"]
    # Four euros exceed three; without the new debt limit they do not exceed five.
    assert due["M1", "barred"] == ["both: limit fine_a_day", "both: limit debt_limit"]
    # The cap alone bars this member, and so does the debt limit.
    assert due["M3", "barred"] == []


def test_nothing_changes_where_no_number_does(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, "+nothing")
    assert found["changed"] == found["transitions"] == []
    assert main(["compare", "./library", "+nothing", "-r", "cohort", "--workers", "1"]) == 0
    assert "No conclusion rests on what differs between the two texts." in capsys.readouterr().out


def test_two_folders_are_compared_like_a_proposal(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree("library", "stricter")
    limits = Path("stricter/limits.yaml")
    limits.write_text(limits.read_text().replace("value: 0.25", "value: 0.50"))
    found = compared(capsys, "stricter")
    assert changes(found, "fine") == changes(compared(capsys, "+dearer"), "fine")
    assert "due_to" not in found["changed"][0]
    assert found["old"]["digest"] != found["new"]["digest"]
    back = compared(capsys, "./library", old="stricter")
    assert changes(back, "fine")["M1"][2] == "better"


def test_small_groups_are_told_only_where_it_is_asked_for(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = compared(capsys, "+dearer")["groups"]
    assert hidden["card"] == {
        "adult": {"students": None, "better": None, "worse": None, "mixed": None, "changed": None}
    }
    shown = compared(capsys, "+dearer", "--reveal")["groups"]
    assert shown["card"]["adult"] == {"students": 4, "better": 0, "worse": 4, "mixed": 0, "changed": 0}
    assert compared(capsys, "+both")["groups"]["card"]["adult"]["students"] == 5


def test_the_table_has_a_row_a_change(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "library", "+dearer", "-r", "cohort", "--workers", "1", "-f", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["student"] for row in rows} == {"M1", "M5", "M6", "M7"}
    assert rows[0]["card"] == "adult"
    assert rows[0]["due_to"] == "dearer: limit fine_a_day"


def test_what_cannot_be_told_is_counted_apart(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cohort/payments.csv").unlink()
    found = compared(capsys, "+both")
    assert found["undetermined"] == 7
    assert {one["predicate"] for one in found["changed"]} == {"fine"}


def test_a_conclusion_that_is_asked_for_is_the_only_one(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, "+both", "-c", "barred")
    assert {one["predicate"] for one in found["changed"]} == {"barred"}
    assert main(["compare", "library", "+both", "-r", "cohort", "-c", "bared"]) == 2
    assert "did you mean `barred`?" in capsys.readouterr().err


def test_the_text_reads_like_a_report(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "library", "+both", "-r", "cohort", "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("library-loans 2 against library-loans 2+both\n  The both proposal\n")
    assert "the fine for one day: 0.25, now 0.50 (Paragraph 3(A))" in told
    assert "7 members; for 5 something stands otherwise.\n  5 worse off\n" in told
    assert "  M1 worse: nothing -> barred(debt) (Paragraph 4(A))\n" in told
    assert "Without which part the change does not come about" in told


def test_two_workers_tell_the_same_as_one(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bylaw.analysis.compare import Side, compare
    from bylaw.engine.cohort import Effort
    from bylaw.policy.load import load_policy
    from bylaw.records.load import load_records

    sides = []
    for ref in ("library", "library+both"):
        policy = load_policy(ref)
        sides.append(Side(policy, {}, load_records(policy, "cohort")))
    alone = compare(*sides, effort=Effort(workers=1))
    together = compare(*sides, effort=Effort(workers=2, batch=2))
    assert alone.changes == together.changes
    assert alone.transitions == together.transitions


def page(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    command = ["compare", "./library", "+both", "-r", "cohort", "--workers", "1", "-f", "html", *options]
    assert main(command) == 0
    return capsys.readouterr().out


def test_the_page_tells_whom_how_many_and_why(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = page(capsys)
    assert "<h1>Of 7 members 5 fare otherwise.</h1>" in told
    assert "the fine for one day: 0.25, now 0.50 (Paragraph 3(A))" in told
    # Each changed limit is swept from before the old value to beyond the new one.
    for value in ("0.25 (now)", "0.50 (proposed)", "8.00 (proposed)", "3.00 (proposed)", "5.00 (now)"):
        assert f'<th scope="row">{value}</th>' in told
    assert "Member A owes a fine of" in told
    assert "the absence of a change here proves nothing of others" in told


def test_the_page_names_nobody_unless_it_is_asked_to(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = page(capsys)
    assert not [name for name in MEMBERS if f">{name}" in told or f" {name} " in told]
    assert "under 5" in told
    revealed = page(capsys, "--reveal")
    assert "<summary>M1</summary>" in revealed
    assert "under 5" not in revealed


def test_the_page_needs_nothing_from_elsewhere(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = page(capsys)
    assert "<script" not in told
    assert "default-src 'none'" in told
    assert not re.findall(r"(?:src|href)=", told)
    levels = [int(level) for level in re.findall(r"<h([1-6])", told)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", told))


def test_what_a_proposal_says_cannot_become_markup(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("library/amendments/both.yaml")
    path.write_text(path.read_text().replace("The both proposal", "<script>alert(1)</script>"))
    told = page(capsys)
    assert "<script" not in told
    assert "&lt;script&gt;alert(1)" in told


def test_the_values_of_a_sweep_reach_beyond_both_ends() -> None:
    from bylaw.analysis.sweep import values_between

    assert values_between(6, 9) == [4, 5, 6, 7, 8, 9, 10, 11]
    assert values_between(7500, 7000)[0] < 7000
    assert {7000, 7500} <= set(values_between(7500, 7000))
    assert values_between(1, 0) == [0, 1, 2, 3]
    assert len(values_between(0, 10_000)) <= 12


def test_a_right_to_more_is_better_and_not_another_right() -> None:
    from bylaw.analysis.standing import State, direction, telling
    from bylaw.policy.load import load_policy

    policy = load_policy("hebron-md")
    assert telling(policy, policy.predicates["improvement_right"]) == 2
    ten, twelve = State((10,), ("15.A.3",)), State((12,), ("15.A.3",))
    assert direction(policy, "improvement_right", ten, twelve) == "better"
    assert direction(policy, "improvement_right", twelve, ten) == "worse"
    assert direction(policy, "improvement_right", None, ten) == "better"
    assert direction(policy, "improvement_right", ten, None) == "worse"

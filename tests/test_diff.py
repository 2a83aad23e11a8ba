"""Two texts without a cohort: whether they differ, how, and a smallest record that shows it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.analysis.trials import Trial, case_trials, smallest, turning_values, varied
from bylaw.cli.main import main
from bylaw.policy.load import load_policy
from bylaw.records.load import draft_from_rows
from libraries import LIBRARY, library_with


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack with proposals."""
    library_with(
        tmp_path,
        {
            "dearer": "limits: {fine_a_day: 0.50}\n",
            "mixed": "limits: {fine_a_day: 0.50, fine_cap: 1.00}\n",
            "nothing": "limits: {items_child: 3}\n",
            "generous": "limits: {debt_limit: 99.00}\n",
            "patient": "limits: {lost_days: 75}\n",
        },
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(capsys: pytest.CaptureFixture[str], new: str, *options: str, code: int = 1) -> dict:
    assert main(["diff", "./library", new, "-f", "json", "--tries", "60", *options]) == code
    return json.loads(capsys.readouterr().out)


def test_a_higher_price_is_stricter_shown_by_one_loan(bench, capsys):
    told = found(capsys, "+dearer", "-c", "fine")
    assert (told["verdict"], told["proved"], told["conclusions"]) == ("stricter", False, ["fine"])
    (witness,) = told["witnesses"]
    assert (witness["direction"], witness["rows"]) == ("worse", 2)
    (change,) = witness["changed"]
    assert (change["before"], change["after"]) == ("fine(0017,2022-03-01,0.25)", "fine(0017,2022-03-01,0.50)")
    assert change["provisions_before"] == change["provisions_after"] == ["3.A"]


def test_a_record_that_is_saved_is_explained_under_both_texts(bench, capsys):
    found(capsys, "+dearer", "-c", "fine", "--save", "out")
    assert [file.name for file in Path("out").iterdir()] == ["worse.yaml"]
    for pack, fine in (("./library", "0.25"), ("./library+dearer", "0.50")):
        asked = f'fine("0017",2022-03-01,{fine})'
        assert main(["why", "M1", asked, "-p", pack, "-r", "out/worse.yaml", "-f", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["provisions"] == ["3.A"]


def test_what_is_better_for_some_and_worse_for_others_is_incomparable(bench, capsys):
    told = found(capsys, "+mixed", "-c", "fine")
    assert told["verdict"] == "incomparable"
    better, worse = told["witnesses"]
    assert (better["direction"], worse["direction"]) == ("better", "worse")
    assert better["changed"][0]["provisions_after"] == ["3.B"]
    assert worse["changed"][0]["provisions_after"] == ["3.A"]


def test_a_higher_limit_is_more_lenient(bench, capsys):
    told = found(capsys, "+generous")
    assert told["verdict"] == "more_lenient"
    (witness,) = told["witnesses"]
    assert {(one["predicate"], one["direction"]) for one in witness["changed"]} == {
        ("barred", "better"),
        ("may_borrow", "better"),
    }


def test_texts_whose_rules_do_not_differ_are_equivalent_without_a_trial(bench, capsys):
    told = found(capsys, "+nothing", code=0)
    assert (told["verdict"], told["proved"], told["tried"]) == ("equivalent", True, 0)
    told = found(capsys, "+dearer", "-c", "may_reserve", code=0)
    assert (told["verdict"], told["proved"]) == ("equivalent", True)


def test_a_search_that_finds_nothing_proves_nothing(bench, capsys):
    shutil.copytree("library", "same")
    (file,) = (one for one in Path("same/rules").iterdir() if "N * P <= Max" in one.read_text())
    file.write_text(file.read_text().replace("N * P <= Max", "N * P < Max + 1"))
    told = found(capsys, "./same", "-c", "fine", code=0)
    assert (told["verdict"], told["proved"]) == ("no_difference_found", False)
    assert told["tried"] == 60
    assert main(["diff", "./library", "./same", "-c", "fine", "--tries", "20"]) == 0
    assert "That is no proof" in capsys.readouterr().out


def test_packs_with_other_records_are_refused(bench, capsys):
    shutil.copytree("library", "other")
    file = Path("other/records.yaml")
    file.write_text(file.read_text().replace("missing: {table: unknown, rows: none}", "missing: refuse"))
    assert main(["diff", "./library", "./other"]) == 2
    assert "no record is for both" in capsys.readouterr().err


def test_the_students_of_a_cohort_are_tried_and_not_called_synthetic(bench, capsys):
    cohort = bench / "cohort"
    cohort.mkdir()
    (cohort / "members.csv").write_text("member,group\nM7,grown-up\nM8,child\n")
    (cohort / "loans.csv").write_text(
        "member,item,borrowed,returned\nM7,0018,2023-01-01,2023-03-09\nM7,0017,2023-01-01,2023-03-09\n"
    )
    (cohort / "payments.csv").write_text("member,receipt,amount\n")
    shutil.copytree("library", "without")
    manifest = Path("without/policy.yaml")
    manifest.write_text("".join(one for one in manifest.read_text().splitlines(True) if "cases" not in one))
    shutil.rmtree("without/cases")
    told = json.loads(run(capsys, "./without", "./without+generous", "-r", "cohort", "--tries", "2", code=1))
    (witness,) = told["witnesses"]
    assert (witness["student"], witness["changed"][0]["before"]) == ("M7", "barred(debt)")
    assert "synthetic" not in witness["record"]
    (cohort / "loans.csv").write_text("member,item,borrowed,returned\nM7,0018,2023-01-01,2023-02-30\n")
    assert main(["diff", "./library", "+patient", "-r", "cohort"]) == 2
    assert "loans.csv:2" in capsys.readouterr().err


def run(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> str:
    assert main(["diff", *words, "-f", "json"]) == code
    return capsys.readouterr().out


def test_the_same_seed_tries_the_same_records():
    policy = load_policy(LIBRARY)
    trials = list(case_trials(policy))
    turning = turning_values([policy])
    assert turning["payments", "amount"][:2] == (1, 24)

    def drawn(seed: int) -> list[list[object]]:
        more = varied(policy, trials, turning, seed)
        return [[r.terms for t in next(more).draft.tables.values() for r in t.rows] for _ in range(20)]

    assert drawn(3) == drawn(3) != drawn(4)


CASES = list(case_trials(load_policy(LIBRARY)))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CASES), st.data())
def test_a_smallest_record_has_no_row_that_can_be_left_out(trial: Trial, data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.sampled_from(rows_of(trial))))

    assert set(rows_of(smallest(trial, lambda one: needed <= set(rows_of(one))))) == needed


def rows_of(trial: Trial) -> list[tuple[str, int]]:
    return [(name, row.number) for name, table in trial.draft.tables.items() for row in table.rows]


def test_a_record_that_is_refused_leaves_the_one_it_was_made_of_as_it_is() -> None:
    policy = load_policy(LIBRARY.parent / "records-lab")
    rows = {
        "members": [{"joined": "2020-01-01", "kind": "new"}],
        "declarations": [{"signed": "2020-01-02"}],
        "projects": [{"project": "P1"}],
        "bookings": [{"device": "drill", "day": "2020-02-01", "hours": "1.5", "project": "P1"}],
    }
    draft = draft_from_rows(policy, rows, "made up", subject="M1")
    trial = Trial("made up", draft, "M1", None)
    whole = trial.records(policy)
    assert whole is not None
    facts = whole.facts("M1")
    assert any(fact.predicate == "booked" for fact in facts)
    assert trial.without(lambda table, _: table == "projects").records(policy) is None
    again = trial.records(policy)
    assert again is not None
    assert again.facts("M1") == facts

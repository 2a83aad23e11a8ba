"""Whose outcomes hang on which open question: alone, two together, and by a case where no student does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bylaw.cli.main import main
from libraries import LIBRARY


@pytest.fixture
def cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seven members with a loan each that comes back some days late."""
    folder = tmp_path / "cohort"
    folder.mkdir()
    members = [f"M{n}" for n in range(1, 8)]
    (folder / "members.csv").write_text("member,group\n" + "".join(f"{one},grown-up\n" for one in members))
    loans = "".join(f"{one},0017,2024-01-01,2024-01-{22 + n}\n" for n, one in enumerate(members))
    (folder / "loans.csv").write_text("member,item,borrowed,returned\n" + loans)
    (folder / "payments.csv").write_text("member,receipt,amount\n")
    monkeypatch.chdir(tmp_path)
    return folder


def told(capsys: pytest.CaptureFixture[str], pack: str | Path, *options: str) -> dict:
    words = ["readings", "-p", str(pack), "-r", "cohort", "--workers", "1", "-f", "json", *options]
    assert main(words) == 0
    return json.loads(capsys.readouterr().out)


def test_whom_a_question_touches_and_what_follows_instead(cohort, capsys):
    (one,) = told(capsys, LIBRARY)["alone"]
    assert one["readings"] == {"day_of_return": "counted"}
    assert "fine" in one["conclusions"]
    assert one["students"] == one["worse"] + one["better"] + one["mixed"] + one["otherwise"] == 6
    first = next(change for change in one["changed"] if change["student"] == "M2")
    assert (first["before"], first["after"]) == ("fine(0017,2024-01-01,0.25)", "fine(0017,2024-01-01,0.50)")
    assert first["provisions_before"] == first["provisions_after"] == ["3.A"]
    assert "witness" not in one


def test_fewer_than_five_students_are_not_counted_unless_revealed(cohort, capsys):
    (cohort / "loans.csv").write_text("member,item,borrowed,returned\nM1,0017,2024-01-01,2024-01-30\n")
    (one,) = told(capsys, LIBRARY)["alone"]
    assert (one["students"], one["changed"]) == (None, [])
    (one,) = told(capsys, LIBRARY, "--reveal")["alone"]
    assert (one["students"], len(one["changed"])) == (1, 1)


def test_a_question_that_no_student_meets_is_shown_by_a_case(cohort, capsys):
    (cohort / "loans.csv").write_text("member,item,borrowed,returned\nM1,0017,2024-01-01,2024-01-05\n")
    (one,) = told(capsys, LIBRARY)["alone"]
    assert one["students"] == 0
    assert one["witness"]["changed"][0]["before"] != one["witness"]["changed"][0]["after"]
    assert "record:" in one["witness"]["record"]
    assert main(["readings", "-p", str(LIBRARY), "-r", "cohort", "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "What no student here meets" in out
    assert "shows it:" in out


def test_what_hangs_on_two_questions_together_is_told_apart(cohort, capsys):
    pack = cohort.parent / "pack"
    shutil.copytree(LIBRARY, pack)
    head, _, rest = (pack / "readings.yaml").read_text().partition("open_questions:")
    second = (
        "  second:\n    question: Is who pays much barred?\n    provisions: [5.B]\n    default: usual\n"
        "    readings: {usual: as ever, other: never}\n    why: The text does not say.\n"
    )
    (pack / "readings.yaml").write_text(f"{head}{second}open_questions:{rest}")
    (rules,) = (one for one in (pack / "rules").iterdir() if "\nbarred(" in one.read_text())
    rules.write_text(
        rules.read_text()
        + "\n% Barred by one of them.\n%@ 5.B\nbarred(M, loss) :- fine(M, _, _, A), A > 100, "
        + "reading(second, other).\nbarred(M, loss) :- fine(M, _, _, A), A > 9000, reading(second, usual).\n"
        + "% Barred by both.\nbarred(M, loss) :- member(M, _), not late(M, _, _, _), "
        + "reading(second, other), reading(day_of_return, counted).\n"
    )
    (cohort / "loans.csv").write_text((cohort / "loans.csv").read_text().replace("2024-01-22", "2024-01-20"))
    found = told(capsys, pack, "--reveal")
    by_name = {tuple(one["readings"]): one for one in found["alone"]}
    assert {name: one["students"] for name, one in by_name.items()} == {("day_of_return",): 6, ("second",): 2}
    (both,) = found["together"]
    assert both["readings"] == {"day_of_return": "counted", "second": "other"}
    assert (both["students"], {change["student"] for change in both["changed"]}) == (1, {"M1"})


def test_the_reading_that_is_taken_is_where_others_start_from(cohort, capsys):
    (one,) = told(capsys, LIBRARY, "--reading", "day_of_return=counted")["alone"]
    assert one["readings"] != {"day_of_return": "counted"}
    assert one["students"] == 6

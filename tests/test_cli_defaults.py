"""`bylaw.toml`, readings on the command line, and what an option falls back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaw.cli.defaults import Defaults, read_defaults
from bylaw.cli.options import open_policy, read_readings
from bylaw.errors import BylawError, UsageError


def write(folder: Path, text: str) -> None:
    (folder / "bylaw.toml").write_text(text, encoding="utf-8")


def test_without_a_file_there_are_no_defaults(tmp_path: Path) -> None:
    assert read_defaults(tmp_path) == Defaults()


def test_a_file_further_up_counts_and_its_paths_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pack").mkdir()
    below = tmp_path / "a"
    below.mkdir()
    write(tmp_path, '[bylaw]\npolicy = "pack"\nrecords = "cohort"\nas_of = 2024\n')
    monkeypatch.chdir(below)
    assert read_defaults() == Defaults(Path("../pack"), "../cohort", None, "2024")


def test_a_policy_that_is_no_folder_is_a_name(tmp_path: Path) -> None:
    write(tmp_path, '[bylaw]\npolicy = "hebron-md"\n')
    assert read_defaults(tmp_path).policy == "hebron-md"


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("[bylaw]\npolcy = 'x'\n", "has an unknown key `polcy`", "did you mean `policy`?"),
        ("[bylow]\n", "has an unknown table `[bylow]`", "defaults stand in `[bylaw]`"),
        ("bylaw = 3\n", "is no table", "defaults stand below a line `[bylaw]`"),
        ("[bylaw]\nas_of = [2024]\n", "is not a number or a date", None),
        ("[bylaw]\nworkers = 0\n", "is below 1", None),
        ("[bylaw]\nworkers = 1.5\n", "is not a whole number", None),
        ("[bylaw]\ntime_limit = 'x'\n", "is not a number", None),
        ("[bylaw]\ntime_limit = nan\n", "is below 0.1", None),
        ("[bylaw]\nmemory_limit = true\n", "is not a whole number", None),
        ("[bylaw]\nas_of = true\n", "is not a number or a date", None),
        ("[bylaw]\npolicy = 3\n", "is not a text in quotes", None),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, text: str, message: str, help: str | None) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_defaults(tmp_path)
    assert message in caught.value.problems[0].message
    assert caught.value.problems[0].help == help


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"[bylaw\n", "not valid TOML: expected ']' at the end of a table declaration", 1),
        (b"[bylaw]\npolicy = hebron-md\n", "not valid TOML: invalid value", 2),
        (b"[bylaw]\npolicy = '\xff'\n", "byte 0xff is not UTF-8", 2),
        (b"\xff\xfe[\0", "byte 0xff is not UTF-8", 1),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_its_place(
    tmp_path: Path, data: bytes, message: str, line: int
) -> None:
    (tmp_path / "bylaw.toml").write_bytes(data)
    with pytest.raises(BylawError) as caught:
        read_defaults(tmp_path)
    [problem] = caught.value.problems
    assert problem.message == message
    assert problem.place is not None
    assert problem.place.file.endswith("bylaw.toml")
    assert problem.place.line == line
    assert problem.help


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "bylaw.toml").write_bytes(b'\xef\xbb\xbf[bylaw]\r\npolicy = "hebron-md"\r\n')
    assert read_defaults(tmp_path).policy == "hebron-md"


def test_readings_are_pairs() -> None:
    assert read_readings(["a=b", " c = d ", "a=b"]) == {"a": "b", "c": "d"}


@pytest.mark.parametrize("given", [["a"], ["=b"], ["a="], ["a=b", "a=c"]])
def test_a_wrong_reading_is_refused(given: list[str]) -> None:
    with pytest.raises(UsageError):
        read_readings(given)


def test_no_policy_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        open_policy(None)
    assert caught.value.problems[0].message == "no policy is named"
    assert "give `--policy`" in (caught.value.problems[0].help or "")


def test_a_folder_with_the_name_of_a_shipped_pack_is_not_silently_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "aqu-imet2000").mkdir()
    monkeypatch.chdir(tmp_path)
    assert open_policy("aqu-imet2000").id == "aqu-imet2000"
    note = "note: `aqu-imet2000` is the pack that ships with bylaw; write `./aqu-imet2000` for the folder\n"
    assert capsys.readouterr().err == note
    (tmp_path / "aqu-imet2000").rmdir()
    open_policy("aqu-imet2000")
    assert capsys.readouterr().err == ""

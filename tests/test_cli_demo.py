"""`bylaw demo` and `bylaw packs`: what ships is there, and what is somebody else's is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bylaw.cli.main import main


@pytest.mark.long
def test_the_demo_writes_a_folder_that_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    said = capsys.readouterr().out
    assert "200 invented students" in said
    assert "year_outcome: " in said
    assert "The rule: " in said
    assert "marks.csv:" in said
    assert "cd bylaw-demo" in said
    monkeypatch.chdir(tmp_path / "bylaw-demo")
    command = next(line for line in said.splitlines() if line.startswith("$ bylaw why ")).split(" ", 2)[2]
    assert main([word.strip("'") for word in command.split(" ")]) == 0
    assert "Record: cohort (synthetic)" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    monkeypatch.chdir(tmp_path / "bylaw-demo")
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()} == before


def test_the_demo_overwrites_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "bylaw.toml").write_text("[bylaw]\n")
    assert main(["demo", "mine"]) == 2
    assert capsys.readouterr().err == (
        "error: `mine/bylaw.toml` is there already and differs\n"
        "  help: name another folder: `bylaw demo FOLDER`\n"
    )
    assert [path.name for path in mine.iterdir()] == ["bylaw.toml"]
    (tmp_path / "file").write_text("")
    assert main(["demo", "file"]) == 2
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.long
def test_the_shipped_packs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs"]) == 0
    assert "hebron-md\n" in capsys.readouterr().out
    assert main(["packs", "-f", "json"]) == 0
    (found,) = (pack for pack in json.loads(capsys.readouterr().out) if pack["policy"] == "hebron-md")
    assert found["encoded"] <= found["provisions"]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("bylaw ")

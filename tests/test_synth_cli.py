"""`bylaw synth` writes a folder, says what it did on stderr and refuses what it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.files.yaml import read_yaml

LENDING = str(Path(__file__).parent / "packs" / "lending")


def synth(out: Path, *more: str) -> int:
    return main(
        ["synth", "--policy", LENDING, "--students", "3", "--as-of", "2021", "--out", str(out), *more]
    )


def test_it_writes_a_cohort_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert synth(tmp_path / "made", "--seed", "5") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("3 invented students, ")
    about = (tmp_path / "made" / "cohort.yaml").read_text()
    assert 'command: "bylaw synth --policy lending --students 3 --seed 5 --as-of 2021"' in about
    assert "synthetic: true" in about


def test_it_refuses_a_folder_with_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("\\end{document}")
    assert synth(tmp_path) == 2
    assert "holds other files: `thesis.tex`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_it_refuses_a_file_in_place_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "made").write_text("")
    assert synth(tmp_path / "made") == 2
    assert "is a file, not a folder" in capsys.readouterr().err


def test_it_refuses_no_students(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert synth(tmp_path / "made", "--students", "0") == 2
    assert "the number is from 1 to" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


def test_the_guide_lists_every_cohort_that_ships_with_its_command() -> None:
    root = Path(__file__).parents[1]
    guide = (root / "docs" / "how-to" / "make-a-synthetic-cohort.md").read_text(encoding="utf-8")
    shipped = sorted((root / "facts").glob("*/*/cohort.yaml"))
    assert shipped
    for about in shipped:
        folder = about.parent.relative_to(root).as_posix()
        command = read_yaml(about, about.name).data["command"]
        assert f"| `{folder}` | `{command} --out {folder}` |" in guide

"""`bylaw import map` writes a first mapping, which leaves nothing out; `bylaw import run` a folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.errors import RecordError
from bylaw.files.yaml import parse_yaml
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.presets import preset_names, read_preset
from sources import tables_of, write_sqlite

TESTS = Path(__file__).parent
PACK = TESTS / "packs" / "records-lab"
COHORT = TESTS / "good" / "records" / "cohort"


@pytest.fixture(scope="module")
def lab() -> Policy:
    return load_policy(PACK)


def test_a_first_mapping_names_every_column_and_is_refused_until_all_are_decided(
    lab: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "export"
    source.mkdir()
    (source / "MEMBER.csv").write_text("ID,JOINED,NAME,Status: now\n", encoding="utf-8")
    (source / "results.csv").write_text("MEMBER_ID,DEVICE,YEAR,SCORES,REMARK\n", encoding="utf-8")
    (source / "odd.csv").write_text("X,Y\n", encoding="utf-8")
    assert main(["import", "map", str(source), "-p", str(PACK)]) == 0
    text = capsys.readouterr().out
    assert parse_yaml(text, "m.yaml").data == {
        "policy": "records-lab",
        "tables": {
            "members": {
                "from": "MEMBER.csv",
                "columns": {"member": None, "joined": "JOINED", "kind": None},
                "undecided": ["ID", "NAME", "Status: now"],
            },
            "tests": {
                "from": "results.csv",
                "columns": {"member": "MEMBER_ID", "device": "DEVICE", "year": "YEAR", "score": "SCORES"},
                "undecided": ["REMARK"],
            },
        },
        "undecided_tables": ["odd.csv"],
    }
    assert "# Without a source, and needed:\n#   declarations\n" in text
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError) as caught:
        load_records(lab, source, mapping=tmp_path / "m.yaml")
    assert [problem.message for problem in caught.value.problems] == [
        "`member` is not decided",
        "`kind` is not decided",
        "column `ID` of `MEMBER.csv` is not decided",
        "column `NAME` of `MEMBER.csv` is not decided",
        "column `Status: now` of `MEMBER.csv` is not decided",
        "column `REMARK` of `results.csv` is not decided",
        "table `odd.csv` is not decided",
    ]


def test_a_source_with_the_names_of_the_pack_needs_no_decision(
    lab: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sqlite(tmp_path / "c.db", tables_of(lab, COHORT))
    out = tmp_path / "m.yaml"
    assert main(["import", "map", f"sqlite:///{tmp_path / 'c.db'}", "-p", str(PACK), "-o", str(out)]) == 0
    assert out.stat().st_mode & 0o777 == 0o600
    mapped = load_records(lab, tmp_path / "c.db", mapping=out)
    assert mapped.digest_all == load_records(lab, COHORT).digest_all
    assert main(["import", "map", str(tmp_path / "c.db"), "-p", str(PACK), "-o", str(out)]) == 2


def test_only_headers_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "members.csv").write_text("member,joined,kind\nNOBODY,geheim,geheim\n", encoding="utf-8")
    assert main(["import", "map", str(tmp_path / "members.csv"), "-p", str(PACK)]) == 0
    printed = capsys.readouterr()
    assert "NOBODY" not in printed.out + printed.err
    (tmp_path / "members.csv").write_text("", encoding="utf-8")
    assert main(["import", "map", str(tmp_path / "members.csv"), "-p", str(PACK)]) == 2
    assert "file is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("preset", "table", "header", "wanted"),
    [
        (
            "peoplesoft",
            "PS_STDNT_ENRL",
            "EMPLID,STRM,CLASS_NBR,CRSE_GRADE_OFF",
            {"member": "EMPLID", "year": "STRM", "score": "CRSE_GRADE_OFF", "device": None},
        ),
        (
            "banner",
            "SHRTCKG",
            "SHRTCKG_PIDM,SHRTCKG_TERM_CODE,SHRTCKG_GRDE_CODE_FINAL",
            {"member": None, "year": "SHRTCKG_TERM_CODE", "score": "SHRTCKG_GRDE_CODE_FINAL", "device": None},
        ),
    ],
)
def test_a_preset_says_what_columns_hold(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    preset: str,
    table: str,
    header: str,
    wanted: dict[str, str | None],
) -> None:
    (tmp_path / f"{table}.csv").write_text(f"{header}\n", encoding="utf-8")
    words = ["import", "map", str(tmp_path / f"{table}.csv"), "-p", str(PACK)]
    assert main([*words, "--preset", preset]) == 0
    (part,) = parse_yaml(capsys.readouterr().out, "m.yaml").data["tables"].values()
    assert part["columns"] == wanted
    assert set(part["columns"].values()) - {None} | set(part["undecided"]) == set(header.split(","))
    assert main([*words, "--preset", "other"]) == 2
    assert "there is no preset `other`" in capsys.readouterr().err


def test_every_preset_is_sound() -> None:
    for name in preset_names():
        preset = read_preset(name)
        columns = [one for table in preset.tables.values() for one in table.columns.values()]
        assert preset.title
        assert all(table.means and table.columns for table in preset.tables.values())
        assert all(one.note for one in columns)
        assert {one.documented for one in columns} == {True, False}


def test_a_foreign_source_becomes_a_folder_with_the_same_facts(
    lab: Policy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sqlite(tmp_path / "c.db", tables_of(lab, COHORT))
    words = ["import", "run", "-p", str(PACK), "-r", str(tmp_path / "c.db")]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0
    assert (
        capsys.readouterr().err
        == f"13 rows read, 13 used, 0 ignored; 3 records, 13 rows: {tmp_path / 'out'}\n"
    )
    again = load_records(lab, tmp_path / "out")
    assert again.digest_all == load_records(lab, COHORT).digest_all
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert main([*words, "-o", str(tmp_path / "out")]) == 2
    with sqlite3.connect(tmp_path / "c.db") as connection:
        connection.execute("UPDATE members SET kind = 'x'")
    connection.close()
    assert main([*words, "-o", str(tmp_path / "other")]) == 2
    assert "`kind` is `x`" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.db", "out"]

"""A table in parts: its rows in any file of a folder, CSV or Parquet, and the same cohort comes of it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bylaw.errors import RecordError
from bylaw.files.store import open_store
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.first_mapping import first_mapping
from bylaw.records.load import load_records
from bylaw.tables import sheet_rows

TESTS = Path(__file__).parent
COHORT = TESTS / "good" / "records" / "cohort"
LOANS = TESTS / "golden" / "loans"


@pytest.fixture(scope="module")
def lab() -> Policy:
    return load_policy(TESTS / "packs" / "records-lab")


@pytest.fixture(scope="module")
def loans() -> Policy:
    return load_policy(TESTS / "packs" / "library-loans")


def scattered(source: Path, folder: Path, seed: int, endings: tuple[str, ...] = (".csv", ".parquet")) -> Path:
    """Write a cohort with the rows of each table in no order over some files, their columns neither."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    if (source / "cohort.yaml").exists():
        shutil.copy(source / "cohort.yaml", folder)
    for path in source.glob("*.csv"):
        header, *rows = sheet_of(path)
        files = chance.randrange(1, 12)
        parts = folder / chance.choice([path.stem, f"{path.stem}.parquet", f"{path.stem}.csv"])
        parts.mkdir()
        (parts / "_SUCCESS").touch()
        (parts / ".part.0.crc").touch()
        chance.shuffle(rows)
        for number in range(files):
            order = chance.sample(range(len(header)), len(header))
            lines = [[row[n] for n in order] for row in [header, *rows[number::files]]]
            write(parts / f"part.{number}{chance.choice(endings)}", lines)
    return folder


def sheet_of(path: Path) -> list[list[str]]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [row for row in csv.reader(stream) if row]


def write(path: Path, lines: list[list[str]]) -> None:
    import csv

    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
        return
    header, *rows = lines
    columns = [[row[n].strip() or None for row in rows] for n in range(len(header))]
    pq.write_table(
        pa.table({name: pa.array(c, pa.string()) for name, c in zip(header, columns, strict=True)}), path
    )


@pytest.mark.parametrize("seed", range(6))
def test_rows_scattered_over_files_are_the_same_cohort(lab, loans, tmp_path, seed):
    for policy, source in ((lab, COHORT), (loans, LOANS)):
        whole = load_records(policy, source)
        parted = load_records(policy, scattered(source, tmp_path / policy.id, seed))
        assert parted.subjects == whole.subjects
        assert parted.digest_all == whole.digest_all
        assert parted.counts == whole.counts
        assert parted.absences == whole.absences


def test_a_row_is_cited_by_the_file_that_it_stands_in(lab, tmp_path):
    folder = scattered(COHORT, tmp_path / "records", 1)
    shutil.rmtree(next(folder.glob("tests*")))
    (folder / "tests").mkdir()
    header, first, second, third = sheet_of(COHORT / "tests.csv")
    write(folder / "tests" / "part.10.csv", [header, second])
    write(folder / "tests" / "part.9.parquet", [header, third, first])
    rows = {str(fact): str(fact.row) for fact in load_records(lab, folder).facts("A1")}
    assert rows['tested("A1","0017",2021,59)'] == f"{folder / 'tests' / 'part.10.csv'}:2"
    assert rows['tested("A1","lathe",2020,70)'] == f"{folder / 'tests' / 'part.9.parquet'} row 2"


def refused(policy: Policy, folder: Path, **how: object) -> list[str]:
    with pytest.raises(RecordError) as raised:
        load_records(policy, folder, **how)
    return [str(one).replace(f"{folder}/", "") for one in raised.value.problems]


def test_what_is_wrong_in_any_part_is_told(lab, tmp_path):
    folder = tmp_path / "records"
    shutil.copytree(COHORT, folder)
    header, *rows = sheet_of(folder / "tests.csv")
    (folder / "tests.csv").unlink()
    (folder / "tests").mkdir()
    write(folder / "tests" / "a.csv", [header, *rows])
    write(folder / "tests" / "b.csv", [header, rows[0], ["A1", "drill", "2020", "many", ""]])
    write(folder / "tests" / "c.csv", [header[1:], rows[1][1:]])
    told = "\n".join(refused(lab, folder))
    assert "row repeats" in told
    assert "at tests/b.csv:2:1" in told
    assert "the first one is on tests/a.csv:2" in told.replace(f"{folder}/", "")
    assert "at tests/b.csv:3:15, column `score`" in told
    assert "column `member` of `tests` is missing\n  at tests/c.csv:1" in told


def test_what_is_no_part_is_told(lab, tmp_path):
    folder = tmp_path / "records"
    shutil.copytree(COHORT, folder)
    (folder / "tests.csv").rename(folder / "old.txt")
    parts = folder / "tests"
    parts.mkdir()
    assert refused(lab, folder) == [
        "error: the folder has no part of a table\n  at tests\n"
        "  help: a table without rows has a file with its header only"
    ]
    (parts / "year=2020").mkdir()
    (parts / "notes.txt").touch()
    assert [one.splitlines()[0] for one in refused(lab, folder)] == [
        "error: `notes.txt` is no part of a table",
        "error: `year=2020` is a folder, and no part of a table",
    ]
    shutil.copy(COHORT / "tests.csv", folder)
    assert any("`tests` has a file already" in one for one in refused(lab, folder))


def test_so_much_that_is_wrong_that_the_other_parts_are_not_looked_at(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_rows, "MOST_PROBLEMS", 4)
    folder = tmp_path / "records"
    shutil.copytree(COHORT, folder)
    header, *_ = sheet_of(folder / "tests.csv")
    (folder / "tests.csv").unlink()
    (folder / "tests").mkdir()
    for number in range(4):
        wrong = [["A1", f"d{number}{n}", "2020", "many", ""] for n in range(3)]
        write(folder / "tests" / f"{number}.csv", [header, *wrong])
    told = [one for one in refused(lab, folder) if "tests/" in one]
    assert sum("many" in one for one in told) == 6
    assert sum("6 problems so far" in one for one in told) == 1
    assert not any("2.csv" in one for one in told)


def test_a_mapping_takes_a_table_in_parts(loans, tmp_path):
    folder = scattered(LOANS, tmp_path / "records", 3, (".csv",))
    for path in [one for one in folder.iterdir() if one.is_dir()]:
        path.rename(path.with_name(f"the_{path.name.split('.')[0]}"))
    with open_store(str(folder)) as store:
        text = first_mapping(loans, store)
    names = sorted(one.name for one in folder.iterdir() if one.is_dir())
    assert names == sorted(store.tables)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    for name in names:
        assert f"from: {name}" in text
    assert load_records(loans, folder, mapping=mapping).digest_all == load_records(loans, LOANS).digest_all
    (folder / names[0] / "notes.txt").touch()
    told = refused(loans, folder, mapping=mapping)
    assert "`notes.txt` is no part of a table" in told[0]

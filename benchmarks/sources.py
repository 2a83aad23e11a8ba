"""What a million rows cost to read: `python benchmarks/sources.py [--rows N] [--database ADDRESS]`.

Invented marks of the MD pack, 63 a student and in no order, are written as CSV, SQLite, Parquet and XLSX, and
into a PostgreSQL database if an address is given; tables of the pack's names there are replaced. Each is read
and checked in a process of its own, of which the table has the processor time and the greatest memory, with
what the process has before it reads beside it.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAN = ROOT / "policies" / "hebron-md" / "tables" / "plan.csv"
MARKS = 63
HEADERS = {
    "students": ("student", "admitted", "route"),
    "placements": ("student", "year", "level"),
    "marks": ("student", "course", "year", "sitting", "mark"),
}
READ = """
import json, resource, sys, time
from bylaw.policy.load import load_policy
from bylaw.policy.kept import kept_policy
from bylaw.records.load import load_records
policy = kept_policy("hebron-md") or load_policy("hebron-md")
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
records = load_records(policy, sys.argv[1])
seconds = time.process_time() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([sum(records.counts.values()), seconds, before / 1024, peak / 1024]))
"""

Rows = dict[str, list[tuple[object, ...]]]


def invented(rows: int) -> Rows:
    """Return the rows of a cohort with about as many marks as are asked for."""
    with PLAN.open(encoding="utf-8", newline="") as stream:
        courses = [row["course"] for row in csv.DictReader(stream)][:MARKS]
    rng = random.Random(1)
    students = [f"SYN-{number:06d}" for number in range(-(-rows // MARKS))]
    marks: list[tuple[object, ...]] = [
        (one, course, 2015 + place // 11, "main", rng.randint(40, 99))
        for one in students
        for place, course in enumerate(courses)
    ]
    rng.shuffle(marks)
    return {
        "students": [(one, 2015, "new") for one in students],
        "placements": [(one, 2015 + level, level + 1) for one in students for level in range(6)],
        "marks": marks,
    }


def written(folder: Path, rows: Rows, database: str | None) -> Iterator[tuple[str, str]]:
    """Write the rows into each kind of source; yield what it is called and how it is named."""
    (folder / "csv").mkdir()
    for name, table in rows.items():
        with (folder / "csv" / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([HEADERS[name], *table])
    yield "CSV", str(folder / "csv")
    with sqlite3.connect(folder / "cohort.db") as connection:
        for name, table in rows.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(HEADERS[name])})")
            marks = ", ".join("?" * len(HEADERS[name]))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", table)
    connection.close()
    yield "SQLite", f"sqlite:///{folder / 'cohort.db'}"
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "parquet").mkdir()
    for name, table in rows.items():
        columns = dict(zip(HEADERS[name], map(list, zip(*table, strict=True)), strict=True))
        pq.write_table(pa.table(columns), folder / "parquet" / f"{name}.parquet")
    yield "Parquet", str(folder / "parquet")
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, table in rows.items():
        sheet = book.create_sheet(name)
        for row in (HEADERS[name], *table):
            sheet.append(row)
    book.save(folder / "cohort.xlsx")
    yield "XLSX", str(folder / "cohort.xlsx")
    if database is not None:
        _fill(database, rows)
        yield "PostgreSQL", database


def _fill(database: str, rows: Rows) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(database)
    with engine.begin() as connection:
        for name, table in rows.items():
            kinds = ["integer" if isinstance(value, int) else "text" for value in table[0]]
            columns = ", ".join(f"{c} {kind}" for c, kind in zip(HEADERS[name], kinds, strict=True))
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))
            connection.execute(sa.text(f"CREATE TABLE {name} ({columns})"))
            cursor = connection.connection.cursor()
            with cursor.copy(f"COPY {name} FROM STDIN") as copy:  # type: ignore[attr-defined]
                for row in table:
                    copy.write_row(row)
    engine.dispose()


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--database", help="of which the tables students, placements and marks are replaced")
    given = parser.parse_args()
    rows = invented(given.rows)
    print(
        "| source | rows | seconds of processor | MB before | MB at most |\n| --- | --- | --- | --- | --- |"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, source in written(Path(folder), rows, given.database):
            done = subprocess.run(
                [sys.executable, "-c", READ, source], check=True, capture_output=True, text=True
            )
            count, seconds, before, peak = json.loads(done.stdout)
            print(f"| {name} | {count:,} | {seconds:.0f} | {before:.0f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()

"""A cohort is the same wherever it is: the same facts from CSV, XLSX, SQLite, Parquet and PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bylaw.errors import RecordError, UsageError
from bylaw.files import extras
from bylaw.files.sql import without_password
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.model import Records
from sources import (
    postgres_binaries,
    postgres_server,
    tables_of,
    write_parquet,
    write_sql,
    write_sqlite,
    write_xlsx,
)

TESTS = Path(__file__).parent
COHORT = TESTS / "good" / "records" / "cohort"
POSTGRES = postgres_binaries()


@pytest.fixture(scope="module")
def lab() -> Policy:
    return load_policy(TESTS / "packs" / "records-lab")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if POSTGRES is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgres_server(POSTGRES) as address:
        yield address


@pytest.fixture
def postgres(server: str) -> str:
    """The address of an empty database."""
    engine = sa.create_engine(server)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return server


def test_ci_has_a_postgresql_server() -> None:
    """`.ci/run` installs one; elsewhere a run may do without, and the head of its report says so."""
    assert POSTGRES is not None or "BYLAW_CI" not in os.environ


def said(records: Records) -> dict[str, list[str]]:
    """Return the facts of everybody, and what is missing, without their rows."""
    return {
        subject: [*sorted(str(fact) for fact in records.facts(subject)), str(records.missing(subject))]
        for subject in records.subjects
    }


def same(other: Records, lab: Policy) -> None:
    csv = load_records(lab, COHORT)
    assert said(other) == said(csv)
    assert (other.counts, other.as_of, other.digest_all) == (csv.counts, csv.as_of, csv.digest_all)


def problems(records: Any) -> list[str]:
    with pytest.raises(RecordError) as caught:
        records()
    return [str(problem) for problem in caught.value.problems]


# ------------------------------------------------------------------------------------- the same everywhere


def test_a_workbook_gives_the_same_facts_and_cites_its_cells(lab: Policy, tmp_path: Path) -> None:
    book = tmp_path / "cohort.xlsx"
    write_xlsx(book, tables_of(lab, COHORT))
    records = load_records(lab, book)
    same(records, lab)
    assert records.source == str(book)
    rows = {str(fact): str(fact.row) for fact in records.facts("A1")}
    assert rows['tested("A1","0017",2021,59)'] == f"{book} tests!A3:E3"


@pytest.mark.parametrize("named", ["sqlite:///{}", "{}"])
def test_sqlite_gives_the_same_facts_and_cites_row_ids(lab: Policy, tmp_path: Path, named: str) -> None:
    path = tmp_path / "cohort.db"
    write_sqlite(path, tables_of(lab, COHORT))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE tests SET rowid = 70 WHERE device = '0017'")
    connection.close()
    records = load_records(lab, named.format(path))
    same(records, lab)
    rows = {str(fact): str(fact.row) for fact in records.facts("A1")}
    assert rows['tested("A1","0017",2021,59)'] == f"{named.format(path)} tests row 70"


def test_parquet_gives_the_same_facts_and_cites_rows(lab: Policy, tmp_path: Path) -> None:
    write_parquet(tmp_path, lab, tables_of(lab, COHORT))
    records = load_records(lab, tmp_path)
    same(records, lab)
    rows = {str(fact): str(fact.row) for fact in records.facts("A1")}
    assert rows['tested("A1","0017",2021,59)'] == f"{tmp_path / 'tests.parquet'} row 2"


def test_postgresql_gives_the_same_facts(lab: Policy, postgres: str) -> None:
    write_sql(postgres, lab, tables_of(lab, COHORT))
    records = load_records(lab, postgres)
    same(records, lab)
    rows = {str(fact): str(fact.row) for fact in records.facts("A1")}
    # Without a key of one number, rows count in the order of what they hold.
    assert rows['tested("A1","0017",2021,59)'] == f"{postgres} tests row 1"


def test_sqlalchemy_reads_sqlite_too(lab: Policy, tmp_path: Path) -> None:
    address = f"sqlite+pysqlite:///{tmp_path / 'cohort.db'}"
    write_sqlite(tmp_path / "cohort.db", tables_of(lab, COHORT))
    same(load_records(lab, address), lab)


TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cn", "Cs", "Zl", "Zp"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=12,
    # openpyxl writes texts that start so as formulas and errors.
).filter(lambda text: text == text.strip() and text[0] not in "=#")
MEMBERS = st.lists(st.from_regex(r"\A[A-Z0-9-]{1,8}\Z"), min_size=1, max_size=4, unique=True)


@st.composite
def cohorts(draw: st.DrawFn) -> dict[str, tuple[list[str], list[list[Any]]]]:
    members = draw(MEMBERS)
    days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
    hours = st.decimals(0, Decimal("12.5"), places=2)
    choice = st.sampled_from
    projects = draw(st.lists(TEXT, max_size=3, unique=True))
    booked = draw(
        st.lists(
            st.tuples(choice(members), choice(["lathe", "drill", "0017"]), days, hours),
            max_size=5,
            unique_by=lambda row: row[:3],
        )
    )
    tests = draw(
        st.lists(
            st.tuples(
                choice(members), choice(["lathe", "0017"]), st.integers(2000, 2100), st.integers(0, 100)
            ),
            max_size=5,
            unique_by=lambda row: row[:3],
        )
    )
    kinds = st.tuples(days, choice(["new", "senior"]), st.none() | st.booleans())
    return {
        "members": (["member", "joined", "kind", "active"], [[one, *draw(kinds)] for one in members]),
        "declarations": (["member", "signed"], [[one, draw(days)] for one in members]),
        "projects": (["member", "project"], [[draw(choice(members)), one] for one in projects]),
        "bookings": (["member", "device", "day", "hours"], [list(row) for row in booked]),
        "tests": (
            ["member", "device", "year", "score", "note"],
            [[*row, draw(st.none() | TEXT)] for row in tests],
        ),
    }


def written(value: object) -> str:
    """Write a value for a CSV file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@pytest.mark.long
@settings(max_examples=15, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(tables=cohorts())
def test_any_cohort_survives_every_source(
    lab: Policy, tmp_path_factory: pytest.TempPathFactory, tables: Any, request: pytest.FixtureRequest
) -> None:
    import csv

    folder = tmp_path_factory.mktemp("any")
    (folder / "csv").mkdir()
    (folder / "parquet").mkdir()
    for name, (header, rows) in tables.items():
        with (folder / "csv" / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *([written(value) for value in row] for row in rows)])
    write_xlsx(folder / "a.xlsx", tables)
    write_sqlite(folder / "a.db", tables)
    write_parquet(folder / "parquet", lab, tables)
    expected = load_records(lab, folder / "csv")
    sources = [str(folder / "a.xlsx"), f"sqlite:///{folder / 'a.db'}", str(folder / "parquet")]
    if POSTGRES is not None:
        address = request.getfixturevalue("server")
        engine = sa.create_engine(address)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
        write_sql(address, lab, tables)
        sources.append(address)
    for source in sources:
        assert said(load_records(lab, source)) == said(expected)


# ------------------------------------------------------------------------------------------ what is refused


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_what_a_workbook_cannot_say_is_refused_at_its_cell(lab: Policy, tmp_path: Path) -> None:
    members = [
        ["member", "joined", "kind", "active", None],
        [12345, date(2020, 1, 1), "new", True, None],
        ["A2", datetime(2020, 1, 1, 9, 30), "new", None, None],
        ["A3", 43831, "new", None, None],
        ["A4", "=TODAY()", "new", "#N/A", None],
        [],
        ["A5", date(2020, 1, 1), 1, 1, "loose"],
    ]
    tests = [["member", "device", "year", "score"], ["A2", "lathe", 2020.5, 61.25]]
    path = workbook(tmp_path / "c.xlsx", members=members, declarations=[["member", "signed"]], tests=tests)
    found = [one for one in problems(lambda: load_records(lab, path)) if "no row" not in one]
    zeros = (
        "zeros before it may be lost: keep the column as text, "
        "or let the mapping say how many `digits` it has"
    )
    cut = "nothing is cut here: store days, or let a view give them"
    stale = "paste the values over it: what it shows may be out of date"
    expected = [
        ("`member` is the number 12345; text is needed", "members!A2, column `member`", zeros),
        (
            "record `A2`: `joined` is 2020-01-01 09:30:00, which has a time of day",
            "members!B3, column `joined`",
            cut,
        ),
        (
            "record `A3`: `joined` is the number 43831; a date is needed",
            "members!B4, column `joined`",
            "keep the column as dates",
        ),
        ("record `A4`: `joined` holds a formula", "members!B5, column `joined`", stale),
        ("record `A4`: `active` holds the error #N/A", "members!D5, column `active`", None),
        (
            "record `A5`: `kind` is the number 1",
            "members!C7, column `kind`",
            "translate it with `values`",
        ),
        (
            "record `A5`: `active` is the number 1",
            "members!D7, column `active`",
            "translate it with `values`",
        ),
        ("cell stands in a column without a name", "members!E7", None),
        ("record `A2`: `year` is 2020.5; a whole number is needed", "tests!C2, column `year`", None),
        ("record `A2`: `score` is 61.25; a whole number is needed", "tests!D2, column `score`", None),
    ]
    assert found == [
        f"error: {message}\n  at {path} {at}" + (f"\n  help: {help_line}" if help_line else "")
        for message, at, help_line in expected
    ]


def test_zeros_that_the_format_of_a_cell_shows_are_kept(lab: Policy, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "members"
    for row in (["member", "joined", "kind"], [12345, date(2020, 1, 1), "new"]):
        sheet.append(row)
    sheet["A2"].number_format = "0000000"
    signed = book.create_sheet("declarations")
    for row in (["member", "signed"], ["0012345", date(2020, 1, 1)]):
        signed.append(row)
    book.save(tmp_path / "c.xlsx")
    assert load_records(lab, tmp_path / "c.xlsx").subjects == ("0012345",)


def test_what_a_database_cannot_say_is_refused(lab: Policy, postgres: str) -> None:
    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        for line in (
            "CREATE TABLE members (id integer PRIMARY KEY, member text, joined timestamptz, kind text)",
            "INSERT INTO members VALUES (7, 'A1', '2020-01-01 00:00+00', 'new'), (9, 'A2', NULL, 'new')",
            "CREATE TABLE declarations (member bigint, signed date)",
            "INSERT INTO declarations VALUES (12345, '2020-01-01')",
            "CREATE TABLE bookings (member text, device text, day date, hours double precision)",
            "INSERT INTO bookings VALUES ('A1', 'lathe', '2020-01-01', 'NaN')",
        ):
            connection.execute(sa.text(line))
    engine.dispose()
    found = [one.splitlines()[:2] for one in problems(lambda: load_records(lab, postgres))]
    assert [(what.removeprefix("error: "), where.split(f"{postgres} ")[-1]) for what, where in found] == [
        ("record `A1`: `hours` is nan, which is no number", "bookings row 1, column `hours`"),
        ("`member` is the number 12345; text is needed", "declarations row 1, column `member`"),
        ("`id` is not a column of `members`", "table members"),
        (
            "record `A1`: `joined` is 2020-01-01 00:00:00+00:00, a time with its zone",
            "members row 7, column `joined`",
        ),
        ("record `A2`: `joined` is empty", "members row 9, column `joined`"),
    ]


def test_a_database_is_read_as_it_is_at_one_moment_and_never_written_to(postgres: str) -> None:
    from bylaw.files.sql import SqlDatabase

    engine = sa.create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id integer PRIMARY KEY, a text)"))
        connection.execute(sa.text("INSERT INTO t VALUES (3, 'x'), (8, 'y')"))
    database = SqlDatabase(postgres)
    assert list(database.sheet("t").rows([1])) == [(3, ("x",)), (8, ("y",))]
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM t WHERE id = 3"))
    assert [number for number, _ in database.sheet("t").rows([1])] == [3, 8]
    assert database._connection.execute(sa.text("SELECT current_setting('transaction_read_only')")).all() == [
        ("on",)
    ]
    database.close()
    engine.dispose()


def test_a_parquet_float_of_32_bits_is_the_number_it_stands_for(lab: Policy, tmp_path: Path) -> None:
    write_parquet(tmp_path, lab, tables_of(lab, COHORT))
    rows = {"member": ["A1"], "device": ["lathe"], "day": [date(2021, 5, 4)]}
    for kind, accepted in ((pa.float32(), True), (pa.float64(), True)):
        table = pa.table({**rows, "hours": pa.array([12.1], kind)})
        pq.write_table(table, tmp_path / "bookings.parquet")
        facts = [str(fact) for fact in load_records(lab, tmp_path).facts("A1")]
        assert accepted and 'booked("A1","lathe",737914,1210)' in facts
    pq.write_table(pa.table({**rows, "hours": pa.array([0.1 + 0.2])}), tmp_path / "bookings.parquet")
    (problem,) = problems(lambda: load_records(lab, tmp_path))
    assert "which has more than 2 decimals" in problem
    assert f"at {tmp_path / 'bookings.parquet'} row 1, column `hours`" in problem


def test_times_with_a_zone_and_midnights(lab: Policy, tmp_path: Path) -> None:
    write_parquet(tmp_path, lab, tables_of(lab, COHORT))
    east = timezone(timedelta(hours=2))
    for moment, kind, message in (
        (datetime(2021, 2, 1), pa.timestamp("us"), None),
        (datetime(2021, 2, 1, tzinfo=east), pa.timestamp("us", "UTC"), "a time with its zone"),
        (datetime(2021, 2, 1, 1), pa.timestamp("us"), "which has a time of day"),
    ):
        table = pa.table({"member": ["A1", "B2", "0012345"], "signed": pa.array([moment] * 3, kind)})
        pq.write_table(table, tmp_path / "declarations.parquet")
        if message is None:
            assert load_records(lab, tmp_path).subjects == ("0012345", "A1", "B2")
        else:
            assert all(message in one for one in problems(lambda: load_records(lab, tmp_path)))


@pytest.mark.parametrize("name", ["a.xlsx", "a.db", "a.xls", "a.txt"])
def test_a_file_that_is_not_what_its_name_says(lab: Policy, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 not at all")
    (problem,) = problems(lambda: load_records(lab, tmp_path / name))
    assert problem.startswith(f"error: `{tmp_path / name}` ")


def test_a_broken_parquet_file_and_one_that_is_cut_short(lab: Policy, tmp_path: Path) -> None:
    write_parquet(tmp_path, lab, tables_of(lab, COHORT))
    whole = (tmp_path / "tests.parquet").read_bytes()
    (tmp_path / "tests.parquet").write_bytes(whole[: len(whole) // 2])
    (problem,) = problems(lambda: load_records(lab, tmp_path))
    assert "file cannot be read: it is not Parquet" in problem


def test_a_database_that_does_not_answer_or_is_not_known() -> None:
    policy = load_policy(TESTS / "packs" / "records-lab")
    for address, words in (
        ("postgresql+psycopg://reader:geheim@127.0.0.1:1/db?password=geheim", "cannot be read: "),
        ("foo://geheim:geheim@host/db", "names a kind of database that is not known"),
        ("postgresql+psycopg://reader:geheim@h:port/d", "is no database address"),
    ):
        with pytest.raises(UsageError) as caught:
            load_records(policy, address)
        text = str(caught.value)
        assert words in text
        assert "geheim" not in text.replace("//geheim", "")


def test_passwords_are_not_shown() -> None:
    for address, shown in (
        ("postgresql://a:b@h/d", "postgresql://a:***@h/d"),
        ("postgresql://a:b@c/x@h/d?sslmode=require", "postgresql://a:***@h/d?sslmode=require"),
        ("oracle://h/d?user=a&Password=b%20c&x=1", "oracle://h/d?user=a&Password=***&x=1"),
        ("sqlite:///a@b.db", "sqlite:///a@b.db"),
        ("postgresql://reader@h:5432/d", "postgresql://reader@h:5432/d"),
    ):
        assert without_password(address) == shown


@pytest.mark.parametrize(("source", "extra"), [("a.xlsx", "xlsx"), ("p/", "parquet"), ("db://x", "sql")])
def test_a_missing_library_is_named_with_what_installs_it(
    lab: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, extra: str
) -> None:
    def missing(module: str) -> Any:
        raise ImportError(name=module)

    monkeypatch.setattr(extras, "import_module", missing)
    (tmp_path / "a.xlsx").touch()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "members.parquet").touch()
    with pytest.raises(UsageError, match=rf"pip install 'bylaw\[{extra}\]'"):
        load_records(lab, source if "://" in source else tmp_path / source)

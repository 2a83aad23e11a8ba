"""Writes a cohort of CSV files into other kinds of sources, for the tests that read it back."""

from __future__ import annotations

import csv
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bylaw.policy.model import Policy
from bylaw.tables.schema import Column, ColumnType

Tables = Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]
"""By table: its columns, and rows of typed values; None for an empty cell."""


def typed(column: Column, cell: str) -> object:
    """Return a cell of a CSV file as a database has it."""
    cell = cell.strip()
    if not cell:
        return None
    match column.type:
        case ColumnType.INTEGER:
            return int(cell)
        case ColumnType.DECIMAL:
            return Decimal(cell)
        case ColumnType.DATE:
            return date.fromisoformat(cell)
        case ColumnType.BOOLEAN:
            return cell == "yes"
        case _:
            return cell


def tables_of(policy: Policy, folder: Path) -> dict[str, tuple[list[str], list[list[object]]]]:
    """Read a folder of CSV files without bylaw."""
    tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        columns = policy.tables[path.stem].columns
        values = [[typed(columns[n], c) for n, c in zip(header, row, strict=True)] for row in rows if row]
        tables[path.stem] = header, values
    return tables


def write_sqlite(path: Path, tables: Tables) -> None:
    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value.isoformat() if isinstance(value, date) else value

    with sqlite3.connect(path) as connection:
        for name, (header, rows) in tables.items():
            connection.execute(f'CREATE TABLE "{name}" ({", ".join(f""" "{one}" """ for one in header)})')
            marks = ", ".join("?" * len(header))
            connection.executemany(
                f'INSERT INTO "{name}" VALUES ({marks})', [[plain(value) for value in row] for row in rows]
            )
    connection.close()


def write_xlsx(path: Path, tables: Tables) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, (header, rows) in tables.items():
        sheet = book.create_sheet(name)
        sheet.append(list(header))
        for row in rows:
            sheet.append([float(value) if isinstance(value, Decimal) else value for value in row])
    book.save(path)


def write_parquet(folder: Path, policy: Policy, tables: Tables) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        ColumnType.INTEGER: pa.int64(),
        ColumnType.DECIMAL: pa.decimal128(12, 4),
        ColumnType.DATE: pa.date32(),
        ColumnType.BOOLEAN: pa.bool_(),
    }
    for name, (header, rows) in tables.items():
        columns = policy.tables[name].columns
        schema = pa.schema([(one, kinds.get(columns[one].type, pa.string())) for one in header])
        table = pa.Table.from_pylist([dict(zip(header, row, strict=True)) for row in rows], schema)
        pq.write_table(table, folder / f"{name}.parquet")


def write_sql(address: str, policy: Policy, tables: Tables) -> None:
    import sqlalchemy as sa

    kinds: dict[ColumnType, Any] = {
        ColumnType.INTEGER: sa.Integer(),
        ColumnType.DECIMAL: sa.Numeric(12, 4),
        ColumnType.DATE: sa.Date(),
        ColumnType.BOOLEAN: sa.Boolean(),
    }
    engine = sa.create_engine(address)
    metadata = sa.MetaData()
    made = {}
    for name, (header, _) in tables.items():
        columns = policy.tables[name].columns
        made[name] = sa.Table(
            name, metadata, *(sa.Column(one, kinds.get(columns[one].type, sa.Text())) for one in header)
        )
    metadata.create_all(engine)
    with engine.begin() as connection:
        for name, (header, rows) in tables.items():
            if rows:
                connection.execute(made[name].insert(), [dict(zip(header, r, strict=True)) for r in rows])
    engine.dispose()


# --------------------------------------------------------------------------------------------- PostgreSQL


def postgres_binaries() -> Path | None:
    """Return the folder of the server's programs, None if there is none on this machine."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return installed[-1].parent if installed else None


@contextmanager
def postgres_server(binaries: Path) -> Iterator[str]:
    """Run a server of its own on a free port of loopback; yield the address of its database."""
    # The server does not run as root.
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid}
    with tempfile.TemporaryDirectory(prefix="bylaw-pg-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, **user)
        data = folder / "data"
        run: dict[str, Any] = {
            "cwd": folder,
            "check": True,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.PIPE,
            **user,
        }
        words = ["--auth=trust", "--username=reader", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run([binaries / "initdb", "-D", data, *words], **run)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -h 127.0.0.1 -k {folder} -F"
        log = folder / "log"
        subprocess.run([binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start"], **run)
        try:
            yield f"postgresql+psycopg://reader@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **run)

"""Writes a checked cohort as a folder of CSV files that gives the same facts when it is read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from bylaw.files.atomic import write_text
from bylaw.policy.model import Policy
from bylaw.records.check import Draft
from bylaw.records.write import yaml_present, yaml_text
from bylaw.tables.cells import cell_text
from bylaw.tables.rows import TableRows
from bylaw.tables.schema import Table

OWNER_FOLDER, OWNER_FILE = 0o700, 0o600
"""Permissions of what holds records."""


def write_folder(policy: Policy, draft: Draft, folder: Path) -> None:
    """Write the tables of a draft that `finish` has checked.

    The files appear under another name first, so that no half of a cohort has the name of one.

    Args:
        policy: the pack.
        draft: the records, without problems.
        folder: a folder that is not there yet; its parent is.

    Raises:
        OSError: it cannot be written.
    """
    making = folder.with_name(f".{folder.name}.part")
    making.mkdir(mode=OWNER_FOLDER)
    try:
        lines = [f"policy: {yaml_text(policy.id)}"]
        lines += ["synthetic: true"] if draft.synthetic else []
        lines += [f"title: {yaml_text(draft.title)}"] if draft.title else []
        lines += [f"as_of: {yaml_present(policy, draft.as_of)}"] if draft.as_of is not None else []
        write_text(making / "cohort.yaml", "\n".join(lines) + "\n", OWNER_FILE)
        for name, found in draft.tables.items():
            table = policy.tables[name]
            write_text(making / table.file, _csv(table, found), OWNER_FILE)
        making.rename(folder)
    except BaseException:
        for path in making.iterdir():
            path.unlink()
        making.rmdir()
        raise


def _csv(table: Table, found: TableRows) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in found.rows:
        writer.writerow([cell_text(column, row.value(name)) for name, column in table.columns.items()])
    return out.getvalue()

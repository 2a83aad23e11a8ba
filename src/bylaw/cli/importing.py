"""`bylaw import map` and `bylaw import run`: records from other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bylaw.cli import discretion
from bylaw.cli.options import (
    MappingOption,
    PolicyOption,
    RecordsOption,
    mapping_named,
    open_policy,
    records_named,
)
from bylaw.cli.output import save_private, say, write
from bylaw.errors import UsageError


def import_map(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A folder, a CSV, Parquet or XLSX file, or the address of a database."
        ),
    ],
    policy: PolicyOption = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", help="Take the names as those of a known system."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE", help="A new file; stdout unless given.")
    ] = None,
) -> None:
    """Write a first mapping of a source to the tables of a pack, from the names of its columns.

    No row is read. What the names do not tell is listed as undecided, and the mapping is refused until
    somebody decides it.
    """
    from bylaw.files.store import open_store
    from bylaw.records.first_mapping import first_mapping
    from bylaw.records.presets import read_preset

    loaded = open_policy(policy)
    known = read_preset(preset) if preset is not None else None
    with open_store(source) as store:
        text = first_mapping(loaded, store, known)
    if out is None:
        write(text)
    else:
        save_private(out, text)
        say(f"a first mapping is written to {out}; check it, and decide what is undecided")


def import_run(
    out: Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="A new folder.")],
    policy: PolicyOption = None,
    records: RecordsOption = None,
    mapping: MappingOption = None,
) -> None:
    """Read records from another system, check them, and write them as a folder of CSV files.

    Nothing is written if anything is wrong.
    """
    from bylaw.records.check import finish
    from bylaw.records.load import read_draft
    from bylaw.records.write_folder import write_folder

    loaded = open_policy(policy)
    folder = Path(out)
    if folder.exists():
        raise UsageError(f"`{out}` is there already", "name a new folder, or take this one away first")
    draft = read_draft(loaded, records_named(records), mapping_named(mapping, records))
    if (rename := discretion.renamed()) is not None:
        rename(loaded, draft)
    checked = finish(loaded, draft, counting=True)
    discretion.looked_at(loaded, checked)
    try:
        write_folder(loaded, draft, folder)
    except OSError as cause:
        raise UsageError(f"`{out}` cannot be written: {(cause.strerror or str(cause)).lower()}") from None
    written = sum(checked.counts.values())
    read = written if draft.read is None else draft.read
    say(
        f"{read:,} rows read, {read - draft.ignored:,} used, {draft.ignored:,} ignored; "
        f"{len(checked.subjects):,} records, {written:,} rows: {out}"
    )

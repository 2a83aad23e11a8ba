"""Writes a synthetic cohort as a folder of CSV files: read back and checked, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from bylaw.analysis.synth import SyntheticCohort
from bylaw.errors import Place, PolicyError, Problem, RecordError, UsageError
from bylaw.files.atomic import write_text
from bylaw.policy.model import Policy
from bylaw.records.load import COHORT, load_records

_NOTE = """\
# Invented by `bylaw synth`: nobody in these files exists. The command makes them again, byte for byte.
"""


def cohort_texts(cohort: SyntheticCohort) -> dict[str, str]:
    """Return the files of a cohort by name: `cohort.yaml`, then one CSV file a table."""
    policy = cohort.policy
    about: dict[str, str | int | bool] = {
        "policy": policy.id,
        "synthetic": True,
        "title": f"Synthetic records: {policy.title}",
        "as_of": cohort.as_of,
        "seed": cohort.seed,
        "students": len(cohort.subjects),
        "command": cohort.command,
    }
    # A text in JSON's quotes is the same text in YAML.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in about.items()]
    texts = {COHORT: _NOTE + "".join(lines)}
    for name, rows in cohort.rows.items():
        table = policy.tables[name]
        texts[table.file] = _csv(list(table.columns), rows)
    return texts


def check_target(policy: Policy, folder: Path, *, force: bool = False) -> None:
    """Refuse a folder that holds something else than a cohort, before any time is spent on one.

    Raises:
        UsageError: the folder is a file, or holds other files and is not to be replaced by `force`.
    """
    if folder.is_dir():
        taken = {path.name for path in folder.iterdir()}
        if taken and not force and taken != _names(policy):
            raise _other_files(folder, taken)
    elif folder.exists():
        raise UsageError(f"`{folder}` is a file, not a folder")


def write_cohort(cohort: SyntheticCohort, folder: Path, *, force: bool = False) -> None:
    """Write a cohort into a folder, which appears with all its files or not at all.

    Args:
        cohort: what to write.
        folder: made unless it is there.
        force: replace the files of a folder that holds other ones; files that are no part of the cohort stay.

    Raises:
        UsageError: the folder holds other files, or cannot be written.
        PolicyError: the records are not what the pack's `records.yaml` asks for.
    """
    check_target(cohort.policy, folder, force=force)
    texts = cohort_texts(cohort)
    try:
        taken = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if taken and not force:
            changed = {name for name in taken if not _holds(folder / name, texts[name])}
            if changed:
                raise _other_files(folder, changed)
            return
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with _beside(folder) as made:
            for name, text in texts.items():
                write_text(made / name, text)
            _check(cohort, made)
            if taken:
                for name, text in texts.items():
                    write_text(folder / name, text)
            else:
                if folder.is_dir():
                    folder.rmdir()
                made.rename(folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"`{folder}` cannot be written: {reason}") from None


def _holds(path: Path, text: str) -> bool:
    """Tell whether a file is there with a text; a pipe is never opened."""
    return path.is_file() and path.read_bytes() == text.encode()


def _names(policy: Policy) -> set[str]:
    return {COHORT, *(table.file for table in policy.tables.values() if not table.pack)}


def _other_files(folder: Path, names: set[str]) -> UsageError:
    listed = ", ".join(f"`{name}`" for name in sorted(names)[:3])
    return UsageError(
        f"`{folder}` holds other files: {listed}" + (", ..." if len(names) > 3 else ""),
        "name a new folder, or replace the files of the cohort with --force",
    )


def _csv(columns: list[str], rows: tuple[Mapping[str, str], ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Make a folder beside another one, on the same file system, and take it away if it is still there."""
    target = folder.absolute()
    made = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    made.mkdir()
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _check(cohort: SyntheticCohort, folder: Path) -> None:
    """Read the files back the way any records are read."""
    try:
        records = load_records(cohort.policy, folder)
    except RecordError as error:
        file = cohort.generator
        raise PolicyError(
            Problem(
                f"the generator makes a record that `records.yaml` refuses: {problem.message}",
                Place(file),
                problem.help,
                problem.subject,
                problem.field,
            )
            for problem in error.problems
        ) from None
    if records.subjects != cohort.subjects:
        lost = sorted(set(cohort.subjects) - set(records.subjects))
        table = cohort.policy.subject_table
        raise PolicyError(
            Problem(
                f"the generator makes no row of `{table}` for {len(lost)} of {len(cohort.subjects)} subjects",
                Place(cohort.generator),
                f"the first of them is `{lost[0]}`",
            )
        )

"""Reads student records from a folder of CSV files, from a YAML file or from rows in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bylaw.errors import Place, Problem, RecordError, did_you_mean
from bylaw.files.csv import visible
from bylaw.files.yaml import Document, read_yaml
from bylaw.policy.model import Policy, Show
from bylaw.policy.patterns import clock_type, clock_value
from bylaw.records.check import Draft, citing, finish
from bylaw.records.model import Records
from bylaw.tables.cells import CellError, parse_value
from bylaw.tables.rows import order_of, plain
from bylaw.tables.sheet_rows import read_csv_rows
from bylaw.tables.yaml_rows import PlaceOf, rows_from_yaml

COHORT = "cohort.yaml"
_COHORT_KEYS = ("policy", "synthetic", "title", "as_of", "seed", "students", "command")


def load_records(
    policy: Policy, source: str | Path, as_of: int | None = None, *, keep_going: bool = False
) -> Records:
    """Read the records of a cohort or of one subject and check them whole.

    Args:
        policy: the pack whose tables the records follow.
        source: a folder of CSV files, or a YAML file with one subject; named in problems as given.
        as_of: the value of the clock, over that of the source.
        keep_going: set aside subjects whose records have problems, in `Records.refused`. A problem that
            cannot be tied to one subject still refuses all.

    Raises:
        RecordError: something is wrong; with all problems, by file and line.
        PolicyError: a table of the pack that the records refer to can no longer be read.
    """
    return finish(policy, read_draft(policy, source), as_of, keep_going)


def read_draft(policy: Policy, source: str | Path) -> Draft:
    """Read records without checking them as a whole, so that rows can be changed before `finish` does.

    Raises:
        RecordError: there is nothing that could be checked.
    """
    path, name = Path(source), str(source)
    try:
        if path.is_dir():
            draft = _folder(policy, path, name)
        elif path.suffix.lower() in (".yaml", ".yml"):
            draft = _student(policy, read_yaml(path, name, RecordError), name)
        else:
            what = "is not a folder of CSV files or a YAML file" if path.exists() else "is not there"
            help_line = "name a folder with one CSV file a table, or a YAML file with one record"
            raise RecordError(Problem(f"`{visible(name, 400)}` {what}", help=help_line))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecordError(Problem(f"`{visible(name, 400)}` cannot be read: {reason}")) from None
    return draft


def records_from_rows(
    policy: Policy,
    rows: Mapping[str, Any],
    *,
    name: str,
    subject: str | None = None,
    as_of: int | None = None,
    place_of: PlaceOf | None = None,
    key_place_of: PlaceOf | None = None,
) -> Records:
    """Make records from rows in memory, as the cases of a pack have them.

    Args:
        policy: the pack whose tables the rows follow.
        rows: lists of rows by table; a row maps columns to plain values as the strict YAML reader gives them.
            A table that is not named is not supplied.
        name: what problems call the source.
        subject: the record's one subject; by default the one that the rows name.
        as_of: the value of the clock.
        place_of: where the value at a path into `rows`, such as `("marks", 0, "mark")`, stands.
        key_place_of: where the key at a path stands; by default, where its value does.

    Raises:
        RecordError: something is wrong; with all problems, by file and line.
    """
    place_of = place_of or (lambda _: Place(name))
    draft = Draft(name, place_of(()), lambda table: f"add `{table.name}:` to the record")
    named = _named(policy, rows)
    if subject is not None:
        _name_subject(policy, draft, subject, draft.place)
    elif len(named) == 1:
        # If the rows' own value is wrong, it is reported where it stands.
        _name_subject(policy, draft, named.pop(), None)
    elif not named:
        message = f"the record does not say whose it is: no row has `{policy.subject}`"
        help_line = f"give it in one row of `{policy.subject_table}`"
        draft.problems.append(Problem(message, draft.place, help=help_line))
        draft.subject = ""
    _read_tables(policy, draft, rows, place_of, key_place_of)
    return finish(policy, draft, as_of)


def _folder(policy: Policy, folder: Path, name: str) -> Draft:
    where = Path(name)
    draft = Draft(
        name,
        Place(name),
        lambda table: f"put it in `{where / table.file}`; a table without rows has its header only",
    )
    tables = {table.file.casefold(): table for table in policy.tables.values() if not table.pack}
    own = {Path(table.file).name.casefold() for table in policy.tables.values() if table.pack}
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        shown = Place(str(where / visible(path.name)))
        if path.name == COHORT:
            _cohort(policy, draft, path, str(where / COHORT))
        elif path.name.casefold() in (COHORT, "cohort.yml"):
            message = f"`{path.name}` is not read"
            draft.problems.append(Problem(message, shown, help=f"name it `{COHORT}`"))
        elif path.suffix.lower() == ".csv" and not path.name.startswith("."):
            table = tables.get(path.name.casefold())
            if table is None:
                message = f"`{visible(path.name)}` is no table of `{policy.id}`"
                help_line = did_you_mean(path.name, (known.file for known in tables.values()))
                if path.name.casefold() in own:
                    help_line = "it comes with the pack and is not part of a record"
                draft.problems.append(Problem(message, shown, help=help_line))
            elif table.name in files:
                message = f"`{table.name}` has a file already: `{files[table.name].name}`"
                draft.problems.append(Problem(message, shown, help="keep one of them"))
            else:
                files[table.name] = path
    cite = citing(policy)
    for table in tables.values():
        if table.name in files:
            path = files[table.name]
            found = read_csv_rows(table, path, str(where / path.name), cite, policy.subject)
            draft.tables[table.name] = found
    return draft


def _cohort(policy: Policy, draft: Draft, path: Path, name: str) -> None:
    """Read what `cohort.yaml` says of the whole."""
    try:
        document = read_yaml(path, name, RecordError)
    except RecordError as error:
        draft.problems.extend(error.problems)
        return
    if document.data is not None:
        _about(policy, draft, document, _COHORT_KEYS)


def _student(policy: Policy, document: Document, name: str) -> Draft:
    """Read a YAML file with one subject."""
    draft = Draft(name, document.place(("record",)), lambda table: f"add `{table.name}:` under `record:`")
    keys = ("policy", "synthetic", "title", policy.subject, "as_of", "record")
    if not _about(policy, draft, document, keys):
        raise RecordError(draft.problems)
    data: Mapping[str, Any] = document.data
    record = data.get("record")
    if policy.subject in data:
        _name_subject(policy, draft, data[policy.subject], document.place((policy.subject,)))
    else:
        message = f"`{policy.subject}` is missing"
        help_line = f"say whose record it is: `{policy.subject}: ...`"
        draft.problems.append(Problem(message, document.place(), help=help_line))
        draft.subject = ""
    if not isinstance(record, dict):
        what = "is a map of tables" if "record" in data else "is missing"
        help_line = f"`record: {{{policy.subject_table}: [...], ...}}`"
        draft.problems.append(Problem(f"`record` {what}", document.place(("record",)), help=help_line))
        raise RecordError(sorted(draft.problems, key=order_of))
    _read_tables(
        policy,
        draft,
        record,
        lambda loc: document.place(("record", *loc)),
        lambda loc: document.key_place(("record", *loc)),
    )
    return draft


def _about(policy: Policy, draft: Draft, document: Document, keys: tuple[str, ...]) -> bool:
    """Read the keys that a cohort and a single record share; False if there is nothing to read."""
    data = document.data
    if not isinstance(data, dict):
        help_line = "known here: " + ", ".join(f"`{key}`" for key in keys)
        draft.problems.append(Problem("the file is a map of keys", document.place(), help=help_line))
        return False

    def report(key: str, message: str, help_line: str | None = None) -> None:
        draft.problems.append(Problem(message, document.place((key,)), help=help_line, field=key))

    for key in data:
        if key not in keys:
            message = f"`{visible(key)}` is not a key of this file"
            draft.problems.append(Problem(message, document.key_place((key,)), did_you_mean(key, keys)))
    meant = data.get("policy")
    if "policy" in data and meant != policy.id:
        report("policy", f"the records are for policy `{visible(str(meant))}`, not for `{policy.id}`")
    synthetic = data.get("synthetic", False)
    if not isinstance(synthetic, bool):
        report("synthetic", f"`synthetic` is `{visible(str(synthetic))}`; `true` or `false` is needed")
    draft.synthetic = synthetic is True
    title = data.get("title")
    if title is not None and not isinstance(title, str):
        report("title", "`title` is text", "quote it")
    draft.title = title if isinstance(title, str) else ""
    as_of = data.get("as_of")
    if as_of is not None:
        kind = clock_type(policy)
        draft.as_of = clock_value(kind, as_of)
        dated = kind is not None and kind.show is Show.DATE
        if draft.as_of is None:
            report(
                "as_of",
                f"`as_of` is `{visible(str(as_of))}`; {'a date' if dated else 'a whole number'} is needed",
                "write the day: 2021-09-30" if dated else "write the year: 2021",
            )
    return True


def _read_tables(
    policy: Policy,
    draft: Draft,
    rows: Mapping[str, Any],
    place_of: PlaceOf,
    key_place_of: PlaceOf | None = None,
) -> None:
    """Read the rows of each table named."""
    known = {table.name: table for table in policy.tables.values() if not table.pack}
    for name in rows:
        if name not in known:
            help_line = did_you_mean(name, known)
            if name in policy.tables:
                help_line = "it comes with the pack and is not part of a record"
            message = f"`{visible(name)}` is no table of a record"
            place = (key_place_of or place_of)((name,))
            draft.problems.append(Problem(message, place, help_line, draft.subject or None))
    subject = (policy.subject, draft.subject)
    cite = citing(policy)
    for table in known.values():
        if table.name in rows:
            at, key_at = _below(table.name, place_of), _below(table.name, key_place_of or place_of)
            draft.tables[table.name] = rows_from_yaml(table, rows[table.name], at, subject, cite, key_at)


def _below(name: str, place_of: PlaceOf) -> PlaceOf:
    return lambda loc: place_of((name, *loc))


def _name_subject(policy: Policy, draft: Draft, value: object, place: Place | None) -> None:
    """Take a value as the record's one subject, if the column of subjects allows it.

    Without a place, a value that is not allowed is left for others to report.
    """
    column = policy.tables[policy.subject_table].columns[policy.subject]
    try:
        term = parse_value(column, value, citing(policy))
        draft.subject = "" if term is None else plain(term)
    except CellError as error:
        draft.subject = ""
        if place:
            draft.problems.append(Problem(error.message, place, error.help, field=policy.subject))


def _named(policy: Policy, rows: Mapping[str, Any]) -> set[object]:
    """Return the subjects that rows name."""
    return {
        row[policy.subject].strip() if isinstance(row[policy.subject], str) else row[policy.subject]
        for listed in rows.values()
        if isinstance(listed, list)
        for row in listed
        if isinstance(row, dict) and isinstance(row.get(policy.subject), str | int)
    }

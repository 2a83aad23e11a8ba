"""Reads records from where they are: folders, workbooks, databases, a YAML file, or rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bylaw.errors import Place, Problem, RecordError, did_you_mean
from bylaw.files.csv import visible
from bylaw.files.store import FILES, Open, Store, is_address, open_store, stem_of, table_sheets
from bylaw.files.yaml import Document, read_yaml
from bylaw.policy.model import Policy
from bylaw.records.about import ABOUT, About, read_about
from bylaw.records.check import Draft, citing, finish
from bylaw.records.mapped import read_mapped
from bylaw.records.mapping import read_mapping
from bylaw.records.model import Records
from bylaw.tables.cells import CellError, parse_value
from bylaw.tables.rows import TableRows, order_of, plain
from bylaw.tables.sheet_rows import read_sheet_rows
from bylaw.tables.yaml_rows import PlaceOf, rows_from_yaml

COHORT = "cohort.yaml"
_COHORT_KEYS = (*ABOUT, "seed", "students", "command")


def load_records(
    policy: Policy,
    source: str | Path,
    as_of: int | None = None,
    *,
    keep_going: bool = False,
    mapping: str | Path | None = None,
    renamed: Callable[[Policy, Draft], None] | None = None,
) -> Records:
    """Read the records of a cohort or of one subject and check them whole.

    Args:
        policy: the pack whose tables the records follow.
        source: a folder of CSV or Parquet files, a YAML file with one subject, an XLSX workbook, an SQLite
            file or the address of a database; named in problems as given, an address without its password.
        as_of: the value of the clock, over that of the source.
        keep_going: set aside subjects whose records have problems, in `Records.refused`. A problem that
            cannot be tied to one subject still refuses all.
        mapping: a mapping file, if tables and columns of the source have names of their own.
        renamed: gives the persons in them other names, before they are checked as a whole.

    Raises:
        RecordError: something is wrong; with all problems, by file and line.
        PolicyError: a table of the pack that the records refer to can no longer be read.
        UsageError: a library that the source needs is not installed, or a database does not answer.
    """
    draft = read_draft(policy, source, mapping)
    if renamed is not None:
        renamed(policy, draft)
    return finish(policy, draft, as_of, keep_going, counting=True)


def read_draft(policy: Policy, source: str | Path, mapping: str | Path | None = None) -> Draft:
    """Read records without checking them as a whole, so that rows can be changed before `finish` does.

    Raises:
        RecordError: there is nothing that could be checked.
        UsageError: a library that the source needs is not installed, or a database does not answer.
    """
    path, name = Path(source), str(source)
    single = not is_address(name) and path.suffix.lower() in (".yaml", ".yml") and not path.is_dir()
    if single and mapping is not None:
        message = f"`{visible(name, 400)}` holds one record and needs no mapping"
        raise RecordError(Problem(message, help="leave `--mapping` out, or name the source that it maps"))
    try:
        if single and path.exists():
            return _student(policy, read_yaml(path, name, RecordError), name)
        if not is_address(name) and not path.exists():
            help_line = "name a folder with one CSV file a table, or a YAML file with one record"
            raise RecordError(Problem(f"`{visible(name, 400)}` is not there", help=help_line))
        if mapping is None and path.is_file() and path.suffix.lower() in FILES:
            help_line = "name its folder; one file that holds several tables takes a mapping"
            message = f"`{visible(name, 400)}` is not a folder of CSV files or a YAML file"
            raise RecordError(Problem(message, help=help_line))
        if mapping is not None:
            chosen = read_mapping(policy, mapping, citing(policy))
            with open_store(name) as store:
                draft = read_mapped(policy, store, chosen)
            if path.is_dir() and (path / COHORT).exists():
                _cohort(policy, draft, path / COHORT, str(path / COHORT))
            _say(draft, chosen.about)
            return draft
        if path.is_dir() and not is_address(name):
            draft = _folder(policy, path, name)
        else:
            with open_store(name) as store:
                draft = _store(policy, store)
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
    return finish(policy, draft_from_rows(policy, rows, name, subject, place_of, key_place_of), as_of)


def draft_from_rows(
    policy: Policy,
    rows: Mapping[str, Any],
    name: str,
    subject: str | None = None,
    place_of: PlaceOf | None = None,
    key_place_of: PlaceOf | None = None,
) -> Draft:
    """Read rows in memory without checking them as a whole, so that they can be changed before `finish` does.

    Args:
        rows, name, subject, place_of, key_place_of: as those of `records_from_rows`.
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
    return draft


def _folder(policy: Policy, folder: Path, name: str) -> Draft:
    """Read a folder with one CSV or Parquet file a table, or a folder with the parts of one."""
    where = Path(name)
    draft = Draft(
        name,
        Place(name),
        lambda table: f"put it in `{where / table.file}`; a table without rows has its header only",
    )
    tables = {stem_of(table.file).casefold(): table for table in policy.tables.values() if not table.pack}
    own = {stem_of(Path(table.file).name).casefold() for table in policy.tables.values() if table.pack}
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        shown = Place(str(where / visible(path.name)))
        if path.name == COHORT:
            _cohort(policy, draft, path, str(where / COHORT))
        elif path.name.casefold() in (COHORT, "cohort.yml"):
            message = f"`{path.name}` is not read"
            draft.problems.append(Problem(message, shown, help=f"name it `{COHORT}`"))
        elif path.is_dir() and stem_of(path.name).casefold() not in tables:
            continue
        elif (path.is_dir() or path.suffix.lower() in FILES) and not path.name.startswith("."):
            table = tables.get(stem_of(path.name).casefold())
            if table is None:
                message = f"`{visible(path.name)}` is no table of `{policy.id}`"
                help_line = did_you_mean(path.name, (known.file for known in tables.values()))
                if stem_of(path.name).casefold() in own:
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
            try:
                sheets = table_sheets(files[table.name], str(where / files[table.name].name))
                draft.tables[table.name] = read_sheet_rows(table, sheets, cite, policy.subject)
            except RecordError as error:
                draft.problems.extend(error.problems)
                draft.tables[table.name] = TableRows(gaps=set(table.columns))
    return draft


def _store(policy: Policy, store: Store) -> Draft:
    """Read a workbook, a file or a database whose tables and columns have the names of the pack's."""
    draft = Draft(store.name, Place(store.name), lambda table: f"add the {store.word} `{table.name}`")
    tables = {table.name.casefold(): table for table in policy.tables.values() if not table.pack}
    found: dict[str, tuple[str, Open]] = {}
    for name, opened in store.tables.items():
        table = tables.get(stem_of(name).casefold())
        if table is None:
            message = f"{store.word} `{visible(name)}` is no table of `{policy.id}`"
            help_line = "map it or ignore it: `bylaw import map` writes a first mapping"
            draft.problems.append(Problem(message, draft.place, help_line))
        elif table.name in found:
            message = f"`{table.name}` has a {store.word} already: `{visible(found[table.name][0])}`"
            draft.problems.append(Problem(message, draft.place, "keep one of them"))
        else:
            found[table.name] = name, opened
    cite = citing(policy)
    for table in tables.values():
        if table.name in found:
            sheets = found[table.name][1]()
            draft.tables[table.name] = read_sheet_rows(table, sheets, cite, policy.subject)
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
    """Put into a draft what its source says of the whole; False if there is nothing to read."""
    about, problems = read_about(policy, document, keys)
    draft.problems.extend(problems)
    _say(draft, about)
    return isinstance(document.data, dict)


def _say(draft: Draft, about: About) -> None:
    if about.synthetic is not None:
        draft.synthetic = about.synthetic
    if about.title is not None:
        draft.title = about.title
    if about.as_of is not None:
        draft.as_of = about.as_of


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

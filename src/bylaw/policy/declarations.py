"""Read `records.yaml`: the tables of a record and those of the pack, checked against the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bylaw.errors import Problem, did_you_mean
from bylaw.files.yaml import Document, Loc
from bylaw.policy.columns import Limits, limits_of, read_columns
from bylaw.policy.limits import Provisions
from bylaw.policy.provisions import check_provision
from bylaw.policy.schemas import NAME, PackTableModel, RecordTableModel, SubjectModel
from bylaw.policy.templates import check_template, parse_template
from bylaw.policy.validation import check_keys, validate_map
from bylaw.policy.vocabulary import Predicates, Types
from bylaw.tables.schema import Column, ColumnType, ColumnValue, FactTemplate, Missing, Table

Tables = Mapping[str, Table | None] | None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a pack says elsewhere and its tables rest on; None for what could not be read."""

    subject: str
    types: Types | None
    predicates: Predicates | None
    limits: Limits
    provisions: Provisions


def read_tables(
    document: Document, declared: Declared, problems: list[Problem]
) -> tuple[dict[str, Table | None] | None, set[str]]:
    """Return the tables by name, None for one that is declared wrongly, and the limits that bound columns.

    Returns:
        None and no limits if the file holds no map of tables.
    """
    if not check_keys(document, (), ("tables", "pack_tables"), ("tables",), problems):
        return None, set()
    found: dict[str, Table | None] = {}
    columns: dict[str, dict[str, Column | None]] = {}
    limits: set[str] = set()
    for section, pack in (("tables", False), ("pack_tables", True)):
        if section not in document.data:
            continue
        models: Mapping[str, PackTableModel | RecordTableModel | None] | None
        if pack:
            models = validate_map(PackTableModel, document, (section,), problems)
        else:
            models = validate_map(RecordTableModel, document, (section,), problems)
        if models is None:
            return None, set()
        for name, filled in models.items():
            loc: Loc = (section, name)
            if not NAME.fullmatch(name):
                help = "a name is lower-case letters, digits and underscores, and starts with a letter"
                place = document.key_place(loc)
                problems.append(Problem(f"`{name}` is not a name that may stand here", place, help))
            if name in found:
                problems.append(Problem(f"table `{name}` stands twice", document.key_place(loc)))
                continue
            has_columns = (
                isinstance(document.data[section][name], dict) and "columns" in document.data[section][name]
            )
            here = (*loc, "columns")
            columns[name] = read_columns(document, here, declared.limits, problems) if has_columns else {}
            limits |= limits_of(columns[name])
            found[name] = None
            if filled is not None:
                table = _table(name, filled, columns[name], document, loc, declared, problems)
                sound = None not in columns[name].values() and set(table.key) <= columns[name].keys()
                found[name] = table if sound else None
    _check_references(document, columns, problems)
    _check_files(document, found, problems)
    _check_recorded(document, found, problems)
    return found, limits


def _table(
    name: str,
    model: PackTableModel | RecordTableModel,
    columns: dict[str, Column | None],
    document: Document,
    loc: Loc,
    declared: Declared,
    problems: list[Problem],
) -> Table:
    """Build one table and check it."""
    for number, column in enumerate(model.key):
        if column not in columns:
            place = document.place((*loc, "key", number))
            problems.append(Problem(f"there is no column `{column}`", place, did_you_mean(column, columns)))
    pack = isinstance(model, PackTableModel)
    if not pack:
        _check_subject_column(name, columns, document, loc, declared, problems)
    facts = _facts(model, columns, document, loc, None if pack else declared.subject, declared, problems)
    given = {name: column for name, column in columns.items() if column is not None}
    description = " ".join(model.description.split())
    place = document.key_place(loc)
    if isinstance(model, PackTableModel):
        if model.provision is not None:
            check_provision(model.provision, declared.provisions, document, (*loc, "provision"), problems)
        return Table(
            name,
            model.file,
            given,
            tuple(model.key),
            facts,
            pack=True,
            provision=model.provision,
            description=description,
            place=place,
        )
    if model.missing.table is Missing.NONE and not model.none_means:
        message = f"table `{name}` may be missing and does not say what that means"
        help = "add `none_means`, such as `no marks`, or set `missing` to unknown or refuse"
        problems.append(Problem(message, place, help))
    return Table(
        name,
        model.file or f"{name}.csv",
        given,
        tuple(model.key),
        facts,
        missing_table=model.missing.table,
        missing_rows=model.missing.rows,
        none_means=model.none_means,
        description=description,
        place=place,
        recorded=_recorded(model, columns, document, loc, declared, problems),
    )


def _facts(
    model: PackTableModel | RecordTableModel,
    columns: dict[str, Column | None],
    document: Document,
    loc: Loc,
    subject: str | None,
    declared: Declared,
    problems: list[Problem],
) -> tuple[FactTemplate, ...]:
    """Read what each row of a table gives.

    Args:
        subject: the column that every fact of a record names; None for a table of the pack.
    """
    facts: list[FactTemplate] = []
    for number, text in enumerate(model.facts):
        place = document.place((*loc, "facts", number))
        template = parse_template(text, place, problems)
        if template is None:
            continue
        facts.append(template)
        if subject is not None and ColumnValue(subject) not in template.args:
            message = f"`{text}` does not name the column `{subject}`"
            problems.append(Problem(message, place, "a fact of a record says whose it is"))
        if declared.types is not None and declared.predicates is not None:
            check_template(template, columns, declared.types, declared.predicates, problems)
    return tuple(facts)


def _recorded(
    model: RecordTableModel,
    columns: dict[str, Column | None],
    document: Document,
    loc: Loc,
    declared: Declared,
    problems: list[Problem],
) -> tuple[FactTemplate, ...]:
    """Read which outcomes each row has on record."""
    found: list[FactTemplate] = []
    for number, text in enumerate(model.recorded):
        place = document.place((*loc, "recorded", number))
        template = parse_template(text, place, problems)
        if template is None:
            continue
        found.append(template)
        for column in dict.fromkeys((declared.subject, *model.key)):
            if column in columns and ColumnValue(column) not in template.args:
                message = f"`{text}` does not name the column `{column}`"
                help = "it names the subject and the key, which tell the outcomes of a table apart"
                problems.append(Problem(message, place, help))
        if declared.types is not None and declared.predicates is not None:
            check_template(template, columns, declared.types, declared.predicates, problems, recorded=True)
    return tuple(found)


def _check_recorded(document: Document, tables: Mapping[str, Table | None], problems: list[Problem]) -> None:
    """Report an outcome that two tables have on record, so that neither could be told to be the right one."""
    seen: dict[str, str] = {}
    for name, table in tables.items():
        for number, template in enumerate(table.recorded if table is not None else ()):
            first = seen.get(template.predicate)
            seen.setdefault(template.predicate, name)
            if first is not None:
                place = document.place(("tables", name, "recorded", number))
                message = f"`{template.predicate}` is on record in `{first}` already"
                problems.append(Problem(message, place, "one table has the outcomes of a predicate"))


def _check_subject_column(
    name: str,
    columns: dict[str, Column | None],
    document: Document,
    loc: Loc,
    declared: Declared,
    problems: list[Problem],
) -> None:
    if declared.subject not in columns:
        message = f"table `{name}` has no column `{declared.subject}`"
        help = "every table of the record says whose its rows are"
        problems.append(Problem(message, document.key_place(loc), help))
        return
    column = columns[declared.subject]
    if column is not None and (column.type is not ColumnType.TEXT or not column.required):
        help = "it is of type text and required, for it says whose a row is"
        message = f"column `{column.name}` of `{name}` cannot be the subject's"
        problems.append(Problem(message, column.place, help))


def _check_references(
    document: Document, columns: dict[str, dict[str, Column | None]], problems: list[Problem]
) -> None:
    for owner, own in columns.items():
        section = "tables" if owner in (document.data.get("tables") or {}) else "pack_tables"
        for column in own.values():
            if column is None or column.references is None:
                continue
            place = document.place((section, owner, "columns", column.name, "references"))
            table, referred = column.references
            if table not in columns:
                problems.append(Problem(f"there is no table `{table}`", place, did_you_mean(table, columns)))
            elif referred not in columns[table]:
                message = f"table `{table}` has no column `{referred}`"
                problems.append(Problem(message, place, did_you_mean(referred, columns[table])))


def _check_files(document: Document, tables: dict[str, Table | None], problems: list[Problem]) -> None:
    """Report two tables of the record that share a file, and a file name that is a path."""
    seen: dict[str, str] = {}
    for name, table in tables.items():
        if table is None or table.pack:
            continue
        place = document.place(("tables", name, "file"))
        if "/" in table.file or "\\" in table.file or table.file.startswith("."):
            problems.append(Problem(f"`{table.file}` is not the plain name of a file", place))
        elif table.file.casefold() in seen:
            problems.append(Problem(f"`{table.file}` is the file of `{seen[table.file.casefold()]}`", place))
        seen[table.file.casefold()] = name


def check_subject(subject: SubjectModel, manifest: Document, tables: Tables, problems: list[Problem]) -> None:
    """Check that the subject's table is there and has one row each."""
    if tables is None:
        return
    records = [name for name, table in tables.items() if table is None or not table.pack]
    place = manifest.place(("subject", "table"))
    if subject.table not in records:
        problems.append(
            Problem(f"there is no table `{subject.table}`", place, did_you_mean(subject.table, records))
        )
        return
    table = tables[subject.table]
    if table is not None and table.key != (subject.column,):
        help = f"the table of the subjects has `key: [{subject.column}]`"
        problems.append(
            Problem(f"table `{table.name}` has not one row for each `{subject.column}`", place, help)
        )


def column_known(ref: str, tables: Tables) -> str | None:
    """Return why `table.column` is no column, None if it is one."""
    name, _, column = ref.partition(".")
    if tables is None:
        return None
    if name not in tables:
        return f"there is no table `{name}`"
    table = tables[name]
    if table is not None and column not in table.columns:
        return f"table `{name}` has no column `{column}`"
    return None

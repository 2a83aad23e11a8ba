"""Checks the tables of a cohort against each other and makes the records of each subject from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from bylaw.errors import Place, Problem, RecordError, nearest
from bylaw.policy.model import Policy
from bylaw.records.model import Absence, Records
from bylaw.records.row_facts import RowFacts
from bylaw.tables.cells import Cite
from bylaw.tables.rows import (
    TableRows,
    TypedRow,
    order_of,
    plain,
    recorded_of,
    shown_term,
    subject_of,
)
from bylaw.tables.schema import Missing, Table
from bylaw.tables.sheet_rows import MOST_PROBLEMS, too_many
from bylaw.tables.terms import Term, Text

_MOST_COMPARED = 2_000
"""Known values beyond which the nearest one to a misspelt one is not looked for: it would take too long."""


@dataclass(slots=True)
class Draft:
    """What a source says, before it is checked as a whole.

    Args:
        source: the folder or file as the reader named it.
        place: where a problem with the whole stands.
        where: says how a table that is missing is added.
        tables: what was read of each table supplied.
        problems: what is wrong so far.
        subject: the one subject of the source, if it has one; empty if nobody can say who.
        as_of: what the source says of the clock.
        read: rows of the source, where a mapping says what becomes of each.
        ignored: those of them that the mapping drops.
    """

    source: str
    place: Place
    where: Callable[[Table], str]
    tables: dict[str, TableRows] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    subject: str | None = None
    as_of: int | None = None
    synthetic: bool = False
    title: str = ""
    read: int | None = None
    ignored: int = 0


def finish(
    policy: Policy,
    draft: Draft,
    as_of: int | None = None,
    keep_going: bool = False,
    *,
    counting: bool = False,
) -> Records:
    """Check a draft as a whole and make the records.

    Args:
        policy: the pack.
        draft: what the source says.
        as_of: the clock, over what the source says.
        keep_going: set aside subjects whose records have problems instead of refusing all.
        counting: whether an error tells how many rows of a cohort were read and refused.

    Raises:
        RecordError: something is wrong; with all problems, by file and line.
    """
    record_tables = [table for table in policy.tables.values() if not table.pack]
    problems = list(draft.problems)
    for found in draft.tables.values():
        problems.extend(found.problems)
    dangling: set[int] = set()
    for table in record_tables:
        if table.name in draft.tables:
            problems.extend(_dangling(policy, table, draft, dangling))
    subjects = _subjects(policy, draft)
    owned = {
        table.name: _by_subject(policy, draft.tables[table.name])
        for table in record_tables
        if table.name in draft.tables
    }
    problems.extend(_incomplete(policy, record_tables, draft, subjects, owned))
    problems.sort(key=order_of)
    if problems and (not keep_going or any(problem.subject is None for problem in problems)):
        error = RecordError(problems)
        if counting and draft.subject is None:
            error.rows = _rows_of(draft, dangling)
        raise error
    refused: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        refused[problem.subject or ""].append(problem)
    kept = tuple(sorted(subjects - refused.keys()))
    supplied = [table for table in record_tables if table.name in owned]
    facts = RowFacts(kept, [(table, owned[table.name]) for table in supplied])
    recording = [(table, owned[table.name]) for table in supplied if table.recorded]
    if as_of is None:
        as_of = draft.as_of if draft.as_of is not None else _latest(policy, draft, frozenset(kept))
    return Records(
        policy=policy,
        source=draft.source,
        as_of=as_of,
        synthetic=draft.synthetic,
        subjects=kept,
        counts={name: found.count for name, found in draft.tables.items()},
        title=draft.title,
        refused={subject: tuple(refused[subject]) for subject in sorted(refused)},
        by_subject=facts if draft.subject is None else dict(facts),
        absences=_absences(record_tables, owned, kept),
        by_recorded=RowFacts(kept, recording, recorded_of),
    )


def _rows_of(draft: Draft, dangling: Set[int]) -> tuple[int, int]:
    """Return how many rows were read, and how many of them are not as they have to be.

    Args:
        dangling: the identities of rows that refer to what is not there.
    """
    tables = draft.tables.values()
    lost = sum(found.lost for found in tables)
    unsound = sum(not row.sound or id(row) in dangling for found in tables for row in found.rows)
    return sum(found.count for found in tables) + lost, unsound + lost


def citing(policy: Policy) -> Cite:
    """Return how the provision of a limit is cited."""

    def cite(limit: str) -> str | None:
        known = policy.limits.get(limit)
        return policy.cite(known.provision) if known else None

    return cite


def pack_values(policy: Policy, table: Table, column: str) -> frozenset[Term | None]:
    """Return the values of a column of a pack's table."""
    return frozenset(one.values.get(column) for one in policy.pack_rows.get(table.name, ()))


def _dangling(policy: Policy, table: Table, draft: Draft, dangling: set[int]) -> list[Problem]:
    """Find values that do not occur in the column they refer to, and rows of unknown subjects.

    Args:
        dangling: where the identities of their rows are noted; the rows themselves may stand in other drafts.
    """
    problems = []
    rows = draft.tables[table.name].rows
    register_column = (policy.subject_table, policy.subject)
    for column in table.columns.values():
        target = column.references
        register = column.name == policy.subject and target is None and table.name != policy.subject_table
        if register:
            target = register_column
        if target is None or (register and policy.subject_table not in draft.tables):
            continue
        known = _known(policy, draft, *target)
        if known is None:
            continue
        # The row of a single subject is missed once, in the register, not again in each of its rows.
        own = Text(draft.subject) if target == register_column and draft.subject is not None else None
        helps: dict[Term, str | None] = {}
        for row in rows:
            value = row.value(column.name)
            if value is None or value in known or value == own:
                continue
            if value not in helps:
                helps[value] = _dangling_help(policy, draft, value, target, known)
            dangling.add(id(row))
            message = f"`{column.name}` is {shown_term(value)}, which is not in `{target[0]}`"
            who = subject_of(row, policy.subject) or None
            problems.append(Problem(message, row.place(column.name), helps[value], who, column.name))
            if len(problems) >= MOST_PROBLEMS:
                problems.append(too_many(len(problems), row.place(column.name)))
                return problems
    return problems


def _known(policy: Policy, draft: Draft, table: str, column: str) -> frozenset[Term | None] | None:
    """Return the values of a column, or None where they cannot all be known."""
    target = policy.tables.get(table)
    if target is None:
        return None
    if target.pack:
        return pack_values(policy, target, column)
    found = draft.tables.get(table)
    if found is None:
        return frozenset() if target.missing_table is Missing.NONE else None
    if column in found.gaps:
        return None
    return frozenset(row.value(column) for row in found.rows)


def _dangling_help(
    policy: Policy, draft: Draft, value: Term, target: tuple[str, str], known: frozenset[Term | None]
) -> str | None:
    name, column = target
    table = policy.tables[name]
    if not table.pack and name not in draft.tables:
        return draft.where(table)
    # The nearest id of a student is another student, so it is not offered.
    if column != policy.subject and len(known) <= _MOST_COMPARED:
        close = nearest(plain(value), [plain(term) for term in known if term is not None])
        if close:
            return f"did you mean `{close}`?"
    return None if table.pack else f"add the row to `{name}`, or correct it here"


def _subjects(policy: Policy, draft: Draft) -> set[str]:
    if draft.subject is not None:
        return {draft.subject}
    register = draft.tables.get(policy.subject_table)
    sources = [register] if register else draft.tables.values()
    found = (subject_of(row, policy.subject) for source in sources for row in source.rows)
    return {subject for subject in found if subject is not None}


def _by_subject(policy: Policy, found: TableRows) -> dict[str, list[TypedRow]]:
    owned: dict[str, list[TypedRow]] = defaultdict(list)
    for row in found.rows:
        subject = subject_of(row, policy.subject)
        if subject is not None:
            owned[subject].append(row)
    return dict(owned)


_Owned = Mapping[str, Mapping[str, list[TypedRow]]]


def _incomplete(
    policy: Policy, tables: list[Table], draft: Draft, subjects: set[str], owned: _Owned
) -> list[Problem]:
    """Find tables and rows without which the pack refuses a record."""
    problems = []
    for table in tables:
        found = draft.tables.get(table.name)
        if found is None:
            if table.missing_table is Missing.REFUSE:
                message = f"table `{table.name}` is missing"
                problems.append(
                    Problem(message, draft.place, draft.where(table), subject=draft.subject or None)
                )
            continue
        # A subject stands in the register, whatever the pack says of its absence.
        needed = table.missing_rows is Missing.REFUSE or table.name == policy.subject_table
        if not needed or policy.subject in found.gaps:
            continue
        place = Place(found.name) if found.name else draft.place
        help_line = "a record without one is incomplete"
        problems.extend(
            Problem(f"there is no row in `{table.name}`", place, help_line, subject or None)
            for subject in sorted(subjects - owned[table.name].keys())
        )
    return problems


def _latest(policy: Policy, draft: Draft, kept: frozenset[str]) -> int | None:
    if policy.clock is None:
        return None
    values = [
        row.value(column)
        for table, column in policy.clock.columns
        if table in draft.tables
        for row in draft.tables[table].rows
        if subject_of(row, policy.subject) in kept
    ]
    return max((value for value in values if isinstance(value, int)), default=None)


def _absences(
    tables: list[Table], owned: _Owned, subjects: tuple[str, ...]
) -> dict[str, tuple[Absence, ...]]:
    absent = {}
    for table in tables:
        if table.recorded and not table.facts:  # nothing rests on it
            continue
        supplied = table.name in owned
        meaning = table.missing_rows if supplied else table.missing_table
        predicates = tuple(dict.fromkeys(template.predicate for template in table.facts))
        absent[table.name] = Absence(table.name, meaning, supplied, table.none_means, predicates)
    # Most subjects lack the same tables; one tuple serves them all.
    shared: dict[tuple[Absence, ...], tuple[Absence, ...]] = {}
    result = {}
    for subject in subjects:
        lacks = tuple(absence for name, absence in absent.items() if subject not in owned.get(name, {}))
        result[subject] = shared.setdefault(lacks, lacks)
    return result

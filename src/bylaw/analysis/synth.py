"""Makes synthetic records: a pack's generator, its rules and seeded draws, in rounds until nothing is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bylaw.analysis.draws import SIGNATURES, Distribution
from bylaw.engine.generator import DrawAsked, GeneratorProgram, RowAsked
from bylaw.engine.symbols import fact_symbol
from bylaw.errors import Place, PolicyError, Problem, UsageError, did_you_mean
from bylaw.policy.model import Policy
from bylaw.records.check import citing
from bylaw.tables.cells import cell_text
from bylaw.tables.rows import facts_of
from bylaw.tables.schema import ColumnType, Table
from bylaw.tables.terms import Term, Text
from bylaw.tables.yaml_rows import rows_from_yaml

BATCH = 100
"""Students that are grounded together; the result does not depend on it."""

PREFIX = "SYN-"
MAX_ROUNDS = 500
MAX_STUDENTS = 1_000_000

Progress = Callable[[int, int], None]
"""Called with the number of students that are done and that of all."""


@dataclass(frozen=True, slots=True)
class SyntheticCohort:
    """Invented records.

    Args:
        rows: by table, in the order of `records.yaml`: the cells of each row as a file has them, by column;
            sorted by student and key.
        seed: that the draws come from.
        as_of: the year up to which the records go.
        command: what makes the same files again, but for the folder they go to.
        generator: the generator's file, for places.
    """

    policy: Policy
    subjects: tuple[str, ...]
    rows: Mapping[str, tuple[Mapping[str, str], ...]]
    seed: int
    as_of: int
    command: str
    generator: str


def synthesise(
    policy: Policy,
    *,
    students: int,
    seed: int,
    as_of: int,
    prefix: str = PREFIX,
    batch: int = BATCH,
    progress: Progress | None = None,
) -> SyntheticCohort:
    """Make the records of invented students.

    Args:
        policy: a pack that ships a generator.
        students: how many.
        seed: the same one gives the same records.
        as_of: the year up to which the records go; the generator's horizon and the pack's clock.
        prefix: what ids start with; the number of the student follows.
        batch: students that are grounded together.
        progress: told how far the work is.

    Raises:
        UsageError: the pack has no generator, or an argument does not fit it.
        PolicyError: the generator asks for something that cannot be, or does not come to an end.
    """
    if not 1 <= students <= MAX_STUDENTS:
        raise UsageError(f"`{students}` students cannot be made; the number is from 1 to {MAX_STUDENTS:,}")
    if not -(2**31) <= as_of < 2**31:
        raise UsageError(f"`{as_of}` is no year")
    program = GeneratorProgram(policy, students, as_of)
    ids = _ids(policy, students, prefix)
    records: dict[str, _Record] = {}
    for start in range(0, students, batch):
        made = {subject: _Record(subject) for subject in ids[start : start + batch]}
        for place, record in enumerate(made.values(), start=start + 1):
            record.atoms = program.subject_atoms(record.subject, place)
        _settle(program, made, seed)
        records.update(made)
        if progress:
            progress(len(records), students)
    command = f"bylaw synth --policy {policy.id} --students {students} --seed {seed} --as-of {as_of}"
    if prefix != PREFIX:
        command += f" --prefix {prefix}"
    return SyntheticCohort(
        policy, tuple(ids), _sorted_rows(policy, records), seed, as_of, command, program.file
    )


@dataclass(slots=True)
class _Record:
    """What has been drawn and made for one student.

    Args:
        asked: what is drawn under each key.
        rows: the values of each row, by table and key.
        atoms: what the next round is given.
    """

    subject: str
    asked: dict[str, Distribution] = field(default_factory=dict)
    rows: dict[str, dict[tuple[Term | None, ...], tuple[Term | None, ...]]] = field(default_factory=dict)
    atoms: list[Any] = field(default_factory=list)


def _ids(policy: Policy, students: int, prefix: str) -> list[str]:
    """Return ids that sort in the order of their numbers and fit the pack's records."""
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_.-]*", prefix):
        raise UsageError(
            f"ids cannot start with `{prefix}`", "use letters, digits, `-`, `_` and `.`, a letter first"
        )
    width = max(4, len(str(students)))
    ids = [f"{prefix}{number:0{width}}" for number in range(1, students + 1)]
    column = policy.tables[policy.subject_table].columns[policy.subject]
    if column.type is not ColumnType.TEXT:
        raise UsageError(f"`{policy.subject}` is no text column; invented ids such as `{ids[0]}` need one")
    if column.pattern and not re.fullmatch(column.pattern, ids[0]):
        raise UsageError(
            f"the id `{ids[0]}` does not match `{column.pattern}`, as `{policy.subject}` has to",
            "choose what ids start with: --prefix",
        )
    return ids


def _settle(program: GeneratorProgram, records: Mapping[str, _Record], seed: int) -> None:
    """Run rounds for some students until none of them gets anything new."""
    active = dict(records)
    known: set[Any] = set()
    for _ in range(MAX_ROUNDS):
        atoms = (atom for record in active.values() for atom in record.atoms)
        problems: list[Problem] = []
        last = ""
        moved: set[str] = set()
        for asked in program.ask(active, atoms, known):
            try:
                record = active[asked.subject]
                if isinstance(asked, DrawAsked):
                    _take_draw(record, asked, seed)
                else:
                    _take_row(program.policy, record, asked)
            except _RefusedError as error:
                problems.append(Problem(error.message, Place(program.file), error.help))
                continue
            moved.add(asked.subject)
            last = asked.written
        if problems:
            raise PolicyError(problems[:20])
        # Students do not touch each other, so one without anything new never gets anything new.
        active = {subject: record for subject, record in active.items() if subject in moved}
        if not active:
            return
    raise PolicyError(
        Problem(
            f"the generator does not come to an end: after {MAX_ROUNDS} rounds it still asks for `{last}`",
            Place(program.file),
            "let each row lead to a bounded number of others, for example up to horizon(Y)",
        )
    )


class _RefusedError(Exception):
    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def _take_draw(record: _Record, asked: DrawAsked, seed: int) -> None:
    """Draw a number for a key that has none."""
    try:
        distribution = Distribution(asked.name, asked.args)
    except ValueError as error:
        known = ", ".join(f"{name}({', '.join(args)})" for name, args in SIGNATURES.items())
        raise _RefusedError(f"{error}, in `{asked.written}`", f"there are {known}") from None
    first = record.asked.setdefault(asked.key, distribution)
    if first != distribution:
        raise _RefusedError(
            f"`{asked.key}` is drawn as `{first}` and again as `{distribution}`",
            "one key is for one number; give the second a key of its own",
        )
    record.atoms.append(asked.drawn(distribution.draw(seed, asked.key)))


def _take_row(policy: Policy, record: _Record, asked: RowAsked) -> None:
    """Check a row and keep it."""
    table = policy.tables.get(asked.table)
    own = {name: one for name, one in policy.tables.items() if not one.pack}
    if table is None or table.pack:
        raise _RefusedError(f"`{asked.table}` is no table of the record", did_you_mean(asked.table, own))
    names = list(table.columns)
    if len(asked.values) != len(names):
        raise _RefusedError(
            f"`{asked.written}` has {len(asked.values)} values; `{table.name}` has {len(names)} columns",
            f"in this order: {', '.join(names)}; `empty` stands for a cell without a value",
        )
    values = dict(zip(names, asked.values, strict=True))
    if values[policy.subject] != Text(record.subject):
        raise _RefusedError(f"`{asked.written}` has no new subject as `{policy.subject}`")
    key = tuple(values[name] for name in table.key or names)
    kept = record.rows.setdefault(table.name, {})
    if key in kept:
        before = ", ".join("empty" if value is None else str(value) for value in kept[key])
        raise _RefusedError(
            f"`{asked.written}` contradicts the row ({before}), which has the same key",
            "a row stays once it is made; let it be asked for only when it is final",
        )
    cells = {name: cell_text(table.columns[name], value) for name, value in values.items()}
    found = rows_from_yaml(table, [cells], lambda _loc: Place(asked.table), None, citing(policy))
    if found.problems:
        first = found.problems[0]
        raise _RefusedError(f"{first.message}, in `{asked.written}`", first.help)
    kept[key] = asked.values
    record.atoms += [fact_symbol(fact) for fact in facts_of(table, found.rows[0])]


def _sorted_rows(policy: Policy, records: Mapping[str, _Record]) -> dict[str, tuple[Mapping[str, str], ...]]:
    """Return the cells of all rows by table, sorted by student and key."""
    return {
        table.name: tuple(cells for record in records.values() for cells in _sorted_cells(table, record))
        for table in policy.tables.values()
        if not table.pack
    }


def _sorted_cells(table: Table, record: _Record) -> Iterator[Mapping[str, str]]:
    kept = record.rows.get(table.name, {})
    for key in sorted(kept, key=lambda terms: [_order(term) for term in terms]):
        yield {
            column.name: cell_text(column, value)
            for column, value in zip(table.columns.values(), kept[key], strict=True)
        }


def _order(term: Term | None) -> tuple[int, int, str]:
    """Return what sorts terms: empty cells, then numbers, then texts and words."""
    if term is None:
        return 0, 0, ""
    if isinstance(term, int):
        return 1, term, ""
    return 2, 0, term.value if isinstance(term, Text) else term.name

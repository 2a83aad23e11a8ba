"""Records with rows added to those of one subject, as if they had been recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bylaw.records.model import Records
from bylaw.tables.rows import facts_from
from bylaw.tables.schema import ColumnType, ColumnValue, Table
from bylaw.tables.terms import Constant, Fact, Row, Term

ADDED = "(added)"
"""What stands in place of a file for a row that is in none."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that is not on record.

    Args:
        table: its table.
        values: by column, in the order of the table's columns; None for a cell without a value.
    """

    table: Table
    values: Mapping[str, Term | None]

    @property
    def key(self) -> Key:
        """What tells it from other rows: the table, and the values of its key."""
        return self.table.name, tuple(self.values.get(column) for column in self.table.key)

    def facts(self, line: int = 1) -> list[Fact]:
        """Return the facts that it gives.

        Args:
            line: its number among the rows added.
        """
        return facts_from(self.table, self.values, Row(self.table.name, ADDED, line))

    def misfit(self) -> str | None:
        """Say which value its column does not allow; None if all fit."""
        for column in self.table.columns.values():
            value = self.values.get(column.name)
            if value is None:
                if column.required:
                    return f"`{column.name}` is missing"
                continue
            if isinstance(value, Constant) and column.type is ColumnType.CHOICE:
                if value not in column.choices.values():
                    return f"`{column.name}` is `{value}`, which is none of its values"
            elif isinstance(value, int) and (
                (column.minimum is not None and value < column.minimum)
                or (column.maximum is not None and value > column.maximum)
            ):
                return f"`{column.name}` is {value}, which its column does not allow"
        return None


Key = tuple[str, tuple[Term | None, ...]]
"""A table and the values of its key."""


class RowsOnRecord:
    """What the rows of a subject say, so that none is changed by one that is added.

    Rows are told apart by their keys, which any fact has that holds all columns of the key.

    Args:
        tables: that rows may be added to.
    """

    def __init__(self, records: Records, subject: str, tables: Iterable[Table]) -> None:
        keyed: dict[tuple[str, str], list[int]] = {}
        self._whole: set[str] = set()
        for table in tables:
            columns = [ColumnValue(column) for column in table.key]
            telling = [one for one in table.facts if all(column in one.args for column in columns)]
            for template in telling:
                keyed[table.name, template.predicate] = [template.args.index(one) for one in columns]
            if len(telling) == len(table.facts):
                self._whole.add(table.name)
        self._said: dict[Key, set[_Said]] = {}
        for fact in records.facts(subject):
            positions = keyed.get((fact.row.table, fact.predicate)) if fact.row else None
            if fact.row is not None and positions is not None:
                key = (fact.row.table, tuple(fact.args[position] for position in positions))
                self._said.setdefault(key, set()).add((fact.predicate, fact.args))

    def admits(self, row: NewRow) -> bool:
        """Whether a row is new, or fills empty cells of one on record and repeats all else that it says."""
        known = self._said.get(row.key)
        if known is None:
            return True
        return row.table.name in self._whole and known < {(one.predicate, one.args) for one in row.facts()}


_Said = tuple[str, tuple[Term, ...]]


def with_rows(records: Records, subject: str, rows: Sequence[NewRow]) -> Records:
    """Return records in which a subject has some rows more; the present stays what it is."""
    facts = [fact for line, row in enumerate(rows, start=1) for fact in row.facts(line)]
    filled = {row.table.name for row in rows}
    absences = tuple(absence for absence in records.absences[subject] if absence.table not in filled)
    return records.with_facts(subject, (*records.by_subject[subject], *facts), absences)

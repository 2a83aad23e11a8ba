"""The facts of a cohort, made of its rows when a subject is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bylaw.tables.rows import TypedRow, facts_of
from bylaw.tables.schema import Table
from bylaw.tables.terms import Fact


class RowFacts(Mapping[str, tuple[Fact, ...]]):
    """The facts of each subject. Rows are smaller than the facts they give, so only the rows are kept.

    Args:
        subjects: whose facts these are, in order.
        rows: of each table, in the order of the pack, the rows of each subject that has any.
        read: what makes facts of a row.
    """

    def __init__(
        self,
        subjects: Sequence[str],
        rows: Sequence[tuple[Table, Mapping[str, Sequence[TypedRow]]]],
        read: Callable[[Table, TypedRow], list[Fact]] = facts_of,
    ) -> None:
        self._subjects = dict.fromkeys(subjects)
        self._rows = rows
        self._read = read

    def __getitem__(self, subject: str) -> tuple[Fact, ...]:
        if subject not in self._subjects:
            raise KeyError(subject)
        return tuple(
            fact
            for table, rows in self._rows
            for row in rows.get(subject, ())
            for fact in self._read(table, row)
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._subjects)

    def __len__(self) -> int:
        return len(self._subjects)

"""A table as a source has it, whatever the source: its header, rows of cells, and where each cell stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bylaw.errors import Place, Problem
from bylaw.files.csv import visible

Cells = Sequence[object]
"""The cells of a row: texts, or what the source has instead: None, numbers, truth values, days."""


class Places(Protocol):
    """Names rows and cells by the numbers that the rows came with. It is small and outlives the reading."""

    @property
    def name(self) -> str:
        """The file or address as the reader named it."""
        ...

    def ref(self, number: int) -> str:
        """Return how a source that has no lines names a row; empty where the number is a line."""
        ...

    def place(self, number: int, index: int | None = None) -> Place:
        """Return where a row, or the cell in a column of the header, stands."""
        ...


Rows = Callable[[Sequence[int]], Iterator[tuple[int, Cells]]]
"""From the positions in the header that are wanted, in order, to each row: its number and those cells."""


@dataclass(slots=True)
class Sheet:
    """A table that is being read.

    Args:
        places: names its rows and cells.
        header: the name of each column and where it stands, in the order of the source.
        rows: reads the rows once; columns that are not wanted are not kept.
        problems: what is wrong so far; complete once the rows are exhausted.
        header_place: where the header stands.
    """

    places: Places
    header: list[tuple[str, Place]]
    rows: Rows
    problems: list[Problem] = field(default_factory=list)
    header_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands for a cell that cannot be taken at its word.

    Args:
        what: what is wrong with it, after the name of the column: `holds a formula`.
        help: how to mend it.
    """

    what: str
    help: str | None = None


@dataclass(frozen=True, slots=True)
class NumberedPlaces:
    """Names the rows of a table in which each has a number and no line: `marks row 15`.

    Args:
        name: the file or address as the reader named it.
        table: the table in it; empty if there is only one.
    """

    name: str
    table: str = ""

    def ref(self, number: int) -> str:
        """Return the name of a row."""
        return f"{visible(self.table)} row {number}".strip()

    def place(self, number: int, index: int | None = None) -> Place:
        """Return where a row stands; its cells stand there too."""
        return Place(self.name, number, None if index is None else index + 1, self.ref(number))

    def header(self) -> Place:
        """Return where the names of the columns stand."""
        return Place(self.name, ref=f"table {visible(self.table)}" if self.table else "")

"""What is told of each student of a cohort, written as lines, as one array, as a table or as pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bylaw.report.json_shapes import json_text
from bylaw.report.query_table import harmless, quoted
from bylaw.report.terminal import Line, Part

COLUMNS = ("student", "edition", "kind", "predicate", "atom", "status", "provisions", "says")
"""Of the table of a cohort: a row for each conclusion and finding, and for each thing undetermined."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of one student.

    Args:
        text: the line of JSON.
        told: the same, read.
    """

    text: str
    told: Mapping[str, Any]

    @classmethod
    def of(cls, text: str) -> Entry:
        """Read a line of JSON."""
        return cls(text, json.loads(text))

    @property
    def undetermined(self) -> int:
        """How many things cannot be told."""
        found = self.told["undetermined"]
        return found if isinstance(found, int) else len(found)


def json_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield an object a line."""
    return (entry.text + "\n" for entry in entries)


def json_array(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield one array, an object at a time."""
    yield "["
    for number, entry in enumerate(entries):
        yield (",\n" if number else "\n") + json_text(entry.told)
    yield "\n]\n"


def csv_table(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a table of all conclusions, with no text that a spreadsheet would take for a formula."""
    yield ",".join(COLUMNS) + "\n"
    for entry in entries:
        for row in rows(entry.told):
            cells = ("; ".join(cell) if isinstance(cell, list) else cell for cell in row)
            yield ",".join(quoted(harmless(cell)) for cell in cells) + "\n"


def rows(told: Mapping[str, Any]) -> Iterator[tuple[str | list[str], ...]]:
    """Yield the rows of a student in the table of a cohort; the provisions of a row are a list."""
    who, edition = told["student"], told["edition"]
    for kind in ("conclusion", "finding"):
        for one in told[f"{kind}s"]:
            head = (who, edition, kind, one["predicate"], one["atom"], one["status"])
            yield (*head, one["provisions"], one["says"])
    for one in told["undetermined"]:
        tables = ", ".join(one["tables"])
        yield who, edition, "undetermined", one["predicate"], "", "", [], f"not known: {tables}"


def page_lines(entries: Iterable[Entry]) -> Iterator[Sequence[Line]]:
    """Yield the page of each student."""
    for entry in entries:
        yield [Line(tuple(Part(*part) for part in parts), *rest) for parts, *rest in entry.told["page"]]

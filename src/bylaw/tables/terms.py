"""Terms and facts: what a row of a table becomes, written so that clingo can read it."""

from __future__ import annotations

from dataclasses import dataclass

from bylaw.errors import Place


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A string term, such as the id of a student: `"0012345"`."""

    value: str

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
        return f'"{escaped}"'


@dataclass(frozen=True, slots=True, order=True)
class Constant:
    """A constant term, such as a member of an enumeration: `failed`."""

    name: str

    def __str__(self) -> str:
        return self.name


Term = int | Text | Constant
"""An argument of a fact: a whole number, a text or a constant."""


def plain_value(term: Term) -> int | str:
    """Return a term as other programs see it: a number as the rules have it, a text or a constant as text."""
    if isinstance(term, Text):
        return term.value
    return term.name if isinstance(term, Constant) else term


@dataclass(frozen=True, slots=True)
class Row:
    """The row of a table that a fact comes from.

    Args:
        table: the table's name.
        file: the file as the reader named it.
        line: the line it starts on, counted from 1; 0 where the row stands in no file, but in an option of
            the command line, which `file` then names.
        ref: how a source that has no lines names the row, such as `marks!A12:E12`; `line` is then its number.
    """

    table: str
    file: str
    line: int
    ref: str = ""

    def __str__(self) -> str:
        return str(self.place)

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.file, self.line or None, ref=self.ref)


@dataclass(frozen=True, slots=True)
class Fact:
    """A ground atom that is given, with the row it comes from (None for what the engine states)."""

    predicate: str
    args: tuple[Term, ...]
    row: Row | None = None

    def __str__(self) -> str:
        if not self.args:
            return self.predicate
        return f"{self.predicate}({','.join(str(arg) for arg in self.args)})"

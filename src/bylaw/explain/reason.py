"""A reason: why something holds, or why it does not, as a tree that ends in rows of the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from bylaw.tables.terms import Row


class Kind(StrEnum):
    """What a reason is about."""

    ATOM = "atom"
    """Something that holds or does not, derived by rules."""
    ROUTE = "route"
    """One rule that derives the parent, or could have."""
    RECORD = "record"
    """A fact of the record, or its absence."""
    STATED = "stated"
    """A fact of the pack: a row of its tables, a limit, a reading, the clock."""
    COMPARISON = "comparison"
    """A comparison of a value with a bound."""
    SUM = "sum"
    """An aggregate: a sum, a count, a least or greatest value."""
    ELEMENT = "element"
    """One contribution to an aggregate."""
    EACH = "each"
    """A condition that has to hold in each of several cases."""


@dataclass(frozen=True, slots=True)
class Value:
    """A figure against its bound, both in the scale of the rules.

    Args:
        actual: the figure.
        relation: what the rule asks: `<`, `<=`, `>`, `>=`, `=`, `!=`; empty where nothing is asked.
        bound: what it is compared with; None where nothing is.
        unit: what one of it is called, and what several are called.
        scale: decimals: with 2, 198 stands for 1.98.
        of: the atom that gives the figure, in the words of the rules, where the vocabulary names one.
    """

    actual: int
    relation: str = ""
    bound: int | None = None
    unit: tuple[str, str] | None = None
    scale: int = 0
    of: str = field(default="", compare=False)


@dataclass(slots=True)
class Reason:
    """Why something holds, or why it does not.

    Args:
        atom: in the words of the rules; `_` for what is left open.
        says: in the words of the reader, without a full stop.
        holds: whether it is so. A child that does not hold under a parent that holds is a condition of
            the kind "unless": its absence is the reason.
        met: whether it is as the rule above asks; a child that is not met is where a route failed.
        provisions: that state it, in the order of the text.
        rule: (file, line) of the rule, where one is concerned.
        because: the reasons behind it, in the order of the rule.
        evidence: the rows it rests on.
        value: the figure behind it.
        assumed: the assumption it rests on, in words, where a table was not supplied.
        supposed: whether it is a decision that is not on record and is only supposed to be taken.
        repeated: whether it is explained further up and therefore not again.
        more: how many cases of the same kind are left out.
        about: of an ELEMENT, the atom that contributes, in the words of the rules.
        idle: how many conditions of a rule that failed are left out, since they are met for nothing but what
            failed in it.
    """

    kind: Kind
    atom: str
    says: str
    holds: bool
    met: bool = True
    predicate: str = ""
    provisions: tuple[str, ...] = ()
    rule: tuple[str, int] | None = None
    because: list[Reason] = field(default_factory=list)
    evidence: tuple[Row, ...] = ()
    value: Value | None = None
    assumed: str = ""
    supposed: bool = False
    repeated: bool = False
    more: int = 0
    about: str = ""
    idle: int = 0

    def walk(self) -> Iterator[Reason]:
        """Yield this reason and all below it, parents first."""
        todo = [self]
        while todo:
            one = todo.pop()
            yield one
            todo.extend(reversed(one.because))

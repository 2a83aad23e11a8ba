"""What was given of a subject, by ground atom: the pack's statements and the rows of the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import clingo

from bylaw.engine.symbols import fact_symbol
from bylaw.records.model import Records
from bylaw.tables.terms import Fact


def by_atom(facts: Iterable[Fact]) -> dict[clingo.Symbol, tuple[Fact, ...]]:
    """Return facts by their atoms; several rows may give the same."""
    found: dict[clingo.Symbol, tuple[Fact, ...]] = {}
    for fact in facts:
        atom = fact_symbol(fact)
        found[atom] = (*found.get(atom, ()), fact)
    return found


class Given(Mapping[clingo.Symbol, tuple[Fact, ...]]):
    """What was given of a subject; put together when somebody looks at it, which few do.

    Args:
        statements: those of the pack.
        records: with the subject.
    """

    def __init__(
        self, statements: Mapping[clingo.Symbol, tuple[Fact, ...]], records: Records, subject: str
    ) -> None:
        self._of = (statements, records, subject)

    @cached_property
    def _atoms(self) -> dict[clingo.Symbol, tuple[Fact, ...]]:
        statements, records, subject = self._of
        merged = dict(statements)
        for atom, given in by_atom(records.facts(subject)).items():
            merged[atom] = merged.get(atom, ()) + given
        return merged

    def __getitem__(self, atom: clingo.Symbol) -> tuple[Fact, ...]:
        return self._atoms[atom]

    def __iter__(self) -> Iterator[clingo.Symbol]:
        return iter(self._atoms)

    def __len__(self) -> int:
        return len(self._atoms)

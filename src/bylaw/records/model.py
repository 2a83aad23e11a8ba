"""A checked cohort: the facts of each subject, and what its record does not say."""

from __future__ import annotations

import hashlib
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from bylaw.errors import Problem
from bylaw.policy.model import Policy
from bylaw.tables.schema import Missing
from bylaw.tables.terms import Fact


@dataclass(frozen=True, slots=True)
class Absence:
    """A table in which a subject has no row.

    Args:
        table: its name.
        meaning: what the pack says the absence means: none or unknown.
        supplied: whether the table was there at all.
        none_means: the assumption in words, where absence means none.
        predicates: of the facts that its rows would give.
    """

    table: str
    meaning: Missing
    supplied: bool
    none_means: str
    predicates: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Records:
    """The records of one or more subjects, complete and free of problems.

    Args:
        policy: the pack that they are checked against.
        source: the folder or file as the reader named it.
        as_of: the value of the pack's clock; None if it has none or no row tells it.
        synthetic: whether the source says that its persons are made up.
        title: what the source calls itself.
        subjects: the ids, in the order of their text.
        counts: rows read by table, for the tables that were supplied.
        refused: subjects that were set aside, and why; only if the loader was told to keep going.
    """

    policy: Policy
    source: str
    as_of: int | None
    synthetic: bool
    subjects: tuple[str, ...]
    counts: Mapping[str, int]
    title: str = ""
    refused: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    by_subject: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict, repr=False)
    absences: Mapping[str, tuple[Absence, ...]] = field(default_factory=dict, repr=False)
    by_recorded: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict, repr=False)

    def facts(self, subject: str) -> tuple[Fact, ...]:
        """Return the facts of a subject's rows, in the order of tables and files, then that of the clock.

        Raises:
            KeyError: there is no such subject.
        """
        return self.by_subject[subject] + self._clock

    def recorded(self, subject: str) -> tuple[Fact, ...]:
        """Return the outcomes that a subject has on record, in the order of tables and files.

        They are what somebody decided; no rule sees them.

        Raises:
            KeyError: there is no such subject.
        """
        return self.by_recorded[subject]

    def missing(self, subject: str) -> tuple[Absence, ...]:
        """Return the tables in which a subject has no row, in the order of the pack.

        Raises:
            KeyError: there is no such subject.
        """
        return self.absences[subject]

    def digest(self, subject: str) -> str:
        """Return `sha256:` and the hash of what a subject's record says.

        It is the same for any order of rows, columns and files, and for CSV and YAML.

        Raises:
            KeyError: there is no such subject.
        """
        lines = {str(fact) for fact in self.facts(subject)}
        # A comment sign keeps these apart from any fact.
        lines |= {f"% {a.table} {a.meaning} {a.supplied}" for a in self.absences[subject]}
        return _sha256(sorted(lines))

    def only(self, subjects: Sequence[str]) -> Records:
        """Return the records of some subjects, as they are derived from; what was read is not counted anew.

        Raises:
            KeyError: there is no such subject.
        """
        return replace(
            self,
            subjects=tuple(subjects),
            counts={},
            refused={},
            by_subject={subject: self.by_subject[subject] for subject in subjects},
            absences={subject: self.absences[subject] for subject in subjects},
            by_recorded={},
        )

    def with_facts(
        self, subject: str, facts: tuple[Fact, ...], absences: tuple[Absence, ...] | None = None
    ) -> Records:
        """Return records in which a subject has other facts, and other absences if any are given."""
        # Only the first map of a chain is ever written to; the facts of others stay where they are.
        others = cast("MutableMapping[str, tuple[Fact, ...]]", self.by_subject)
        lacking = self.absences if absences is None else {**self.absences, subject: absences}
        return replace(self, by_subject=ChainMap({subject: facts}, others), absences=lacking)

    @cached_property
    def digest_all(self) -> str:
        """`sha256:` and the hash of all subjects and their digests."""
        return _sha256(f"{subject}\t{self.digest(subject)}" for subject in self.subjects)

    @cached_property
    def _clock(self) -> tuple[Fact, ...]:
        if self.policy.clock is None or self.as_of is None:
            return ()
        return (Fact(self.policy.clock.predicate, (self.as_of,)),)


def _sha256(lines: Iterable[str]) -> str:
    found = hashlib.sha256()
    for line in lines:
        found.update(line.encode() + b"\n")
    return f"sha256:{found.hexdigest()}"

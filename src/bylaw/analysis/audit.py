"""An audit: the outcomes that are on record beside those that follow, and what is found or cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bylaw.policy.model import Base, Policy
from bylaw.records.model import Records
from bylaw.tables.schema import ColumnValue, FactTemplate, Table
from bylaw.tables.terms import Fact, plain_value

Args = tuple[int | str, ...]
"""The arguments of a conclusion, as plain values."""


class Verdict(StrEnum):
    """How an outcome on record compares with what follows."""

    AGREES = "agrees"
    """It follows."""
    POSSIBLE = "possible"
    """It may follow: it hangs on what was left open."""
    DIFFERS = "differs"
    """Another outcome follows in its place."""
    NOT_DERIVED = "not_derived"
    """It does not follow, and nothing in its place."""
    UNDETERMINED = "undetermined"
    """It cannot be told what follows."""
    NO_RESULT = "no_result"
    """The student has no result at all."""
    NOT_RECORDED = "not_recorded"
    """It follows and is not on record, where the table of such outcomes is supplied."""


DIFFERENCES = (Verdict.DIFFERS, Verdict.NOT_DERIVED)
"""What an audit finds wrong."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A conclusion or a finding as it was told.

    Args:
        status: `certain` or `possible`.
    """

    predicate: str
    args: Args
    says: str
    provisions: tuple[str, ...]
    status: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Derived:
        """Read one from the JSON of a decision."""
        return cls(
            told["predicate"], tuple(told["args"]), told["says"], tuple(told["provisions"]), told["status"]
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """One outcome, as it is on record and as it follows.

    Args:
        recorded: the outcome on record, with its row; None where there is none.
        derived: what follows in its place.
        tables: for want of which it cannot be told.
    """

    subject: str
    predicate: str
    verdict: Verdict
    recorded: Fact | None
    derived: tuple[Derived, ...]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """What cannot be told of a subject, and for want of which tables."""

    subject: str
    predicate: str
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a subject: a breach or a defect that the text attaches no consequence to."""

    subject: str
    finding: Derived


@dataclass(slots=True)
class Audit:
    """What an audit of a cohort shows.

    Args:
        predicates: those that a supplied table has outcomes of, in the order of the pack.
        subjects: how many were audited.
    """

    predicates: tuple[str, ...] = ()
    subjects: int = 0
    compared: list[Compared] = field(default_factory=list)
    findings: list[Found] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many outcomes on record do not follow."""
        return sum(one.verdict in DIFFERENCES for one in self.compared)


class Auditor:
    """Compares what is told of each subject with what is on record of it.

    Args:
        policy: the pack, which says where outcomes are on record.
        records: of the subjects.
    """

    def __init__(self, policy: Policy, records: Records) -> None:
        self._policy = policy
        self._records = records
        self._templates = {
            template.predicate: (table, template)
            for table in policy.tables.values()
            if table.name in records.counts
            for template in table.recorded
        }
        self.audit = Audit(tuple(self._templates))

    def add(self, told: Mapping[str, Any]) -> None:
        """Take what is told of one subject, in the JSON of a decision."""
        subject = told["student"]
        audit = self.audit
        audit.subjects += 1
        unknown = {one["predicate"]: tuple(one["tables"]) for one in told["undetermined"]}
        audit.unknown.extend(Unknown(subject, name, tables) for name, tables in unknown.items())
        findings = [Derived.of(one) for one in told["findings"]]
        audit.findings.extend(Found(subject, one) for one in findings)
        conclusions = [Derived.of(one) for one in told["conclusions"]]
        for name in self._templates:
            derived = [one for one in [*conclusions, *findings] if one.predicate == name]
            recorded = [one for one in self._records.recorded(subject) if one.predicate == name]
            audit.compared.extend(self._compared(subject, name, recorded, derived, unknown.get(name)))

    def without_result(self, subject: str) -> None:
        """Take note of a subject of whom nothing could be told."""
        self.audit.compared.extend(
            Compared(subject, one.predicate, Verdict.NO_RESULT, one, ())
            for one in self._records.recorded(subject)
            if one.predicate in self._templates
        )

    def _compared(
        self,
        subject: str,
        name: str,
        recorded: Iterable[Fact],
        derived: Sequence[Derived],
        unknown: tuple[str, ...] | None,
    ) -> Iterator[Compared]:
        table, template = self._templates[name]
        keys = _key_places(table, template)
        fixed = {n: plain_value(a) for n, a in enumerate(template.args) if not isinstance(a, ColumnValue)}
        meant = [one for one in derived if all(one.args[n] == value for n, value in fixed.items())]
        seen = set()
        for fact in recorded:
            args = plain_args(fact)
            key = tuple(args[n] for n in keys)
            seen.add(key)
            # Where a part of the outcome is fixed, another value in its place is what follows instead.
            beside = tuple(one for one in derived if tuple(one.args[n] for n in keys) == key)
            if unknown is not None:
                yield Compared(subject, name, Verdict.UNDETERMINED, fact, (), unknown)
            else:
                yield Compared(subject, name, _verdict(args, beside), fact, beside)
        for one in meant:
            if tuple(one.args[n] for n in keys) not in seen and one.status == "certain":
                yield Compared(subject, name, Verdict.NOT_RECORDED, None, (one,))


def plain_args(fact: Fact) -> Args:
    """Return the arguments of a fact as plain values."""
    return tuple(plain_value(term) for term in fact.args)


def _key_places(table: Table, template: FactTemplate) -> list[int]:
    """Return the arguments that tell the outcomes of a table apart."""
    return [
        n for n, arg in enumerate(template.args) if isinstance(arg, ColumnValue) and arg.column in table.key
    ]


def _verdict(args: Args, beside: Sequence[Derived]) -> Verdict:
    status = {one.args: one.status for one in beside}
    if args in status:
        return Verdict.AGREES if status[args] == "certain" else Verdict.POSSIBLE
    return Verdict.DIFFERS if beside else Verdict.NOT_DERIVED


def kinds_of(policy: Policy, predicate: str, args: Args, by: Sequence[str] = ()) -> Args:
    """Return what sorts the outcomes of a predicate into groups: its enumerations, and arguments asked for.

    Args:
        by: the names of further arguments.
    """
    told = policy.predicates[predicate].args
    return tuple(
        value
        for (name, kind), value in zip(told, args, strict=True)
        if name in by or policy.types[kind].base is Base.CONSTANT
    )

"""An audit as text, as JSON and as a table: what is on record otherwise than it follows, grouped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bylaw.analysis.audit import DIFFERENCES, Audit, Compared, Derived, Verdict, kinds_of, plain_args
from bylaw.engine.answer_set import AnswerSet
from bylaw.engine.given import by_atom
from bylaw.errors import UsageError, did_you_mean
from bylaw.explain.sentences import Sentences
from bylaw.report.json_shapes import header, row_shape
from bylaw.report.phrases import FAINT, cited_sentence, sentence, short_row, unknown_tables
from bylaw.report.query_table import harmless, quoted
from bylaw.report.terminal import Line, Part, line

if TYPE_CHECKING:
    from bylaw.engine.cohort import Failure
    from bylaw.engine.solve import Engine
    from bylaw.policy.model import Policy
    from bylaw.records.model import Records

SHOWN = 3
"""How many of a group are shown unless all are asked for."""
COLUMNS = ("kind", "student", "predicate", "group", "recorded", "derived", "provisions", "evidence")
_COUNTED = {
    Verdict.AGREES: "as it follows",
    Verdict.POSSIBLE: "possible",
    Verdict.DIFFERS: "otherwise",
    Verdict.NOT_DERIVED: "that does not follow",
    Verdict.UNDETERMINED: "undetermined",
    Verdict.NO_RESULT: "without a result",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an audit found, ready to be written.

    Args:
        kind: a verdict, or `finding`.
        group: what it is sorted under, in words.
        recorded: what is on record, in words; empty where nothing is.
        derived: what follows, in words, with the provisions of each.
        row: where the record has it, in words.
    """

    kind: str
    student: str
    predicate: str
    group: str
    recorded: str
    derived: tuple[tuple[str, tuple[str, ...]], ...]
    row: str
    compared: Compared | None = None
    finding: Derived | None = None


class AuditReport:
    """Writes an audit.

    Args:
        engine: with which it was made.
        records: of the cohort.
        audit: what it shows.
        by: the names of arguments that groups are split by, besides enumerations.

    Raises:
        UsageError: no outcome or finding has an argument of that name.
    """

    def __init__(self, engine: Engine, records: Records, audit: Audit, by: Sequence[str] = ()) -> None:
        self._engine = engine
        self._policy = engine.policy
        self._records = records
        self._audit = audit
        self._by = _checked(engine.policy, by)
        facts = by_atom(engine.policy.statements(engine.readings))
        self._sentences = Sentences(engine.policy, AnswerSet.of(facts))
        self.entries = [*map(self._compared, audit.compared), *map(self._finding, audit.findings)]

    def lines(self, *, full: bool = False) -> Iterator[Line]:
        """Yield the report as text.

        Args:
            full: whether every single thing is told, rather than a few of each group.
        """
        yield from self._outcomes(full)
        yield line()
        findings = [one for one in self.entries if one.kind == "finding"]
        who = len({one.student for one in findings})
        yield line(f"Findings: {len(findings)}, of {who} of {self._audit.subjects}", "bold")
        yield from self._groups(findings, full)
        yield line()
        yield line(f"Undetermined: {len(self._audit.unknown)}", "bold")
        told = Counter((one.predicate, one.tables) for one in self._audit.unknown)
        for (name, tables), count in told.items():
            reason = unknown_tables(self._policy, tables)
            yield line(f"{name}, {count}: {reason}.", "yellow", indent=2, hang=2)

    def _outcomes(self, full: bool) -> Iterator[Line]:
        if not self._audit.predicates:
            yield line("On record: no table of outcomes is supplied, so nothing is compared.", "bold", hang=2)
            return
        yield line("On record, beside what follows:", "bold")
        for name, count in self.counts().items():
            parts = [f"{count[verdict]} {words}" for verdict, words in _COUNTED.items() if count[verdict]]
            told = f"{name}: {count['recorded']} on record: {', '.join(parts) or 'none'}"
            if count[Verdict.NOT_RECORDED]:
                told += f"; what follows and is not on record: {count[Verdict.NOT_RECORDED]}"
            yield line(f"{told}.", indent=2, hang=2)
        wrong = [one for one in self.entries if one.kind in DIFFERENCES]
        others = [one for one in self.entries if one.kind in (Verdict.POSSIBLE, Verdict.NOT_RECORDED)]
        yield from self._groups(wrong, full)
        yield from self._groups(others, full)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return for each predicate how many outcomes are on record, and how many of each verdict."""
        found: dict[str, dict[str, int]] = {}
        for name in self._audit.predicates:
            verdicts = Counter(one.verdict.value for one in self._audit.compared if one.predicate == name)
            recorded = sum(verdicts.values()) - verdicts[Verdict.NOT_RECORDED]
            found[name] = {"recorded": recorded, **{one.value: verdicts[one] for one in Verdict}}
        return found

    def _groups(self, entries: Sequence[Entry], full: bool) -> Iterator[Line]:
        groups: dict[str, list[Entry]] = {}
        for one in entries:
            groups.setdefault(one.group, []).append(one)
        for group, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
            style = "red" if found[0].kind in DIFFERENCES else ""
            yield line(f"{group}: {len(found)}", style, indent=2, hang=2)
            for one in found if full else found[:SHOWN]:
                yield Line(tuple(self._parts(one)), indent=4, hang=2)
            if not full and len(found) > SHOWN:
                yield line(f"and {len(found) - SHOWN} more; `--full` shows them", FAINT, indent=4)

    def _parts(self, one: Entry) -> Iterator[Part]:
        if one.recorded:
            yield Part(f"On record: {sentence(one.recorded)} ")
            yield Part(f"{one.row}  ", FAINT)
            yield Part("What follows: " if one.derived else "It does not follow.")
        for says, provisions in one.derived:
            yield from cited_sentence(self._policy, says, provisions)
            yield Part(" ")

    def shape(self, failed: Iterable[Failure] = ()) -> dict[str, Any]:
        """Return the audit as JSON.

        Args:
            failed: students without a result.
        """
        groups = Counter((one.kind, one.predicate, one.group) for one in self.entries if one.group)
        return {
            **header(self._engine, self._records),
            "students": self._audit.subjects,
            "outcomes": self.counts(),
            "groups": [
                {"kind": kind, "predicate": predicate, "group": group, "count": count}
                for (kind, predicate, group), count in groups.items()
            ],
            "differences": self._shapes(DIFFERENCES),
            "possible": self._shapes((Verdict.POSSIBLE,)),
            "not_recorded": self._shapes((Verdict.NOT_RECORDED,)),
            "findings": [
                {"student": one.student, "group": one.group, **_derived_shape(one.finding)}
                for one in self.entries
                if one.finding
            ],
            "undetermined": [
                {"student": one.subject, "predicate": one.predicate, "tables": list(one.tables)}
                for one in self._audit.unknown
            ],
            "without_result": [
                {"student": one.subject, "limit": one.limit, "problems": [p.message for p in one.problems]}
                for one in failed
            ],
        }

    def _shapes(self, verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
        found = []
        for one in self.entries:
            if one.compared is None or one.compared.verdict not in verdicts:
                continue
            shape: dict[str, Any] = {"student": one.student, "predicate": one.predicate, "kind": one.kind}
            fact = one.compared.recorded
            if fact is not None:
                shape["recorded"] = {"args": list(plain_args(fact)), "says": one.recorded}
                if fact.row is not None:
                    shape["recorded"]["evidence"] = row_shape(fact.row)
            shape["derived"] = [_derived_shape(derived) for derived in one.compared.derived]
            found.append(shape)
        return found

    def table(self) -> Iterator[str]:
        """Yield the audit as CSV: a row for each thing that does not agree, and for each finding."""
        yield ",".join(COLUMNS) + "\n"
        for one in self.entries:
            if one.kind == Verdict.AGREES:
                continue
            derived = "; ".join(says for says, _ in one.derived)
            provisions = "; ".join(dict.fromkeys(p for _, ids in one.derived for p in ids))
            cells = (
                one.kind,
                one.student,
                one.predicate,
                one.group,
                one.recorded,
                derived,
                provisions,
                one.row,
            )
            yield ",".join(quoted(harmless(cell)) for cell in cells) + "\n"
        for unknown in self._audit.unknown:
            why = f"not known: {', '.join(unknown.tables)}"
            cells = ("undetermined", unknown.subject, unknown.predicate, "", "", why, "", "")
            yield ",".join(quoted(harmless(cell)) for cell in cells) + "\n"

    def _compared(self, one: Compared) -> Entry:
        fact = one.recorded
        row = short_row(fact.row, self._records.source) if fact is not None and fact.row else ""
        return Entry(
            kind=one.verdict.value,
            student=one.subject,
            predicate=one.predicate,
            group=self._group(one),
            recorded=self._sentences.atom(one.predicate, fact.args) if fact is not None else "",
            derived=tuple((derived.says, derived.provisions) for derived in one.derived),
            row=row,
            compared=one,
        )

    def _group(self, one: Compared) -> str:
        """Name the group of an outcome: `year_outcome: promoted on record, failed follows`."""
        name, fact = one.predicate, one.recorded
        follows = sorted({self._kinds(name, derived.args) for derived in one.derived})
        recorded = self._kinds(name, plain_args(fact)) if fact is not None else ""
        match one.verdict:
            case Verdict.DIFFERS if recorded and follows != [recorded]:
                return f"{name}: {recorded} on record, {' and '.join(follows)} follows"
            case Verdict.DIFFERS:
                return f"{name}: another on record than follows"
            case Verdict.NOT_DERIVED:
                return f"{name}: {recorded or 'it is'} on record, does not follow"
            case Verdict.POSSIBLE:
                return f"{name}: {recorded or 'it is'} on record, possible"
            case Verdict.NOT_RECORDED:
                return f"{name}: {' and '.join(follows) or 'it'} follows, not on record"
            case _:
                return ""

    def _finding(self, one: Any) -> Entry:
        found: Derived = one.finding
        kinds = self._kinds(found.predicate, found.args)
        group = f"{found.predicate}: {kinds}" if kinds else found.predicate
        told = ((found.says, found.provisions),)
        return Entry("finding", one.subject, found.predicate, group, "", told, "", finding=found)

    def _kinds(self, name: str, args: tuple[int | str, ...]) -> str:
        return ", ".join(str(value) for value in kinds_of(self._policy, name, args, self._by))


def _derived_shape(one: Derived) -> dict[str, Any]:
    return {
        "predicate": one.predicate,
        "args": list(one.args),
        "says": one.says,
        "status": one.status,
        "provisions": list(one.provisions),
    }


def _checked(policy: Policy, by: Sequence[str]) -> tuple[str, ...]:
    known = {name for predicate in policy.conclusions() for name, _ in predicate.args}
    for name in by:
        if name not in known:
            raise UsageError(f"no conclusion has an argument `{name}`", did_you_mean(name, known))
    return tuple(by)

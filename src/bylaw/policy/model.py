"""A policy: a regulation as a pack states it, checked, ready for the engine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from bylaw.errors import Place
from bylaw.policy.proposal import Amendment
from bylaw.tables.rows import facts_from
from bylaw.tables.schema import FactTemplate, Table
from bylaw.tables.terms import Constant, Fact, Row, Term


class Status(StrEnum):
    """How a provision stands in the pack."""

    ENCODED = "encoded"
    RECORDED_FACT = "recorded-fact"
    DISCRETION = "discretion"
    NOT_COMPUTATIONAL = "not-computational"
    GROUP = "group"
    """A heading: its rules are in the provisions below it."""


@dataclass(frozen=True, slots=True)
class Provision:
    """One rule of the text, restated.

    Args:
        id: such as `14.A.2`.
        cite: how it is cited to a reader: "Article 14(A)(2)".
        actor: on whom it lies or who acts.
        decided_by: who decides under it, where that is somebody else.
        notes: contradictions, slips and gaps of the text at this place.
    """

    id: str
    cite: str
    summary: str
    status: Status
    actor: str = ""
    decided_by: str = ""
    title: str = ""
    why_not_encoded: str = ""
    catalogue_id: str = ""
    notes: tuple[str, ...] = ()
    place: Place | None = None


class Base(StrEnum):
    """The kind of term behind a type of the vocabulary."""

    TEXT = "text"
    INTEGER = "integer"
    CONSTANT = "constant"


class Show(StrEnum):
    """How an integer is written for a reader."""

    PLAIN = "plain"
    YEAR_SPAN = "year_span"
    """2021 is written 2021/22."""
    DATE = "date"
    """A day number is written 2021-09-30."""
    PROVISION = "provision"
    """A text is the id of a provision, and written as it is cited."""


@dataclass(frozen=True, slots=True)
class ArgType:
    """A type of argument: what it is and how a reader sees it.

    Args:
        name: such as `academic_year`.
        base: the kind of term.
        scale: decimals of an INTEGER: with 2, 198 is written 1.98.
        unit: what one of it is called, and what several are called.
        show: how an INTEGER is written, or that a TEXT names a provision.
        values: for a CONSTANT, the words of each value in a sentence.
        best_first: the values that can be compared, from the best for the subject to the worst.
        label: a predicate `label(Value, Text)` of two arguments that names the value: a course's title.
        any: what a reader sees for an argument left open: "any course".
    """

    name: str
    base: Base
    scale: int = 0
    unit: tuple[str, str] | None = None
    show: Show = Show.PLAIN
    values: Mapping[str, str] = field(default_factory=dict)
    best_first: tuple[str, ...] = ()
    label: str | None = None
    any: str = ""
    place: Place | None = None

    def better(self, value: str) -> tuple[str, ...]:
        """Return the values better than one, the next better first; none where it is not compared."""
        if value not in self.best_first:
            return ()
        return self.best_first[: self.best_first.index(value)][::-1]


class Role(StrEnum):
    """What a predicate is for."""

    INPUT = "input"
    """Comes from a table or from the engine."""
    DEFINITION = "definition"
    """A step on the way, folded in an explanation where it cites no provision of its own."""
    CONCLUSION = "conclusion"
    """What `decide` reports."""
    FINDING = "finding"
    """A breach or a defect that the text attaches no consequence to; reported apart."""
    ACTION = "action"
    """A step that is still open to the subject; only the pack's actions derive it."""


@dataclass(frozen=True, slots=True)
class ValueSpec:
    """The figure that a reader compares when an atom is explained: `annual_average >= minimum_average`.

    Args:
        actual: a predicate whose last argument is the figure; its other arguments are taken by name.
        relation: `<`, `<=`, `>`, `>=`, `=` or `!=`.
        bound: a limit's name.
    """

    actual: str
    relation: str
    bound: str


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What taking a step means: a row that it adds to the record, and what it is weighed by.

    Args:
        adds: the row, as a template whose predicate is the table and whose arguments stand in the order of
            its columns; a column value names an argument of the predicate.
        cost: how much taking it weighs against other steps.
        least: the argument that is to be as low as possible, such as a mark to reach; empty if there is none.
    """

    adds: FactTemplate
    cost: int
    least: str = ""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A word of the pack.

    Args:
        name: such as `year_outcome`; a name has one number of arguments.
        args: (name, type name) of each argument, in order.
        says: its sentence, with `{argument}` where a value goes.
        says_not: the sentence of its absence; arguments left open read "any ...".
        value: the figure behind it, if it is a test of one.
        to_have: `good` or `bad` where it is that for the subject to have this; empty where nothing is said.
        more: `good` or `bad` where a greater last argument is so for the subject; empty likewise.
        action: what taking it means, for one of role ACTION.
    """

    name: str
    args: tuple[tuple[str, str], ...]
    role: Role
    says: str
    says_not: str = ""
    value: ValueSpec | None = None
    place: Place | None = None
    action: ActionSpec | None = None
    to_have: str = ""
    more: str = ""

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.args)


@dataclass(frozen=True, slots=True)
class Limit:
    """A number of the text. It reaches the rules as `limit(name, value)`.

    Args:
        value: in the unit of the term: scaled by 10**scale.
        since: the first year it stands for, if the pack says.
        impossible: the sides, `below`, `at` or `above`, on which no figure can lie, each with the reason.
    """

    name: str
    value: int
    provision: str
    says: str
    unit: tuple[str, str] | None = None
    scale: int = 0
    since: int | None = None
    place: Place | None = None
    impossible: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A switch: a question that the text leaves open. It reaches the rules as `reading(name, chosen)`.

    Args:
        readings: each alternative with its meaning; the keys are constants.
        default: the alternative taken unless another is asked for.
        why: the reason for the default.
    """

    name: str
    question: str
    readings: Mapping[str, str]
    default: str
    why: str
    provisions: tuple[str, ...]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question of the text that is recognised and has no switch."""

    name: str
    question: str
    provisions: tuple[str, ...]
    why: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """An atom as a rule writes it.

    Args:
        name: of its predicate.
        fixed: the value that stands at each argument, None where none does.
        variables: the variable that stands at each argument, empty where none does.
    """

    name: str
    fixed: tuple[Term | None, ...]
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the encoding.

    Args:
        number: its position in the pack, from 0.
        file: relative to the pack.
        line: where it starts.
        provisions: the tag above it; empty where the tag says `none`.
        source: the rule as clingo prints it.
        comment: the sentence that stands above it.
        tree: clingo's syntax tree of the rule, if it is at hand.
        heads: (name, arity) of each atom it may derive.
        choice: whether it permits rather than derives.
        uses: the predicates in its body, each once.
        switches: (reading, alternative) that it cannot apply without.
        conditions: the plain atoms of its body, without an instance of each of which it cannot apply.
        derives: the atoms of its head.
    """

    number: int
    file: str
    line: int
    provisions: tuple[str, ...]
    source: str
    comment: str
    tree: Any = field(compare=False, repr=False)
    heads: tuple[tuple[str, int], ...]
    choice: bool = False
    uses: tuple[str, ...] = ()
    switches: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Shape, ...] = ()
    derives: tuple[Shape, ...] = ()

    @property
    def node(self) -> Any:
        """Clingo's syntax tree of the rule; only `engine` and `explain` look into it."""
        if self.tree is None:
            from bylaw.policy.syntax import rule_tree

            object.__setattr__(self, "tree", rule_tree(self.source))
        return self.tree

    def __reduce__(self) -> tuple[type[Rule], tuple[Any, ...]]:
        """Leave the tree out of a copy for another process or day; it is parsed again where it is needed."""
        told = (self.number, self.file, self.line, self.provisions, self.source, self.comment, None)
        read = (self.uses, self.switches, self.conditions, self.derives)
        return Rule, (*told, self.heads, self.choice, *read)


@dataclass(frozen=True, slots=True)
class Encoding:
    """The rules of a pack.

    Args:
        rules: in the order of the manifest's files.
        text: the whole program, as clingo reads it.
        files: the text of each file, by name relative to the pack.
        depends: for each derived predicate, the predicates in the bodies of its rules.
    """

    rules: tuple[Rule, ...]
    text: str
    files: Mapping[str, str]
    depends: Mapping[str, frozenset[str]]
    _reached: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def reached_from(self, predicate: str) -> frozenset[str]:
        """Return every predicate that a predicate depends on, itself included."""
        if predicate not in self._reached:
            self._reached[predicate] = self._reach(predicate)
        return self._reached[predicate]

    def _reach(self, predicate: str) -> frozenset[str]:
        seen = {predicate}
        todo = [predicate]
        while todo:
            for needed in self.depends.get(todo.pop(), frozenset()):
                if needed not in seen:
                    seen.add(needed)
                    todo.append(needed)
        return frozenset(seen)


@dataclass(frozen=True, slots=True)
class GeneratorText:
    """The program that makes synthetic records for a pack; no part of the regulation.

    Args:
        file: relative to the pack.
        text: as clingo reads it.
        uses: the pack's predicates that it asks for.
    """

    file: str
    text: str
    uses: frozenset[str]


@dataclass(frozen=True, slots=True)
class PropertyText:
    """What must never follow of a record; no part of the regulation.

    Args:
        name: the predicate that says so.
        says: the sentence above it.
        file: relative to the pack.
        line: where its rule starts.
        text: the rule with those that help it, as clingo reads them.
        uses: the pack's predicates that it asks for.
        types: of its arguments, as far as a condition of the pack tells them; else empty.
        raised: (table, column) of the figure by raising which nothing of these may become worse, if it is
            about that.
    """

    name: str
    says: str
    file: str
    line: int
    text: str
    uses: frozenset[str]
    types: tuple[str, ...] = ()
    raised: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ActionsText:
    """The program that says which steps are open to a subject; no part of the regulation.

    Args:
        file: relative to the pack.
        rules: numbered from 0 on their own, each tagged with the provisions that open the step.
    """

    file: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """How a provision's id is written for a reader.

    Args:
        word: such as "Article" or "item".
    """

    word: str = "Article"

    def of(self, provision_id: str) -> str:
        """Write `14.A.2` as `Article 14(A)(2)` and `7.A.s3` as `Article 7(A), sentence 3`."""
        first, *rest = provision_id.split(".")
        text = f"{self.word} {first}".strip()
        for part in rest:
            sentence = re.fullmatch(r"s(\d+)", part)
            if sentence:
                text += f", sentence {sentence[1]}"
            elif len(part) == 1 or part.isdigit():
                text += f"({part})"
            else:
                text += f", {part.replace('_', ' ')}"
        return text


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the present comes from: `predicate(Year)` is the latest value of the columns in a cohort."""

    predicate: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What subjects and their conclusions are grouped by: an argument of a fact of the record.

    Args:
        predicate: an input. Where another argument of it has a type that a conclusion has too, a year say, it
            is the fact of that year.
        argument: the position of the argument.
    """

    predicate: str
    argument: int


@dataclass(frozen=True, slots=True)
class PackRow:
    """A row of a table that ships with a pack.

    Args:
        row: where it stands.
        values: the term of each column; None for an empty cell.
    """

    row: Row
    values: Mapping[str, Term | None]


@dataclass(frozen=True, slots=True)
class Editions:
    """Which of several editions of a text applies.

    Args:
        column: (table, column) whose value decides for a subject; None if each year is judged by the
            edition in force in it.
        year: the type of the arguments that tell which year a conclusion is about; empty with a column.
        others: the editions besides the policy that has this; each a policy of the same shape.
    """

    column: tuple[str, str] | None
    year: str
    others: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked pack.

    Args:
        subject: the column, and the type, that names whose record is decided: `student`.
        subject_table: the table with one row a subject.
        tables: those of the record and those of the pack, by name.
        pack_rows: the rows of the pack's own tables, by table.
        case_files: the case files of the manifest, relative to the pack.
        digest: `sha256:` and the hash of the manifest and all files it names.
        effective_until: the last value that the edition is in force for; None if it is still.
        dated: whether these two are dates, and their values the numbers of days.
        editions: of the same text, where there are several.
        choices: what officers may decide, in the order of their files; numbered for themselves.
        officers: the words for an actor of the provisions, where it is not named as a reader would.
        generator: what makes synthetic records, if the pack ships it.
        actions: what says which steps are open to a subject, if the pack ships it.
        amendments: the proposals that this policy is the pack with, in their order.
        groups: what a cohort is grouped by, by name.
        properties: what must never follow, in the order of their files.
    """

    id: str
    title: str
    institution: str
    edition: str
    effective_from: int | None
    source: str
    authority: str
    folder: Path
    subject: str
    subject_table: str
    citation: Citation
    clock: Clock | None
    provisions: Mapping[str, Provision]
    types: Mapping[str, ArgType]
    predicates: Mapping[str, Predicate]
    tables: Mapping[str, Table]
    limits: Mapping[str, Limit]
    readings: Mapping[str, Reading]
    open_questions: Mapping[str, OpenQuestion]
    encoding: Encoding
    pack_rows: Mapping[str, tuple[PackRow, ...]]
    case_files: tuple[str, ...]
    digest: str
    generator: GeneratorText | None = None
    actions: ActionsText | None = None
    effective_until: int | None = None
    dated: bool = False
    editions: Editions | None = None
    choices: tuple[Rule, ...] = ()
    officers: Mapping[str, str] = field(default_factory=dict)
    amendments: tuple[Amendment, ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    properties: tuple[PropertyText, ...] = ()

    @property
    def recorded(self) -> frozenset[str]:
        """The predicates that a record itself may have facts of: those of its tables, and the clock's."""
        found = {one.predicate for table in self.tables.values() if not table.pack for one in table.facts}
        return frozenset(found | ({self.clock.predicate} if self.clock else set()))

    @property
    def pack_facts(self) -> tuple[Fact, ...]:
        """What the pack's own tables state."""
        return tuple(
            fact
            for name, rows in self.pack_rows.items()
            for one in rows
            for fact in facts_from(self.tables[name], one.values, one.row)
        )

    def officer(self, provision_id: str) -> str:
        """Return who decides under a provision, as a sentence names them."""
        known = self.provisions.get(provision_id)
        actor = (known.decided_by or known.actor) if known else ""
        return self.officers.get(actor) or f"the {actor}"

    def cite(self, provision_id: str) -> str:
        """Return how a provision is cited to a reader."""
        known = self.provisions.get(provision_id)
        return known.cite if known else self.citation.of(provision_id)

    def in_force(self, value: int) -> bool:
        """Whether this edition is in force at a value of what its edition goes by."""
        since, until = self.effective_from, self.effective_until
        return (since is None or value >= since) and (until is None or value <= until)

    def conclusions(self) -> Sequence[Predicate]:
        """Return the predicates that `decide` reports: conclusions, then findings."""
        roles = (Role.CONCLUSION, Role.FINDING)
        return [p for role in roles for p in self.predicates.values() if p.role is role]

    def chosen_readings(self, readings: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the alternative taken of each reading: the default unless another is given."""
        return {name: r.default for name, r in self.readings.items()} | dict(readings or {})

    def statements(self, readings: Mapping[str, str] | None = None) -> list[Fact]:
        """Return the facts that the pack states: its tables, limits, and readings as chosen.

        Args:
            readings: switches set otherwise than by default.
        """
        chosen = self.chosen_readings(readings)
        stated: list[Fact] = list(self.pack_facts)
        for limit in self.limits.values():
            args: tuple[Term, ...] = (Constant(limit.name), limit.value)
            stated.append(Fact("limit", args))
        stated.extend(Fact("reading", (Constant(name), Constant(value))) for name, value in chosen.items())
        return stated

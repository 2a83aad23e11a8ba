"""Load a policy pack: read all of its files and check them against each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from bylaw.errors import PolicyError, Problem, did_you_mean
from bylaw.files.yaml import Document
from bylaw.policy.actions import check_specs, read_actions, with_specs
from bylaw.policy.amend import amended
from bylaw.policy.cases import CaseWords, read_cases
from bylaw.policy.choices import check_choices, check_officers
from bylaw.policy.declarations import Declared, check_subject, read_tables
from bylaw.policy.editions import check_editions, editions, editions_of, number_of
from bylaw.policy.encoding import RuleFile, build, read_rules
from bylaw.policy.generator import read_generator
from bylaw.policy.grounder import check_safety
from bylaw.policy.kept import keep, kept
from bylaw.policy.limits import read_limits, read_readings
from bylaw.policy.manifest import listed, read_manifest
from bylaw.policy.model import (
    ActionsText,
    ArgType,
    Citation,
    Clock,
    GeneratorText,
    Group,
    Limit,
    OpenQuestion,
    PackRow,
    Policy,
    Predicate,
    PropertyText,
    Provision,
    Reading,
)
from bylaw.policy.pack_files import MANIFEST, PackFiles
from bylaw.policy.packs import amendments_named, find_pack, shipped_packs
from bylaw.policy.properties import check_names, read_properties
from bylaw.policy.provisions import read_provisions
from bylaw.policy.rule_checks import Lexicon, check_rules
from bylaw.policy.schemas import ManifestModel
from bylaw.policy.strata import check_strata
from bylaw.policy.usage import Named, check_clock, check_usage, read_groups
from bylaw.policy.validation import in_order
from bylaw.policy.vocabulary import check_values, read_vocabulary
from bylaw.tables.schema import Table
from bylaw.tables.sheet_rows import read_csv_table

__all__ = ["load_policy", "shipped_packs"]

T = TypeVar("T")


def load_policy(ref: str | Path) -> Policy:
    """Load and check a policy pack, with amendments where its name adds some.

    Args:
        ref: the name of a shipped pack, or a folder; `+` and the name or the file of an amendment may follow.
            A `Path` is always a folder.

    Raises:
        PolicyError: there is no such pack, or it is wrong; with every problem, by file and line.
    """
    pack, amendments = amendments_named(ref)
    files = PackFiles(*find_pack(pack))
    policy = kept(files) or _checked(files)
    return amended(policy, amendments) if amendments else policy


def _checked(files: PackFiles) -> Policy:
    """Check all files of a pack, and keep what they say."""
    drafts = read_drafts(files)
    manifest = drafts[0].manifest
    if files.problems:
        raise PolicyError(in_order(files.problems))
    policies = [one.policy() for one in drafts]
    for one in drafts:
        one.check_safety()
    if files.problems:
        raise PolicyError(in_order(files.problems))
    policy, *later = policies
    if manifest.editions is not None:
        policy = replace(policy, editions=editions(manifest.editions, later))
    keep(files, [MANIFEST, *listed(manifest)], policy)
    return policy


def read_drafts(files: PackFiles) -> list[Draft]:
    """Read all files of a pack, one draft an edition; what is wrong is noted in `files`.

    Raises:
        PolicyError: there is no manifest or it does not say what the pack is.
    """
    manifest, document = read_manifest(files)
    draft = Draft(files, manifest, document)
    draft.read()
    check_editions(manifest, document, draft.types, draft.tables, files.problems)
    others = [Draft(files.edition(other.replaces), one, document) for other, one in editions_of(manifest)]
    for other in others:
        other.read()
    return [draft, *others]


@dataclass(slots=True)
class Draft:
    """A pack while it is read; None stands for what could not be."""

    files: PackFiles
    manifest: ManifestModel
    document: Document
    provisions: dict[str, Provision | None] | None = None
    types: dict[str, ArgType | None] | None = None
    predicates: dict[str, Predicate | None] | None = None
    limits: dict[str, Limit | None] | None = field(default_factory=dict)
    readings: dict[str, Reading | None] | None = field(default_factory=dict)
    questions: dict[str, OpenQuestion] = field(default_factory=dict)
    tables: dict[str, Table | None] | None = None
    rules: list[RuleFile] = field(default_factory=list)
    choices: list[RuleFile] = field(default_factory=list)
    rows: dict[str, tuple[PackRow, ...]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    generator: GeneratorText | None = None
    actions: ActionsText | None = None
    properties: tuple[PropertyText, ...] = ()
    sources: dict[str, Document] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong so far."""
        return self.files.problems

    @property
    def subject(self) -> str:
        """The column and type of those whose records are decided."""
        return self.manifest.subject.column

    def read(self) -> None:
        """Read every file, in the order in which one rests on another."""
        names = self.manifest.files
        if document := self._yaml("provisions", names.provisions):
            self.provisions = read_provisions(document, self._citation(), self.problems)
        if document := self._yaml("vocabulary", names.vocabulary):
            self.types, self.predicates = read_vocabulary(document, self.problems)
            self.predicates = with_specs(document, self.predicates, self.problems)
        if names.limits is not None:
            document = self._yaml("limits", names.limits)
            self.limits = read_limits(document, self.provisions, self.problems) if document else None
        if names.readings is not None:
            document = self._yaml("readings", names.readings)
            self.readings = None
            if document:
                self.readings, self.questions = read_readings(document, self.provisions, self.problems)
        if "vocabulary" in self.sources and self.types is not None and self.predicates is not None:
            check_values(self.sources["vocabulary"], self.types, self.predicates, self.limits, self.problems)
        bounding: set[str] = set()
        if document := self._yaml("records", names.records):
            declared = Declared(self.subject, self.types, self.predicates, self.limits, self.provisions)
            self.tables, bounding = read_tables(document, declared, self.problems)
        self._check_subject()
        check_clock(self.manifest, self.document, self.predicates, self.types, self.tables, self.problems)
        self.groups = read_groups(self.manifest, self.document, self.predicates, self.problems)
        self._read_pack_tables()
        complete = self._read_rules(self.manifest.files.rules, self.rules)
        complete &= self._read_rules(self.manifest.files.choices, self.choices)
        lexicon = Lexicon(self.types, self.predicates, self.limits, self.readings, self.provisions)
        self._read_generator(lexicon)
        self._read_actions(lexicon)
        self._read_properties(lexicon)
        used = check_rules(self.rules, lexicon, self.problems)
        check_strata(self.rules, self.problems)
        asked = check_choices(self.choices, lexicon, self.tables, self.problems)
        used.limits |= asked.limits
        used.readings |= asked.readings
        used.whole &= asked.whole
        check_officers(self.manifest, self.document, self.provisions, self.problems)
        if complete:
            named = Named(
                rules=used,
                bounding=bounding,
                clock=self.manifest.clock.predicate if self.manifest.clock else None,
                tables=self.tables,
            )
            check_usage(named, lexicon, self.problems)
        self._read_cases()

    def _yaml(self, key: str, file: str) -> Document | None:
        document = self.files.yaml(file)
        if document is not None:
            self.sources[key] = document
        return document

    def _citation(self) -> Citation:
        return Citation(self.manifest.citation.word)

    def _check_subject(self) -> None:
        if self.types is not None and self.subject not in self.types:
            place = self.document.place(("subject", "column"))
            help = did_you_mean(self.subject, self.types)
            self.problems.append(Problem(f"there is no type `{self.subject}`", place, help))
        check_subject(self.manifest.subject, self.document, self.tables, self.problems)

    def _read_pack_tables(self) -> None:
        """Read the tables that ship with the pack."""
        files = self.manifest.files.tables
        tables = [table for table in (self.tables or {}).values() if table is not None and table.pack]
        for table in tables:
            records = self.sources["records"]
            if table.file not in files:
                place = records.place(("pack_tables", table.name, "file"))
                help = did_you_mean(table.file, files) or "add it to `tables` in policy.yaml"
                self.problems.append(Problem(f"`{table.file}` is not listed", place, help))
                continue
            if self.files.text(table.file) is None:
                continue
            path = self.files.folder / self.files.actual(table.file)
            rows, problems = read_csv_table(table, path, self.files.name(table.file), self._cite)
            self.problems.extend(problems)
            self.rows[table.name] = tuple(PackRow(row.row, row.values) for row in rows)
        broken = self.tables is None or None in self.tables.values()
        for number, file in enumerate(files):
            if not broken and file not in self.files.refused | {table.file for table in tables}:
                place = self.document.place(("files", "tables", number))
                help = "declare it under `pack_tables` in records.yaml"
                self.problems.append(Problem(f"no table of the pack has the file `{file}`", place, help))

    def _cite(self, limit: str) -> str | None:
        known = (self.limits or {}).get(limit)
        provision = (self.provisions or {}).get(known.provision) if known else None
        return provision.cite if provision else None

    def _read_rules(self, files: list[str], into: list[RuleFile]) -> bool:
        """Read files of rules; return whether every one could be."""
        complete = True
        number = 0
        for file in files:
            text = self.files.text(file)
            read = None
            if text is not None:
                read = read_rules(self.files.actual(file), self.files.name(file), text, number, self.problems)
            if read is None:
                complete = False
                continue
            number += len(read.rules)
            into.append(read)
        return complete

    def _read_generator(self, lexicon: Lexicon) -> None:
        file = self.manifest.files.generator
        text = self.files.text(file) if file is not None else None
        if file is not None and text is not None:
            name = self.files.name(file)
            self.generator = read_generator(file, name, text, lexicon, self.problems)

    def _read_actions(self, lexicon: Lexicon) -> None:
        if "vocabulary" in self.sources and self.predicates is not None:
            check_specs(self.sources["vocabulary"], self.types, self.predicates, self.tables, self.problems)
        file = self.manifest.files.actions
        text = self.files.text(file) if file is not None else None
        if file is None or text is not None:
            name = self.files.name(file or MANIFEST)
            self.actions = read_actions(file, name, text or "", lexicon, self.problems)

    def _read_properties(self, lexicon: Lexicon) -> None:
        for file in self.manifest.files.properties:
            text = self.files.text(file)
            if text is not None:
                actual, name = self.files.actual(file), self.files.name(file)
                self.properties += read_properties(
                    actual, name, text, lexicon, self.subject, self.tables, self.problems
                )

        check_names(self.properties, self.files.shown, self.problems)

    def _read_cases(self) -> None:
        documents = [(file, self.files.yaml(file)) for file in self.manifest.files.cases]
        words = CaseWords(
            self.subject,
            self.types,
            self.predicates,
            self.tables,
            self.provisions,
            self.readings,
            self._clock_type(),
        )
        found = [(file, read) for file, read in documents if read is not None]
        read_cases(found, words, self.problems, complete=len(found) == len(documents))

    def _clock_type(self) -> ArgType | None:
        clock = self.manifest.clock
        predicate = (self.predicates or {}).get(clock.predicate) if clock else None
        if predicate is None or not predicate.args:
            return None
        return (self.types or {}).get(predicate.args[0][1])

    def check_safety(self) -> None:
        """Note the rules and choices that clingo refuses."""
        for read in (self.rules, self.choices):
            self.problems.extend(check_safety(build(read), self.files.shown))

    def policy(self) -> Policy:
        """Return the policy of a pack that nothing is wrong with."""
        manifest = self.manifest
        clock = None
        if manifest.clock is not None:
            columns = tuple((ref.partition(".")[0], ref.partition(".")[2]) for ref in manifest.clock.columns)
            clock = Clock(manifest.clock.predicate, columns)
        return Policy(
            id=manifest.id,
            title=manifest.title,
            institution=manifest.institution,
            edition=manifest.edition,
            effective_from=number_of(manifest.effective_from),
            effective_until=number_of(manifest.effective_until),
            dated=isinstance(manifest.effective_from, date),
            source=manifest.source,
            authority=manifest.authority,
            folder=self.files.folder,
            subject=manifest.subject.column,
            subject_table=manifest.subject.table,
            citation=self._citation(),
            clock=clock,
            provisions=_whole(self.provisions),
            types=_whole(self.types),
            predicates=_whole(self.predicates),
            tables=_whole(self.tables),
            limits=_whole(self.limits),
            readings=_whole(self.readings),
            open_questions=self.questions,
            encoding=build(self.rules),
            pack_rows=self.rows,
            case_files=tuple(manifest.files.cases),
            digest=self.files.digest([MANIFEST, *listed(manifest)]),
            generator=self.generator,
            choices=tuple(rule for read in self.choices for rule in read.rules),
            officers=dict(manifest.officers),
            actions=self.actions,
            groups=self.groups,
            properties=self.properties,
        )


def _whole(read: Mapping[str, T | None] | None) -> dict[str, T]:
    """Return what was read; nothing of it is missing once there are no problems."""
    return {name: value for name, value in (read or {}).items() if value is not None}

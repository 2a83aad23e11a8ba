"""Read the case files of a pack: records, merged with those they share, and what must follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bylaw.errors import Place, PolicyError, Problem, did_you_mean
from bylaw.files.yaml import Document, Loc, read_yaml
from bylaw.policy.case_rows import Rows, merged, read_rows
from bylaw.policy.expectations import CaseWords, Expectation, read_expectation
from bylaw.policy.model import Policy, Show
from bylaw.policy.patterns import clock_type, clock_value
from bylaw.policy.schemas import CaseModel, SharedModel
from bylaw.policy.validation import at, in_order, shown, validate

__all__ = ["Case", "CaseWords", "Expectation", "load_cases", "read_cases"]


@dataclass(frozen=True, slots=True)
class Case:
    """A record and what must follow from it.

    Args:
        file: relative to the pack.
        rows: the record, by table, with what is shared merged in; a table that is not there is not supplied.
        readings: switches set otherwise than by default.
        as_of: the clock.
        like: the shared record it starts from.
        decisions_open: whether decisions that are not on record may be taken.
        readings_open: whether the text may be read otherwise.
        refused: a part of the error that the record is refused with; nothing is expected to follow then.
    """

    name: str
    file: str
    place: Place
    rows: Rows
    expect: tuple[Expectation, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    as_of: int | None = None
    like: str | None = None
    refused: str | None = None
    decisions_open: bool = False
    readings_open: bool = False

    @property
    def line(self) -> int:
        """Where the case starts."""
        return self.place.line or 1

    @property
    def record(self) -> dict[str, list[dict[str, Any]]]:
        """The record as plain data."""
        return {table: [dict(row.values) for row in rows] for table, rows in self.rows.items()}

    def place_of(self, loc: Loc) -> Place:
        """Return where a value of `record` stands: `("marks", 0, "mark")`."""
        if len(loc) < 2:
            return self.place
        row = self.rows[str(loc[0])][int(loc[1])]
        return row.places.get(str(loc[2]), row.place) if len(loc) > 2 else row.place


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a case file."""

    model: CaseModel | SharedModel
    file: str
    document: Document
    loc: Loc
    rows: Rows
    remove: Rows

    @property
    def name(self) -> str:
        return self.model.name if isinstance(self.model, CaseModel) else self.model.shared

    def key_place(self) -> Place:
        key = "name" if isinstance(self.model, CaseModel) else "shared"
        return self.document.place((*self.loc, key))


def load_cases(policy: Policy, others: Sequence[str] = ()) -> tuple[Case, ...]:
    """Return the cases of a policy, in the order of its files.

    Args:
        others: files beside the pack; if there are any, only their cases are returned. They may be like the
            shared records of the pack.

    Raises:
        PolicyError: a case file changed and is wrong now.
    """
    words = CaseWords(
        policy.subject,
        policy.types,
        policy.predicates,
        policy.tables,
        policy.provisions,
        policy.readings,
        clock_type(policy),
    )
    documents = [(f, read_yaml(policy.folder / f, f"{policy.folder}/{f}")) for f in policy.case_files]
    documents += [(file, read_yaml(Path(file), file)) for file in others]
    problems: list[Problem] = []
    cases = read_cases(documents, words, problems)
    if problems:
        raise PolicyError(in_order(problems))
    return tuple(case for case in cases if case.place.file in others) if others else cases


def read_cases(
    documents: Iterable[tuple[str, Document]],
    words: CaseWords,
    problems: list[Problem],
    *,
    complete: bool = True,
) -> tuple[Case, ...]:
    """Read case files and check what they name.

    Args:
        documents: each file, relative to the pack, and what it holds.
        complete: whether these are all files of the pack; a shared record may stand in one that is not read.
    """
    entries: list[_Entry] = []
    for file, document in documents:
        if not isinstance(document.data, list):
            message = f"`{file}` is {shown(document.data)}; a list of cases is needed"
            problems.append(Problem(message, document.place()))
            complete = False
            continue
        for number in range(len(document.data)):
            entry = _entry(file, document, (number,), words, problems)
            if entry is None:
                complete = False
            else:
                entries.append(entry)
    _check_names(entries, problems)
    shared = {entry.name: entry for entry in reversed(entries) if isinstance(entry.model, SharedModel)}
    if complete:
        _check_likes(entries, shared, problems)
    resolved: dict[str, Rows] = {}
    for name in shared:
        _resolve(name, shared, resolved, (), words, problems)
    found = []
    for entry in entries:
        if isinstance(entry.model, CaseModel):
            found.append(_case(entry, entry.model, shared, resolved, words, problems))
    return tuple(found)


def _entry(
    file: str, document: Document, loc: Loc, words: CaseWords, problems: list[Problem]
) -> _Entry | None:
    value = at(document, loc)
    if not isinstance(value, dict):
        message = f"entry {int(loc[-1]) + 1} is {shown(value)}; a case is a map"
        problems.append(Problem(message, document.place(loc)))
        return None
    model = validate(SharedModel if "shared" in value else CaseModel, document, loc, problems)
    rows = read_rows(document, (*loc, "record"), words.subject, words.tables, problems)
    remove = read_rows(document, (*loc, "remove"), words.subject, words.tables, problems, keys_only=True)
    if model is None:
        return None
    assert isinstance(model, SharedModel | CaseModel)
    if remove and model.like is None:
        place = document.key_place((*loc, "remove"))
        problems.append(
            Problem("`remove` takes rows out of a shared record, and none is named", place, "add `like`")
        )
    return _Entry(model, file, document, loc, rows, remove)


def _check_names(entries: list[_Entry], problems: list[Problem]) -> None:
    seen: dict[str, Place] = {}
    for entry in entries:
        first = seen.setdefault(entry.name, entry.key_place())
        if first != entry.key_place():
            problems.append(Problem(f"`{entry.name}` stands twice; first at {first}", entry.key_place()))


def _check_likes(entries: list[_Entry], shared: Mapping[str, _Entry], problems: list[Problem]) -> None:
    for entry in entries:
        like = entry.model.like
        if like is not None and like not in shared:
            place = entry.document.place((*entry.loc, "like"))
            help = did_you_mean(like, shared)
            problems.append(Problem(f"there is no shared record `{like}`", place, help))


def _resolve(
    name: str,
    shared: Mapping[str, _Entry],
    resolved: dict[str, Rows],
    above: tuple[str, ...],
    words: CaseWords,
    problems: list[Problem],
) -> Rows:
    """Return the rows of a shared record with those it starts from."""
    if name in resolved:
        return resolved[name]
    entry = shared[name]
    resolved[name] = entry.rows  # holds while a circle is reported
    resolved[name] = _with_shared(entry, shared, resolved, (*above, name), words, problems)
    return resolved[name]


def _with_shared(
    entry: _Entry,
    shared: Mapping[str, _Entry],
    resolved: dict[str, Rows],
    above: tuple[str, ...],
    words: CaseWords,
    problems: list[Problem],
) -> Rows:
    """Merge the rows of an entry into those of the record it is like."""
    like = entry.model.like
    if like is None:
        return entry.rows
    if like not in shared:
        return entry.rows
    if like in above:
        place = entry.document.place((*entry.loc, "like"))
        circle = " -> ".join(f"`{name}`" for name in [*above[above.index(like) :], like])
        problems.append(Problem(f"shared records are like each other in a circle: {circle}", place))
        return entry.rows
    base = _resolve(like, shared, resolved, above, words, problems)
    return merged(base, entry.rows, entry.remove, words.subject, words.tables, problems)


def _case(
    entry: _Entry,
    model: CaseModel,
    shared: Mapping[str, _Entry],
    resolved: dict[str, Rows],
    words: CaseWords,
    problems: list[Problem],
) -> Case:
    rows = _with_shared(entry, shared, resolved, (), words, problems)
    document, loc = entry.document, entry.loc
    place = document.place(loc)
    _check_one_subject(rows, words.subject, problems)
    chosen = {} if model.readings == "open" else dict(model.readings)
    for name, value in chosen.items():
        if words.readings is None:
            continue
        where = document.place((*loc, "readings", name))
        if name not in words.readings:
            help = did_you_mean(name, words.readings)
            problems.append(Problem(f"there is no reading `{name}`", where, help))
            continue
        reading = words.readings[name]
        if reading is not None and value not in reading.readings:
            help = did_you_mean(value, reading.readings)
            problems.append(Problem(f"`{value}` is no reading of `{name}`", where, help))
    as_of = clock_value(words.clock, model.as_of)
    if model.as_of is not None and as_of is None:
        wanted = "a date" if words.clock is not None and words.clock.show is Show.DATE else "a whole number"
        message = f"`as_of` is {shown(model.as_of)}; {wanted} is needed"
        problems.append(Problem(message, document.place((*loc, "as_of"))))
    expect: list[Expectation] = []
    if model.refused is not None:
        if model.expect is not None:
            message = "a record that is `refused` leaves nothing to `expect`"
            problems.append(Problem(message, document.key_place((*loc, "expect")), "make two cases of it"))
    elif "expect" not in at(document, loc):
        message = f"key `expect` of entry {int(loc[-1]) + 1} is missing"
        help = "say what must follow, or what the record is `refused` with"
        problems.append(Problem(message, place, help))
    elif not isinstance(model.expect, dict) or not model.expect:
        message = f"`expect` is {shown(model.expect or None)}; a map of patterns is needed"
        problems.append(Problem(message, document.place((*loc, "expect"))))
    else:
        for text in model.expect:
            expectation = read_expectation(text, document, (*loc, "expect", text), words, problems)
            if expectation is not None:
                expect.append(expectation)
    return Case(
        model.name,
        entry.file,
        place,
        rows,
        tuple(expect),
        chosen,
        as_of,
        model.like,
        model.refused,
        decisions_open=model.decisions == "open",
        readings_open=model.readings == "open",
    )


def _check_one_subject(rows: Rows, subject: str, problems: list[Problem]) -> None:
    first: object = None
    for row in (row for listed in rows.values() for row in listed):
        value = row.values.get(subject)
        if value is None or isinstance(value, dict | list):
            continue
        if first is None:
            first = value
        elif value != first:
            message = f"`{subject}` is {shown(value)}, and the record is that of {shown(first)}"
            problems.append(Problem(message, row.places[subject], "a case has one record"))

"""The keys of each YAML file of a pack and what each may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bylaw.errors import did_you_mean
from bylaw.policy.model import Base, Role, Show, Status
from bylaw.policy.validation import shown
from bylaw.tables.schema import ColumnType, Missing

NAME = re.compile(r"[a-z][a-z0-9_]*")
PROVISION_ID = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
PACK_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME_HELP = "a name is lower-case letters, digits and underscores, and starts with a letter"


def _refuse(message: str, help: str | None = None) -> PydanticCustomError:
    return PydanticCustomError("bylaw", "{message}", {"message": message, "help": help})


def _quoted(value: object) -> str:
    return shown(value).replace("{", "{{").replace("}", "}}")


def _text(value: object) -> object:
    """Take a number as the text it is written as, for an id or an edition may look like one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and not value.strip():
        raise _refuse("`{name}` is empty")
    return value


def _matching(pattern: re.Pattern[str], help: str) -> BeforeValidator:
    def check(value: object) -> object:
        value = _text(value)
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise _refuse(f"{_quoted(value)} is not a name that may stand here", help)
        return value

    return BeforeValidator(check)


def _moment(value: object) -> object:
    """Take a date from the text it is written as; a whole number stays."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        needed = "a whole number or a date such as 2024-09-01"
        raise _refuse(f"`{{name}}` is {_quoted(value)}; {needed} is needed") from None


Moment = Annotated[int | date, BeforeValidator(_moment)]


def _unit(value: object) -> object:
    """Take one word for both numbers, or `{one: ..., many: ...}`."""
    if isinstance(value, str) and value:
        return (value, value)
    if (
        isinstance(value, dict)
        and set(value) == {"one", "many"}
        and all(isinstance(word, str) for word in value.values())
    ):
        return (value["one"], value["many"])
    raise _refuse("`{name}` is a word, or a map of `one` and `many`")


def _number(value: object) -> object:
    """Take a number as a person writes it, as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise _refuse(f"`{{name}}` is {_quoted(value)}; a number is needed")
    return str(value)


def _bound(value: object) -> object:
    """Take a number as a person writes it, or `{limit: name}`."""
    if isinstance(value, dict):
        if set(value) == {"limit"} and isinstance(value["limit"], str):
            return LimitName(value["limit"])
        raise _refuse("`{name}` is a number, or `{{limit: name}}`")
    return _number(value)


@dataclass(frozen=True, slots=True)
class LimitName:
    """A bound that is a limit of the pack, by its name."""

    name: str


Bound = str | LimitName | None
"""A bound of a column: a number as a person writes it, or a limit."""


def _choices(value: object) -> object:
    """Take a list of words as a map from each word to itself."""
    if isinstance(value, list):
        words = [
            str(word) if isinstance(word, int) and not isinstance(word, bool) else word for word in value
        ]
        twice = [word for place, word in enumerate(words) if word in words[:place]]
        if twice:
            raise _refuse(f"{_quoted(twice[0])} stands twice in `{{name}}`")
        return {str(word): word for word in words}
    return value


def _missing(value: object) -> object:
    """Take one word for the table and its rows alike."""
    if isinstance(value, str):
        if value not in list(Missing):
            raise _refuse(
                f"`{{name}}` is {_quoted(value)}, which is none of its values", did_you_mean(value, Missing)
            )
        return {"table": value, "rows": value}
    return value


def _readings(value: object) -> object:
    """Take `open`, or a map from each switch to an alternative."""
    if isinstance(value, str):
        if value == "open":
            return value
        raise _refuse(f"`{{name}}` is {_quoted(value)}; `open` or a map of switches is needed")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, _matching(NAME, _NAME_HELP)]
ProvisionId = Annotated[str, _matching(PROVISION_ID, "a provision is written `14.A.2`")]
PackId = Annotated[str, _matching(PACK_ID, "an id is lower-case letters, digits and hyphens")]
Unit = Annotated[tuple[str, str] | None, BeforeValidator(_unit)]
Number = Annotated[str, BeforeValidator(_number)]
BoundField = Annotated[Any, BeforeValidator(_bound)]
ColumnRef = Annotated[
    str, _matching(re.compile(rf"{NAME.pattern}\.{NAME.pattern}"), "a column is written `table.column`")
]
Scale = Annotated[int, Field(ge=0, le=6)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SubjectModel(_Model):
    """Whose record is decided."""

    column: Name
    table: Name


class ClockModel(_Model):
    """Where the present comes from."""

    predicate: Name
    columns: Annotated[list[ColumnRef], Field(min_length=1)]


class CitationModel(_Model):
    """How a provision is cited."""

    word: str


class FilesModel(_Model):
    """The files of a pack."""

    provisions: Text
    vocabulary: Text
    records: Text
    limits: Text | None = None
    readings: Text | None = None
    tables: list[Text] = []
    rules: Annotated[list[Text], Field(min_length=1)]
    choices: list[Text] = []
    cases: list[Text] = []
    properties: list[Text] = []
    generator: Text | None = None
    actions: Text | None = None


class EditionModel(_Model):
    """Another edition of the text: since when it stands, and the files that differ in it."""

    edition: Text
    effective_from: Moment
    effective_until: Moment | None = None
    replaces: Annotated[dict[Text, Text], Field(min_length=1)]


class EditionsModel(_Model):
    """Which of several editions applies, and the others than the one that the manifest names first."""

    by: Literal["admission", "year"]
    column: ColumnRef | None = None
    type: Name | None = None
    others: Annotated[list[EditionModel], Field(min_length=1)]


class ManifestModel(_Model):
    """`policy.yaml`."""

    id: PackId
    title: Text
    institution: Text
    edition: Text
    effective_from: Moment | None = None
    effective_until: Moment | None = None
    editions: EditionsModel | None = None
    source: Text = ""
    authority: Text = ""
    citation: CitationModel = CitationModel(word="Article")
    subject: SubjectModel
    clock: ClockModel | None = None
    officers: dict[Text, Text] = {}
    groups: dict[Name, ColumnRef] = {}
    files: FilesModel


class ProvisionModel(_Model):
    """An entry of `provisions.yaml`."""

    id: ProvisionId
    summary: Text
    status: Status
    actor: Text = ""
    decided_by: Text = ""
    title: Text = ""
    cite: Text = ""
    catalogue_id: Text = ""
    why_not_encoded: Text = ""
    notes: list[Text] = []


class TypeModel(_Model):
    """A type of `vocabulary.yaml`."""

    base: Base
    scale: Annotated[Scale, Field(strict=True)] = 0
    unit: Unit = None
    show: Show = Show.PLAIN
    values: dict[Name, Text] = {}
    best_first: list[Name] = []
    label: Name | None = None
    any: Text = ""


class ValueModel(_Model):
    """The figure behind a predicate."""

    actual: Name
    relation: Literal["<", "<=", ">", ">=", "=", "!="]
    bound: Name


class PredicateModel(_Model):
    """A predicate of `vocabulary.yaml`."""

    args: dict[Name, Name] = {}
    role: Role
    says: Text
    says_not: Text = ""
    value: ValueModel | None = None
    adds: Text | None = None
    cost: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    least: Name | None = None
    to_have: Literal["good", "bad"] | None = None
    more: Literal["good", "bad"] | None = None


class LimitModel(_Model):
    """An entry of `limits.yaml`."""

    value: Number
    provision: ProvisionId
    says: Text
    unit: Unit = None
    scale: Annotated[Scale, Field(strict=True)] = 0
    since: Annotated[int, Field(strict=True)] | None = None
    sides: dict[Literal["below", "at", "above"], Text] = {}


class ReadingModel(_Model):
    """A switch of `readings.yaml`."""

    question: Text
    readings: Annotated[dict[Name, Text], Field(min_length=1)]
    default: Text
    why: Text
    provisions: list[ProvisionId]


class OpenQuestionModel(_Model):
    """A question of `readings.yaml` that has no switch."""

    question: Text
    provisions: list[ProvisionId]
    why: Text


class ColumnModel(_Model):
    """A column of a table."""

    type: ColumnType
    required: Annotated[bool, Field(strict=True)] = True
    scale: Annotated[Scale, Field(strict=True)] = 0
    min: BoundField = None
    max: BoundField = None
    pattern: Text | None = None
    values: Annotated[dict[Text, Name], BeforeValidator(_choices)] = {}
    references: ColumnRef | None = None
    unit: Text | None = None
    description: Text = ""


class MissingModel(_Model):
    """What it means that rows are not there."""

    table: Missing = Missing.REFUSE
    rows: Missing = Missing.NONE


class _TableModel(_Model):
    columns: Any  # each column is checked by itself, so that one bad column hides no other
    key: Annotated[list[Name], Field(min_length=1)]
    facts: list[Text] = []
    description: Text = ""


class RecordTableModel(_TableModel):
    """A table of the record."""

    file: Text | None = None
    missing: Annotated[MissingModel, BeforeValidator(_missing)] = MissingModel()
    none_means: Text = ""
    recorded: list[Text] = []


class PackTableModel(_TableModel):
    """A table that ships with the pack."""

    file: Text
    provision: ProvisionId | None = None


ReadingsField = Literal["open"] | dict[Name, Text]


class CaseModel(_Model):
    """A case, but for its rows and expectations."""

    name: Text
    like: Text | None = None
    record: Any = None
    remove: Any = None
    decisions: Literal["closed", "open"] = "closed"
    readings: Annotated[ReadingsField, BeforeValidator(_readings)] = {}
    as_of: Any = None  # a number or a date, as the clock has it
    expect: Any = None
    refused: Text | None = None


class SharedModel(_Model):
    """A record that cases share."""

    shared: Text
    like: Text | None = None
    record: Any = None
    remove: Any = None


class ExpectationModel(_Model):
    """What a case asks of the conclusions that match a pattern."""

    because: list[ProvisionId] | None = None
    because_includes: list[ProvisionId] | None = None
    value: dict[Name, Any] = {}
    status: Literal["certain", "possible"] | None = None
    hangs_on: list[Text] | None = None
    decided_by: Text | None = None


class AppliesModel(_Model):
    """From when an amendment stands, and what that goes by."""

    by: Literal["admission", "year"]
    column: ColumnRef | None = None
    type: Name | None = None
    from_: Annotated[Moment, Field(alias="from")]


class TableChangeModel(_Model):
    """The rows of a table that are changed, added or taken out; each names the key of its row."""

    rows: list[dict[Name, Any]] = []
    remove: list[dict[Name, Any]] = []


class AmendmentModel(_Model):
    """A file of `amendments/`."""

    id: PackId
    title: Text
    summary: Text
    why: Text = ""
    applies: AppliesModel | None = None
    provisions: list[ProvisionModel] = []
    limits: dict[Name, Number] = {}
    readings: dict[Name, Text] = {}
    repeal: list[ProvisionId] = []
    predicates: Any = {}  # read as those of the vocabulary are
    rules: list[Text] = []
    tables: dict[Name, TableChangeModel] = {}

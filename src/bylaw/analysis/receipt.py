"""A receipt: what is needed to derive a verdict again, written as JSON and read back strictly."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bylaw import __version__
from bylaw.engine.solve import Conclusion, Decision, Engine
from bylaw.engine.symbols import CLINGO_VERSION, read_atom
from bylaw.errors import Problem, ReceiptError
from bylaw.files.json import read_json
from bylaw.files.store import shown_source
from bylaw.policy.validation import in_order, validate
from bylaw.records.model import Records

FORM: Literal[1] = 1
"""The version of the form; one that a later bylaw reads differently has another."""

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Words = Annotated[str, Field(min_length=1)]
Mode = Literal["closed", "open"]
ReadingsMode = Literal["chosen", "open"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PolicyRef(_Model):
    """The rules of a verdict: `given` is how the reader named the pack."""

    given: Words
    id: Words
    edition: Words
    digest: Digest


class RecordsRef(_Model):
    """The record of a verdict: `given` is how the reader named its source, `digest` that of the student.

    Args:
        given: without a password, if it is the address of a database.
        mapping: the mapping file that it was read through, if there was one.
    """

    given: Words
    mapping: Words | None = None
    digest: Digest


class Versions(_Model):
    """The programs that derived a verdict."""

    bylaw: Words
    clingo: Words
    python: Words


class Line(_Model):
    """One conclusion or finding: the atom as the rules have it, and the provisions behind it."""

    atom: Annotated[str, Field(min_length=1, max_length=20_000)]
    status: Literal["certain", "possible"]
    provisions: list[Words]


class Unknown(_Model):
    """What could not be told, and for want of which tables."""

    predicate: Words
    tables: list[Words]


class Receipt(_Model):
    """A verdict and what it was derived from.

    Args:
        as_of: the present as the rules have it; absent where the pack has no clock or no row tells it.
        decisions: what became of decisions that are not on record.
        readings_mode: whether questions that the text leaves open were kept open.
        readings: the alternative taken of each; where they are kept open, of those that were settled.
    """

    receipt: Literal[1]
    policy: PolicyRef
    records: RecordsRef
    student: Words
    as_of: int | None = None
    decisions: Mode
    readings_mode: ReadingsMode
    readings: dict[Words, Words]
    versions: Versions
    conclusions: list[Line]
    findings: list[Line]
    undetermined: list[Unknown]


def make_receipt(
    engine: Engine,
    records: Records,
    decision: Decision,
    *,
    policy_given: str,
    records_given: str,
    mapping_given: str | None = None,
    decisions: Mode = "closed",
    readings_mode: ReadingsMode = "chosen",
) -> Receipt:
    """Return the receipt of a decision.

    Args:
        policy_given: the pack as the reader named it.
        records_given: the source of the records as the reader named it.
        mapping_given: the mapping file likewise, if there is one.
    """
    policy = engine.policy
    return Receipt(
        receipt=FORM,
        policy=PolicyRef(given=policy_given, id=policy.id, edition=decision.edition, digest=policy.digest),
        records=RecordsRef(
            given=shown_source(records_given),
            mapping=mapping_given,
            digest=records.digest(decision.subject),
        ),
        student=decision.subject,
        as_of=records.as_of,
        decisions=decisions,
        readings_mode=readings_mode,
        readings=dict(engine.readings) if readings_mode == "open" else readings_taken(engine),
        versions=versions(),
        conclusions=_lines(decision.conclusions),
        findings=_lines(decision.findings),
        undetermined=[
            Unknown(predicate=one.predicate.name, tables=list(one.tables)) for one in decision.undetermined
        ],
    )


def readings_taken(engine: Engine) -> dict[str, str]:
    """Return every reading of a pack and the alternative taken."""
    default = {name: reading.default for name, reading in engine.policy.readings.items()}
    return default | dict(engine.readings)


def versions() -> Versions:
    """Return the versions of the programs that run."""
    return Versions(bylaw=__version__, clingo=CLINGO_VERSION, python=platform.python_version())


def _lines(conclusions: Sequence[Conclusion]) -> list[Line]:
    return [
        Line(atom=str(one.atom), status=one.status, provisions=list(one.provisions)) for one in conclusions
    ]


def receipt_shape(receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as JSON; a key that does not apply is absent."""
    return receipt.model_dump(exclude_none=True)


def receipt_text(receipt: Receipt) -> str:
    """Write a receipt as a file has it."""
    return json.dumps(receipt_shape(receipt), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_receipt(file: str) -> Receipt:
    """Read a receipt.

    Raises:
        ReceiptError: it is no receipt, or not a whole one; with every problem and its place.
    """
    document = read_json(Path(file), file, ReceiptError)
    problems: list[Problem] = []
    found = validate(Receipt, document, (), problems)
    for key in ("conclusions", "findings") if found is not None else ():
        for number, one in enumerate(getattr(found, key)):
            if read_atom(one.atom) is None:
                place = document.place((key, number, "atom"))
                problems.append(Problem(f"`atom` is `{one.atom[:60]}`, which is no conclusion", place))
    if found is None or problems:
        raise ReceiptError(in_order(problems))
    return found

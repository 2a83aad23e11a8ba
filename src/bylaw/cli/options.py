"""Options that commands share, and opening what they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw import watch
from bylaw.cli.defaults import CONFIG, read_defaults
from bylaw.cli.discretion import looked_at, renamed
from bylaw.cli.output import say
from bylaw.errors import UsageError

if TYPE_CHECKING:
    from bylaw.engine.opened import OpenEngine
    from bylaw.engine.solve import Engine
    from bylaw.policy.model import Policy
    from bylaw.records.model import Records


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class Decisions(StrEnum):
    """What becomes of a decision that is not on record."""

    CLOSED = "closed"
    OPEN = "open"


class Readings(StrEnum):
    """How a question is read that the text leaves open."""

    CHOSEN = "chosen"
    OPEN = "open"


PolicyOption = Annotated[
    str | None,
    typer.Option("--policy", "-p", metavar="NAME|FOLDER", help="The pack: one that ships, or a folder."),
]
RecordsOption = Annotated[
    str | None,
    typer.Option(
        "--records",
        "-r",
        metavar="PATH|ADDRESS",
        help="A folder of CSV files, one YAML case, a workbook, or the address of a database.",
    ),
]
MappingOption = Annotated[
    str | None,
    typer.Option(
        "--mapping", metavar="FILE", help="What the tables, columns and codes of the records are called."
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="YEAR|DATE", help="The present, as the pack's clock counts it."),
]
ReadingOption = Annotated[
    list[str] | None,
    typer.Option("--reading", metavar="NAME=VALUE", help="Read an open question otherwise; repeatable."),
]
DecisionsOption = Annotated[
    Decisions,
    typer.Option(
        "--decisions",
        metavar="closed|open",
        help="closed: a decision that is not on record is not taken; open: it may still be.",
    ),
]
ReadingsOption = Annotated[
    Readings,
    typer.Option(
        "--readings",
        metavar="chosen|open",
        help="open: what hangs on how the text is read; `--reading` keeps a question settled.",
    ),
]
EditionOption = Annotated[
    str | None,
    typer.Option(
        "--edition",
        metavar="NAME",
        help="Of several editions in the pack, this one; the first that it names unless given.",
    ),
]
TimeOption = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        min=0.1,
        help="The time that one student, or one step of the work, may take.",
    ),
]
MemoryOption = Annotated[
    int | None, typer.Option("--memory-limit", metavar="MIB", min=64, help="The memory that it may take.")
]
CpuOption = Annotated[
    float | None,
    typer.Option("--cpu-limit", metavar="SECONDS", min=1, help="The processor time that it may take."),
]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", metavar="text|json", help="How to write the report.")
]


@dataclass(frozen=True, slots=True)
class Opened:
    """A policy, the records it is applied to, and the engine that does it."""

    policy: Policy
    records: Records
    engine: Engine


def open_policy(named: str | None) -> Policy:
    """Load the policy that an option or `bylaw.toml` names.

    Raises:
        UsageError: if neither names one.
        PolicyError: if the pack is wrong.
    """
    from bylaw.policy.kept import kept_policy

    ref = policy_named(named)
    _say_which(ref)
    watch.pulse()  # each pack is opened in a step of its own
    policy = kept_policy(ref)
    if policy is None:
        from bylaw.policy.load import load_policy  # with all that checking a pack takes

        policy = load_policy(ref)
    return policy


def _say_which(ref: str | Path) -> None:
    """Say that a name means the shipped pack where a folder beside the reader has it too."""
    from bylaw.policy.packs import packs_folder, shipped_packs

    folder, root = Path(ref), packs_folder()
    if not isinstance(ref, str) or ref not in shipped_packs() or root is None or not folder.is_dir():
        return
    if not folder.samefile(root / ref):
        say(f"note: `{ref}` is the pack that ships with bylaw; write `./{ref}` for the folder")


def policy_named(named: str | None) -> str | Path:
    """Return the policy that an option or `bylaw.toml` names, as the reader named it.

    Raises:
        UsageError: if neither names one.
    """
    from bylaw.policy.packs import shipped_packs

    ref = named or read_defaults().policy
    if ref is None:
        shipped = ", ".join(f"`{pack}`" for pack in shipped_packs())
        raise UsageError(
            "no policy is named",
            "give `--policy` with a folder or a shipped pack"
            + (f" ({shipped})" if shipped else "")
            + f", or write it into {CONFIG}",
        )
    return ref


def open_records(policy: Policy, named: str | None, as_of: str | None, mapping: str | None = None) -> Records:
    """Load the records that an option or `bylaw.toml` names, through the mapping that is named likewise.

    Raises:
        UsageError: if neither names any.
        RecordError: if they are wrong.
    """
    from bylaw.records.load import load_records

    source, present = records_named(named), present_named(policy, as_of)
    through = mapping_named(mapping, named)
    records = load_records(policy, source, present, mapping=through, renamed=renamed())
    watch.pulse()
    looked_at(policy, records)
    return records


def mapping_named(mapping: str | None, records: str | None) -> str | None:
    """Return the mapping file that an option names, or `bylaw.toml` beside its records; None if neither does.

    Args:
        mapping: the option.
        records: the option that names other records than those of `bylaw.toml`.
    """
    return mapping if mapping is not None or records is not None else read_defaults().mapping


def records_named(named: str | None) -> str:
    """Return the records that an option or `bylaw.toml` names, as the reader named them.

    Raises:
        UsageError: if neither names any.
    """
    source = named or read_defaults().records
    if source is None:
        raise UsageError(
            "no records are named",
            "give `--records` with a folder of CSV files, a YAML case or a database, "
            f"or write it into {CONFIG}",
        )
    return source


def present_named(policy: Policy, as_of: str | None) -> int | None:
    """Return the present that an option or `bylaw.toml` names, None if neither does.

    Raises:
        UsageError: if the pack has no clock, or the text is none of its values.
    """
    return read_as_of(policy, as_of if as_of is not None else read_defaults().as_of)


def read_as_of(policy: Policy, text: str | None) -> int | None:
    """Read the present as the pack's clock counts it: `2024`, `2024/25` or a date.

    Raises:
        UsageError: if the pack has no clock, or the text is none of its values.
    """
    from bylaw.policy.patterns import parse_term

    if text is None:
        return None
    clock = policy.clock
    if clock is None:
        raise UsageError(f"{policy.id} has no clock that `{text}` could set", "leave `as_of` out")
    kind = policy.types[policy.predicates[clock.predicate].args[0][1]]
    term = parse_term(kind, text, "as_of")
    return term if isinstance(term, int) else None


def read_readings(given: Sequence[str] | None) -> dict[str, str]:
    """Turn `NAME=VALUE` options into the readings they choose.

    Raises:
        UsageError: if one is not of this form or a name is given twice.
    """
    chosen: dict[str, str] = {}
    for text in given or ():
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (sign and name and value):
            raise UsageError(f"`{text}` is no reading", "write `--reading NAME=VALUE`")
        if chosen.get(name, value) != value:
            raise UsageError(f"the reading `{name}` is given twice, as `{chosen[name]}` and as `{value}`")
        chosen[name] = value
    return chosen


def left_open(engine: Engine, decisions: Decisions, readings: Readings) -> OpenEngine | None:
    """Return the engine that leaves open what two options ask for; None if that is nothing."""
    if decisions is Decisions.CLOSED and readings is Readings.CHOSEN:
        return None
    from bylaw.engine.opened import OpenEngine

    return OpenEngine(engine, decisions=decisions is Decisions.OPEN, readings=readings is Readings.OPEN)


def open_all(
    policy: str | None,
    records: str | None,
    as_of: str | None,
    readings: Sequence[str] | None,
    mapping: str | None = None,
) -> Opened:
    """Open the policy, the records and the engine that a command's options name.

    Raises:
        BylawError: if one of them is missing or wrong.
    """
    chosen = read_readings(readings)
    loaded = open_policy(policy)
    from bylaw.engine.editions import open_engine

    engine = open_engine(loaded, chosen)
    return Opened(loaded, open_records(loaded, records, as_of, mapping), engine)

"""What is known of the tables of common systems: files in `presets/`, one a system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bylaw.errors import UsageError, did_you_mean
from bylaw.files.yaml import read_yaml

_FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True)
class KnownColumn:
    """A column of a system.

    Args:
        means: what columns of packs that hold the same may be called.
        note: what it holds.
        documented: whether its maker or a university documents it; else it is only known from queries.
    """

    means: tuple[str, ...]
    note: str
    documented: bool


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of a system: what tables of packs may be called that hold the same, and its columns."""

    means: tuple[str, ...]
    columns: Mapping[str, KnownColumn]


@dataclass(frozen=True, slots=True)
class Preset:
    """What is known of a system, by the names of its tables."""

    title: str
    tables: Mapping[str, KnownTable]


def preset_names() -> tuple[str, ...]:
    """Return the systems of which something is known."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def read_preset(name: str) -> Preset:
    """Read what is known of a system.

    Raises:
        UsageError: there is no preset of the name.
    """
    if name not in preset_names():
        raise UsageError(f"there is no preset `{name}`", did_you_mean(name, preset_names()))
    path = _FOLDER / f"{name}.yaml"
    data = read_yaml(path, path.name).data
    return Preset(
        data["title"],
        {
            table: KnownTable(
                tuple(known["means"]),
                {
                    column: KnownColumn(tuple(one["means"]), one["note"], kind == "documented")
                    for kind in ("documented", "seen")
                    for column, one in known.get(kind, {}).items()
                },
            )
            for table, known in data["tables"].items()
        },
    )

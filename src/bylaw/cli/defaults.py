"""What `bylaw.toml` says of the options that are not given."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bylaw.errors import BylawError, Place, Problem, UsageError, did_you_mean

CONFIG = "bylaw.toml"
NUMBERS = {"workers": 1, "time_limit": 0.1, "memory_limit": 64, "cpu_limit": 1, "least_group": 1}
"""The keys of `bylaw.toml` that are numbers, and the least value of each."""
KEYS = ("policy", "records", "mapping", "as_of", "access_log", *NUMBERS)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What `bylaw.toml` says; None where it says nothing."""

    policy: str | Path | None = None
    records: str | None = None
    mapping: str | None = None
    as_of: str | None = None
    workers: int | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    cpu_limit: float | None = None
    access_log: Path | None = None
    least_group: int | None = None


def read_defaults(start: Path | None = None) -> Defaults:
    """Read `bylaw.toml` of a folder or of the nearest folder above it.

    Args:
        start: the folder to begin with; the working folder unless given.

    Raises:
        UsageError: if the file is not as it has to be.
    """
    path = _nearest(start or Path.cwd())
    return Defaults() if path is None else _defaults(path)


def project_folder() -> Path:
    """Return the folder of `bylaw.toml`, or the working folder if there is none."""
    path = _nearest(Path.cwd())
    return Path.cwd() if path is None else path.parent


def _nearest(start: Path) -> Path | None:
    here = start.absolute()
    paths = (folder / CONFIG for folder in (here, *here.parents))
    return next((path for path in paths if os.path.lexists(path)), None)


def _defaults(path: Path) -> Defaults:
    import tomllib

    from bylaw.files.source import read_text

    name = _shown(path)
    text = read_text(path, name, BylawError)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        wrong, _, at = str(cause).partition(" (at ")
        found = re.match(r"line ([0-9]+), column ([0-9]+)", at)
        place = Place(name, int(found[1]), int(found[2])) if found else Place(name)
        help_line = 'such as `[bylaw]`, and below it `policy = "hebron-md"`'
        raise BylawError(
            Problem(f"not valid TOML: {wrong[:1].lower()}{wrong[1:]}", place, help_line)
        ) from None
    except RecursionError:
        raise BylawError(Problem("nested too deep", Place(name), "defaults stand in `[bylaw]`")) from None
    for key in data:
        if key != "bylaw":
            raise UsageError(f"`{name}` has an unknown table `[{key}]`", "defaults stand in `[bylaw]`")
    table = data.get("bylaw", {})
    if not isinstance(table, dict):
        raise UsageError(f"`bylaw` in `{name}` is no table", "defaults stand below a line `[bylaw]`")
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(f"`{name}` has an unknown key `{key}`", did_you_mean(key, KEYS))
        if key == "as_of":
            if isinstance(value, bool) or not isinstance(value, int | str | date):
                raise UsageError(f"`as_of` in `{name}` is not a number or a date")
        elif key in NUMBERS:
            whole = key not in ("time_limit", "cpu_limit")
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
                raise UsageError(f"`{key}` in `{name}` is not a {'whole ' if whole else ''}number")
            if not value >= NUMBERS[key]:
                raise UsageError(f"`{key}` in `{name}` is below {NUMBERS[key]}")
        elif not isinstance(value, str):
            raise UsageError(f"`{key}` in `{name}` is not a text in quotes")
    policy: str | Path | None = table.get("policy")
    if policy is not None and (path.parent / policy).is_dir():
        policy = Path(_shown(path.parent / policy))
    records, mapping = table.get("records"), table.get("mapping")
    return Defaults(
        policy=policy,
        records=_beside(path.parent, records) if records is not None else None,
        mapping=_shown(path.parent / mapping) if mapping is not None else None,
        as_of=str(table["as_of"]) if "as_of" in table else None,
        workers=table.get("workers"),
        time_limit=table.get("time_limit"),
        memory_limit=table.get("memory_limit"),
        cpu_limit=table.get("cpu_limit"),
        access_log=path.parent / table["access_log"] if "access_log" in table else None,
        least_group=table.get("least_group"),
    )


def _beside(folder: Path, records: str) -> str:
    """Name the records of `bylaw.toml`, whose paths start from its folder."""
    scheme, sign, rest = records.partition("sqlite:///")
    if sign and not scheme:
        return records if rest.startswith("/") else sign + _shown(folder / rest)
    return records if "://" in records else _shown(folder / records)


def _shown(path: Path) -> str:
    """Name a path as somebody in the working folder would."""
    try:
        short = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return short if short.count("..") <= 2 else str(path)

"""What tells the programs that results come from, so that those of another build are not taken for them."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bylaw import __version__
from bylaw.engine.symbols import CLINGO_VERSION

_PACKAGE = Path(__file__).resolve().parent.parent
_ROOMS = ("policy", "tables", "files", "records", "engine", "explain", "analysis", "report", "errors.py")


@dataclass(frozen=True, slots=True)
class Build:
    """The programs that a process derives with.

    Args:
        bylaw: its version.
        programs: the hash of its files, in hexadecimal digits.
        clingo: its version.
        python: its version, but for the last number.
    """

    bylaw: str
    programs: str
    clingo: str
    python: str

    def differs(self, other: Build) -> str:
        """Return what another build has otherwise, in words that name both; empty if nothing."""
        versions = (
            ("bylaw", self.bylaw, other.bylaw),
            ("clingo", self.clingo, other.clingo),
            ("Python", self.python, other.python),
        )
        told = [f"{name} {theirs}, not {ours}" for name, ours, theirs in versions if ours != theirs]
        if not told and self.programs != other.programs:
            told = [f"other files of bylaw {self.bylaw}: {other.programs[:12]}, not {self.programs[:12]}"]
        return "; ".join(told)


@cache
def own_build() -> Build:
    """Return the programs of this process."""
    found = hashlib.sha256()
    for name, path in program_files():
        found.update(f"{name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    python = ".".join(map(str, sys.version_info[:2]))
    return Build(__version__, found.hexdigest(), CLINGO_VERSION, python)


def program_files() -> Iterator[tuple[str, Path]]:
    """Yield the files that results depend on, each with its name in the package."""
    for room in _ROOMS:
        at = _PACKAGE / room
        for path in sorted(at.glob("*.py")) if at.is_dir() else [at]:
            yield f"{room}/{path.name}", path

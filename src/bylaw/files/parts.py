"""A table in several files: a folder of its own, as other systems write what is too large for one."""

from __future__ import annotations

import re
from pathlib import Path

from bylaw.errors import Place, Problem, RecordError
from bylaw.files.csv import visible


def parts_of(folder: Path, name: str, endings: tuple[str, ...]) -> list[tuple[Path, str]]:
    """Return the files of a table, each with the name that problems use, in the order of their numbers.

    Names that begin with `.` or `_` are notes of the system that wrote them.

    Args:
        folder: named after the table.
        name: how problems name it.
        endings: of files that hold rows.

    Raises:
        RecordError: something else is in the folder, or nothing.
    """
    found: list[tuple[Path, str]] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir(), key=lambda one: _numbered(one.name)):
        if path.name.startswith((".", "_")):
            continue
        shown = str(Path(name) / path.name)
        if path.suffix.lower() in endings and not path.is_dir():
            found.append((path, shown))
            continue
        what = "is a folder, and no part of a table" if path.is_dir() else "is no part of a table"
        help_line = f"a table in parts is a folder of files that end in {' or '.join(endings)}"
        if "=" in path.name:
            help_line = "write the parts without folders for the values of a column"
        problems.append(Problem(f"`{visible(path.name)}` {what}", Place(visible(shown, 400)), help_line))
    if not found and not problems:
        help_line = "a table without rows has a file with its header only"
        problems.append(Problem("the folder has no part of a table", Place(visible(name, 400)), help_line))
    if problems:
        raise RecordError(problems)
    return found


def _numbered(name: str) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them: `part.2` before `part.10`."""
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in re.split("([0-9]+)", name)]

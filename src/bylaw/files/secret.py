"""Reads a key that is its owner's alone and lies apart from what it protects."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from bylaw.errors import UsageError
from bylaw.files.source import read_bytes

LEAST = 32
"""Bytes that a key has at least."""
MOST = 4096
_MAKE = "make one with `head -c 32 /dev/urandom | base64 > KEY; chmod 600 KEY`, apart from the project"


def read_key(path: Path, apart_from: Iterable[tuple[str, Path]]) -> bytes:
    """Read a key; the line end at its end is no part of it.

    Args:
        path: its file.
        apart_from: folders that may be handed on, so that no key may lie in them, each with what it is.

    Raises:
        UsageError: it is not there, is too short, may be read by others, or lies in one of the folders.
    """
    data = read_bytes(path, str(path), _KeyError, MOST).strip(b"\r\n")
    if len(data) < LEAST:
        raise UsageError(f"the key in `{path}` has {len(data)} bytes; it needs {LEAST}", _MAKE)
    real = path.resolve()
    if os.name == "posix" and stat.S_IMODE(real.stat().st_mode) & 0o077:
        raise UsageError(f"the key in `{path}` may be read by others", f"`chmod 600 {path}`")
    for what, folder in apart_from:
        around = folder.resolve()
        if around != Path(around.anchor) and real.is_relative_to(around):
            help = "whoever is handed the folder would have the key; keep it in a folder of your own"
            raise UsageError(f"the key `{path}` lies in {what}", help)
    return data


class _KeyError(UsageError):
    """A key cannot be read."""

    def __init__(self, problem: object) -> None:
        super(UsageError, self).__init__(problem)  # type: ignore[arg-type]

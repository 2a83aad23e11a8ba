"""Writes a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def write_text(path: Path, text: str, mode: int | None = None) -> None:
    """Write a text so that a reader sees either the old file or the whole new one.

    Args:
        path: the file; its folder exists. A symbolic link is followed, not replaced.
        text: written as UTF-8, line ends as they are.
        mode: permission bits; by default those of the file that is replaced, or those of any new file.

    Raises:
        OSError: the folder cannot be written to; the old file is untouched.
    """
    write_bytes(path, text.encode("utf-8"), mode)


def write_bytes(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write bytes in the same way.

    Raises:
        OSError: the folder cannot be written to; the old file is untouched.
    """
    with written_whole(path, mode) as stream:
        stream.write(data)


@contextlib.contextmanager
def written_whole(path: Path, mode: int | None = None) -> Iterator[BinaryIO]:
    """Write a file piece by piece in the same way: it has its name once all is written.

    Raises:
        OSError: the folder cannot be written to; the old file is untouched.
    """
    target = path.resolve()
    if mode is None and target.is_file():
        mode = target.stat().st_mode & 0o777
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    # Nobody else may open it while it is written, either.
    first = 0o666 if mode is None else mode & 0o666
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, first)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, on systems that can sync a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

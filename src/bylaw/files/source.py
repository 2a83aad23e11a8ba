"""Read a file that somebody else wrote: regular, of bounded size, UTF-8, without control characters."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from bylaw.errors import BylawError, Place, PolicyError, Problem

MAX_BYTES = 4 * 1024 * 1024
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_REPORTED = 20


def read_bytes(
    path: Path, name: str, error: type[BylawError] = PolicyError, max_bytes: int = MAX_BYTES
) -> bytes:
    """Read a file after looking at what it is; a pipe or a device is never opened.

    Args:
        path: where the file is.
        name: how the reader named it.
        error: what to raise.
        max_bytes: the most bytes a file may have.

    Raises:
        BylawError: of the class given; the file is missing, not regular, unreadable or too large.
    """
    place = Place(name)
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise error(Problem(f"`{name}` is a folder, not a file", place))
        if not stat.S_ISREG(found.st_mode):
            raise error(Problem(f"`{name}` is not a regular file", place, "pipes and devices are not read"))
        if found.st_size > max_bytes:
            raise error(_too_large(name, max_bytes))
        with open_regular(path) as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError:
        raise error(Problem(f"there is no file `{name}`", place)) from None
    except OSError as cause:
        reason = (cause.strerror or "it cannot be opened").lower()
        raise error(Problem(f"`{name}` cannot be read: {reason}", place)) from None
    except ValueError:  # a NUL in the path
        raise error(Problem(f"there is no file `{name!r}`", None)) from None
    if len(data) > max_bytes:
        raise error(_too_large(name, max_bytes))
    return data


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading bytes.

    Raises:
        OSError: it is not there, may not be read, or is a folder, device or pipe.
    """
    # The first look avoids waking a device; the second is free of a race, and nothing waits for a pipe.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("it is not a regular file")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    stream = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError("it is not a regular file")
    return stream


def read_text(
    path: Path, name: str, error: type[BylawError] = PolicyError, max_bytes: int = MAX_BYTES
) -> str:
    """Read a file of UTF-8 text; a byte order mark is dropped, line ends become `\\n`.

    Raises:
        BylawError: of the class given; as `read_bytes`, or the bytes are not text.
    """
    return decode(read_bytes(path, name, error, max_bytes), name, error)


def decode(data: bytes, name: str, error: type[BylawError] = PolicyError) -> str:
    """Decode UTF-8; a byte order mark is dropped, line ends become `\\n`.

    Raises:
        BylawError: of the class given; with the place of the first wrong byte or of each control character.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        before = cause.object[: cause.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        raise error(
            Problem(
                f"byte 0x{cause.object[cause.start]:02x} is not UTF-8",
                Place(name, line, column),
                "save the file as UTF-8",
            )
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    problems = []
    for found in _CONTROL.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        problems.append(
            Problem(
                f"control character U+{ord(found[0]):04X}",
                Place(name, line, column),
                "remove it; only tabs and line ends are allowed",
            )
        )
        if len(problems) == _REPORTED:
            break
    if problems:
        raise error(problems)
    return text


def _too_large(name: str, max_bytes: int) -> Problem:
    size = f"{max_bytes // (1024 * 1024)} MiB" if max_bytes >= 1024 * 1024 else f"{max_bytes} bytes"
    return Problem(f"`{name}` is larger than {size}", Place(name))

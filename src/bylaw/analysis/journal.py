"""What an output to a file has so far, beside that file, so that a run that was cut short can go on."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from bylaw.errors import UsageError

_END = ".partial"
_OWNER = 0o600


class Journal:
    """The results of a run, one a line in the order in which they came, for the output that they will be.

    It lies beside the output under a name that tells the run: another pack, another reading or another
    program has another journal. It is the owner's alone, and only one run writes it at a time.

    Args:
        output: the file that is to be.
        run: the hash of all that is the same for all students.
        digest_of: the digest of a student's record; None for one who is not of the cohort.
        resume: whether what is there is gone on with; otherwise it is taken away.

    Raises:
        UsageError: another run writes this output, or the folder cannot be written to.
    """

    def __init__(
        self, output: Path, run: str, digest_of: Callable[[str], str | None], *, resume: bool
    ) -> None:
        self._path = output.with_name(f".{output.name}.{run[:16]}{_END}")
        self._places: dict[str, tuple[int, int]] = {}
        try:
            self._file = _opened(self._path)
            if not _alone(self._file):
                self._file.close()
                raise UsageError(f"another run writes `{output}`", "wait for it to end, or name another file")
            if resume:
                self._read(digest_of)
            else:
                self._file.truncate(0)
            for other in self._path.parent.glob(f".{_literal(output.name)}.*{_END}"):
                if other != self._path and not resume:
                    with contextlib.suppress(OSError):
                        other.unlink()
            # Of a run that was killed while it wrote the output; nobody else writes it now.
            for half in self._path.parent.glob(f".{_literal(output.name)}.{'[0-9a-f]' * 12}.tmp"):
                with contextlib.suppress(OSError):
                    half.unlink()
        except OSError as cause:
            reason = (cause.strerror or "it cannot be opened").lower()
            raise UsageError(f"`{output}` cannot be written: {reason}") from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __contains__(self, subject: object) -> bool:
        return subject in self._places

    def __len__(self) -> int:
        return len(self._places)

    def add(self, subject: str, text: str) -> None:
        """Write what is told of a student, a text without line ends."""
        data = text.encode() + b"\n"
        self._places[subject] = (self._file.seek(0, os.SEEK_END), len(data) - 1)
        self._file.write(data)

    def flush(self) -> None:
        """Hand what is written over to the system, so that it outlives this process."""
        self._file.flush()

    def text(self, subject: str) -> str:
        """Return what is told of a student.

        Raises:
            KeyError: nothing is.
        """
        at, size = self._places[subject]
        self._file.seek(at)
        return self._file.read(size).decode()

    def remove(self) -> None:
        """Take the journal away, once the output is written."""
        self._path.unlink(missing_ok=True)

    def _read(self, digest_of: Callable[[str], str | None]) -> None:
        """Take what an earlier run left: whole lines about students whose records are still the same."""
        at = 0
        self._file.seek(0)
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            with contextlib.suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                if digest_of(told["student"]) == told["digest"]["records"]:
                    self._places[told["student"]] = (at, len(line) - 1)
            at += len(line)
        self._file.truncate(at)


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER), "r+b")


def _alone(file: BinaryIO) -> bool:
    """Tell whether no other run has the file, where the system can say so."""
    try:
        import fcntl
    except ImportError:  # a system without such locks
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _literal(name: str) -> str:
    """Return a name as a pattern that matches nothing else."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)

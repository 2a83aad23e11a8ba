"""What was told of students before, kept between runs under all that it depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bylaw import __version__
from bylaw.engine.build import program_files
from bylaw.engine.symbols import CLINGO_VERSION
from bylaw.policy.kept import folder
from bylaw.policy.model import Policy
from bylaw.records.model import Records

NAME = "results.sqlite"
MOST = 200_000
"""How many results are kept; those not used for longest go first."""
PATIENCE = 5.0
"""Seconds to wait for another run that writes."""
_OWNER = 0o600
_MARK = 16
_ASKED = 500
"""How many keys are looked up in one statement, fewer than any build of SQLite allows."""

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store holds: results, bytes of its file, and the day of its oldest use."""

    path: Path
    results: int
    size: int


class Store:
    """Results under their keys, in a file that several runs may use at once.

    A store that cannot be used is done without: what is not known is derived. One that is damaged is set
    aside under another name and begun anew.

    Args:
        path: its file.
        note: told, once, why the store is not used.
    """

    def __init__(self, path: Path, note: Note) -> None:
        self._path = path
        self._note = note
        self._wrote = False
        self._base: sqlite3.Connection | None = None
        self._safely(self._open)

    def holds(self, keys: Sequence[bytes]) -> set[bytes]:
        """Return those of some keys under which something is kept that is as it was written."""
        found: set[bytes] = set()

        def look(base: sqlite3.Connection) -> None:
            for start in range(0, len(keys), _ASKED):
                some = keys[start : start + _ASKED]
                marks = ",".join("?" * len(some))
                for key, told in base.execute(f"SELECT key, told FROM results WHERE key IN ({marks})", some):
                    _check(key, told)
                    found.add(key)

        return found if self._safely(look) else set()

    def known(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return what is kept under some keys."""
        found: dict[bytes, str] = {}

        def look(base: sqlite3.Connection) -> None:
            today = _today()
            for start in range(0, len(keys), _ASKED):
                some = keys[start : start + _ASKED]
                marks = ",".join("?" * len(some))
                rows = base.execute(f"SELECT key, used, told FROM results WHERE key IN ({marks})", some)
                stale = []
                for key, used, told in rows.fetchall():
                    found[key] = _unpacked(key, told)
                    if used != today:
                        stale.append((today, key))
                if stale:
                    with base:
                        base.executemany("UPDATE results SET used = ? WHERE key = ?", stale)

        return found if self._safely(look) else {}

    def keep(self, told: Mapping[bytes, str]) -> None:
        """Keep results under their keys."""
        today = _today()
        rows = [(key, today, _packed(key, text)) for key, text in told.items()]

        def write(base: sqlite3.Connection) -> None:
            with base:
                base.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
            self._wrote = True

        if rows:
            self._safely(write)

    def close(self) -> None:
        """Let go of the file, and of the results that are too many."""

        def end(base: sqlite3.Connection) -> None:
            if self._wrote:
                count = base.execute("SELECT count(*) FROM results").fetchone()[0]
                if count > MOST:
                    oldest = "SELECT key FROM results ORDER BY used LIMIT ?"
                    with base:
                        base.execute(f"DELETE FROM results WHERE key IN ({oldest})", (count - MOST,))

        self._safely(end)
        if self._base is not None:
            self._base.close()
            self._base = None

    def _open(self, _none: sqlite3.Connection | None = None) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, _OWNER))
        with contextlib.suppress(OSError):
            self._path.chmod(_OWNER)
        base = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level="IMMEDIATE")
        self._base = base
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        with base:
            base.execute(
                "CREATE TABLE IF NOT EXISTS results"
                " (key BLOB PRIMARY KEY, used INTEGER, told BLOB) WITHOUT ROWID"
            )

    def _safely(self, action: Callable[[sqlite3.Connection], None]) -> bool:
        """Do something with the store and return whether it was done; one that fails is not used any more."""
        opening = action == self._open
        if self._base is None and not opening:
            return False
        try:
            action(self._base)  # type: ignore[arg-type]
        except (_DamagedError, sqlite3.DatabaseError, OSError) as error:
            self._let_go()
            if isinstance(error, OSError | sqlite3.OperationalError) and not _broken(error):
                self._note(f"note: what was kept of earlier runs is not used: {_reason(error)}")
                return False
            aside = self._set_aside()
            self._note(f"note: what was kept of earlier runs is damaged and set aside as `{aside}`")
            with contextlib.suppress(sqlite3.DatabaseError, OSError):
                self._open()
                return False
            self._let_go()
            return False
        return True

    def _let_go(self) -> None:
        if self._base is not None:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
            self._base = None

    def _set_aside(self) -> str:
        aside = self._path.with_name(f"{self._path.name}.damaged")
        with contextlib.suppress(OSError):
            self._path.replace(aside)
        for end in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + end).unlink()
        return aside.name


class Keys:
    """The keys of results: the hash of all that what is told of a subject depends on.

    That is the subject's own rows with the clock and with what is not supplied, which are all that the rules
    see of it, the pack with all its editions, how it is read, what is told, and the programs.

    Args:
        policy: the pack.
        how: what else the results depend on, such as the readings.
    """

    def __init__(self, policy: Policy, how: Mapping[str, object]) -> None:
        others = policy.editions.others if policy.editions else ()
        told = {"packs": [policy.digest, *(other.digest for other in others)], "how": how, "by": _programs()}
        self._start = hashlib.sha256(json.dumps(told, sort_keys=True).encode())

    @property
    def run(self) -> str:
        """The hash of all that is the same for all subjects, in hexadecimal digits."""
        return self._start.hexdigest()

    def key(self, records: Records, subject: str) -> bytes:
        """Return the key of what is told of a subject."""
        found = self._start.copy()
        about = [subject, records.as_of, records.synthetic, records.digest(subject)]
        found.update(json.dumps(about).encode())
        return found.digest()


def open_store(note: Note) -> Store | None:
    """Return the store in the folder of what is kept; None if nothing is to be kept.

    Args:
        note: told why the store is not used, if it is not.
    """
    where = folder()
    return None if where is None else Store(where / NAME, note)


def kept_results() -> Kept | None:
    """Return what the store holds; None if nothing is to be kept."""
    where = folder()
    if where is None:
        return None
    path = where / NAME
    if not path.is_file():
        return Kept(path, 0, 0)
    results = 0
    with (
        contextlib.suppress(sqlite3.DatabaseError),
        contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as base,
    ):
        results = base.execute("SELECT count(*) FROM results").fetchone()[0]
    return Kept(path, results, sum(one.stat().st_size for one in _files(path)))


def clear_results() -> int:
    """Take away all that the store holds, also what was set aside, and return the bytes freed.

    Raises:
        OSError: a file cannot be taken away.
    """
    where = folder()
    freed = 0
    for one in _files(where / NAME) if where is not None else ():
        freed += one.stat().st_size
        one.unlink()
    return freed


def _files(path: Path) -> list[Path]:
    ends = ("", "-wal", "-shm", ".damaged")
    return [one for end in ends if (one := path.with_name(path.name + end)).is_file()]


class _DamagedError(Exception):
    """What is kept is not what was written."""


def _packed(key: bytes, text: str) -> bytes:
    data = zlib.compress(text.encode(), 1)
    return hashlib.sha256(key + data).digest()[:_MARK] + data


def _check(key: bytes, told: object) -> bytes:
    """Return what is kept under a key, once it is known to be as it was written."""
    if not isinstance(told, bytes) or hashlib.sha256(key + told[_MARK:]).digest()[:_MARK] != told[:_MARK]:
        raise _DamagedError
    return told[_MARK:]


def _unpacked(key: bytes, told: object) -> str:
    return zlib.decompress(_check(key, told)).decode()


def _broken(error: Exception) -> bool:
    """Whether an error says that the file is damaged rather than busy or out of reach."""
    out_of_reach = ("locked", "busy", "unable to open", "readonly", "disk", "full")
    return isinstance(error, sqlite3.OperationalError) and not any(one in str(error) for one in out_of_reach)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "its file cannot be used").lower()
    return "another run holds it" if "locked" in str(error) else str(error)


def _today() -> int:
    return int(time.time() // 86_400)


@cache
def _programs() -> list[str]:
    """Return what tells the programs that results come from: each file of this package, and clingo."""
    stamps = [__version__, CLINGO_VERSION]
    for name, path in program_files():
        found = path.stat()
        stamps.append(f"{name} {found.st_size} {found.st_mtime_ns}")
    return stamps

"""How long a step of the work may take, told to the process that looks on and ends it when it is over.

The work of a command is done in a child process (`cli/supervisor.py`); this module is its side. It writes the
moment at which a step is to have ended, and whom it is about, into memory that both share. Where nobody looks
on, as in a test or a program that uses the package, everything here does nothing.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

SECONDS = 120.0
"""The wall time that a step, such as one student, may take unless told otherwise."""
MEBIBYTES = 4096
"""The memory that a step may take unless told otherwise."""
ROWS = 256
"""Rows that are read in one step."""
SIZE = 1024
"""Bytes of the shared memory."""
_HEAD = struct.Struct("<dddH")
_GRACE = 2
"""Seconds of processor time beyond the wall time, where nothing is said of them."""
_SETTLED = 1.0
"""Seconds for which bounds that the system keeps stand, while a step comes further."""
_MEBIBYTE = 1 << 20


class Shared(Protocol):
    """Memory that two processes share."""

    def __setitem__(self, place: slice, data: bytes) -> None:
        """Write some bytes."""

    def __getitem__(self, place: slice) -> bytes:
        """Read some bytes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a step may take.

    Args:
        seconds: of wall time.
        mebibytes: of memory, beside what the process holds when the step begins.
        cpu: of processor time; unless given, what all processors have in a little more than the wall time.
    """

    seconds: float = SECONDS
    mebibytes: int = MEBIBYTES
    cpu: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the memory says.

    Args:
        deadline: when the step is to have ended; 0 for never.
        seconds: what it may take.
        cpu: what it may take of processor time.
        who: whom it is about.
    """

    deadline: float
    seconds: float
    cpu: float
    who: str


class _Clock:
    """The state of the process that is looked at."""

    shared: Shared | None = None
    bounds = Bounds()
    who = ""
    away = 0
    confined = 0.0


def begin(shared: Shared) -> None:
    """Be looked at, through some memory that another process reads."""
    _Clock.shared = shared
    _Clock.away = 0
    step()


def looked_at() -> bool:
    """Tell whether another process ends this one when a step takes too long."""
    return _Clock.shared is not None


def bound(bounds: Bounds) -> None:
    """Say what a step may take, from the one on that begins now."""
    _Clock.bounds = bounds
    step()


def bounds() -> Bounds:
    """Return what a step may take."""
    return _Clock.bounds


def whom() -> str:
    """Return whom the step is about."""
    return _Clock.who


def step(who: str = "") -> None:
    """Begin a step, with all the time and memory that one may take.

    Args:
        who: whom it is about, such as "record `S1041`", for the message if it takes too long.
    """
    if _Clock.shared is None or _Clock.away:
        return
    _Clock.who = who
    _Clock.confined = 0.0
    pulse()


def pulse() -> None:
    """Say that the step goes on and has come further: its time begins anew, and what it may take besides."""
    if _Clock.shared is None or _Clock.away:
        return
    now = time.monotonic()
    if now - _Clock.confined > _SETTLED:
        _Clock.confined = now
        _confine(_Clock.bounds)
    _write(now + _Clock.bounds.seconds)


@contextlib.contextmanager
def away() -> Iterator[None]:
    """Let time pass that is not this process's: while others work under limits of their own, or read."""
    if _Clock.shared is None:
        yield
        return
    _Clock.away += 1
    if _Clock.away == 1:
        _write(0.0)
        _confine(None)
    try:
        yield
    finally:
        _Clock.away -= 1
        step(_Clock.who)


@contextlib.contextmanager
def outside() -> Iterator[None]:
    """Let time pass while somebody else takes what is written; cheaper than `away`, the memory is bounded."""
    if _Clock.shared is None or _Clock.away:
        yield
        return
    _write(0.0)
    try:
        yield
    finally:
        pulse()


def end() -> None:
    """Be looked at no more."""
    if _Clock.shared is not None:
        _write(0.0)
        _confine(None)
        _Clock.shared = None


def forget() -> None:
    """Be no part of what is looked at: a process that was forked off has limits of its own."""
    _Clock.shared = None
    _confine(None)


def read(shared: Shared) -> Reading:
    """Return what some shared memory says."""
    deadline, seconds, cpu, size = _HEAD.unpack(shared[0 : _HEAD.size])
    who = shared[_HEAD.size : _HEAD.size + size].decode("utf-8", "replace")
    return Reading(deadline, seconds, cpu, who)


def _write(deadline: float) -> None:
    assert _Clock.shared is not None
    who = _Clock.who.encode("utf-8", "replace")[: SIZE - _HEAD.size]
    data = _HEAD.pack(deadline, _Clock.bounds.seconds, cpu_seconds(_Clock.bounds), len(who)) + who
    _Clock.shared[0 : len(data)] = data


def cpu_seconds(bounds: Bounds) -> float:
    """Return the processor time that a step may take.

    Where nothing is said of it, it is so much that only a step whose end nobody looks after comes to it.
    """
    if bounds.cpu is not None:
        return bounds.cpu
    return (bounds.seconds + _GRACE) * (os.cpu_count() or 1)


def _confine(bounds: Bounds | None) -> None:
    """Bound the memory and the processor time of this process from now on; None lifts the bounds."""
    confine_memory(None if bounds is None else bounds.mebibytes, beside=mapped())
    confine_cpu(None if bounds is None else cpu_seconds(bounds))


def confine_memory(mebibytes: int | None, beside: int = 0) -> None:
    """Bound the memory of this process, where its system can.

    Args:
        mebibytes: None for any.
        beside: bytes that do not count.
    """
    _limit("RLIMIT_AS", None if mebibytes is None else mebibytes * _MEBIBYTE + beside)


def confine_cpu(seconds: float | None) -> None:
    """Bound the processor time of this process from now on, where its system can; None for any."""
    used = time.process_time()
    _limit("RLIMIT_CPU", None if seconds is None else int(used + seconds) + 1)


def _limit(name: str, wanted: int | None) -> None:
    with contextlib.suppress(ImportError, AttributeError, OSError, ValueError, OverflowError):
        import resource

        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        if wanted is None or (most != resource.RLIM_INFINITY and wanted > most):
            wanted = most
        resource.setrlimit(kind, (wanted, most))


def mapped() -> int:
    """Return the bytes of address space that this process has; a guess where it cannot be known."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - read at each step
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 512 * _MEBIBYTE if sys.platform != "darwin" else 0

"""The process that a command is called as: has the work done by a child, and ends what goes beyond a limit.

The grounder of clingo cannot be told to stop, and running out of memory may end a process on the spot. So the
work is done in a child that is forked at once; what is left here is small, waits, passes signals on, and says
what became of the work. The child has the same streams, so it prints as if nobody looked on.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bylaw import watch
from bylaw.cli.output import limit_hit

_LOOK = 0.05
"""Seconds between two looks at the clock."""
_STALL = 1.0
"""A longer time between two looks was not this process's: it was stopped, or the machine asleep."""
_TWICE = 0.5
"""Seconds within which a second interrupt is the same one: a terminal sends it to both processes."""
GRACE = 3.0
"""Seconds that a child has to end by itself once it is interrupted; inside clingo it hears of nothing."""
_INTERRUPTED = 130
_PASSED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def supervised(work: Callable[[], int]) -> int:
    """Do some work in a child process under limits, and return its exit code.

    A child that was ended by a signal that the caller sent ends this process in the same way. Where processes
    cannot be forked the work is done here, without limits.

    Args:
        work: what is to be done; it returns the exit code.
    """
    if not hasattr(os, "fork"):
        return work()
    shared = mmap.mmap(-1, watch.SIZE)
    alive, here = os.pipe()
    children: list[int] = []
    interrupted: list[float] = []
    before = _passed_on(children, interrupted)
    child = os.fork()
    if child == 0:
        os.close(here)
        for number, handler in before.items():
            signal.signal(number, handler)
        _work(work, shared, alive)
    children.append(child)
    os.close(alive)
    look = _Look(child, shared, interrupted)
    look.start()
    status = _waited(child)
    look.done.set()
    return _code(status, look, watch.read(shared))


def _passed_on(children: list[int], interrupted: list[float]) -> dict[int, Any]:
    """Pass signals on to children, also to those that are yet to come; return what handled them before.

    Args:
        interrupted: where it is noted when an interrupt came.
    """

    def pass_on(number: int, _frame: Any) -> None:
        if number == signal.SIGINT:
            interrupted.append(time.monotonic())
        for child in children:
            _send(child, number)

    before = {}
    for number in _PASSED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, pass_on)
    return before


def _work(work: Callable[[], int], shared: mmap.mmap, alive: int) -> None:
    """Be the child: do the work, and end with its process."""
    _interrupted_once()
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    code = 70
    try:
        watch.begin(shared)
        code = work()
    finally:
        watch.end()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _end_with(alive: int) -> None:
    """Wait until the process that looks on is gone, and end."""
    with contextlib.suppress(OSError):
        os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGKILL)


def _interrupted_once() -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        return
    last = 0.0

    def interrupt(_number: int, _frame: Any) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before > _TWICE:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


class _Look(threading.Thread):
    """Looks at the clock of the child, and ends it when a step has taken too long.

    Args:
        child: its process.
        shared: the memory where it writes when a step is to have ended.
        interrupted: when interrupts came.
    """

    def __init__(self, child: int, shared: mmap.mmap, interrupted: list[float]) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.late = False
        self.deaf = False
        self._interrupted = interrupted
        self._child = child
        self._shared = shared

    def run(self) -> None:
        """Look until the child has ended."""
        last, seen, lost = time.monotonic(), 0.0, 0.0
        while not self.done.wait(_LOOK):
            now = time.monotonic()
            if self._interrupted and now - self._interrupted[0] > GRACE:
                self.deaf = True
                _kill(self._child)
                return
            deadline = watch.read(self._shared).deadline
            lost = 0.0 if deadline != seen else lost + (now - last if now - last > _STALL else 0.0)
            last, seen = now, deadline
            if deadline and now - lost > deadline:
                self.late = True
                _kill(self._child)
                return


def _kill(process: int) -> None:
    """End a process and those that it has started."""
    family = [process, *_descendants(process)]
    for one in family:
        _send(one, signal.SIGKILL)


def _descendants(process: int) -> list[int]:
    """Return the processes that one has started, and those that they have, where the system tells."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError, ValueError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _send(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _waited(child: int) -> int:
    while True:
        try:
            return os.waitpid(child, 0)[1]
        except InterruptedError:
            continue


def _code(status: int, look: _Look, last: watch.Reading) -> int:
    """Return the exit code for how the child ended, and say what a limit has cut short."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    number = os.WTERMSIG(status)
    if look.deaf:
        return _INTERRUPTED
    if look.late:
        return limit_hit(f"{last.seconds:g} seconds", last.who)
    if number == signal.SIGXCPU:
        return limit_hit(f"{last.cpu:g} seconds of processor time", last.who)
    if number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return limit_hit(f"the work ended with signal {number}, as it does where memory runs out", last.who)

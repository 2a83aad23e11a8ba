"""How far a long command has come: a bar where somebody looks on, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from bylaw import watch
from bylaw.cli.output import say

_EVERY = 30.0
"""Seconds between two lines where stderr is no terminal."""


class Advance(Protocol):
    """Takes note of some more that are done."""

    def __call__(self, more: int = 1) -> None:
        """Count some more."""


@contextmanager
def progress(total: int, what: str) -> Iterator[Advance]:
    """Show on stderr how many are done, at which rate, and the time left.

    Args:
        total: how many there are.
        what: what is counted, in the plural.
    """
    if not sys.stderr.isatty():
        yield _told(total, what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=total, rate="")

        def advance(more: int = 1) -> None:
            watch.pulse()
            bar.advance(task, more)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{speed:.0f}/s" if speed else "")

        yield advance


def _told(total: int, what: str) -> Advance:
    started = last = time.monotonic()
    done = 0

    def advance(more: int = 1) -> None:
        nonlocal done, last
        watch.pulse()
        done += more
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            rate = done / (now - started)
            left = int((total - done) / rate)
            say(f"{done} of {total} {what}, {rate:.1f} a second, {left // 60}:{left % 60:02d} left")

    return advance

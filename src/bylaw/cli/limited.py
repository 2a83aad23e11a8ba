"""Limits on what a command may take: options of every command that reads a pack, and their defaults."""

from __future__ import annotations

from bylaw import watch
from bylaw.cli.adding import Verb, Words, adding
from bylaw.cli.defaults import read_defaults
from bylaw.cli.options import CpuOption, MemoryOption, TimeOption
from bylaw.errors import UsageError

LONGEST = 10_000_000
"""Seconds that a limit may be; what comes to some months is none."""
_OPTIONS = {"time_limit": TimeOption, "memory_limit": MemoryOption, "cpu_limit": CpuOption}


def limited(verb: Verb) -> Verb:
    """Give a command the options of limits, and keep to them; what is not given is as `bylaw.toml` says."""
    return adding(verb, _OPTIONS, _bound)


def _bound(words: Words) -> None:
    watch.bound(bounds(*(words.get(name) for name in _OPTIONS)))
    student = words.get("student")
    watch.step(f"record `{student}`" if isinstance(student, str) else "")


def bounds(seconds: float | None, mebibytes: int | None, cpu: float | None) -> watch.Bounds:
    """Return what a step may take: as given, else as `bylaw.toml` says, else as always.

    Raises:
        UsageError: `bylaw.toml` is not as it has to be, or a limit is longer than any.
    """
    told = read_defaults()
    seconds = told.time_limit if seconds is None else seconds
    mebibytes = told.memory_limit if mebibytes is None else mebibytes
    cpu = told.cpu_limit if cpu is None else cpu
    for option, value in (("time", seconds), ("cpu", cpu)):
        if value is not None and not value <= LONGEST:
            raise UsageError(f"`--{option}-limit` is {value:g}; the most is {LONGEST:,} seconds")
    return watch.Bounds(seconds or watch.SECONDS, mebibytes or watch.MEBIBYTES, cpu)

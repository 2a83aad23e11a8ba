"""Limits on what a command may take: options of every command that reads a pack, and their defaults."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from bylaw import watch
from bylaw.cli.options import CpuOption, MemoryOption, TimeOption, read_defaults
from bylaw.errors import UsageError

LONGEST = 10_000_000
"""Seconds that a limit may be; what comes to some months is none."""
_OPTIONS: dict[str, Any] = {
    "time_limit": TimeOption,
    "memory_limit": MemoryOption,
    "cpu_limit": CpuOption,
}


def limited(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of limits, and keep to them.

    What is not given is as `bylaw.toml` says. The command itself is told of those that it has as options of
    its own.

    Args:
        verb: the command.
    """
    signature = inspect.signature(verb, eval_str=True)
    own = signature.parameters
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in _OPTIONS.items()
        if name not in own
    ]

    @functools.wraps(verb)
    def command(**words: Any) -> None:
        watch.bound(bounds(*(words.get(name) for name in _OPTIONS)))
        for parameter in added:
            words.pop(parameter.name)
        student = words.get("student")
        watch.step(f"record `{student}`" if isinstance(student, str) else "")
        verb(**words)

    command.__signature__ = signature.replace(parameters=[*own.values(), *added])  # type: ignore[attr-defined]
    return command


def bounds(seconds: float | None, mebibytes: int | None, cpu: float | None) -> watch.Bounds:
    """Return what a step may take: as given, else as `bylaw.toml` says, else as always.

    Raises:
        UsageError: `bylaw.toml` is not as it has to be.
    """
    told = read_defaults()
    seconds = told.time_limit if seconds is None else seconds
    mebibytes = told.memory_limit if mebibytes is None else mebibytes
    cpu = told.cpu_limit if cpu is None else cpu
    for option, value in (("time", seconds), ("cpu", cpu)):
        if value is not None and not value <= LONGEST:
            raise UsageError(f"`--{option}-limit` is {value:g}; the most is {LONGEST:,} seconds")
    return watch.Bounds(seconds or watch.SECONDS, mebibytes or watch.MEBIBYTES, cpu)

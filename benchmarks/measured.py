"""The tasks of the benchmarks, in a module that the processes that do them can import."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bylaw.engine.query import Asking
from bylaw.policy.model import Policy
from bylaw.records.model import Records
from bylaw.report.told import Telling


def most_held() -> float:
    """Return the most MiB that this process has held; `ru_maxrss` would count what began it as well."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


@dataclass(frozen=True)
class Measured(Telling):
    """Tells of students, and how much memory the process has taken so far."""

    def begin(self, policy: Policy) -> Callable[[Records], Any]:
        """Return what tells, with the most MiB that the process has held."""
        tell = super().begin(policy)
        return lambda records: (tell(records), most_held())


@dataclass(frozen=True)
class MeasuredAsking(Asking):
    """Finds what is certain, and how much memory the process has taken so far."""

    def begin(self, policy: Policy) -> Callable[[Records], Any]:
        """Return what finds the atoms, with the most MiB that the process has held."""
        ask = super().begin(policy)
        return lambda records: (ask(records), most_held())

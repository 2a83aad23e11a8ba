"""The task of `cohorts.py`, in a module that the processes that do it can import."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bylaw.policy.model import Policy
from bylaw.records.model import Records
from bylaw.report.told import Telling


@dataclass(frozen=True)
class Measured(Telling):
    """Tells of students, and how much memory the process has taken so far."""

    def begin(self, policy: Policy) -> Callable[[Records], Any]:
        """Return what tells, with the most MiB that the process has held."""
        tell = super().begin(policy)
        return lambda records: (tell(records), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

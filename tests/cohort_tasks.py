"""Tasks that misbehave, for the tests of cohorts: they are read by the processes that do them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bylaw.errors import Problem, SolveError
from bylaw.policy.model import Policy
from bylaw.records.model import Records


@dataclass(frozen=True)
class Misbehaving:
    """Answers with the process that worked on each subject, but for one subject.

    Args:
        whom: the subject at whom something happens.
        how: `die`, `sleep`, `grow`, `refuse` or `break`; `wait` takes a while for everybody.
        once: a file that is made when it happens, after which it does not happen again.
    """

    whom: str = ""
    how: str = ""
    once: Path | None = None

    def begin(self, policy: Policy) -> Callable[[Records], list[str]]:
        del policy
        if self.how == "begin":
            raise ZeroDivisionError
        if self.how == "die at once":
            os.kill(os.getpid(), signal.SIGKILL)

        def do(records: Records) -> list[str]:
            if self.how == "wait":
                time.sleep(0.3)
            for subject in records.subjects:
                if subject == self.whom and not (self.once and self.once.exists()):
                    if self.once:
                        self.once.touch()
                    self._misbehave(subject)
            return [f"{subject} {os.getpid()}" for subject in records.subjects]

        return do

    def _misbehave(self, subject: str) -> None:
        if self.how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.how == "sleep":
            time.sleep(60)
        elif self.how == "grow":
            bytearray(8 << 30)
        elif self.how == "refuse":
            raise SolveError(Problem("no answer set"))
        elif self.how == "break":
            raise KeyError(subject)


def running(process: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True

"""What the command at work owes the persons whose records it opens: other names, a log, no small groups.

The command says once, before it begins, how it is to be (`cli/discreet.py`); what opens records asks here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bylaw.policy.model import Policy
    from bylaw.records.check import Draft
    from bylaw.records.model import Records
    from bylaw.records.pseudonyms import Pseudonyms


@dataclass(frozen=True, slots=True)
class Discretion:
    """How a command treats the persons whose records it opens.

    Args:
        command: its name, for the log.
        student: the one whose record is looked at, by the name that is told; None for all.
        pseudonyms: where persons get other names.
        log: where it is noted that records are looked at; None for nowhere.
        least_group: of how many persons a group is at least that is counted.
    """

    command: str = ""
    student: str | None = None
    pseudonyms: Pseudonyms | None = None
    log: Path | None = None
    least_group: int = 1


now: ContextVar[Discretion] = ContextVar("discretion", default=Discretion())  # noqa: B039 - it is frozen


def renamed() -> Callable[[Policy, Draft], None] | None:
    """Return what gives the persons of a draft other names; None if they keep theirs."""
    pseudonyms = now.get().pseudonyms
    return None if pseudonyms is None else pseudonyms.apply


def least_group() -> int:
    """Return of how many persons a group is at least that is counted; 1 if all are."""
    return now.get().least_group


def looked_at(policy: Policy, records: Records) -> None:
    """Note in the log, if there is one, that records are looked at.

    Raises:
        UsageError: the log cannot be written.
    """
    how = now.get()
    if how.log is None:
        return
    from bylaw.analysis.access_log import note_access

    students = len(records.subjects) if how.student is None else int(how.student in records.subjects)
    note_access(how.log, how.command, policy.id, policy.digest, students)

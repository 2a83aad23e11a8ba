"""Options of commands that try records, and the records they try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bylaw.cli.discretion import looked_at, renamed

if TYPE_CHECKING:
    from bylaw.analysis.trials import Trial
    from bylaw.policy.model import Policy

TriesOption = Annotated[
    int, typer.Option("--tries", metavar="N", min=1, help="How many records to try at most.")
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="Of the records that are made up on the way.")
]


@dataclass(frozen=True, slots=True)
class Tried:
    """Records to try.

    Args:
        trials: those of cases and of a cohort.
        more: the same with a few things changed, without end.
        cases: how many of the first are of cases.
        students: how many are of the cohort.
    """

    trials: Sequence[Trial]
    more: Iterator[Trial]
    cases: int
    students: int


def trials_for(policies: Sequence[Policy], records: str | None, seed: int) -> Tried:
    """Return the records to try by some policies that read the same tables.

    Args:
        records: a cohort to try as well.
        seed: of the records that are made up.

    Raises:
        RecordError: the records of the cohort are wrong.
    """
    from bylaw.analysis.trials import case_trials, cohort_trials, turning_values, varied
    from bylaw.records.check import finish
    from bylaw.records.load import read_draft

    first = policies[0]
    by_name: dict[str, Trial] = {}
    for policy in policies:
        for trial in case_trials(policy):
            by_name.setdefault(trial.name, trial)
    trials = list(by_name.values())
    cases = len(trials)
    if records is not None:
        draft = read_draft(first, records)
        if (rename := renamed()) is not None:
            rename(first, draft)
        checked = finish(first, draft)
        looked_at(first, checked)
        trials += cohort_trials(first, draft, checked.as_of)
    return Tried(trials, varied(first, trials, turning_values(policies), seed), cases, len(trials) - cases)

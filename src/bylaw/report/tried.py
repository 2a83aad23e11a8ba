"""Records that were tried, as files and in words."""

from __future__ import annotations

from bylaw.analysis.trials import Trial
from bylaw.policy.model import Policy
from bylaw.records.write import record_yaml
from bylaw.report.comparison import counted


def trial_yaml(policy: Policy, trial: Trial) -> str:
    """Write a record that was tried as a file of its own."""
    records = trial.records(policy)
    as_of = records.as_of if records else trial.as_of
    synthetic = trial.draft.synthetic
    return record_yaml(
        policy, trial.draft, trial.subject, as_of, title=f"found as {trial.name}", synthetic=synthetic
    )


def tried_words(policy: Policy, cases: int, students: int, seed: int, most: int) -> str:
    """Say which records are tried.

    Args:
        cases: how many are of the cases of the packs.
        students: how many of a cohort.
        most: things of a record that are changed together.
    """
    parts = [f"the packs' {cases:,} cases"] if cases else []
    if students:
        parts.append(counted(policy, students))
    first = f"those of {' and of '.join(parts)}" if parts else "none"
    return (
        f"{first}, and the same with up to {most} changes: figures at the values where a comparison turns, "
        f"other choices, another present, rows left out or taken from another (seed {seed})"
    )

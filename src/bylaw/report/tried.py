"""Records that were tried, as files and in words."""

from __future__ import annotations

from collections.abc import Iterator

from bylaw.analysis.trials import MOST_CHANGES, Trial
from bylaw.policy.model import Policy
from bylaw.records.write import record_yaml
from bylaw.report.comparison import counted
from bylaw.report.terminal import Line, line


def trial_yaml(policy: Policy, trial: Trial) -> str:
    """Write a record that was tried as a file of its own."""
    records = trial.records(policy)
    as_of = records.as_of if records else trial.as_of
    synthetic = trial.draft.synthetic
    return record_yaml(
        policy, trial.draft, trial.subject, as_of, title=f"found as {trial.name}", synthetic=synthetic
    )


def trial_lines(policy: Policy, trial: Trial, indent: int) -> Iterator[Line]:
    """Yield a record that was tried, as its file has it."""
    for text in trial_yaml(policy, trial).splitlines():
        bare = text.lstrip()
        yield line(bare, indent=indent + len(text) - len(bare), hang=4)


def tried_words(policy: Policy, cases: int, students: int, seed: int) -> str:
    """Say which records are tried.

    Args:
        cases: how many are of the cases of the packs.
        students: how many of a cohort.
    """
    parts = [f"the packs' {cases:,} cases"] if cases else []
    if students:
        parts.append(counted(policy, students))
    first = f"those of {' and of '.join(parts)}" if parts else "none"
    return (
        f"{first}, and the same with up to {MOST_CHANGES} changes: figures at the values where a comparison "
        f"turns, other choices, another present, rows left out or taken from another (seed {seed})"
    )

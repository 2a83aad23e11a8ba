"""The shipped cohorts of the unit's description and of the notice are what their commands make."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from bylaw.cli.main import main
from bylaw.engine.editions import open_engine
from bylaw.files.yaml import read_yaml
from bylaw.policy.load import load_policy
from bylaw.policy.model import Role
from bylaw.records.load import load_records

FACTS = Path(__file__).parents[1] / "facts"

NOT_SHOWN = {
    # By other readings only.
    "annajah-postgraduate-unit": {"candidate", "judge_not_named", "named_without_offer"},
    # Or by papers later than the notice, which invented persons do not have.
    "aqu-imet2000": {"shown_as_offer", "in_force"},
}


@pytest.mark.parametrize("pack", NOT_SHOWN)
def test_the_command_in_cohort_yaml_makes_the_shipped_files_again(pack: str, tmp_path: Path) -> None:
    shipped = FACTS / pack / "cohort-2024"
    command = read_yaml(shipped / "cohort.yaml", "cohort.yaml").data["command"]
    assert command == f"bylaw synth --policy {pack} --students 40 --seed 42 --as-of 2024"
    made = tmp_path / "made"
    assert main([*shlex.split(command)[1:], "--out", str(made)]) == 0
    names = sorted(path.name for path in shipped.iterdir())
    assert sorted(path.name for path in made.iterdir()) == names
    differing = [name for name in names if (made / name).read_bytes() != (shipped / name).read_bytes()]
    assert differing == [], "the pack changed: make the cohort again with the same command and --force"


@pytest.mark.parametrize("pack", NOT_SHOWN)
def test_every_conclusion_of_the_default_readings_is_shown(pack: str) -> None:
    policy = load_policy(pack)
    records = load_records(policy, FACTS / pack / "cohort-2024")
    assert records.synthetic
    shown = {
        conclusion.predicate.name
        for decision in open_engine(policy).decide_all(records)
        for conclusion in decision.reported()
    }
    reported = {
        name for name, one in policy.predicates.items() if one.role in (Role.CONCLUSION, Role.FINDING)
    }
    assert reported - shown == NOT_SHOWN[pack]


@pytest.mark.parametrize("pack", NOT_SHOWN)
def test_nothing_is_concluded_as_a_right(pack: str) -> None:
    """What follows for a person is a footing or a status, never a claim to be granted."""
    policy = load_policy(pack)
    for one in policy.predicates.values():
        for bad in ("entitle", "granted", "has a right", "is owed"):
            assert bad not in one.says, one.name

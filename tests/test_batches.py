"""Subjects decided together have the same decisions as subjects decided one by one."""

from pathlib import Path

import pytest

from bylaw.engine.solve import Decision, Engine
from bylaw.policy.load import load_policy
from bylaw.records.load import load_records

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent


def told(decision: Decision) -> tuple:
    return (
        decision.subject,
        [(str(c.atom), c.status, c.provisions, [r.number for r in c.rules]) for c in decision.reported()],
        [(u.predicate.name, u.tables) for u in decision.undetermined],
        decision.assumptions,
        decision.answer_sets,
    )


@pytest.fixture(scope="module")
def cohort():
    policy = load_policy("hebron-md")
    return Engine(policy), load_records(policy, ROOT / "facts" / "hebron-md" / "cohort-2019")


@pytest.fixture(scope="module")
def alone(cohort):
    engine, records = cohort
    return [told(engine.decide(records, subject)) for subject in records.subjects[:15]]


@pytest.mark.parametrize("batch", [2, 7, 100])
def test_a_batch_decides_as_each_by_itself(cohort, alone, batch):
    engine, records = cohort
    together = [told(decision) for decision in engine.decide_all(records, records.subjects[:15], batch)]
    assert together == alone

"""The shipped cohort of annajah-graduate: what its command makes, with somebody for every provision."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from bylaw.analysis.synth import synthesise
from bylaw.engine.editions import open_engine
from bylaw.engine.solve import Decision
from bylaw.files.yaml import read_yaml
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy, Role
from bylaw.records.load import load_records
from bylaw.records.model import Records

pytestmark = pytest.mark.long

SHIPPED = Path(__file__).parents[1] / "facts" / "annajah-graduate" / "cohort"

NOT_CONCLUDED = {
    # Carried by definitions alone: they say what a body, an hour, a mark or an average is.
    "2.term_5",
    "6.A.s2.hours",
    "6.A.s3",
    "9.A.graduate",
    "9.A.prerequisite",
    "10.B.s1",
}
BY_OTHER_READINGS = {"prerequisite_outstanding", "finished_early", "finished_late"}
FAULT_OF_THE_CLOCK = {"present_is_no_term"}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("annajah-graduate")


@pytest.fixture(scope="module")
def records(policy: Policy) -> Records:
    return load_records(policy, SHIPPED)


@pytest.fixture(scope="module")
def decisions(policy: Policy, records: Records) -> Mapping[str, Decision]:
    return {one.subject: one for one in open_engine(policy).decide_all(records)}


def test_three_hundred_students_are_invented_and_say_so(records: Records) -> None:
    about = read_yaml(SHIPPED / "cohort.yaml", "cohort.yaml").data
    assert about["command"] == (
        "bylaw synth --policy annajah-graduate --students 300 --seed 2008 --as-of 20132"
    )
    assert records.synthetic
    assert records.as_of == 20132
    assert records.subjects == tuple(f"SYN-{number:04d}" for number in range(1, 301))


def test_the_seed_makes_the_first_students_of_the_shipped_files_again(
    policy: Policy, records: Records
) -> None:
    """A student's rows follow from the seed and its own number, so a few tell of all."""
    made = synthesise(policy, students=5, seed=2008, as_of=20132)
    assert set(made.rows) == set(records.counts)
    for table, rows in made.rows.items():
        lines = (SHIPPED / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        header = lines[0].split(",")
        of_these = [line for line in lines[1:] if line.split(",")[0] in made.subjects]
        assert of_these == [",".join(row[name] for name in header) for row in rows], (
            "the pack changed: make the cohort again with the command in cohort.yaml and --force"
        )


def test_every_encoded_provision_is_behind_a_conclusion(
    policy: Policy, decisions: Mapping[str, Decision]
) -> None:
    behind = {p for one in decisions.values() for c in one.reported() for p in c.provisions}
    tagged = {p for rule in policy.encoding.rules for p in rule.provisions}
    assert tagged - behind == NOT_CONCLUDED


def test_every_kind_of_conclusion_and_finding_is_shown(
    policy: Policy, decisions: Mapping[str, Decision]
) -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for one in decisions.values():
        for conclusion in one.reported():
            shown[conclusion.predicate.name].update(str(value) for value in conclusion.args)
    reported = {
        name for name, one in policy.predicates.items() if one.role in (Role.CONCLUSION, Role.FINDING)
    }
    assert reported <= shown.keys()
    kinds = {
        kind: set(policy.types[kind].values)
        for kind in ("finding_kind", "general_finding_kind", "prerequisite_finding_kind")
    }
    found = shown["finding"] | shown["general_finding"] | shown["prerequisite_finding"]
    assert set().union(*kinds.values()) - found == BY_OTHER_READINGS
    assert set(policy.types["requirement"].values) <= shown["missing"]
    assert set(policy.types["question"].values) - shown["open_question"] == FAULT_OF_THE_CLOCK


def test_what_is_concluded_of_a_student_agrees_with_itself(decisions: Mapping[str, Decision]) -> None:
    """A degree needs the requirements, and who has met them misses nothing; both are common enough."""
    counts: Counter[str] = Counter()
    for one in decisions.values():
        names = {conclusion.predicate.name for conclusion in one.reported()}
        assert "degree_complete" not in names or "requirements_met" in names
        assert ("missing" in names) != ("requirements_met" in names) or "open_question" in names
        assert "extension_needed" not in names or "requirements_met" not in names
        counts.update(names)
    assert counts["degree_complete"] >= 60
    assert counts["missing"] >= 100
    assert counts["enrolment_time_used_up"] >= 20


def test_no_penalty_is_concluded_that_the_text_does_not_have(policy: Policy) -> None:
    words = [*policy.predicates, *(v for kind in policy.types.values() for v in kind.values)]
    assert not [word for word in words for bad in ("probation", "dismiss", "warning", "expel") if bad in word]

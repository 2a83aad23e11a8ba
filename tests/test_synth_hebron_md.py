"""The shipped cohort of hebron-md is what its command makes, and shows every outcome of a first year."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from bylaw.analysis.synth import synthesise
from bylaw.cli.main import main
from bylaw.engine.program import BY, Program
from bylaw.files.yaml import read_yaml
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.model import Records

SHIPPED = Path(__file__).parents[1] / "facts" / "hebron-md" / "cohort-2019"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


@pytest.fixture(scope="module")
def records(policy: Policy) -> Records:
    return load_records(policy, SHIPPED)


@pytest.fixture(scope="module")
def attributed(policy: Policy, records: Records) -> Mapping[str, dict[tuple[str, ...], frozenset[str]]]:
    """Return, by predicate, the arguments of each conclusion and the provisions of its rules."""
    facts = {fact for subject in records.subjects for fact in records.facts(subject)}
    control = Program(policy).ground(facts)
    found: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
    for atom in control.symbolic_atoms.by_signature(BY, 2):
        number, conclusion = atom.symbol.arguments
        provisions = policy.encoding.rules[number.number].provisions
        args = tuple(str(argument).strip('"') for argument in conclusion.arguments)
        found[conclusion.name][args].update(provisions)
    return {name: {args: frozenset(by) for args, by in atoms.items()} for name, atoms in found.items()}


def test_the_command_in_cohort_yaml_makes_the_shipped_files_again(tmp_path: Path) -> None:
    command = read_yaml(SHIPPED / "cohort.yaml", "cohort.yaml").data["command"]
    assert command == "bylaw synth --policy hebron-md --students 200 --seed 2019 --as-of 2021"
    made = tmp_path / "cohort-2019"
    assert main([*shlex.split(command)[1:], "--out", str(made)]) == 0
    names = sorted(path.name for path in SHIPPED.iterdir())
    assert sorted(path.name for path in made.iterdir()) == names
    differing = [name for name in names if (made / name).read_bytes() != (SHIPPED / name).read_bytes()]
    assert differing == [], "the pack changed: make the cohort again with the same command and --force"


def test_a_smaller_cohort_in_other_batches_is_the_start_of_the_shipped_one(policy: Policy) -> None:
    cohort = synthesise(policy, students=12, seed=2019, as_of=2021, batch=5)
    lines = (SHIPPED / "marks.csv").read_text().splitlines()[1:]
    marks = [",".join(row.values()) for row in cohort.rows["marks"]]
    assert marks == lines[: len(marks)]


def test_every_student_is_invented_and_says_so(records: Records) -> None:
    assert records.synthetic
    assert records.as_of == 2021
    assert records.subjects == tuple(f"SYN-{number:04d}" for number in range(1, 201))


@pytest.mark.parametrize(
    ("outcome", "provision"),
    [
        ("promoted", "14.A.1"),
        ("promoted", "14.A.2"),
        ("promoted", "14.A.3"),
        ("failed", "14.A.2"),
        ("failed", "14.A.3"),
        ("failed", "14.B.1"),
        ("failed", "14.B.2"),
        ("failed", "14.B.3"),
        ("open", "13.B.1"),
        ("open", "14.A.2"),
        ("open", "14.A.3"),
        ("postponed", "17.A.6"),
    ],
)
def test_each_outcome_of_a_first_year_is_there_by_each_provision(
    attributed: Mapping[str, dict[tuple[str, ...], frozenset[str]]], outcome: str, provision: str
) -> None:
    years = attributed["year_outcome"].items()
    assert [args for args, provisions in years if args[2] == outcome and provision in provisions]


def test_repeated_years_end_either_way_and_a_second_failure_is_a_ground_of_dismissal(
    attributed: Mapping[str, dict[tuple[str, ...], frozenset[str]]],
) -> None:
    failed = {(args[0], int(args[1])) for args in attributed["year_outcome"] if args[2] == "failed"}
    repeated = {args[2]: args for args in attributed["year_outcome"] if (args[0], int(args[1]) - 1) in failed}
    assert repeated.keys() >= {"promoted", "failed"}
    grounds = attributed["dismissal_ground"]
    assert {provision for provisions in grounds.values() for provision in provisions} == {"16.A.1"}
    assert all((args[0], int(args[1])) in failed for args in grounds)


def test_the_cohort_is_no_stranger_than_a_real_one(
    records: Records, attributed: Mapping[str, dict[tuple[str, ...], frozenset[str]]]
) -> None:
    """Of ten decided years seven or eight are passed, and nothing in the records is a defect."""
    outcomes = [args[2] for args in attributed["year_outcome"]]
    passed = outcomes.count("promoted") / (outcomes.count("promoted") + outcomes.count("failed"))
    assert 0.70 <= passed <= 0.85
    marks = [
        fact.args[4]
        for subject in records.subjects
        for fact in records.facts(subject)
        if fact.predicate == "recorded_mark"
    ]
    assert 70 <= sum(mark for mark in marks if isinstance(mark, int)) / len(marks) <= 80
    for predicate in ("course_finding", "defect", "course_defect"):
        assert attributed.get(predicate, {}) == {}
    # Some new students postpone, which the text does not allow them: a finding and nothing else.
    findings = attributed["finding"]
    assert {args[1] for args in findings} == {"postponed_too_early"}
    assert set(findings.values()) == {frozenset({"17.A.2"})}

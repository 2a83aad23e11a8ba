"""The shipped cohort of hebron-md is what its command makes, and shows whole careers with every outcome."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from bylaw.analysis.synth import synthesise
from bylaw.cli.main import main
from bylaw.engine.program import BY, Program
from bylaw.files.yaml import read_yaml
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy, Role
from bylaw.records.load import load_records
from bylaw.records.model import Records

pytestmark = pytest.mark.long

SHIPPED = Path(__file__).parents[1] / "facts" / "hebron-md" / "cohort-2019"

NOT_SHOWN = {
    # By other readings only.
    "one_course_right",
    "study_ends",
    # Faults of the pack, of which there are none.
    "plan_fault",
    # Too rare for 200 students: a cohort of 2,000 shows them.
    "defect",
    "excused_return",
    "extra_year_available",
    "extra_year_granted",
    "treated_as_new",
}

NOT_CITED = {
    # By other readings only, or faults of the plan.
    "5.B.1",
    "5.B.2",
    "6.A",
    "13.B.2",
    # Too rare for 200 students: a cohort of 2,000 shows them.
    "1.s1",
    "7.H",
    "15.F.6",
    "16.A.2",
    "16.A.3",
    "17.A.3",
    "17.A.8",
    "17.B.5",
    "17.D.2",
    "18.A.2",
    "18.A.5",
    "18.A.6",
    "19.A",
    "19.C",
}

Attributed = Mapping[str, dict[tuple[str, ...], frozenset[str]]]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


@pytest.fixture(scope="module")
def records(policy: Policy) -> Records:
    return load_records(policy, SHIPPED)


@pytest.fixture(scope="module")
def attributed(policy: Policy, records: Records) -> Attributed:
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


@pytest.fixture(scope="module")
def levels(records: Records) -> Mapping[tuple[str, str], int]:
    """Return the program year of each student and academic year."""
    return {
        (subject, str(fact.args[1])): int(str(fact.args[2]))
        for subject in records.subjects
        for fact in records.facts(subject)
        if fact.predicate == "placed"
    }


def test_the_command_in_cohort_yaml_makes_the_shipped_files_again(tmp_path: Path) -> None:
    command = read_yaml(SHIPPED / "cohort.yaml", "cohort.yaml").data["command"]
    assert command == "bylaw synth --policy hebron-md --students 200 --seed 2019 --as-of 2028"
    made = tmp_path / "cohort-2019"
    assert main([*shlex.split(command)[1:], "--out", str(made)]) == 0
    names = sorted(path.name for path in SHIPPED.iterdir())
    assert sorted(path.name for path in made.iterdir()) == names
    differing = [name for name in names if (made / name).read_bytes() != (SHIPPED / name).read_bytes()]
    assert differing == [], "the pack changed: make the cohort again with the same command and --force"


def test_a_smaller_cohort_in_other_batches_is_the_start_of_the_shipped_one(policy: Policy) -> None:
    cohort = synthesise(policy, students=3, seed=2019, as_of=2028, batch=3)
    lines = (SHIPPED / "marks.csv").read_text().splitlines()[1:]
    marks = [",".join(row.values()) for row in cohort.rows["marks"]]
    assert marks
    assert marks == lines[: len(marks)]


def test_every_student_is_invented_and_says_so(records: Records) -> None:
    assert records.synthetic
    assert records.as_of == 2028
    assert records.subjects == tuple(f"SYN-{number:04d}" for number in range(1, 201))


def test_every_placed_year_has_exactly_one_outcome(
    attributed: Attributed, levels: Mapping[tuple[str, str], int]
) -> None:
    outcomes = Counter((student, year) for student, year, _ in attributed["year_outcome"])
    assert outcomes.keys() == levels.keys()
    assert set(outcomes.values()) == {1}


@pytest.mark.parametrize(
    ("outcome", "provision"),
    [
        ("promoted", "14.A.1"),
        ("promoted", "14.A.2"),
        ("promoted", "15.A.1"),
        ("promoted", "15.A.2"),
        ("promoted", "15.A.3"),
        ("completed", "15.F.1"),
        ("completed", "15.F.2"),
        ("failed", "7.C.s2"),
        ("failed", "14.A.2"),
        ("failed", "14.A.3"),
        ("failed", "14.B.1"),
        ("failed", "14.B.2"),
        ("failed", "14.B.3"),
        ("failed", "15.A.2"),
        ("failed", "15.A.3"),
        ("failed", "15.B.1"),
        ("failed", "15.B.2"),
        ("failed", "15.B.3"),
        ("failed", "15.B.4"),
        ("failed", "15.B.5"),
        ("failed", "15.F.2"),
        ("held_at_phase_gate", "13.A.1"),
        ("held_at_phase_gate", "13.A.2"),
        ("open", "13.B.1"),
        ("open", "15.A.2"),
        ("open", "15.F.2"),
        ("postponed", "7.E.s1"),
        ("postponed", "8.C.3.a"),
        ("postponed", "8.C.3.b"),
        ("postponed", "17.A.6"),
        ("postponed", "17.B.1"),
    ],
)
def test_each_outcome_is_there_by_each_provision(
    attributed: Attributed, outcome: str, provision: str
) -> None:
    years = attributed["year_outcome"].items()
    assert [args for args, provisions in years if args[2] == outcome and provision in provisions]


def test_every_kind_of_conclusion_and_finding_is_shown(policy: Policy, attributed: Attributed) -> None:
    reported = {
        name for name, one in policy.predicates.items() if one.role in (Role.CONCLUSION, Role.FINDING)
    }
    assert reported - attributed.keys() <= NOT_SHOWN
    assert reported >= NOT_SHOWN


def test_every_provision_that_concludes_something_is_shown(policy: Policy, attributed: Attributed) -> None:
    """Each provision of a rule for a conclusion or a finding is cited by one; others stand behind them."""
    reported = {one.name for one in policy.conclusions()}
    concluding = {
        provision
        for rule in policy.encoding.rules
        if any(name in reported for name, _ in rule.heads)
        for provision in rule.provisions
    }
    cited = {provision for atoms in attributed.values() for by in atoms.values() for provision in by}
    assert concluding - cited == NOT_CITED


def test_rotations_entered_by_semester_may_pass_the_load_of_a_semester(attributed: Attributed) -> None:
    """The limit of any one semester, 20 hours, or 21 by approval, is met and passed in clinical years."""
    over = [args for args, by in attributed["load_over_limit"].items() if by == {"6.D.s2"}]
    assert over
    assert all(term in ("first", "second") and int(hours) > 20 for _, _, term, hours in over)


def test_the_program_is_passed_as_often_as_a_real_one(
    records: Records, attributed: Attributed, levels: Mapping[tuple[str, str], int]
) -> None:
    """Of ten decided years eight or nine are passed in each program year; marks are neither high nor low."""
    counts: dict[int, Counter[bool]] = defaultdict(Counter)
    for student, year, outcome in attributed["year_outcome"]:
        if outcome in ("promoted", "completed", "held_at_phase_gate", "failed"):
            counts[levels[student, year]][outcome != "failed"] += 1
    assert sorted(counts) == [1, 2, 3, 4, 5, 6]
    assert all(0.75 <= passed[True] / passed.total() <= 0.95 for passed in counts.values())
    marks = [
        fact.args[4]
        for subject in records.subjects
        for fact in records.facts(subject)
        if fact.predicate == "recorded_mark"
    ]
    assert 75 <= sum(mark for mark in marks if isinstance(mark, int)) / len(marks) <= 83


def test_who_goes_on_has_passed_and_who_repeats_has_not(
    attributed: Attributed, levels: Mapping[tuple[str, str], int]
) -> None:
    """The generator follows the rules: placements agree with the outcomes of the years before them."""
    outcome = {(student, year): name for student, year, name in attributed["year_outcome"]}
    steps: Counter[tuple[str, int]] = Counter()
    for (student, year), level in levels.items():
        after = levels.get((student, str(int(year) + 1)))
        if after is not None:
            steps[outcome[student, year], after - level] += 1
    assert steps["promoted", 1] > 400
    assert steps["failed", 0] > 20
    assert steps["postponed", 0] > 5
    strange = {step: count for step, count in steps.items() if step[1] != (step[0] == "promoted")}
    assert sum(strange.values()) <= 3


def test_dismissals_stand_on_their_grounds(attributed: Attributed) -> None:
    grounds = attributed["dismissal_ground"]
    assert {provision for provisions in grounds.values() for provision in provisions} == {"16.A.1", "16.A.4"}
    with_ground = {student for student, _, _ in grounds}
    assert {student for student, _ in attributed["dismissed"]} <= with_ground
    assert attributed["dismissal_due"].keys()

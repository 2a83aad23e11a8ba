"""Advice is the least that is still open: searched, proved, and the same as what trying everything finds."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bylaw.analysis.advise import Advice, advise
from bylaw.cli.main import main
from bylaw.engine.editions import open_engine
from bylaw.engine.search import StepSearch
from bylaw.errors import Fault, LimitExceeded, UsageError
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.added import NewRow, RowsOnRecord
from bylaw.records.load import load_records, records_from_rows
from bylaw.tables.terms import Constant, Fact, Text

HERE = Path(__file__).parent
LAB = HERE / "packs" / "advice-lab"
POLICY = load_policy(LAB)
HOURS = {"A": 2, "B": 1, "C": 3}
PASSED = "outcome(2020,passed)"
CASES = [
    pytest.param(path, case, id=f"{path.stem}: {case['name']}")
    for path in sorted((HERE / "advice").glob("[!l]*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]
]


def lab_rows(marks: dict[str, int], further=(), years=(2020,)) -> dict:
    """Return rows of a student of the lab: first marks by course, and further (sitting, course, mark)."""
    rows = [{"course": c, "year": 2020, "sitting": "First", "mark": m} for c, m in marks.items()]
    rows += [{"course": c, "year": 2020, "sitting": k, "mark": m} for k, c, m in further]
    return {"students": [{"student": "S1"}], "years": [{"year": y} for y in years], "marks": rows}


def lab_advice(rows: dict, goal: str = PASSED, as_of: int = 2020, readings=None, **options) -> Advice:
    records = records_from_rows(POLICY, rows, name="lab", as_of=as_of)
    pattern = parse_pattern(POLICY, goal, "S1")
    return advise(open_engine(POLICY, readings), records, "S1", pattern, seconds=60, **options)


def steps(advice: Advice) -> list[list[str]]:
    """Return the steps of each way as atoms without the student."""
    return [[str(step.atom).replace('"S1",', "") for step in way.plan.steps] for way in advice.ways]


def test_a_second_sitting_with_the_mark_that_the_average_needs():
    advice = lab_advice(lab_rows({"A": 4, "B": 5, "C": 6}))
    assert steps(advice) == [['sit_second("A",2020,7)']]
    assert advice.found.proved
    assert advice.ways[0].plan.at_least
    assert advice.ways[0].plan.steps[0].provisions == ("2",)
    assert [(str(one.atom), one.provisions) for one in advice.ways[0].reaches] == [
        ('outcome("S1",2020,passed)', ("1",))
    ]


def test_one_step_opens_another():
    advice = lab_advice(lab_rows({"A": 5, "B": 1, "C": 5}))
    assert advice.found.proved
    # Botany alone cannot make up for the two others, so one is sat once more: 2 * 5 + 1 * 5 + 3 * 7 = 6 * 6.
    assert steps(advice) == [['sit_second("B",2020,5)', 'sit_extra("C",2020,7)']]
    assert [step.provisions for step in advice.ways[0].plan.steps] == [("2",), ("3",)]
    assert [step.round for step in advice.ways[0].plan.steps] == [0, 1]


def test_all_ways_of_the_same_weight_in_a_stable_order():
    rows = lab_rows({"A": 5, "B": 5, "C": 6})
    advice = lab_advice(rows)
    assert steps(advice) == [['sit_extra("A",2020,7)'], ['sit_extra("C",2020,7)']]
    assert not advice.found.more
    one = lab_advice(rows, most=1)
    assert steps(one) == [['sit_extra("A",2020,7)']]
    assert one.found.more


def test_nothing_that_is_recorded_is_changed():
    rows = lab_rows({"A": 4, "B": 6, "C": 6}, further=[("Second", "A", 3)])
    advice = lab_advice(rows)
    assert advice.out_of_reach
    assert not [step for step in advice.found.offered if step.predicate.name == "sit_second"]


def test_an_empty_cell_may_be_filled_and_no_other_changed():
    lab = POLICY.tables["waivers"]
    rows = lab_rows({"A": 4, "B": 6, "C": 6}) | {"waivers": [{"year": 2019, "reason": "x"}, {"year": 2020}]}
    records = records_from_rows(POLICY, rows, name="lab", as_of=2020)
    known = RowsOnRecord(records, "S1", [lab, POLICY.tables["marks"]])

    def waiver(year, reason):
        return NewRow(lab, {"student": Text("S1"), "year": year, "reason": reason})

    assert known.admits(waiver(2018, None))
    assert known.admits(waiver(2020, Text("ill")))
    assert not known.admits(waiver(2020, None))  # it says nothing new
    assert not known.admits(waiver(2019, Text("ill")))
    assert not known.admits(waiver(2019, None))
    mark = {"student": Text("S1"), "course": Text("A"), "year": 2020, "sitting": Constant("first"), "mark": 8}
    assert not known.admits(NewRow(POLICY.tables["marks"], mark))


def test_what_time_has_closed_is_out_of_reach():
    advice = lab_advice(lab_rows({"A": 4, "B": 6, "C": 6}), as_of=2021)
    assert advice.out_of_reach
    assert advice.found.offered == []


def test_a_goal_of_the_next_year_by_repeating():
    advice = lab_advice(lab_rows({"A": 1, "B": 1, "C": 1}), "outcome(2021,passed)")
    assert advice.found.proved
    assert steps(advice) == [
        ["repeat(2021)", 'sit_first("A",2021,6)', 'sit_first("B",2021,6)', 'sit_first("C",2021,6)']
    ]


def test_a_request_counts_more_than_a_sitting_and_only_where_the_text_is_read_so():
    rows = lab_rows({"A": 5, "B": 5, "C": 5})
    assert steps(lab_advice(rows, readings={"waiver": "allowed"})) == [['sit_extra("C",2020,7)']]
    taken = lab_rows({"A": 5, "B": 5, "C": 5}, further=[("Extra", "C", 5)])
    assert steps(lab_advice(taken, readings={"waiver": "allowed"})) == [["ask_waiver(2020)"]]
    assert lab_advice(taken).out_of_reach


def test_where_only_the_very_figures_do_it_is_said():
    advice = lab_advice(lab_rows({"A": 4, "B": 5, "C": 6}), "shown_average(2020,37)")
    assert steps(advice) == [['sit_second("A",2020,7)']]
    assert not advice.ways[0].plan.at_least


def test_a_goal_that_is_reached_needs_nothing():
    advice = lab_advice(lab_rows({"A": 6, "B": 6, "C": 6}))
    assert advice.reached
    assert advice.found is None


def test_a_goal_left_open_is_reached_by_the_cheapest_way():
    advice = lab_advice(lab_rows({"A": 4, "B": 6, "C": 6}), "outcome(_,passed)")
    assert steps(advice) == [['sit_second("A",2020,6)']]


def test_without_its_table_nothing_is_told():
    rows = {"students": [{"student": "S1"}], "years": [{"year": 2020}]}
    advice = lab_advice(rows)
    assert advice.undetermined == ("marks",)


def test_a_pack_without_actions_says_so():
    policy = load_policy(HERE / "packs" / "library-loans")
    records = load_records(policy, HERE / "golden" / "loans")
    subject = records.subjects[0]
    name = policy.conclusions()[0].name
    with pytest.raises(UsageError, match="does not say which steps are open"):
        advise(open_engine(policy), records, subject, parse_pattern(policy, name, subject))


def test_no_time_is_a_limit_and_no_outcome():
    records = records_from_rows(POLICY, lab_rows({"A": 4, "B": 5, "C": 6}), name="lab", as_of=2020)
    goal = parse_pattern(POLICY, PASSED, "S1")
    try:
        advice = advise(open_engine(POLICY), records, "S1", goal, seconds=1e-9)
    except LimitExceeded as error:
        assert error.exit_code == 4
    else:
        assert not advice.out_of_reach
        assert not advice.found.proved or advice.ways


def test_steps_that_do_not_lead_there_are_a_fault_and_no_advice(monkeypatch):
    weak = lab_advice(lab_rows({"A": 4, "B": 5, "C": 6}), "shown_average(2020,33)")
    monkeypatch.setattr(StepSearch, "run", lambda self, most: weak.found)
    with pytest.raises(Fault, match="do not lead to") as caught:
        lab_advice(lab_rows({"A": 4, "B": 5, "C": 6}))
    assert caught.value.exit_code == 70


@pytest.mark.parametrize(
    ("goal", "record", "code", "says"),
    [
        (
            PASSED,
            "lab-failed",
            0,
            "1. Sit A Algebra of 2020/21 a second time and reach at least 7 (Article 2).",
        ),
        ("outcome(2020,failed)", "lab-failed", 0, "It is so already; nothing has to be done."),
        ("outcome(2019,passed)", "lab-failed", 0, "It is out of reach by the steps that the pack declares"),
        (PASSED, "lab-unmarked", 3, "It cannot be told whether outcome holds for S1."),
        ("outcome(2020,past)", "lab-failed", 2, "which is no `outcome`"),
    ],
)
def test_the_command_says_it_and_sets_its_exit_code(goal, record, code, says, capsys):
    words = ["advise", "S1", goal, "-p", str(LAB), "-r", str(HERE / "advice" / f"{record}.yaml")]
    assert main(words) == code
    printed = capsys.readouterr()
    assert says in printed.out + printed.err


marks = st.integers(0, 8)


@pytest.mark.long
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.fixed_dictionaries({"A": marks, "B": marks, "C": marks}), st.booleans())
@example({"A": 5, "B": 1, "C": 5}, False)
@example({"A": 8, "B": 4, "C": 5}, True)
def test_no_smaller_set_is_found_by_trying_everything(first, waivable):
    readings = {"waiver": "allowed"} if waivable else {}
    advice = lab_advice(lab_rows(first), readings=readings)
    assert advice.reached or advice.found.proved
    best = least_by_trying(first, readings)
    if advice.reached:
        assert best == (0, 0, 0)
    elif best is None:
        assert advice.out_of_reach
    else:
        weights = {
            (way.plan.cost, max(s.figure for s in way.plan.steps), way.plan.points) for way in advice.ways
        }
        assert weights == {best}


def least_by_trying(first: dict[str, int], readings: dict[str, str]):
    """Return the least weight of all sets of steps that are open and reach the goal, each set decided."""
    seconds = [[None, *range(5, 9)] if first[c] < 5 else [None] for c in HOURS]
    extras = [None, *itertools.product(HOURS, range(5, 9))]
    plans = []
    for second, extra, waiver in itertools.product(
        itertools.product(*seconds), extras, [False, True] if readings else [False]
    ):
        rows = [("second", c, m) for c, m in zip(HOURS, second, strict=True) if m is not None]
        rows += [("extra", *extra)] if extra else []
        plans.append((rows, waiver))
    engine = open_engine(POLICY, readings)
    base = records_from_rows(POLICY, lab_rows(first), name="lab", as_of=2020)
    names = [f"P{number}" for number in range(len(plans))]
    tried = replace(
        base,
        subjects=tuple(names),
        by_subject={n: tuple(facts_with(base, n, *p)) for n, p in zip(names, plans, strict=True)},
        absences=dict.fromkeys(names, base.absences["S1"]),
    )
    found = []
    for decision, (rows, waiver) in zip(engine.decide_all(tried, names, batch=400), plans, strict=True):
        told = {(one.predicate.name, *map(str, one.args[1:])) for one in decision.conclusions}
        rights = {
            "second": lambda c: ("second_right", f'"{c}"', "2020"),
            "extra": lambda _: ("extra_right", "2020"),
        }
        opened = all(rights[kind](course) in told for kind, course, _ in rows)
        if opened and ("outcome", "2020", "passed") in told:
            new = [mark for _, _, mark in rows]
            found.append((len(rows) + 3 * waiver, max(new, default=0), sum(new)))
    return min(found, default=None)


def facts_with(base, name, rows, waiver):
    """Yield the facts of a student under another name, with rows added."""
    for fact in base.by_subject["S1"]:
        yield Fact(fact.predicate, (Text(name), *fact.args[1:]))
    for kind, course, mark in rows:
        yield Fact("mark", (Text(name), Text(course), 2020, Constant(kind), mark))
    if waiver:
        yield Fact("waiver", (Text(name), 2020))


# ------------------------------------------------------------------------------------ the packs that ship


def career(policy, years) -> dict:
    """Return the rows of a student of medicine: in each year one mark in every course, but for exceptions."""
    plan = {}
    for fact in policy.pack_facts:
        if fact.predicate == "plan_year":
            plan.setdefault(fact.args[1], []).append(fact.args[0].value)
    ungraded = {"M1151", "M1257", "M1258"}
    rows = {
        "students": [{"admitted": years[0]["year"], "route": "new"}],
        "placements": [],
        "marks": [],
        "results": [],
    }
    for one in years:
        rows["placements"].append({"year": one["year"], "level": one["level"]})
        for course in plan[one["level"]] if "mark" in one else ():
            mark = one.get("but", {}).get(course, one["mark"])
            at = {"course": course, "year": one["year"], "sitting": "main"}
            if mark is not None and course in ungraded:
                rows["results"].append(at | {"result": "pass"})
            elif mark is not None:
                rows["marks"].append(at | {"mark": mark})
    return rows


@pytest.mark.long
@pytest.mark.parametrize(("path", "case"), CASES)
def test_advice_on_the_packs(path, case):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    policy = load_policy(document["policy"])
    rows = career(policy, case["years"]) if "years" in case else dict(case["record"])
    for table in case.get("remove", ()):
        rows.pop(table)
    for table, more in case.get("also", {}).items():
        rows[table] = [*rows.get(table, []), *more]
    records = records_from_rows(policy, rows, name=path.name, subject="S1", as_of=case["as_of"])
    pattern = parse_pattern(policy, case["goal"], "S1")
    engine = open_engine(policy, case.get("readings"))
    advice = advise(engine, records, "S1", pattern, seconds=60)
    told = [
        {
            "steps": {
                str(step.atom).replace('"S1",', "").replace('"', ""): list(step.provisions)
                for step in way.plan.steps
            },
            "then": list(dict.fromkeys(p for one in way.reaches for p in one.provisions)),
        }
        for way in advice.ways
    ]
    assert told == case.get("ways", [])
    assert advice.reached == case.get("reached", False)
    assert advice.reached or advice.found.proved
    if "open" in case:
        opened = {
            str(s.atom).replace('"S1",', "").replace('"', "") for s in advice.found.offered if not s.round
        }
        assert opened == set(case["open"])

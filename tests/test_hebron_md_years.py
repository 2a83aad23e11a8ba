"""Every placed year of hebron-md has one outcome, and it is the one that a second reckoning finds."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bylaw.engine.solve import Decision, Engine
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from hebron_md_oracle import LAST, PASS_FAIL, READINGS, Course, Oracle, Year, read_plan

pytestmark = pytest.mark.long

OUTCOMES = {"promoted", "completed", "failed", "held_at_phase_gate", "postponed", "open"}
TOGETHER = 30
COLUMNS = {
    "students": ("student", "admitted", "route"),
    "placements": ("student", "year", "level"),
    "marks": ("student", "course", "year", "sitting", "mark"),
    "results": ("student", "course", "year", "sitting", "result"),
    "codes": ("student", "course", "year", "code"),
    "choices": ("student", "course", "year"),
    "missed_sittings": ("student", "course", "year", "sitting", "excuse"),
    "postponements": ("student", "year", "ground"),
    "not_enrolled": ("student", "year", "term"),
    "decisions": ("student", "matter", "year", "outcome"),
}
Tables = dict[str, list[tuple[object, ...]]]
Career = tuple[list[Year], dict[int, dict[str, int]]]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


@pytest.fixture(scope="module")
def plan(policy: Policy) -> dict[str, Course]:
    return read_plan(policy.folder)


def career(chance: random.Random, plan: Mapping[str, Course], oracle: Oracle) -> Career:
    """Invent a career about the lines that decide: where the text lets it, mostly, and sometimes not."""
    level = chance.choice((1, 1, 1, 2, 3, 3, 4, 5, 6))
    base = chance.choice((70, 70, 71, 75, 80))
    years: list[Year] = []
    later: dict[int, dict[str, int]] = {}
    for year in range(2020, 2020 + chance.choice((1, 2, 4, 7))):
        years.append(Year(year, level, year_marks(chance, plan, level, base, years)))
        trial = [Year(y.year, y.level, y.marks) for y in years]
        outcome = oracle.outcomes(trial, {}, year)[year]
        years[-1].closed, years[-1].succeeded = trial[-1].closed, trial[-1].succeeded
        if outcome == "completed":
            break
        if outcome == "promoted" or (outcome == "held_at_phase_gate" and chance.random() < 0.3):
            level += 1
        elif outcome == "open" and chance.random() < 0.7:
            break
    for name in (c.name for c in plan.values() if c.requirement and chance.random() < 0.1):
        later[years[-1].year + 1] = later.get(years[-1].year + 1, {}) | {name: chance.choice((55, 65, 95))}
    return [Year(y.year, y.level, y.marks) for y in years], later


def year_marks(
    chance: random.Random, plan: Mapping[str, Course], level: int, base: int, before: Sequence[Year]
) -> dict[str, dict[str, int]]:
    """Invent the sittings of a year; of a repeated one only the courses whose marks were low."""
    old: dict[str, int] = {}
    waiting = False
    for year in before:
        if year.level == level:
            waiting = waiting or year.succeeded
            old |= {
                name: mark if level == LAST else max(mark, old.get(name, 0))
                for name, mark in year.closed.items()
            }
    courses = [c for c in plan.values() if c.level == level and not c.requirement and old.get(c.name, 0) < 70]
    if waiting:
        courses = []
    failing = set(chance.sample(courses, min(len(courses), chance.choice((0, 0, 0, 1, 1, 2, 3, 4)))))
    spread = chance.choice((0, 1, 3))
    marks: dict[str, dict[str, int]] = {}
    for c in courses:
        if chance.random() < 0.004:
            continue
        if c.name in PASS_FAIL:
            marks[c.name] = {"main": 100 if c not in failing and chance.random() < 0.95 else 0}
        else:
            usual = (
                round(chance.gauss(base, spread))
                if chance.random() < 0.9
                else chance.choice((60, 66, 69, 95))
            )
            marks[c.name] = {"main": chance.choice((40, 58, 59, 62, 69)) if c in failing else usual}
        if c in failing and chance.random() < 0.85:
            marks[c.name]["resit"] = (
                chance.choice((100, 100, 0))
                if c.name in PASS_FAIL
                else chance.choice((59, 60, 69, 70, 70, 75, 75, 80, 95))
            )
    graded = [c for c in courses if c.name in marks and c.name not in PASS_FAIL]
    if graded and chance.random() < 0.4:
        for c in chance.sample(graded, min(len(graded), chance.choice((1, 1, 2, 3)))):
            marks[c.name]["improvement"] = chance.choice((58, 69, 70, 75, 83, 95))
    for c in plan.values():
        if c.requirement and (level == 1 or chance.random() < 0.03):
            passed = any(year.closed.get(c.name, 0) >= 60 for year in before)
            if chance.random() < 0.95 and not passed:
                marks[c.name] = {"main": chance.choice((base, base, base, 80, 62, 55))}
    return marks


def tables(careers: Iterable[Career]) -> Tables:
    """Write careers as the rows of a record."""
    rows: Tables = defaultdict(list)
    for number, (years, later) in enumerate(careers):
        student = f"S{number}"
        rows["students"].append((student, years[0].year, "new"))
        for year in years:
            rows["placements"].append((student, year.year, year.level))
            for name, sittings in year.marks.items():
                for sitting, mark in sittings.items():
                    if name in PASS_FAIL:
                        result = "pass" if mark else "fail"
                        rows["results"].append((student, name, year.year, sitting, result))
                    else:
                        rows["marks"].append((student, name, year.year, sitting, mark))
        for when, taken in later.items():
            rows["marks"] += [(student, name, when, "main", mark) for name, mark in taken.items()]
    return rows


def decide(policy: Policy, readings: Mapping[str, str], rows: Tables, folder: Path) -> Iterable[Decision]:
    """Decide the records together, each student by the present of all of them."""
    for name, header in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows.get(name, [])])
    return Engine(policy, readings).decide_all(load_records(policy, folder))


def outcomes(decision: Decision) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for conclusion in decision.conclusions:
        if conclusion.predicate.name == "year_outcome":
            found[int(str(conclusion.args[1]))].append(str(conclusion.args[2]))
    return found


def faulty_years(decision: Decision) -> set[int]:
    """Return the years that are reported to have no outcome or several."""
    return {
        int(str(conclusion.args[2]))
        for conclusion in decision.findings
        if conclusion.predicate.name == "defect" and str(conclusion.args[1]) in {"no_outcome", "two_outcomes"}
    }


def disturb(chance: random.Random, rows: Tables) -> None:
    """Add what else a record holds: codes in place of marks, absences, choices, leave and decisions."""
    for student, course, year, *_ in rows["marks"][:]:
        luck = chance.random()
        if luck < 0.01:
            code = chance.choice(("I", "W", "WF", "IP", "T"))
            rows["codes"].append((student, course, year, code))
            if chance.random() < 0.7:
                rows["marks"] = [row for row in rows["marks"] if row[:3] != (student, course, year)]
        elif luck < 0.03:
            sitting = chance.choice(("main", "makeup", "resit", "improvement"))
            excuse = chance.choice(("accepted", "not_accepted", "undecided"))
            rows["missed_sittings"].append((student, course, year, sitting, excuse))
        elif luck < 0.04:
            rows["choices"].append((student, course, year))
    for table in ("codes", "missed_sittings", "choices"):
        rows[table] = list(
            {row[:4] if table == "missed_sittings" else row[:3]: row for row in rows[table]}.values()
        )
    for student, year, _ in rows["placements"]:
        luck = chance.random()
        if luck < 0.02:
            ground = chance.choice(
                ("approved", "absence_over_20", "missed_makeup", "disciplinary", "dropout_excused")
            )
            rows["postponements"].append((student, year, ground))
        elif luck < 0.05:
            rows["not_enrolled"].append((student, year, chance.choice(("first", "second", "summer", "year"))))
            if chance.random() < 0.5:
                rows["decisions"].append((student, "dropout_excuse", year, "granted"))
        elif luck < 0.1:
            matter = chance.choice(("clinical_entry", "postponement", "dismissal", "extra_year"))
            rows["decisions"].append(
                (student, matter, year, chance.choice(("granted", "refused", "imposed")))
            )


@settings(max_examples=3, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    flips=st.dictionaries(st.integers(0, 200), st.integers(0, 9), max_size=6),
)
def test_a_placed_year_has_one_outcome_or_is_reported(seed: int, flips: dict[int, int]) -> None:
    policy = load_policy("hebron-md")
    plan = read_plan(policy.folder)
    chance = random.Random(seed)
    named = sorted(policy.readings)
    readings: dict[str, str] = {}
    for which, choice in flips.items():
        name = named[which % len(named)]
        alternatives = sorted(policy.readings[name].readings)
        readings[name] = alternatives[choice % len(alternatives)]
    rows = tables(career(chance, plan, Oracle(plan, {})) for _ in range(TOGETHER // 3))
    disturb(chance, rows)
    placed = defaultdict(set)
    for student, year, _ in rows["placements"]:
        placed[student].add(year)
    with TemporaryDirectory() as folder:
        for decision in decide(policy, readings, rows, Path(folder)):
            found = outcomes(decision)
            assert {outcome for several in found.values() for outcome in several} <= OUTCOMES
            single = {year for year in placed[decision.subject] if len(found.get(year, [])) == 1}
            assert placed[decision.subject] - single == faulty_years(decision)


@pytest.mark.parametrize("flipped", [False, True], ids=["defaults", "other readings"])
def test_a_second_reckoning_finds_the_same_outcomes(
    policy: Policy, plan: dict[str, Course], tmp_path: Path, flipped: bool
) -> None:
    chance = random.Random(13 + flipped)
    readings = (
        {name: choices[-1] for name, choices in READINGS.items() if chance.random() < 0.5} if flipped else {}
    )
    oracle = Oracle(plan, readings)
    careers = [career(chance, plan, oracle) for _ in range(TOGETHER)]
    present = max(year.year for years, _ in careers for year in years)
    for decision in decide(policy, readings, tables(careers), tmp_path):
        years, later = careers[int(decision.subject[1:])]
        expected = {year: [outcome] for year, outcome in oracle.outcomes(years, later, present).items()}
        assert outcomes(decision) == expected, (decision.subject, readings)

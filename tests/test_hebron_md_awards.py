"""Honours and awards: what is asked of an average agrees with the one shown; what yields to exceptions."""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import clingo
import pytest

from bylaw.engine.solve import Engine
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records

pytestmark = pytest.mark.long

COMPARED = {
    "early_points_below": ("annual_average", "<", "biomedical_average"),
    "early_percent_below": ("annual_percent", "<", "minimum_average_percent"),
    "combined_points_below": ("combined_average", "<", "biomedical_average"),
    "combined_percent_below": ("combined_percent", "<", "minimum_average_percent"),
    "third_points_below": ("annual_average", "<", "biomedical_third_year_average"),
    "third_percent_below": ("annual_percent", "<", "biomedical_third_year_percent"),
    "year_points_below": ("annual_average", "<", "md_average"),
    "year_percent_below": ("annual_percent", "<", "minimum_average_percent"),
    "gpa_points_below": ("gpa", "<", "md_average"),
    "gpa_percent_below": ("gpa_percent", "<", "minimum_average_percent"),
    "honour_points_reached": ("honour_average", ">=", "honours_average"),
    "honour_percent_reached": ("honour_percent", ">=", "honours_average_percent"),
}
STUDENTS = 24
FIRST_YEAR = 2019


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy("hebron-md")


@pytest.fixture(scope="module")
def cohort(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Students of six years whose marks lie about a line that an average is compared with."""
    folder = tmp_path_factory.mktemp("cohort")
    plan = list(
        csv.DictReader((policy.folder / "tables" / "plan.csv").read_text(encoding="utf-8").splitlines())
    )
    chance = random.Random(25)
    students, placements, marks = [], [], []
    for number in range(STUDENTS):
        student = f"S{number}"
        about = (66, 70, 71, 90)[number % 4]
        students.append((student, FIRST_YEAR, "new"))
        placements += [(student, FIRST_YEAR + level - 1, level) for level in range(1, 7)]
        for course in plan:
            mark = min(100, round(chance.gauss(about, (1, 3, 6)[number % 3])))
            year = FIRST_YEAR + int(course["level"]) - 1
            marks.append((student, course["course"], year, "main", mark))
    tables = {
        "students": (("student", "admitted", "route"), students),
        "placements": (("student", "year", "level"), placements),
        "marks": (("student", "course", "year", "sitting", "mark"), marks),
    }
    for name, (header, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
    return folder


@pytest.fixture(scope="module", params=[{}, {"tie_rule": "half_even"}], ids=["half_up", "half_even"])
def atoms(
    request: pytest.FixtureRequest, policy: Policy, cohort: Path
) -> Mapping[str, set[tuple[clingo.Symbol, ...]]]:
    engine = Engine(policy, request.param)
    records = load_records(policy, cohort)
    names = frozenset(COMPARED) | {shown for shown, _, _ in COMPARED.values()}
    names |= {"third_year", "latest_attempt", "considered_for"}
    found: dict[str, set[tuple[clingo.Symbol, ...]]] = defaultdict(set)
    for atom in engine.certain_atoms(records, records.subjects, names):
        found[atom.name].add(tuple(atom.arguments))
    return found


@pytest.mark.parametrize("compared", COMPARED)
def test_what_is_asked_of_an_average_agrees_with_the_average_shown(
    compared: str, policy: Policy, atoms: Mapping[str, set[tuple[clingo.Symbol, ...]]]
) -> None:
    shown, relation, limit = COMPARED[compared]
    line = policy.limits[limit].value
    asked = atoms["third_year"] if compared.startswith("third") else None
    if compared.startswith("early"):
        asked = {(s, y) for s, y, level in atoms["latest_attempt"] if level.number in (1, 2)}
    figures = {tuple(args): figure.number for *args, figure in atoms[shown]}
    figures = {args: figure for args, figure in figures.items() if asked is None or args in asked}
    below = {args for args, figure in figures.items() if figure < line}
    expected = below if relation == "<" else figures.keys() - below
    assert atoms[compared] == expected
    assert 0 < len(below) < len(figures), "the cohort lies on both sides of the line"


def test_the_provisions_that_yield_are_those_whose_rules_ask_for_an_exception(policy: Policy) -> None:
    rules = [rule.source for rule in policy.encoding.rules]
    asked = {pid for text in rules for pid in re.findall(r'lifted(?:_in)?\(\w+,"([^"]+)"', text)}
    stated = {pid for text in rules if text.startswith("yields(") for pid in re.findall(r'"([^"]+)"', text)}
    assert stated == asked
    assert stated <= policy.provisions.keys()

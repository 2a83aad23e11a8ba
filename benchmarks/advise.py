"""Seconds of `advise`: a student year, a year to be repeated, a whole career; each alone and warm.

Run it in a checkout: `python benchmarks/advise.py [REPEATS]`. The students are made up.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

from bylaw.analysis.advise import advise
from bylaw.engine.editions import open_engine
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import records_from_rows

FAILED = {"M1110": 50, "M1102": 66, "M1130": 66}
LOW = {"M1110": 50, "M1150": 76, "M1100": 76, "M1153": 76, "M1152": 76}
FAILED_NINE = {"M1110": 50, "M1150": 50, "M1100": 50}
CAREER: list[tuple[int, int, int, dict[str, int]]] = [(2020 + n, n + 1, 76, {}) for n in range(5)]
TASKS: list[tuple[str, list[tuple[int, int, int, dict[str, int]]], str]] = [
    ("a second sitting in one year", [(2020, 1, 71, FAILED)], "year_outcome(2020,promoted)"),
    ("two kinds of sittings in one year", [(2020, 1, 68, LOW)], "year_outcome(2020,promoted)"),
    ("a year to be repeated", [(2020, 1, 71, FAILED_NINE)], "year_outcome(2021,promoted)"),
    ("out of reach in one year", [(2020, 1, 71, FAILED_NINE)], "year_outcome(2020,promoted)"),
    ("a whole career", [*CAREER, (2025, 6, 72, {"M1661": 50})], "year_outcome(2025,completed)"),
    ("the degree after a career", [*CAREER, (2025, 6, 72, {"M1661": 50})], "eligible(md_degree)"),
]


def rows_of(policy: Policy, years: list[tuple[int, int, int, dict[str, int]]]) -> dict[str, Any]:
    """Return the rows of a student with one mark in every course of each year, but for some."""
    plan = [fact.args for fact in policy.pack_facts if fact.predicate == "plan_year"]
    rows: dict[str, Any] = {"students": [{"admitted": years[0][0], "route": "new"}]}
    rows["placements"] = [{"year": year, "level": level} for year, level, _, _ in years]
    rows["marks"] = [
        {
            "course": str(course)[1:-1],
            "year": year,
            "sitting": "main",
            "mark": but.get(str(course)[1:-1], mark),
        }
        for year, level, mark, but in years
        for course, at in plan
        if at == level
    ]
    return rows


def main() -> None:
    """Print a line for each task: the median, the least and the most seconds, and those of the processor."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    started = time.perf_counter()
    policy = load_policy("hebron-md")
    engine = open_engine(policy)
    sys.stdout.write(f"{time.perf_counter() - started:6.2f} s  the pack is loaded\n")
    for name, years, text in TASKS:
        now = years[-1][0]
        records = records_from_rows(policy, rows_of(policy, years), name=name, subject="S1", as_of=now)
        goal = parse_pattern(policy, text, "S1")
        seconds: list[float] = []
        processor: list[float] = []
        for _ in range(repeats):
            started, busy = time.perf_counter(), time.process_time()
            advice = advise(engine, records, "S1", goal, seconds=60)
            seconds.append(time.perf_counter() - started)
            processor.append(time.process_time() - busy)
        told = f"{len(advice.ways)} ways" if advice.ways else "out of reach"
        assert advice.found is not None
        proved = "proved" if advice.found.proved else "not proved"
        middle, least, most = statistics.median(seconds), min(seconds), max(seconds)
        busy = statistics.median(processor)
        how = f"{least:.2f} to {most:.2f}, {busy:.2f} of the processor; {told}, {proved}"
        sys.stdout.write(f"{middle:6.2f} s  {name} ({how})\n")


if __name__ == "__main__":
    main()

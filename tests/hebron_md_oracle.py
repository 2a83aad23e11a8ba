"""The outcomes of hebron-md's program years worked out a second time, in plain Python, from the text alone.

It knows Articles 10, 11, 13, 14 and 15 for marks of first, second and improvement sittings and results of
pass/fail courses, by the default readings and those in `READINGS`; nothing of codes, absences or leave.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

READINGS = {
    "average_scale": ("points", "percent"),
    "clinical_pass_mark": ("table", "paragraph"),
    "fifth_year_combined_hours": ("ten", "nine"),
    "improvement_after_resit": ("allowed", "denied"),
    "pass_fail_hours": ("count", "ignore"),
    "phase_gate": ("literal_75", "minimum_70"),
    "resit_mark": ("latest", "highest", "capped"),
    "round_before_compare": ("yes", "no"),
    "sixth_year_improvement_after_resit": ("denied", "allowed"),
    "ten_hours_bound": ("at_most_10", "below_10"),
    "two_course_rule": ("redundant", "count_limit"),
    "ur_before_clinical": ("required", "not_required"),
}
LOWEST = (95, 90, 87, 83, 80, 75, 70, 67, 64, 60)
POINTS = (400, 370, 330, 300, 270, 230, 200, 170, 130, 100)
PASS_FAIL = frozenset({"M1151", "M1257", "M1258"})
GATE, LAST = 3, 6


@dataclass(frozen=True)
class Course:
    """A course of the plan."""

    name: str
    hours: int
    level: int
    requirement: bool


@dataclass
class Year:
    """A placed year, with what was reached in each course at each sitting, and what that comes to."""

    year: int
    level: int
    marks: dict[str, dict[str, int]]
    outcome: str = ""
    closed: dict[str, int] = field(default_factory=dict)
    succeeded: bool = False


def read_plan(folder: Path) -> dict[str, Course]:
    """Read the plan of the pack. A pass/fail result is a mark of 100 or of 0."""
    rows = csv.DictReader((folder / "tables" / "plan.csv").read_text(encoding="utf-8").splitlines())
    made = (
        Course(r["course"], int(r["hours"]), int(r["level"]), r["requirement_sign"] == "code") for r in rows
    )
    return {course.name: course for course in made}


class Oracle:
    """Works out the outcome of each year of a career.

    Args:
        plan: the courses by their codes.
        readings: of open questions, where not the default.
    """

    def __init__(self, plan: Mapping[str, Course], readings: Mapping[str, str]) -> None:
        self.plan = plan
        self.reading = {name: choices[0] for name, choices in READINGS.items()} | dict(readings)

    def outcomes(
        self, career: list[Year], later: Mapping[int, Mapping[str, int]], present: int
    ) -> dict[int, str]:
        """Decide each year in turn, and then those that wait at the gate.

        Args:
            later: marks in university requirements in years without a placement, by year.
            present: the academic year that is running.
        """
        for number, year in enumerate(career):
            self._decide(year, career[:number], over=year.year < present)
        for year in career:
            if year.succeeded:
                year.outcome = "completed" if year.level == LAST else "promoted"
                if year.level == GATE and not self._through_gate(year, career, later):
                    year.outcome = "held_at_phase_gate"
        return {year.year: year.outcome for year in career}

    def _decide(self, now: Year, before: list[Year], over: bool) -> None:
        same = [year for year in before if year.level == now.level]
        asked = [c for c in self.plan.values() if c.level == now.level and self._asked(c)]
        old, old_pass, kept = self._left_behind(now.level, same)
        first = {name: sittings["main"] for name, sittings in now.marks.items() if "main" in sittings}
        own = now.closed = dict(first)
        standing = kept if now.level == LAST else kept | old_pass
        sat_and_failed = [c for c in asked if c.name in first and first[c.name] < self._least(c)]
        failed = [c for c in sat_and_failed if c.name not in standing]
        missing = [c for c in asked if c.name not in first and c.name not in kept]
        hours = sum(c.hours for c in failed)
        if not self._second_open(now.level, hours, len(failed)):
            gap = now.level in (2, 3, 4) and hours == 10 and not self._too_many(now.level, len(failed))
            now.outcome = "open" if gap and missing else "failed"
            return
        lost = waits = False
        for c in failed:
            mark = now.marks[c.name].get("resit")
            if mark is None:
                lost, waits = lost or over, waits or not over
                continue
            own[c.name] = self._after_resit(c, first[c.name], mark)
            lost = lost or mark < self._least(c)
        if lost or missing or waits:
            now.outcome = "failed" if lost else "open"
            return
        average = self._annual(now, before, old, own)
        if average():
            now.succeeded = True
            return
        now.outcome = self._improve(now, own, average, bool(failed), hours, over)
        now.succeeded = now.outcome == ""

    def _improve(
        self, now: Year, own: dict[str, int], average: Callable[[], bool], resat: bool, hours: int, over: bool
    ) -> str:
        """Return the outcome of a year passed below the average; none if the improvement saves it."""
        denied = "sixth_year_improvement_after_resit" if now.level == LAST else "improvement_after_resit"
        if resat and self.reads(denied, "denied"):
            return "failed"
        limit = {1: 6, 5: 10 if self.reads("fifth_year_combined_hours", "ten") else 9}.get(now.level, 10)
        if now.level != LAST and hours >= limit:
            return "failed"
        sat = {self.plan[name]: sit["improvement"] for name, sit in now.marks.items() if "improvement" in sit}
        fits = len(sat) <= 1 if now.level == LAST else hours + sum(c.hours for c in sat) <= limit
        if not sat or not fits:
            return "failed" if over else "open"
        for c, mark in sat.items():
            own[c.name] = max(own[c.name], mark) if self.reads("resit_mark", "highest") else mark
        return "" if all(mark >= self._least(c) for c, mark in sat.items()) and average() else "failed"

    def _left_behind(self, level: int, same: list[Year]) -> tuple[dict[str, int], set[str], set[str]]:
        """Return what earlier attempts leave: marks, passes, and the courses that need no repetition."""
        old: dict[str, int] = {}
        for year in same:
            for name, mark in year.closed.items():
                if self.plan[name].level == level and not self.plan[name].requirement:
                    old[name] = mark if level == LAST else max(mark, old.get(name, 0))
        passes = {n for year in same for n, m in year.closed.items() if m >= self._least(self.plan[n])}
        kept = {name for name, mark in old.items() if mark >= 70}
        if any(year.succeeded for year in same):
            kept |= passes
        return old, passes, kept

    def _through_gate(
        self, now: Year, career: Iterable[Year], later: Mapping[int, Mapping[str, int]]
    ) -> bool:
        best: dict[str, int] = {}
        for year in career:
            if year.year <= now.year:
                keep_best(best, year.closed)
        moved, in_time = dict(best), dict(best)
        after = [(year.year, year.closed) for year in career if year.year > now.year]
        for when, marks in [*after, *later.items()]:
            own = {name: mark for name, mark in marks.items() if self.plan[name].requirement}
            keep_best(moved, own)
            if self._basic_years(career, when) <= 5:  # what is passed later completes nothing in time
                keep_best(in_time, own)
        entry = min(year.level for year in career)
        for c in self.plan.values():
            needed = self.reads("ur_before_clinical", "required") if c.requirement else self._asked(c)
            if needed and entry <= c.level <= GATE and in_time.get(c.name, -1) < self._least(c):
                return False
        if self._basic_years(career, now.year) > 5:
            return False
        minimum = 230 if self.reads("average_scale", "points") else 7500
        return self.reads("phase_gate", "minimum_70") or any(self._reaches(m, minimum) for m in (best, moved))

    @staticmethod
    def _basic_years(career: Iterable[Year], until: int) -> int:
        """Count the years placed in the basic phase up to a year."""
        return sum(1 for year in career if year.level <= GATE and year.year <= until)

    def _annual(
        self, now: Year, before: list[Year], old: Mapping[str, int], own: Mapping[str, int]
    ) -> Callable[[], bool]:
        def reached() -> bool:
            marks = {n: m for n, m in own.items() if not self.plan[n].requirement}
            for name, mark in old.items():
                marks[name] = marks.get(name, mark) if now.level == LAST else max(mark, marks.get(name, 0))
            if now.level == 1:
                for year in [*before, now]:
                    keep_best(marks, {n: m for n, m in year.closed.items() if self.plan[n].requirement})
            return self._reaches(marks, 200 if self.reads("average_scale", "points") else 7000)

        return reached

    def _reaches(self, marks: Mapping[str, int], minimum: int) -> bool:
        total = hours = 0
        for name, mark in marks.items():
            if name not in PASS_FAIL:
                total += self.plan[name].hours * self._worth(mark)
                hours += self.plan[name].hours
        if hours == 0:
            return True
        average = Fraction(total, hours)
        if self.reads("round_before_compare", "yes"):
            average = Fraction((2 * average.numerator + average.denominator) // (2 * average.denominator))
        return average >= minimum

    def _worth(self, mark: int) -> int:
        if self.reads("average_scale", "percent"):
            return 100 * mark
        return next((points for low, points in zip(LOWEST, POINTS, strict=True) if mark >= low), 0)

    def _least(self, c: Course) -> int:
        return 70 if c.level > GATE and self.reads("clinical_pass_mark", "table") else 60

    def _after_resit(self, c: Course, first: int, mark: int) -> int:
        if self.reads("resit_mark", "highest"):
            return max(first, mark)
        capped = self.reads("resit_mark", "capped") and c.name not in PASS_FAIL
        return min(mark, self._least(c)) if capped else mark

    def _second_open(self, level: int, hours: int, courses: int) -> bool:
        if level == LAST:
            return courses <= 1
        if level in (2, 3, 4):
            limit = 10 if self.reads("ten_hours_bound", "at_most_10") else 9
            return hours <= limit and not self._too_many(level, courses)
        return hours <= (6 if level == 1 else 9)

    def _too_many(self, level: int, courses: int) -> bool:
        return level in (2, 3) and courses > 2 and self.reads("two_course_rule", "count_limit")

    def _asked(self, c: Course) -> bool:
        return not c.requirement and (c.name not in PASS_FAIL or self.reads("pass_fail_hours", "count"))

    def reads(self, question: str, answer: str) -> bool:
        return self.reading[question] == answer


def keep_best(into: dict[str, int], marks: Mapping[str, int]) -> None:
    """Add marks, of each course the higher."""
    for name, mark in marks.items():
        into[name] = max(mark, into.get(name, 0))

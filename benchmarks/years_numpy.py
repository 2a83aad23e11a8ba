"""The outcomes of hebron-md's program years in NumPy, all students of a chunk at a time.

It knows what `tests/hebron_md_oracle.py` knows, by the default readings: Articles 10, 11, 13, 14 and 15 for
marks of first, second and improvement sittings and results of pass/fail courses, and nothing of codes,
absences, leave or decisions. `rivals.py` compares its outcomes with those of the rules.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hebron_md_oracle import GATE, LAST, LOWEST, PASS_FAIL, POINTS, Course

CHUNK = 1_000
SITTINGS = ("main", "resit", "improvement")
OUTCOMES = ("", "open", "failed", "promoted", "completed", "held_at_phase_gate")
OPEN, FAILED, PROMOTED, COMPLETED, HELD = range(1, 6)
BASIC_YEARS = 5

Numbers = np.ndarray
"""An array of whole numbers or of truth values."""


@dataclass(frozen=True)
class Plan:
    """The plan of the pack by the positions of its courses."""

    courses: dict[str, int]
    hours: Numbers
    level: Numbers
    requirement: Numbers
    least: Numbers
    counted: Numbers

    @classmethod
    def of(cls, courses: Mapping[str, Course]) -> Plan:
        """Return the plan that the oracle has read."""
        level = np.array([course.level for course in courses.values()])
        hours = np.array([course.hours for course in courses.values()])
        graded = np.array([name not in PASS_FAIL for name in courses])
        return cls(
            courses={name: place for place, name in enumerate(courses)},
            hours=hours,
            level=level,
            requirement=np.array([course.requirement for course in courses.values()]),
            least=np.where(level > GATE, 70, 60),
            counted=hours * graded,
        )


@dataclass(frozen=True)
class Rows:
    """The rows of a cohort as columns: years with and without a placement are one row each of `slots`.

    Args:
        students: their ids, sorted.
        year, level, owner: of each slot, by student and year; level 0 where there is no placement.
        slot, course, sitting, mark: of each mark, by slot.
    """

    students: list[str]
    year: Numbers
    level: Numbers
    owner: Numbers
    slot: Numbers
    course: Numbers
    sitting: Numbers
    mark: Numbers


def read(folder: Path, plan: Plan) -> Rows:
    """Read the tables of a cohort, unchecked."""
    students = sorted(row[0] for row in _table(folder / "students.csv"))
    place = {student: number for number, student in enumerate(students)}
    sitting_of = {name: number for number, name in enumerate(SITTINGS)}
    placed = np.array(
        [(place[s], int(year), int(level)) for s, year, level in _table(folder / "placements.csv")]
    )
    marks = [
        (place[s], int(year), plan.courses[course], sitting_of[sitting], int(mark))
        for s, course, year, sitting, mark in _table(folder / "marks.csv")
    ] + [
        (place[s], int(year), plan.courses[course], sitting_of[sitting], 100 if result == "pass" else 0)
        for s, course, year, sitting, result in _table(folder / "results.csv")
    ]
    owner, year, course, sitting, mark = np.array(marks).T
    keys, where = np.unique(
        np.concatenate([placed[:, 0] * 10_000 + placed[:, 1], owner * 10_000 + year]), return_inverse=True
    )
    level = np.zeros(len(keys), int)
    level[where[: len(placed)]] = placed[:, 2]
    slot = where[len(placed) :]
    order = np.argsort(slot, kind="stable")
    return Rows(
        students,
        keys % 10_000,
        level,
        keys // 10_000,
        slot[order],
        course[order],
        sitting[order],
        mark[order],
    )


def _table(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from rows


def outcomes(rows: Rows, plan: Plan, present: int) -> Iterator[tuple[str, int, str]]:
    """Yield student, year and outcome of each placed year.

    Args:
        present: the academic year that is running.
    """
    starts = np.searchsorted(rows.owner, np.arange(len(rows.students) + 1))
    for first in range(0, len(rows.students), CHUNK):
        last = min(first + CHUNK, len(rows.students))
        begin, end = starts[first], starts[last]
        many = last - first
        owner = rows.owner[begin:end] - first
        place = np.arange(begin, end) - starts[rows.owner[begin:end]]
        wide = int(place.max()) + 1
        year, level = np.zeros((many, wide), int), np.zeros((many, wide), int)
        year[owner, place], level[owner, place] = rows.year[begin:end], rows.level[begin:end]
        own = slice(*np.searchsorted(rows.slot, (begin, end)))
        marks = np.full((len(SITTINGS), many, wide, len(plan.courses)), -1, np.int16)
        slots = rows.slot[own] - begin
        marks[rows.sitting[own], owner[slots], place[slots], rows.course[own]] = rows.mark[own]
        found = _Chunk(plan, year, level, marks, present).outcomes()
        for student, slot in zip(*np.nonzero(found), strict=True):
            yield rows.students[first + student], int(year[student, slot]), OUTCOMES[found[student, slot]]


def _sum(values: Numbers, weights: Numbers) -> Numbers:
    """Return the weighted sum of each row; single floats hold whole numbers of this size exactly."""
    return (values.astype(np.float32) @ weights.astype(np.float32)).astype(np.int64)


class _Chunk:
    """Some students, each with years in order: the outcomes of one year of all, and then of the next."""

    def __init__(self, plan: Plan, year: Numbers, level: Numbers, marks: Numbers, present: int) -> None:
        self.plan, self.year, self.level, self.present = plan, year, level, present
        self.main, self.resit, self.improvement = marks
        self.closed = self.main.copy()
        self.succeeded = np.zeros(level.shape, bool)
        self.outcome = np.zeros(level.shape, np.int8)
        steps = np.zeros(102, np.float32)  # a mark of -1 is the last of them
        for low, points in sorted(zip(LOWEST, POINTS, strict=True)):
            steps[low:101] = points
        self.points = steps

    def outcomes(self) -> Numbers:
        for slot in range(self.level.shape[1]):
            self._decide(slot)
        self.outcome[self.succeeded] = np.where(self.level[self.succeeded] == LAST, COMPLETED, PROMOTED)
        for slot in range(self.level.shape[1]):
            at_gate = np.nonzero(self.succeeded[:, slot] & (self.level[:, slot] == GATE))[0]
            if len(at_gate):
                self.outcome[at_gate[~self._through(at_gate, slot)], slot] = HELD
        return self.outcome

    def _decide(self, slot: int) -> None:
        who = np.nonzero(self.level[:, slot])[0]
        plan, level = self.plan, self.level[who, slot]
        last_level, over = level == LAST, self.year[who, slot] < self.present
        asked = (plan.level == level[:, None]) & ~plan.requirement
        old, passes, kept = self._left_behind(who, slot, asked)
        first, resit = self.main[who, slot], self.resit[who, slot]
        standing = kept | (passes & ~last_level[:, None])
        failed = asked & (first >= 0) & (first < plan.least) & ~standing
        missing = (asked & (first < 0) & ~kept).any(1)
        hours, count = _sum(failed, plan.hours), failed.sum(1)
        again = np.select(
            [last_level, level == 1, level == 5], [count <= 1, hours <= 6, hours <= 9], hours <= 10
        )
        waiting = (failed & (resit < 0)).any(1)
        lost = (waiting & over) | (failed & (resit >= 0) & (resit < plan.least)).any(1)
        closed = np.where(failed & (resit >= 0) & again[:, None], resit, first)
        self.closed[who, slot] = closed
        stopped = again & (lost | missing | waiting)
        outcome = np.where(again, 0, FAILED)
        outcome[stopped] = np.where(lost[stopped], FAILED, OPEN)
        going = again & ~stopped
        good = going & self._annual(who, slot, old, closed)
        short = going & ~good
        if short.any():
            limit = np.where(level == 1, 6, 10)
            sat = self.improvement[who, slot] >= 0
            shut = np.where(last_level, count > 0, hours >= limit)
            fits = np.where(last_level, sat.sum(1) <= 1, hours + _sum(sat, plan.hours) <= limit)
            tried = short & ~shut & sat.any(1) & fits
            outcome[short] = np.where(shut | over, FAILED, OPEN)[short]
            closed = np.where(sat & tried[:, None], self.improvement[who, slot], closed)
            self.closed[who, slot] = closed
            passed = ~(sat & (closed < plan.least)).any(1)
            saved = tried & passed & self._annual(who, slot, old, closed)
            outcome[tried & ~saved] = FAILED
            good |= saved
        self.succeeded[who, slot] = good
        self.outcome[who, slot] = np.where(good, 0, outcome)

    def _left_behind(self, who: Numbers, slot: int, asked: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return what earlier attempts at the year leave: marks, passes, and what need not be repeated."""
        level = self.level[who, slot]
        old = np.full(asked.shape, -1, np.int16)
        passes = np.zeros(asked.shape, bool)
        success = np.zeros(len(level), bool)
        for before in range(slot):
            same = np.nonzero(self.level[who, before] == level)[0]
            if not len(same):
                continue
            there = self.closed[who[same], before]
            own, so_far = np.where(asked[same], there, -1), old[same]
            latest = (level[same] == LAST)[:, None] & (own >= 0)
            old[same] = np.where(latest, own, np.maximum(so_far, own))
            passes[same] |= (there >= 0) & (there >= self.plan.least)
            success[same] |= self.succeeded[who[same], before]
        return old, passes, (old >= 70) | (passes & success[:, None])

    def _annual(self, who: Numbers, slot: int, old: Numbers, closed: Numbers) -> Numbers:
        level = self.level[who, slot]
        marks = np.where(self.plan.requirement, -1, closed)
        marks = np.where((level == LAST)[:, None] & (marks >= 0), marks, np.maximum(marks, old))
        first = np.nonzero(level == 1)[0]
        for before in range(slot + 1) if len(first) else ():
            there = closed[first] if before == slot else self.closed[who[first], before]
            counts = (self.level[who[first], before] > 0)[:, None] & self.plan.requirement
            marks[first] = np.maximum(marks[first], np.where(counts, there, -1))
        return self._reaches(marks, 200)

    def _reaches(self, marks: Numbers, minimum: int) -> Numbers:
        """Return of whom the average, rounded half up, is not below a minimum; also of nobody's marks."""
        hours = _sum(marks >= 0, self.plan.counted)
        total = _sum(self.points[marks], self.plan.counted)
        return (hours == 0) | ((2 * total + hours) // np.maximum(2 * hours, 1) >= minimum)

    def _through(self, who: Numbers, slot: int) -> Numbers:
        plan, level, closed = self.plan, self.level[who], self.closed[who]
        basic = ((level > 0) & (level <= GATE)).cumsum(1)
        placed = np.where((level > 0)[:, :, None], closed, -1)
        best = placed[:, : slot + 1].max(1)
        moved, in_time = best.copy(), best.copy()
        for after in range(slot + 1, level.shape[1]):
            own = np.where(plan.requirement, closed[:, after], -1)
            moved = np.maximum(moved, own)
            in_time = np.where((basic[:, after] <= BASIC_YEARS)[:, None], np.maximum(in_time, own), in_time)
        entry = np.where(level > 0, level, LAST).min(1)
        needed = (plan.level >= entry[:, None]) & (plan.level <= GATE)
        complete = ~(needed & (in_time < plan.least)).any(1)
        reached = self._reaches(best, 230) | self._reaches(moved, 230)
        return complete & (basic[:, slot] <= BASIC_YEARS) & reached

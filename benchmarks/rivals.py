"""What the outcomes of years cost in rules and written by hand: `python benchmarks/rivals.py [--sizes 1000]`.

Invented careers about the lines that decide, of nothing but marks, as CSV files; beyond the first thousands
they are repeated under new ids. Each way reads the files and reckons in a process of its own, and every
outcome is compared: one control for each of some students, rules in batches by one worker and by two, plain
Python, and NumPy. Processor seconds are of all processes; reading stands by itself, for the rules check what
they read and the others do not.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests")]
PACK = ROOT / "policies" / "hebron-md"
DISTINCT = 2_000
"""Careers that are invented; more are made of them under new ids."""
WANTED = frozenset(["year_outcome"])
Outcome = tuple[str, int, str]
WORKERS: list[float] = []
"""The most MiB that a worker has held, after each batch."""


def write_cohort(folder: Path, size: int) -> int:
    """Write careers as CSV files and return the present, the last year with a placement."""
    import test_hebron_md_years as years
    from hebron_md_oracle import Oracle, read_plan

    chance, plan = random.Random(7), read_plan(PACK)
    oracle = Oracle(plan, {})
    careers = [years.career(chance, plan, oracle) for _ in range(min(size, DISTINCT))]
    rows = years.tables(careers)
    for name, header in years.COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            for again in range(-(-size // DISTINCT)):
                for student, *rest in rows.get(name, []):
                    number = int(student[1:]) + again * DISTINCT
                    if number < size:
                        writer.writerow([f"S{number:06}", *rest])
    return max(year.year for career, _ in careers for year in career)


# ------------------------------------------------------------------------- the ways, each in its own process


def by_control(folder: Path, present: int, alone: int) -> Iterator[Callable[[], Iterable[Outcome]]]:
    """Rules, a control for each of some students."""
    policy, records = _records(folder)
    from bylaw.engine.editions import open_engine

    engine = open_engine(policy)
    some = records.subjects[:: max(1, len(records.subjects) // alone)][:alone]
    engine.certain_atoms(records, some[:1], WANTED)
    assert records.as_of == present
    yield lambda: (
        (atom.arguments[0].string, atom.arguments[1].number, atom.arguments[2].name)
        for subject in some
        for atom in engine.certain_atoms(records, [subject], WANTED)
    )


def by_rules(
    workers: int,
) -> Callable[[Path, int, int], Iterator[Callable[[], Iterable[Outcome]]]]:
    """Rules in batches, by some workers."""

    def way(folder: Path, present: int, alone: int) -> Iterator[Callable[[], Iterable[Outcome]]]:
        del present, alone
        policy, records = _records(folder)
        from measured import MeasuredAsking

        from bylaw.engine.cohort import Batch, Effort, work_through
        from bylaw.engine.symbols import symbol_from
        from bylaw.engine.workers import Limits

        def reckoned() -> Iterator[Outcome]:
            effort = Effort(workers=workers, limits=Limits())
            for found in work_through(
                MeasuredAsking(tuple(WANTED), {}), policy, records, records.subjects, effort
            ):
                assert isinstance(found, Batch)
                WORKERS.append(found.value[1])
                for plain in found.value[0]:
                    who, year, outcome = symbol_from(plain).arguments
                    yield who.string, year.number, outcome.name

        yield reckoned

    return way


def by_python(folder: Path, present: int, alone: int) -> Iterator[Callable[[], Iterable[Outcome]]]:
    """Plain Python, a student at a time."""
    del alone
    from hebron_md_oracle import Oracle, Year, read_plan

    oracle = Oracle(read_plan(PACK), {})
    placed: dict[str, dict[int, Year]] = defaultdict(dict)
    later: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for student, year, level in _table(folder / "placements.csv"):
        placed[student][int(year)] = Year(int(year), int(level), {})
    for name in ("marks", "results"):
        for student, course, year, sitting, told in _table(folder / f"{name}.csv"):
            mark = int(told) if name == "marks" else 100 if told == "pass" else 0
            where = placed[student].get(int(year))
            if where is None:
                later[student][int(year)][course] = mark
            else:
                where.marks.setdefault(course, {})[sitting] = mark
    yield lambda: (
        (student, year, outcome)
        for student, years in placed.items()
        for year, outcome in oracle.outcomes(
            [years[one] for one in sorted(years)], later[student], present
        ).items()
    )


def by_numpy(folder: Path, present: int, alone: int) -> Iterator[Callable[[], Iterable[Outcome]]]:
    """NumPy, a thousand students at a time."""
    del alone
    import years_numpy

    from hebron_md_oracle import read_plan

    plan = years_numpy.Plan.of(read_plan(PACK))
    rows = years_numpy.read(folder, plan)
    yield lambda: years_numpy.outcomes(rows, plan, present)


def _records(folder: Path) -> Any:
    from bylaw.policy.load import load_policy
    from bylaw.records.load import load_records

    policy = load_policy("hebron-md")
    return policy, load_records(policy, folder)


def _table(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from rows


WAYS: dict[str, tuple[str, Callable[[Path, int, int], Iterator[Callable[[], Iterable[Outcome]]]]]] = {
    "control": ("rules, one control each", by_control),
    "one": ("rules, one worker, batches of 100", by_rules(1)),
    "two": ("rules, two workers, batches of 100", by_rules(2)),
    "python": ("plain Python by hand", by_python),
    "numpy": ("NumPy by hand, chunks of 1,000", by_numpy),
}


@contextmanager
def measured(told: dict[str, float], name: str) -> Iterator[None]:
    """Measure the processor and wall seconds of this process and of those that have ended."""

    def now() -> tuple[float, float]:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used), time.perf_counter()

    before = now()
    yield
    told[name], told[f"{name} wall"] = (b - a for a, b in zip(before, now(), strict=True))


def do(way: str, folder: Path, present: int, alone: int) -> None:
    """Reckon in one way, write the outcomes beside the records, and print what it took as JSON."""
    from measured import most_held

    told: dict[str, float] = {}
    steps = WAYS[way][1](folder, present, alone)
    with measured(told, "read"):
        reckon = next(steps)
    with measured(told, "reckon"):
        found = sorted(reckon())
    (folder / f"{way}.out").write_text("".join(f"{s},{y},{o}\n" for s, y, o in found))
    told["students"] = len({student for student, _, _ in found})
    told["mib"], told["worker mib"] = most_held(), max(WORKERS, default=0.0)
    print(json.dumps(told))


# ------------------------------------------------------------------------------------------- the comparison


def compare(size: int, alone: int, ways: list[str]) -> dict[str, dict[str, float]]:
    """Run every way over a cohort and print what it took; fail where one outcome differs."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        present = write_cohort(folder, size)
        for way in ways:
            words = [sys.executable, __file__, "--do", way, "--folder", name, "--present", str(present)]
            done = subprocess.run([*words, "--alone", str(alone)], stdout=subprocess.PIPE, check=True)
            found[way] = json.loads(done.stdout)
        outputs = {way: (folder / f"{way}.out").read_text().splitlines() for way in ways}
    expected = outputs[ways[-1]]
    for way, lines in outputs.items():
        asked = {line.split(",")[0] for line in lines} if way == "control" else None
        wanted = [line for line in expected if asked is None or line.split(",")[0] in asked]
        differ = set(lines) ^ set(wanted)
        if differ:
            raise SystemExit(f"{len(differ)} outcomes differ between {way} and {ways[-1]}: {min(differ)}")
    years = len(expected)
    print(f"\n{size:,} students, {years:,} outcomes of years, all the same in every way")
    print(
        f"{'per student':40}{'read ms':>10}{'cpu ms':>10}{'wall ms':>10}{'ratio':>9}{'MiB':>7}{'worker':>8}"
    )
    base = found[ways[0]]["reckon"] / found[ways[0]]["students"]
    for way in ways:
        told, students = found[way], found[way]["students"]
        cpu = told["reckon"] / students
        wall = 1000 * told["reckon wall"] / students
        read = 1000 * told["read"] / size
        worker = f"{told['worker mib']:8.0f}" if told["worker mib"] else ""
        print(
            f"{WAYS[way][0]:40}{read:10.3f}{1000 * cpu:10.3f}{wall:10.3f}{base / cpu:9.1f}"
            f"{told['mib']:7.0f}{worker}",
            flush=True,
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000])
    parser.add_argument("--alone", type=int, default=100, help="students that get a control of their own")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--charts", type=Path, help="a folder for the chart")
    parser.add_argument("--do", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--present", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.do:
        do(told.do, told.folder, told.present, told.alone)
        return
    found = {size: compare(size, told.alone, told.ways) for size in told.sizes}
    if told.charts:
        from charts import draw_rivals

        draw_rivals(found, {way: WAYS[way][0] for way in told.ways}, told.charts / "rivals.svg")


if __name__ == "__main__":
    main()

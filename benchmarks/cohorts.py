"""What a cohort costs: `python benchmarks/cohorts.py [--sizes 200 1000] [--alone N]`.

The cohort is the shipped one of the MD pack; larger ones repeat its students under new ids, so that nothing
is shared between them. Ways are compared within one run, in processor seconds of all processes, which do not
grow with what else the machine does; wall time stands beside it. The last part reckons the outcomes of years
in plain Python, for invented careers that hold nothing but marks, and checks that they are the same.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from measured import Measured

from bylaw.analysis.cohort_run import Memory, Told, tell_all
from bylaw.analysis.store import Keys, Store
from bylaw.engine import program
from bylaw.engine.cohort import BATCH, LIFETIME, Batch, Effort, work_through
from bylaw.engine.editions import open_engine
from bylaw.engine.symbols import fact_symbol
from bylaw.engine.workers import Limits
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.model import Records
from bylaw.records.packed import pack_records, unpack_records
from bylaw.report.json_shapes import decision_shape, json_text
from bylaw.report.told import Telling
from bylaw.tables.terms import Fact, Text

ROOT = Path(__file__).resolve().parent.parent
COHORT = ROOT / "facts" / "hebron-md" / "cohort-2019"
sys.path.insert(0, str(ROOT / "tests"))


def repeated(records: Records, size: int) -> Records:
    """Return a cohort of a size, made of the students of another under new ids."""
    facts: dict[str, tuple[Fact, ...]] = {}
    lacking = {}
    for number in range(-(-size // len(records.subjects))):
        for subject in records.subjects[: size - len(facts)]:
            new = f"{subject}.{number}"
            facts[new] = tuple(renamed(fact, subject, new) for fact in records.by_subject[subject])
            lacking[new] = records.missing(subject)
    return replace(records, subjects=tuple(sorted(facts)), by_subject=facts, absences=lacking)


def renamed(fact: Fact, old: str, new: str) -> Fact:
    """Return a fact about another student."""
    args = tuple(Text(new) if arg == Text(old) else arg for arg in fact.args)
    return Fact(fact.predicate, args, fact.row)


def processor() -> float:
    """Return the processor seconds of this process and of those that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def taken() -> Iterator[dict[str, float]]:
    """Measure processor and wall seconds."""
    told: dict[str, float] = {}
    cpu, wall = processor(), time.perf_counter()
    yield told
    told["cpu"], told["wall"] = processor() - cpu, time.perf_counter() - wall


def run(policy: Policy, records: Records, effort: Effort) -> tuple[dict[str, float], list[str]]:
    """Decide and tell a cohort; return what it took, with the most memory of a process, and what was told."""
    most, texts = 0.0, []
    with taken() as told:
        for found in work_through(Measured(), policy, records, records.subjects, effort):
            assert isinstance(found, Batch)
            texts += found.value[0]
            most = max(most, found.value[1])
    told["memory"] = most
    return told, texts


def row(name: str, told: Mapping[str, float], students: int, base: float | None = None) -> None:
    """Print what a way took for each student, and how it compares."""
    cpu = told["cpu"] / students
    ratio = f"{base / cpu:8.1f}" if base else f"{'':8}"
    memory = f"{told['memory']:8.0f}" if "memory" in told else f"{'':8}"
    wall = 1000 * told["wall"] / students
    print(f"{name:44}{1000 * cpu:9.1f}{wall:9.1f}{1 / cpu:9.1f}{ratio}{memory}", flush=True)


def ways(policy: Policy, records: Records, alone: int) -> None:
    """Compare one control for each student with batches, one worker with two."""
    students = len(records.subjects)
    print(f"\n{students} students{'':30}  cpu ms  wall ms   /cpu s   ratio     MiB")
    engine = open_engine(policy)
    some = records.subjects[:: max(1, students // alone)]
    for subject in some[:2]:
        engine.decide(records, subject)
    with taken() as told:
        for subject in some:
            engine.decide(records, subject)
    base = told["cpu"] / len(some)
    row(f"one control each, {len(some)} of them", told, len(some))
    expected = None
    for batch in (25, 50, 100, 200):
        one = Effort(workers=1, batch=batch, lifetime=LIFETIME, limits=Limits())
        told, texts = run(policy, records, one)
        row(f"one worker, batches of {batch}", told, students, base)
        assert expected is None or texts == expected
        expected = texts
    for workers in (1, 2):
        effort = Effort(workers=workers, batch=BATCH, limits=Limits())
        told, texts = run(policy, records, effort)
        row(f"{workers} worker{'s' * (workers > 1)}, batches of {BATCH}", told, students, base)
        assert texts == expected


def growth(policy: Policy, records: Records, sizes: list[int]) -> None:
    """Show that neither time nor memory for a student grows with the cohort, and what a second run costs."""
    print(f"\ntwo workers{'':35}  cpu ms  wall ms   /cpu s   ratio     MiB")
    for size in sizes:
        cohort = repeated(records, size)
        told, _ = run(policy, cohort, Effort(workers=2, limits=Limits()))
        row(f"{size} students", told, size)
    with tempfile.TemporaryDirectory() as folder:
        for name, changed in (("first run, kept", 0), ("second run, one mark changed", 1)):
            if changed:
                who = cohort.subjects[0]
                cohort = cohort.with_facts(who, cohort.by_subject[who][:-1])
            store = Store(Path(folder) / "results.sqlite", print)
            with taken() as told:
                memory = Memory(store, Keys(policy, {}))
                found = list(tell_all(Telling(), policy, cohort, cohort.subjects, Effort(2), memory))
            store.close()
            derived = sum(isinstance(one, Told) and not one.kept for one in found)
            row(f"{name}: {derived} derived", told, size)


def split(policy: Policy, records: Records) -> None:
    """Show where the time of a batch goes."""
    parts = dict.fromkeys(("packing", "facts", "grounding", "extraction", "telling"), 0.0)
    engine = open_engine(policy)
    ground = program.ground_text

    def timed(*args: Any) -> Any:
        begun = time.process_time()
        try:
            return ground(*args)
        finally:
            parts["grounding"] += time.process_time() - begun

    with taken() as reading:
        load_records(policy, COHORT)
    list(engine.decide_all(records, records.subjects[:BATCH], BATCH))
    program.ground_text = timed
    try:
        for start in range(0, len(records.subjects), BATCH):
            batch = records.subjects[start : start + BATCH]
            begun = time.process_time()
            arrived = unpack_records(policy, pack_records(records, batch))
            parts["packing"] += time.process_time() - begun
            begun = time.process_time()
            for subject in batch:
                for fact in arrived.facts(subject):
                    fact_symbol(fact)
            parts["facts"] += time.process_time() - begun
            before, begun = parts["grounding"], time.process_time()
            decisions = list(engine.decide_all(arrived, batch, BATCH))
            whole = time.process_time() - begun
            parts["extraction"] += whole - (parts["grounding"] - before)
            begun = time.process_time()
            for one in decisions:
                json_text(decision_shape(engine, arrived, one), indent=None)
            parts["telling"] += time.process_time() - begun
    finally:
        program.ground_text = ground
    parts["extraction"] -= parts["facts"]
    total = sum(parts.values()) + reading["cpu"]
    print("\nwhere the time of a student goes, in batches\t\tms    share")
    for name, seconds in {"reading": reading["cpu"], **parts}.items():
        print(f"{name:44}{1000 * seconds / len(records.subjects):9.2f}{seconds / total:9.0%}")


def plain_python(policy: Policy, students: int) -> None:
    """Compare the outcomes of years with a reckoning in plain Python of the same articles."""
    import test_hebron_md_years as years
    from hebron_md_oracle import Oracle, read_plan

    chance = random.Random(7)
    plan = read_plan(policy.folder)
    oracle = Oracle(plan, {})
    careers = [years.career(chance, plan, oracle) for _ in range(students)]
    with tempfile.TemporaryDirectory() as name:
        list(years.decide(policy, {}, years.tables(careers), Path(name)))
        records = load_records(policy, name)
        engine = open_engine(policy)
        wanted = frozenset(["year_outcome"])
        found: set[tuple[str, int, str]] = set()
        with taken() as rules:
            for start in range(0, students, BATCH):
                for atom in engine.certain_atoms(records, records.subjects[start : start + BATCH], wanted):
                    who, year, outcome = atom.arguments
                    found.add((who.string, year.number, outcome.name))
        present = records.as_of or 0
        with taken() as by_hand:
            reckoned = {
                (f"S{number}", year, outcome)
                for number, (career, later) in enumerate(careers)
                for year, outcome in oracle.outcomes(career, later, present).items()
            }
    differ = len(found - reckoned)
    print(f"\nthe outcomes of years alone, {students} invented careers: {differ} of {len(found)} differ")
    print(f"{'':44}  cpu ms  wall ms   /cpu s   ratio")
    row("rules, batches, one process", rules, students)
    row("plain Python", by_hand, students, rules["cpu"] / students)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--alone", type=int, default=40, help="students that get a control of their own")
    told = parser.parse_args()
    policy = load_policy("hebron-md")
    records = load_records(policy, COHORT)
    ways(policy, records, told.alone)
    split(policy, records)
    growth(policy, records, told.sizes)
    plain_python(policy, 300)


if __name__ == "__main__":
    main()

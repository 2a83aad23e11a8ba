"""What a cohort costs: `python benchmarks/cohorts.py [--sizes 1000 4000] [--alone N] [--on ADDRESS]`.

The cohort is the shipped one of the MD pack; larger ones repeat its students under new ids, so that nothing
is shared between them. Ways are compared within one run, in processor seconds of all processes, which grow
little with what else the machine does; wall time stands beside it. In every way a student's record is packed,
decided by the whole pack and told as a line of JSON, and what is told is compared.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import clingo
from measured import Measured

from bylaw.analysis.cohort_run import Memory, Told, tell_all
from bylaw.analysis.store import Keys, Store
from bylaw.engine.cohort import BATCH, LIFETIME, Batch, Effort, work_through
from bylaw.engine.editions import open_engine
from bylaw.engine.symbols import fact_symbol
from bylaw.engine.workers import Limits
from bylaw.policy.load import load_policy
from bylaw.policy.model import Policy
from bylaw.records.load import load_records
from bylaw.records.model import Records
from bylaw.records.packed import pack_records, unpack_records
from bylaw.report.cohort_writing import Entry, json_lines
from bylaw.report.json_shapes import decision_shape, json_text
from bylaw.report.told import Telling
from bylaw.tables.terms import Fact, Text

ROOT = Path(__file__).resolve().parent.parent
COHORT = ROOT / "facts" / "hebron-md" / "cohort-2019"
COMPARED = 1_000
"""Students by whom ways are compared: so many that the start of a worker does not count."""


class Repeated(Mapping[str, Any]):
    """What is known of students, also under ids that are made of theirs: `SYN-0001.7` is the eighth one.

    Args:
        known: of the students as they are.
        ids: all ids.
    """

    def __init__(self, known: Mapping[str, Any], ids: tuple[str, ...]) -> None:
        self._known, self._ids = known, ids

    def __getitem__(self, subject: str) -> Any:
        old = subject.rpartition(".")[0]
        found = self._known[old]
        return tuple(renamed(one, old, subject) if isinstance(one, Fact) else one for one in found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


def repeated(records: Records, size: int) -> Records:
    """Return a cohort of a size, made of the students of another under new ids as they are asked for."""
    times = -(-size // len(records.subjects))
    ids = tuple(f"{subject}.{number}" for number in range(times) for subject in records.subjects)[:size]
    return replace(
        records,
        subjects=ids,
        by_subject=Repeated(records.by_subject, ids),
        absences=Repeated(records.absences, ids),
    )


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
    """Decide and tell a cohort.

    Returns:
        What it took, with the most memory of a worker, and the hash of what is told of each student.
    """
    most, hashes = 0.0, []
    with taken() as told:
        for found in work_through(Measured(), policy, records, records.subjects, effort):
            assert isinstance(found, Batch)
            hashes += [hashlib.sha256(text.encode()).hexdigest() for text in found.value[0]]
            most = max(most, found.value[1])
    told["memory"] = most
    return told, hashes


def row(name: str, told: Mapping[str, float], students: int, base: float | None = None) -> None:
    """Print what a way took for each student, and how it compares."""
    cpu = told["cpu"] / students
    ratio = f"{base / cpu:8.1f}" if base else f"{'':8}"
    memory = f"{told['memory']:8.0f}" if "memory" in told else f"{'':8}"
    wall = 1000 * told["wall"] / students
    print(f"{name:44}{1000 * cpu:9.1f}{wall:9.1f}{1 / cpu:9.1f}{ratio}{memory}", flush=True)


def ways(policy: Policy, records: Records, alone: int, on: str | None) -> None:
    """Compare one control for each student with batches, one worker with two, and a scheduler's."""
    students = len(records.subjects)
    print(f"\n{students:,} students{'':28}  cpu ms  wall ms   /cpu s   ratio     MiB")
    tell = Telling().begin(policy)
    some = records.subjects[:: max(1, students // alone)][:alone]
    tell(unpack_records(policy, pack_records(records, some[:2])))
    single = {}
    with taken() as told:
        for subject in some:
            (text,) = tell(unpack_records(policy, pack_records(records, [subject])))
            single[subject] = hashlib.sha256(text.encode()).hexdigest()
    base = told["cpu"] / len(some)
    row(f"one control each, {len(some)} of them", told, len(some))
    efforts = {
        f"one worker, batches of {batch}": Effort(1, batch, LIFETIME, Limits())
        for batch in (25, 50, 100, 200)
    }
    efforts[f"two workers, batches of {BATCH}"] = Effort(2, BATCH, LIFETIME, Limits())
    if on:
        efforts[f"the workers of {on}"] = Effort(limits=Limits(), on=on)
    expected = None
    for name, effort in efforts.items():
        told, hashes = run(policy, records, effort)
        row(name, told, students, None if effort.on else base)
        assert expected is None or hashes == expected
        expected = hashes
    assert expected is not None
    whose = dict(zip(records.subjects, expected, strict=True))
    assert all(whose[subject] == found for subject, found in single.items())


def growth(policy: Policy, records: Records, sizes: list[int]) -> dict[int, dict[str, float]]:
    """Show that neither time nor memory for a student grows with the cohort."""
    found = {}
    print(f"\ntwo workers{'':33}  cpu ms  wall ms   /cpu s   ratio     MiB")
    for size in sizes:
        found[size], _ = run(policy, repeated(records, size), Effort(workers=2, limits=Limits()))
        row(f"{size:,} students", found[size], size)
    return found


def again(policy: Policy, records: Records) -> None:
    """Show what a second run costs, after one changed mark."""
    cohort = records
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
            row(f"{name}: {derived} derived", told, len(cohort.subjects))


def split(policy: Policy, records: Records) -> dict[str, float]:
    """Show where the time of a student goes, in milliseconds, in one process and batches."""
    parts = dict.fromkeys(("packing", "facts", "grounding", "extraction", "telling", "writing"), 0.0)
    engine = open_engine(policy)
    ground = clingo.Control.ground

    def timed(*args: Any, **named: Any) -> None:
        with spent(parts, "grounding"):
            ground(*args, **named)

    with taken() as reading:
        load_records(policy, COHORT)
    list(engine.decide_all(records, records.subjects[:BATCH], BATCH))
    clingo.Control.ground = timed  # type: ignore[method-assign]
    try:
        for start in range(0, len(records.subjects), BATCH):
            batch = records.subjects[start : start + BATCH]
            with spent(parts, "packing"):
                arrived = unpack_records(policy, pack_records(records, batch))
            with spent(parts, "facts"):
                for subject in batch:
                    for fact in arrived.facts(subject):
                        fact_symbol(fact)
            before = parts["grounding"]
            with spent(parts, "extraction"):
                decisions = list(engine.decide_all(arrived, batch, BATCH))
            parts["extraction"] -= parts["grounding"] - before
            with spent(parts, "telling"):
                texts = [json_text(decision_shape(engine, arrived, one), indent=None) for one in decisions]
            with spent(parts, "writing"), io.BytesIO() as stream:
                for text in json_lines(map(Entry.of, texts)):
                    stream.write(text.encode())
    finally:
        clingo.Control.ground = ground  # type: ignore[method-assign]
    parts["extraction"] -= parts["facts"]
    whole = {"reading": reading["cpu"], **parts}
    total = sum(whole.values())
    print("\nwhere the time of a student goes, in batches      ms    share")
    for name, seconds in whole.items():
        print(f"{name:44}{1000 * seconds / len(records.subjects):9.2f}{seconds / total:9.0%}")
    return {name: 1000 * seconds / len(records.subjects) for name, seconds in whole.items()}


@contextmanager
def spent(parts: dict[str, float], name: str) -> Iterator[None]:
    """Add the processor seconds of this process to a part."""
    begun = time.process_time()
    yield
    parts[name] += time.process_time() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 4_000])
    parser.add_argument("--alone", type=int, default=100, help="students that get a control of their own")
    parser.add_argument("--on", metavar="ADDRESS", help="compare also the workers of a Dask scheduler")
    parser.add_argument("--charts", type=Path, help="a folder for the charts")
    parser.add_argument("--only", nargs="+", choices=("ways", "split", "growth", "again"))
    told = parser.parse_args()
    policy = load_policy("hebron-md")
    records = load_records(policy, COHORT)
    asked = told.only or ("ways", "split", "growth", "again")
    if "ways" in asked:
        ways(policy, repeated(records, COMPARED), told.alone, told.on)
    parts = split(policy, records) if "split" in asked else {}
    grown = growth(policy, records, told.sizes) if "growth" in asked else {}
    if "again" in asked:
        again(policy, repeated(records, COMPARED))
    if told.charts:
        from charts import draw_growth, draw_split

        draw_split(parts, told.charts / "split.svg") if parts else None
        draw_growth(grown, told.charts / "growth.svg") if grown else None


if __name__ == "__main__":
    main()

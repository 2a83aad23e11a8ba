"""How long an answer about one student takes: `python benchmarks/answers.py [--rounds N]`.

The student is the one of the shipped MD cohort with the most rows: a career of years. *Warm* means that the
pack, the records and the probes are loaded, as in a program that answers one question after the other. The
start of the command is a process of its own, with the pack kept from a run before. Each figure is the median
of the rounds, with the least beside it; processor time where it says so, since that does not grow with what
else the machine does.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bylaw.engine.editions import open_engine
from bylaw.explain.explainer import Explainer
from bylaw.explain.reach import told_of
from bylaw.policy.load import load_policy
from bylaw.policy.patterns import parse_pattern
from bylaw.records.load import load_records
from bylaw.report.letter import Letter

ROOT = Path(__file__).resolve().parent.parent
COHORT = ROOT / "facts" / "hebron-md" / "cohort-2019"
CASE = ROOT / "facts" / "hebron-md" / "cases" / "failed_by_hours.yaml"


def timed(action: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Return the wall and the processor milliseconds of each round, after one that is not counted."""
    action()
    wall, processor = [], []
    for _ in range(rounds):
        w, p = time.perf_counter(), time.process_time()
        action()
        wall.append(1000 * (time.perf_counter() - w))
        processor.append(1000 * (time.process_time() - p))
    return wall, processor


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds

    policy = load_policy("hebron-md")
    records = load_records(policy, COHORT)
    engine = open_engine(policy)
    student = max(records.subjects, key=lambda one: (len(records.facts(one)), one))
    decision = engine.decide(records, student)
    outcome = [c for c in decision.conclusions if c.predicate.name == "year_outcome"][-1]
    year, word = outcome.args[1], outcome.args[2]
    other = "failed" if str(word) != "failed" else "promoted"
    so = parse_pattern(policy, f"year_outcome({year},{word})", student)
    not_so = parse_pattern(policy, f"year_outcome({year},{other})", student)

    def letter(pattern: object, *, negative: bool) -> None:
        made = engine.decide_about(records, student, told_of(policy, "year_outcome"))
        explainer = Explainer(engine, made)
        reason = explainer.why_not(pattern) if negative else explainer.why(pattern)  # type: ignore[arg-type]
        list(Letter(engine, records, made, full=False, depth=3).page(reason, negative=negative))

    def command(*words: str) -> None:
        program = "from bylaw.cli.main import run; run()"
        subprocess.run([sys.executable, "-c", program, *words], check=True, stdout=subprocess.DEVNULL)

    told = ["--policy", "hebron-md", "--records", str(CASE)]
    rows: list[tuple[str, Callable[[], object]]] = [
        ("decide, warm", lambda: engine.decide(records, student)),
        ("decide one predicate, warm", lambda: engine.decide(records, student, ["year_outcome"])),
        ("why, warm, with decide and the letter", lambda: letter(so, negative=False)),
        ("why-not, warm, with decide and the letter", lambda: letter(not_so, negative=True)),
        ("start: bylaw --version", lambda: command("--version")),
        ("start: bylaw decide of one year", lambda: command("decide", "S9002", *told)),
        ("start: bylaw why of one year", lambda: command("why", "S9002", "year_outcome(2020,failed)", *told)),
    ]
    print(f"{student}, {len(records.facts(student))} facts, {len(decision.atoms)} atoms, {rounds} rounds")
    print(f"{'':42}{'wall ms':>10}{'least':>8}{'cpu ms':>10}{'least':>8}")
    for name, action in rows:
        wall, processor = timed(action, rounds)
        own = f"{statistics.median(processor):10.1f}{min(processor):8.1f}" if "start" not in name else ""
        print(f"{name:42}{statistics.median(wall):10.1f}{min(wall):8.1f}{own}")


if __name__ == "__main__":
    main()

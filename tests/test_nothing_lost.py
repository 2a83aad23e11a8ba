"""A run that is cut short at any moment leaves the old output or the new one, and the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bylaw.analysis.journal import Journal
from hostile import PROGRAM, TESTS, hear_interrupts

PACK = TESTS / "packs" / "library-loans"
LOANS = TESTS / "golden" / "loans"
OLD = b"of the last term\n"


def many(folder: Path, copies: int) -> Path:
    """Write the golden members again and again under other names."""
    folder.mkdir()
    for path in LOANS.iterdir():
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if path.suffix != ".csv" or "member" not in head:
            (folder / path.name).write_bytes(path.read_bytes())
            continue
        again = [
            row.replace("M", f"M{n}0", 1).replace(",R", f",R{n}0") for n in range(copies) for row in rows
        ]
        (folder / path.name).write_text(head + "".join(again), encoding="utf-8")
    return folder


def leftovers(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir() if path.name.startswith(f".{out.name}."))


@pytest.mark.long
@pytest.mark.parametrize("workers", ["1", "2"])
def test_signals_at_random_moments_lose_nothing(tmp_path, workers):
    records = many(tmp_path / "records", 60)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "BYLAW_CACHE": str(tmp_path / "kept"),
    }
    program = [sys.executable, "-c", PROGRAM, "decide", "--all", "-p", str(PACK), "-r", str(records)]
    program += ["-f", "jsonl", "--no-cache", "--workers", workers]
    (tmp_path / "whole").mkdir()
    (tmp_path / "out").mkdir()
    whole, out = tmp_path / "whole" / "told", tmp_path / "out" / "told"
    begun = time.monotonic()
    subprocess.run([*program, "-o", str(whole)], check=True, env=environment, stderr=subprocess.PIPE)
    took = time.monotonic() - begun
    assert len(whole.read_bytes().splitlines()) == 300
    chance = random.Random(7)
    for turn in range(8):
        out.write_bytes(OLD)
        end = chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        resumed = ["--resume"] * chance.randint(0, 1)
        process = subprocess.Popen(
            [*program, "-o", str(out), *resumed],
            env=environment,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=hear_interrupts,
        )
        time.sleep(chance.uniform(0.05, 1.1) * took)
        process.send_signal(end)
        process.communicate(timeout=60)
        assert out.read_bytes() in (OLD, whole.read_bytes()), (turn, end)
    out.write_bytes(OLD)
    subprocess.run(
        [*program, "-o", str(out), "--resume"], check=True, env=environment, stderr=subprocess.PIPE
    )
    assert out.read_bytes() == whole.read_bytes()
    assert leftovers(out) == []


def test_half_an_output_of_a_killed_run_is_taken_away(tmp_path):
    out = tmp_path / "told"
    half, other = tmp_path / ".told.0123456789ab.tmp", tmp_path / ".told.more.0123456789ab.tmp"
    half.touch()
    other.touch()
    with Journal(out, "0" * 16, lambda _: None, resume=True):
        assert (half.exists(), other.exists()) == (False, True)

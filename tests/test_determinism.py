"""The same input gives the same bytes, whatever the order in which sets are walked through or the workers."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hostile import TESTS, bylaw

ROOT = TESTS.parent
LOANS = ["-p", TESTS / "packs" / "library-loans", "-r", TESTS / "golden" / "loans"]
HEBRON = ["-p", "hebron-md", "-r", ROOT / "facts" / "hebron-md" / "cohort-2019"]
SEEDS = ["0", "4242"]
COMMANDS = [
    ["decide", "--all", "--no-cache", "-f", "jsonl", *LOANS],
    ["why", "M1", "barred", "-f", "json", *LOANS],
    ["audit", "-f", "json", *LOANS],
    ["lint", "-p", LOANS[1], "-f", "json"],
]
LONG = [
    ["decide", "SYN-0003", "-f", "json", *HEBRON],
    ["decide", "SYN-0003", "--decisions", "open", "--readings", "open", "-f", "json", *HEBRON],
    ["why-not", "SYN-0003", "year_outcome(_,promoted)", "--full", *HEBRON],
    ["advise", "SYN-0003", "year_outcome(_,promoted)", "-f", "json", *HEBRON],
    ["query", "barred(M, G)", "--by", "G", "-f", "json", *LOANS],
    ["coverage", "-p", LOANS[1]],
    ["lint", "-p", "hebron-md", "-f", "json"],
    ["show", "14.A.2", "-p", "hebron-md"],
    ["compare", LOANS[1], LOANS[1], "-f", "json", *LOANS[2:]],
    ["synth", "-p", "hebron-md", "--students", "5", "--as-of", "2024", "-o", "out"],
]


def told(words: list[str | Path], folder: Path, seed: str) -> str:
    """Return a digest of all that a command prints and writes, under a seed."""
    folder.mkdir()
    (folder / ".cache").mkdir()
    done = bylaw(*words, cwd=folder, hash_seed=seed)
    assert done.returncode in (0, 1, 3), done.stderr
    total = hashlib.sha256(done.stdout.encode())
    for path in sorted(folder.glob("out/*")):
        total.update(path.name.encode() + path.read_bytes())
    return f"{done.returncode} {len(done.stdout)} {total.hexdigest()}"


@pytest.mark.long
@pytest.mark.parametrize("words", [*COMMANDS, *LONG], ids=lambda words: " ".join(map(str, words[:3])))
def test_the_order_of_sets_changes_nothing(tmp_path, words):
    assert len({told(words, tmp_path / seed, seed) for seed in SEEDS}) == 1


@pytest.mark.long
def test_the_number_of_workers_changes_nothing(tmp_path):
    words = ["decide", "--all", "--no-cache", "-f", "jsonl"]
    words += ["-p", "annajah-graduate", "-r", ROOT / "facts" / "annajah-graduate" / "cohort"]
    assert len({told([*words, "--workers", n], tmp_path / n, n) for n in ("1", "2", "3")}) == 1

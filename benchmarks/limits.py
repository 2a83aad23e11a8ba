"""What it costs that every command works under limits: each beside the same command that nobody looks at.

`python benchmarks/limits.py` runs commands in processes of their own, with and without the process that looks
on, in turns, and prints the ratio of the best and of the middle times.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUNS = 11
WITH = "from bylaw.cli.main import run; run()"
WITHOUT = "import sys; from bylaw.cli.main import main; sys.exit(main())"
GRADUATES = ["-p", "annajah-graduate", "-r", str(ROOT / "facts" / "annajah-graduate" / "cohort")]
DOCTORS = ["-p", "hebron-md", "-r", str(ROOT / "facts" / "hebron-md" / "cohort-2019")]
COMMANDS = {
    "bylaw --version": ["--version"],
    "bylaw decide of a doctor": ["decide", "SYN-0003", *DOCTORS],
    "bylaw decide --all of graduates, one worker": [
        *("decide", "--all", "--no-cache", "--workers", "1", "-f", "jsonl"),
        *GRADUATES,
    ],
}


def took(program: str, words: list[str], cache: str) -> float:
    """Return the seconds of a command in a process of its own."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "BYLAW_CACHE": cache},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begun


def main() -> None:
    """Print a table of the ratios."""
    print("| what | seconds without | ratio of the best | of the middle |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as cache:
        for name, words in COMMANDS.items():
            took(WITHOUT, words, cache)  # the checked pack is kept from here on
            pairs = [(took(WITHOUT, words, cache), took(WITH, words, cache)) for _ in range(RUNS)]
            without, under = zip(*pairs, strict=True)
            best = min(under) / min(without)
            middle = statistics.median(under) / statistics.median(without)
            print(f"| {name} | {min(without):.2f} | {best:.2f} | {middle:.2f} |")


if __name__ == "__main__":
    main()

"""Fuzz a reader with atheris: `python tests/fuzz.py yaml -max_total_time=60`; needs the extra `fuzz`.

Files that tell something new go to a folder of their own beside the corpus, `.fuzz/TARGET`; one that makes a
reader fail is written where the command stands, and belongs into `tests/corpus/TARGET` once it is mended.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bylaw"]):
    from readers import TARGETS

HERE = Path(__file__).parent


def main() -> None:
    """Run the target that is named until something is found or the time is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(f"name a target: {', '.join(TARGETS)}")
    name = sys.argv.pop(1)
    found = HERE.parent / ".fuzz" / name
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup([*sys.argv, "-max_len=4096", str(found), str(HERE / "corpus" / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

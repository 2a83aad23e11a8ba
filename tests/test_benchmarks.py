"""What the benchmarks compare the rules with finds the outcomes that the second reckoning finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import rivals

    yield rivals
    for name in ("rivals", "years_numpy"):
        sys.modules.pop(name, None)


def test_numpy_and_plain_python_find_the_same_outcomes(rivals, tmp_path, monkeypatch):
    monkeypatch.setattr(rivals, "DISTINCT", 150)
    present = rivals.write_cohort(tmp_path, 180)
    ways = [next(way(tmp_path, present, 1)) for way in (rivals.by_python, rivals.by_numpy)]
    python, numpy = (set(way()) for way in ways)
    assert numpy == python
    assert len({student for student, _, _ in python}) == 180
    assert {outcome for _, _, outcome in python} == {
        "promoted",
        "completed",
        "failed",
        "held_at_phase_gate",
        "open",
    }
    # Those that are repeated have the same outcomes under their new ids.
    assert {(y, o) for s, y, o in python if s == "S000150"} == {
        (y, o) for s, y, o in python if s == "S000000"
    }

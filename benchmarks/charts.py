"""Draws what the benchmarks find, as SVG that is the same for the same figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

mpl.use("svg")
mpl.rcParams |= {
    "svg.hashsalt": "bylaw",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COLOURS = ("#1b5e84", "#c4622d", "#4b8b3b", "#8a6d3b", "#6a4c93", "#777777", "#b0413e")


def draw_growth(found: Mapping[int, Mapping[str, float]], path: Path) -> None:
    """Draw the time of a student and the memory of a worker over the size of the cohort.

    Wall time is left out: it says what else the machine does.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    sizes = list(found)
    left.plot(sizes, [1000 * found[size]["cpu"] / size for size in sizes], "o-", color=COLOURS[0])
    left.set(title="milliseconds of processor a student", xlabel="students", xscale="log")
    left.set_ylim(0, 1.25 * left.get_ylim()[1])
    _mark(left, sizes)
    right.plot(sizes, [found[size]["memory"] for size in sizes], "o-", color=COLOURS[0])
    right.set(title="MiB, the largest worker", xlabel="students", xscale="log")
    right.set_ylim(0, 1.25 * right.get_ylim()[1])
    _mark(right, sizes)
    _save(figure, path)


def draw_split(parts: Mapping[str, float], path: Path) -> None:
    """Draw where the time of a student goes, as one bar."""
    figure, axes = plt.subplots(figsize=(8, 1.8), layout="constrained")
    left = 0.0
    for (name, value), colour in zip(parts.items(), COLOURS, strict=True):
        axes.barh([""], [value], left=left, color=colour, label=f"{name} {value:.1f}")
        left += value
    axes.set(title="milliseconds a student, batches of 100", xlim=(0, left))
    axes.legend(frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.25))
    _save(figure, path)


def draw_rivals(
    found: Mapping[int, Mapping[str, Mapping[str, float]]], names: Mapping[str, str], path: Path
) -> None:
    """Draw the students per second of processor of each way, over the size of the cohort."""
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for (way, name), colour in zip(names.items(), COLOURS, strict=False):
        rates = [told[way]["students"] / told[way]["reckon"] for told in found.values()]
        axes.plot(list(found), rates, "o-", label=name, color=colour)
    axes.set(
        title="outcomes of years: students per second of processor",
        xlabel="students",
        xscale="log",
        yscale="log",
    )
    _mark(axes, found)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def _mark(axes: Any, sizes: Iterable[int]) -> None:
    """Write the sizes of cohorts out below an axis."""
    axes.minorticks_off()
    axes.set_xticks(list(sizes), [f"{size:,}" for size in sizes])


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    # Lines without blanks at their ends.
    text = path.read_text(encoding="utf-8")
    path.write_text("".join(f"{line.rstrip()}\n" for line in text.splitlines()), encoding="utf-8")

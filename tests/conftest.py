"""Options of the test run."""

import shutil

import pytest

from sources import postgres_binaries

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""What shows and prints the page for the student."""


def pytest_report_header() -> list[str]:
    return [
        f"browser: {BROWSER or 'NONE, so the page for the student is not shown or printed in this run'}",
        f"postgresql: {postgres_binaries() or 'NONE, so nothing is read from a server in this run'}",
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rerecord", action="store_true", help="write the golden files anew")


LONG = ("test_synth", "test_docs", "test_explanations_random", "test_cli_golden", "test_cli_demo")
"""Files with long tests: they start first, so that no worker is left with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests in front of each half of the run, where the two workers of a small machine begin."""
    long = [item for item in items if item.path.name.startswith(LONG)]
    short = [item for item in items if not item.path.name.startswith(LONG)]
    half = (len(short) - len(long) % 2) // 2
    items[:] = [*long[::2], *short[:half], *long[1::2], *short[half:]]

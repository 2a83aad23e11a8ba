"""Options of the test run."""

import shutil

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""What shows and prints the page for the student."""


def pytest_report_header() -> str:
    return f"browser: {BROWSER or 'NONE, so the page for the student is not shown or printed in this run'}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rerecord", action="store_true", help="write the golden files anew")

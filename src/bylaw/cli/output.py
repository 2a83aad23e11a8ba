"""Where commands print: reports to stdout, errors to stderr, a terminal code of a record to neither."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from bylaw import watch
from bylaw.errors import BylawError, LimitExceeded, Problem, UsageError
from bylaw.files.atomic import write_text
from bylaw.report.json_shapes import json_text
from bylaw.report.terminal import PLAIN_WIDTH, Line, escape, render

BROKEN_PIPE = 141
"""The exit code where the reader of the output has gone, as a shell reports it."""
SHOWN_PROBLEMS = 50
OWNER_ONLY = 0o600
"""The permissions of a file that holds a record."""
_PLAIN_SIGNS = {ord("✓"): "+", ord("✗"): "-"}


def write(text: str) -> None:
    """Write text to stdout.

    Raises:
        typer.Exit: if nobody reads it any more.
    """
    try:
        with watch.outside():
            sys.stdout.write(text)
    except BrokenPipeError:
        close_quietly()
        raise typer.Exit(BROKEN_PIPE) from None


def close_quietly() -> None:
    """Point stdout nowhere, so that the interpreter does not complain of a broken pipe when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # stdout is no file, as in a test
        return


def print_lines(lines: Iterable[Line]) -> None:
    """Print a page, wrapped to the terminal and in colour where it has any."""
    for text in render(lines, page_width(), in_colour()):
        write(encodable(text) + "\n")


def encodable(text: str) -> str:
    """Write the signs of a letter with plain ones where the output does not have them."""
    if text.isascii():
        return text
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return text.translate(_PLAIN_SIGNS)
    return text


def print_json(data: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON."""
    write(json_text(data, indent=indent) + "\n")


def check_new(file: str) -> None:
    """Refuse a file that is there already, before any time is spent on what is to be in it.

    Raises:
        UsageError: it is there; it may be the record itself.
    """
    if os.path.lexists(file):
        raise UsageError(f"`{file}` is there already", "name a new file, or take this one away first")


def save_private(file: str, text: str) -> None:
    """Write a new file that only its owner may read, whole or not at all.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    check_new(file)
    try:
        write_text(Path(file), text, OWNER_ONLY)
    except (OSError, ValueError) as cause:
        reason = (getattr(cause, "strerror", None) or "it is no name of a file").lower()
        raise UsageError(f"`{file}` cannot be written: {reason}") from None


def save(file: Path, text: str, *, private: bool = False) -> None:
    """Write a file, in the place of one that is there, whole or not at all.

    Args:
        private: whether a new one is its owner's alone.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        write_text(file, text, OWNER_ONLY if private and not file.exists() else None)
    except OSError as cause:
        reason = (cause.strerror or "it cannot be opened").lower()
        raise UsageError(f"`{file}` cannot be written: {reason}") from None


def page_width() -> int:
    """Return the columns to wrap to."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if sys.stdout.isatty() else PLAIN_WIDTH


def in_colour() -> bool:
    """Tell whether the output shows colours: a terminal, and nobody asked for none."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def report_error(error: BylawError) -> None:
    """Print the problems of an error to stderr, and how many they are."""
    shown = error.problems[:SHOWN_PROBLEMS]
    for problem in shown:
        for text in str(problem).splitlines():
            _complain(text)
    count = len(error.problems)
    if count > len(shown):
        _complain(f"and {count - len(shown)} more")
    if count > 1:
        _complain(f"{count} problems")
    rows = getattr(error, "rows", None)
    if rows:
        read, refused = rows
        _complain(f"{read:,} rows read: {read - refused:,} in order, {refused:,} refused; none is used")


def limit_hit(how: str, who: str) -> int:
    """Report that a limit was hit, and return the exit code of that.

    Args:
        how: which, such as `3 seconds`.
        who: whom the step was about, such as "record `S1041`"; empty for none.
    """
    about = f"{who}: " if who else ""
    help = "allow more, as with `--time-limit`, or look for what grows without end or is too large"
    report_error(LimitExceeded(Problem(f"{about}a limit was hit: {how}", help=help)))
    return LimitExceeded.exit_code


def say(text: str) -> None:
    """Print a line about the run to stderr."""
    _complain(text)


def _complain(text: str) -> None:
    try:
        sys.stderr.write(escape(text) + "\n")
    except OSError:  # nobody reads it
        return

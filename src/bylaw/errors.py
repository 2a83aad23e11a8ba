"""Every error that bylaw raises, each with a place, what is wrong and how to mend it.

BylawError
 +- PolicyError      a pack is wrong: one or more problems with file, line and column
 +- RecordError      a record is wrong: one or more problems with file, line, column and student
 +- ReceiptError     a receipt is wrong: one or more problems with file, line and column
 +- UsageError       a command was called with words that do not fit
 +- SolveError       the rules do not give a result for a record
 +- LimitExceeded    a limit on time or memory was hit; never an outcome
 +- Fault            two parts of bylaw contradict each other; no answer is given
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file as the reader named it, a line and a column counted from 1.

    Args:
        ref: how a source that has no lines names the place, such as `marks!B12`; line and column are then
            those of its grid, and only sort.
    """

    file: str
    line: int | None = None
    column: int | None = None
    ref: str = ""

    def __str__(self) -> str:
        if self.ref:
            return f"{self.file} {self.ref}"
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        message: what is wrong, in lower case, without a full stop; input is quoted in backticks.
        place: where it stands.
        help: how to mend it.
        subject: the student whose record is concerned.
        field: the column or key concerned.
        code: of the finding that the linter makes of it, such as `L010`; empty where it has none of its own.
    """

    message: str
    place: Place | None = None
    help: str | None = None
    subject: str | None = None
    field: str | None = None
    code: str = dataclasses.field(default="", compare=False)

    def __str__(self) -> str:
        who = f"record `{self.subject}`: " if self.subject else ""
        lines = [f"error: {who}{self.message}"]
        if self.place:
            field = f", column `{self.field}`" if self.field else ""
            lines.append(f"  at {self.place}{field}")
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


class BylawError(Exception):
    """The base of all errors: one or more problems, in the order of their places."""

    exit_code = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        found = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.problems: tuple[Problem, ...] = found
        super().__init__("\n".join(str(problem) for problem in found))

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes as the problems, whatever an error is made from."""
        return _renewed, (type(self), self.problems)


def _renewed(kind: type[BylawError], problems: tuple[Problem, ...]) -> BylawError:
    error = kind.__new__(kind)
    BylawError.__init__(error, problems)
    return error


class PolicyError(BylawError):
    """A policy pack is wrong."""


class RecordError(BylawError):
    """A record is wrong."""

    rows: tuple[int, int] | None = None
    """Of a cohort, how many rows were read and how many of them were refused."""


class ReceiptError(BylawError):
    """A receipt is wrong."""


class UsageError(BylawError):
    """A command or call does not fit what is there."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(Problem(message, help=help))


class SolveError(BylawError):
    """The rules give no result for a record."""


class LimitExceeded(BylawError):  # noqa: N818 - it is no fault but a limit that was reached
    """A limit on time or memory was hit."""

    exit_code = 4


class Fault(BylawError):  # noqa: N818 - it is bylaw's own
    """Two parts of bylaw contradict each other, so that no answer is given."""

    exit_code = 70


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to a misspelt one, if one is near enough to be meant."""
    close = difflib.get_close_matches(name, sorted(known), n=8, cutoff=0.6)
    return max(close, key=lambda one: _nearness(name, one), default=None)


def _nearness(name: str, other: str) -> tuple[float, int, str]:
    """Return what sorts names by how near they are; of equally near ones a slip in one place is nearest."""
    same = sum(map(str.__eq__, name, other)) if len(name) == len(other) else 0
    return difflib.SequenceMatcher(None, other, name).ratio(), same, other


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return the help line for a misspelt name: the nearest known one, or the list where it is short."""
    names = sorted(known)
    close = nearest(name, names)
    if close:
        return f"did you mean `{close}`?"
    if names and len(names) <= 12:
        return "known here: " + ", ".join(f"`{known_name}`" for known_name in names)
    return None

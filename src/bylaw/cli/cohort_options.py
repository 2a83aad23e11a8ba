"""Options of the commands that work through a cohort, and what they ask for."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bylaw import watch
from bylaw.cli.defaults import read_defaults
from bylaw.cli.limited import bounds
from bylaw.cli.options import Opened
from bylaw.cli.output import say
from bylaw.errors import LimitExceeded, SolveError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bylaw.analysis.cohort_run import Memory
    from bylaw.analysis.store import Keys
    from bylaw.engine.cohort import Effort, Failure
    from bylaw.report.told import Telling

OPEN_BATCH = 10
"""Students that are worked on together where something is left open and each is decided alone."""

WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        max=1024,
        help="Processes; as many as the machine is wide if not given.",
    ),
]
OnOption = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="ADDRESS",
        help="Let the workers of a Dask scheduler do it, such as tcp://scheduler:8786.",
    ),
]
WhereOption = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="BODY",
        help="Only students for whom the body of a rule holds, such as 'year_outcome(S,2021,failed)'.",
    ),
]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Derive everybody, and keep nothing for the next run.")
]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a cohort is to be worked through, in the words of the options."""

    workers: int | None = None
    where: str | None = None
    no_cache: bool = False
    seconds: float | None = None
    mebibytes: int | None = None
    cpu: float | None = None
    on: str | None = None

    def given(self) -> bool:
        """Whether any of them is set that is for a cohort only."""
        return (self.workers, self.where, self.no_cache, self.on) != (None, None, False, None)

    def effort(self, *, alone: bool = False) -> Effort:
        """Return how the cohort is worked through.

        What is not wished for is as `bylaw.toml` says.

        Args:
            alone: whether each student is decided alone, however many travel together.

        Raises:
            UsageError: `bylaw.toml` is not as it has to be.
        """
        from bylaw.engine.cohort import BATCH, Effort
        from bylaw.engine.workers import Limits

        told = read_defaults()
        asked = (self.seconds, self.mebibytes, self.cpu)
        limits = None
        if watch.looked_at() or any(
            one is not None for one in (*asked, told.time_limit, told.memory_limit, told.cpu_limit)
        ):
            allowed = bounds(*asked)
            limits = Limits(allowed.seconds, allowed.mebibytes, allowed.cpu)
        workers = told.workers if self.workers is None else self.workers
        return Effort(workers, OPEN_BATCH if alone else BATCH, limits=limits, on=self.on)

    def check_scheduler(self) -> None:
        """Refuse a scheduler that cannot be used, before any record is read for it.

        Raises:
            UsageError: nobody answers there, its workers cannot be used, or `--workers` is given as well.
        """
        if self.on is None:
            return
        if self.workers is not None:
            raise UsageError(
                "`--workers` and `--on` exclude each other", "a scheduler has workers of its own"
            )
        from bylaw.engine.elsewhere import check_scheduler, is_exposed

        check_scheduler(self.on)
        if is_exposed(self.on):
            say(f"note: records travel to `{self.on}` as they are; `tls://` encrypts them")


def chosen_subjects(opened: Opened, wishes: Wishes) -> Sequence[str]:
    """Return the students that are asked for, in the order of the records.

    Raises:
        UsageError: the condition names no student.
        SolveError: to a student no edition applies.
    """
    subjects = opened.records.subjects
    opened.engine.check(opened.records, subjects)
    if wishes.where is None:
        return subjects
    from bylaw.engine.query import run_query

    result = run_query(opened.engine, opened.records, wishes.where, effort=wishes.effort())
    whose = opened.policy.subject
    place = next((n for n, kind in enumerate(result.types) if kind is not None and kind.name == whose), None)
    if place is None:
        raise UsageError(
            f"`{wishes.where}` does not say which {whose} is meant",
            f"write a variable where a {whose} stands, such as `S`",
        )
    if result.undetermined:
        say(f"for {len(result.undetermined)} of {len(subjects)} it cannot be told whether `--where` holds")
    chosen = {str(getattr(row[place], "value", row[place])) for row in result.rows}
    return [subject for subject in subjects if subject in chosen]


def keys_for(opened: Opened, telling: Telling) -> Keys:
    """Return the keys under which what is told of students is kept."""
    from bylaw.analysis.store import Keys

    how = {
        "form": telling.form,
        "readings": opened.policy.chosen_readings(telling.readings),
        "settled": dict(telling.readings) if telling.open_readings else {},
        "decisions": telling.decisions,
        "open_readings": telling.open_readings,
    }
    return Keys(opened.policy, how)


@contextmanager
def remembering(keys: Keys, wishes: Wishes) -> Iterator[Memory | None]:
    """Open the store of results; None where nothing is to be kept."""
    from bylaw.analysis.cohort_run import Memory
    from bylaw.analysis.store import open_store

    store = None if wishes.no_cache else open_store(say)
    try:
        yield None if store is None else Memory(store, keys)
    finally:
        if store is not None:
            store.close()


@contextmanager
def interruptible() -> Iterator[None]:
    """Take a request to end like an interrupt from the keyboard, so that everything is left in order."""

    def end(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread, which alone is told of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def raise_limits(failed: Sequence[Failure]) -> None:
    """Tell of the students who hit a limit, where the report tells of those without a result.

    Raises:
        LimitExceeded: one of them did.
    """
    problems = [problem for one in failed if one.limit for problem in one.problems]
    if problems:
        raise LimitExceeded(problems)


def raise_failures(failed: Sequence[Failure]) -> None:
    """Tell of the students of whom nothing could be found out.

    Raises:
        LimitExceeded: one of them hit a limit.
        SolveError: the rules give one of them no result.
    """
    problems = [problem for one in failed for problem in one.problems]
    if any(one.limit for one in failed):
        raise LimitExceeded(problems)
    if problems:
        raise SolveError(problems)

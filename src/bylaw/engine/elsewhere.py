"""Hands tasks to the workers of a Dask scheduler, each task as one machine would hand it to a process.

Dask places tasks, and places those of a worker that is gone on another one. What is sent are bytes: the
pickled work with the checked pack, once for each worker, and the packed records of each batch.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NoReturn, TypeVar

from bylaw import watch
from bylaw.engine import bench
from bylaw.engine.build import Build, own_build
from bylaw.engine.workers import Limits, Lost, Stopped
from bylaw.errors import Problem, UsageError
from bylaw.files.extras import need

T = TypeVar("T")

CONNECTING = 10.0
"""Seconds to wait for a scheduler."""
PATIENCE = 60.0
"""Seconds to wait for a worker to join where none is left."""
_LOOK = 2.0
"""Seconds after which it is looked whether anybody is there to do a task."""
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[^/:\s\[\]]+):[0-9]{1,5}")
_LOOPBACK = re.compile(r"127\.[0-9.]+|localhost|\[::1\]")
_MISSING = re.compile(r"No module named \\*'([\w.]+)")
_START = "`dask worker {address}` on a machine with the same bylaw starts one"


def check_scheduler(address: str) -> None:
    """Find out whether a scheduler and its workers can be used.

    Args:
        address: such as `tcp://scheduler:8786`, or `tls://` where Dask is configured for it.

    Raises:
        UsageError: Dask is not installed, the address is none, nobody answers there, no worker has joined,
            or one of them has other programs.
    """
    with _connected(address):
        pass


def is_exposed(address: str) -> bool:
    """Return whether records travel to an address in the clear, and beyond this machine."""
    found = _ADDRESS.fullmatch(address)
    return found is not None and found[1] == "tcp" and not _LOOPBACK.fullmatch(found[2])


class Elsewhere:
    """The workers of a scheduler, for one run.

    Args:
        address: of the scheduler.
        setup: the pickled work.
        lifetime: the weight of tasks after which a process of a worker is replaced.
        limits: on each task.

    Raises:
        UsageError: as `check_scheduler` does.
    """

    def __init__(self, address: str, setup: bytes, lifetime: int, limits: Limits) -> None:
        self.address = address
        self.order = bench.Order(f"bylaw-{secrets.token_hex(8)}", own_build(), lifetime, limits)
        self._empty_since: float | None = None
        self._gone = False
        with ExitStack() as opened:
            self.client = opened.enter_context(_connected(address))
            self.setup = self.client.submit(bench.handed_on, setup, key=f"{self.order.run}-pack")
            with (
                watch.away(),
                contextlib.suppress(Exception),
            ):  # those without it get it with their first task
                _within(CONNECTING, lambda: self.client.replicate([self.setup]))
            threads: dict[str, int] = self.client.nthreads()
            self._connection = opened.pop_all()
        self.width = max(1, 2 * sum(threads.values()))
        """How many tasks to have under way: some more than there are threads, so that none waits."""

    def hand(self) -> Hand:
        """Return what does one task at a time."""
        return Hand(self)

    def look(self) -> None:
        """Find out whether there is somebody to do a task.

        Raises:
            UsageError: the scheduler does not answer any more, or has no worker for a while.
        """
        try:
            there = self.client.nthreads()
        except (OSError, RuntimeError):
            raise self.gone() from None
        now = time.monotonic()
        if there:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now
        elif now - self._empty_since > PATIENCE:
            raise UsageError(
                f"no worker is left at `{self.address}`, and none has joined for {PATIENCE:g} seconds",
                _START.format(address=self.address),
            )

    def gone(self) -> UsageError:
        """Say that the scheduler does not answer any more."""
        self._gone = True
        message = f"the scheduler at `{self.address}` does not answer any more"
        return UsageError(message, "start it again; `--resume` goes on with a file that is not finished")

    def close(self) -> None:
        """End the processes of this run and let go of the scheduler."""
        with watch.away(), contextlib.suppress(Exception):  # those who do not hear it end by themselves
            if not self._gone:
                _within(_LOOK, lambda: self.client.run(bench.end, self.order.run, on_error="ignore"))
        self._connection.close()


class Hand:
    """Does tasks by sending them away and waiting for what comes back, as `Worker` does them here."""

    def __init__(self, there: Elsewhere) -> None:
        self._there = there
        self._future: Any = None
        self._stopped = False

    def run(self, task: bytes, weight: int, seconds: float | None = None) -> Any:
        """Do a task and return what came of it.

        Args:
            weight: how much it wears a process out.
            seconds: the wall time it may take.

        Raises:
            Lost: the process, or one worker after the other, died of it.
            Exceeded: a limit was hit.
            Stopped: the hand was told to stop.
            UsageError: nobody is there any more, or a worker with other programs took it.
            Exception: whatever the work raises.
        """
        there = self._there
        if self._stopped:
            raise Stopped
        self._future = there.client.submit(
            bench.do,
            there.order,
            there.setup,
            task,
            weight,
            seconds,
            key=f"{there.order.run}-batch-{secrets.token_hex(8)}",
            pure=False,
        )
        try:
            return self._result()
        finally:
            self._future = None

    def stop(self) -> None:
        """Wait no more. May be called from another thread."""
        self._stopped = True
        future = self._future
        if future is not None:
            with contextlib.suppress(Exception):  # there may be nobody who hears it
                future.cancel()

    def close(self) -> None:
        """Do nothing: the processes belong to the run."""

    def _result(self) -> Any:
        distributed = need("distributed", "dask", "Other machines")
        future = self._future
        while True:
            try:
                return future.result(timeout=_LOOK)
            except CancelledError:
                raise (Stopped() if self._stopped else self._there.gone()) from None
            except distributed.scheduler.KilledWorker:
                raise Lost("one worker after the other") from None
            except TimeoutError:
                if self._stopped:
                    raise Stopped from None
                if not future.done():
                    self._there.look()


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"`{address}` is no address of a scheduler", "such as `tcp://scheduler:8786`")
    with watch.away():  # it is large
        distributed = need("distributed", "dask", "Other machines")
    # What goes wrong is told here, in bylaw's words.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    with ExitStack() as open_until:
        with watch.away():
            try:
                client = distributed.Client(address, timeout=CONNECTING, set_as_default=False)
            except TypeError:  # what Dask says where `tls://` has no certificates
                raise UsageError(
                    f"for `{address}` Dask has no certificates",
                    "name them in the configuration of Dask, under `distributed.comm.tls`",
                ) from None
            except OSError:
                raise UsageError(
                    f"no scheduler answers at `{address}`",
                    "`dask scheduler` starts one and prints its address",
                ) from None
            open_until.callback(_leave, client)
            _check_builds(client, address)
        yield client


def _leave(client: Any) -> None:
    with watch.away(), contextlib.suppress(Exception):
        client.close(timeout=_LOOK)


def _within(seconds: float, action: Callable[[], T]) -> T:
    """Do something that has no end of its own where somebody over there does not answer.

    Raises:
        TimeoutError: it takes longer.
        Exception: whatever it raises.
    """
    found: list[Callable[[], T]] = []

    def run() -> None:
        try:
            result = action()
        except Exception as error:
            found.append(partial(_raised, error))
        else:
            found.append(lambda: result)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TimeoutError
    return found[0]()


def _raised(error: Exception) -> NoReturn:
    raise error


def _check_builds(client: Any, address: str) -> None:
    """Refuse a scheduler and workers with other programs: what they derive or read would be another thing.

    Raises:
        UsageError: some have others, or no worker is there.
    """
    try:
        found = {
            f"scheduler `{address}`": _within(CONNECTING, lambda: client.run_on_scheduler(bench.build_here))
        }
    except Exception as cause:  # also one that says what has gone wrong over there
        found = {f"scheduler `{address}`": cause}
    try:
        workers = _within(CONNECTING, lambda: client.run(bench.build_here, on_error="return"))
    except TimeoutError:
        message = f"a worker of `{address}` has not answered for {CONNECTING:g} seconds"
        raise UsageError(message, "end it, or start it again") from None
    found |= {f"worker `{worker}`": workers[worker] for worker in sorted(workers)}
    problems = [
        Problem(
            f"the {who} cannot be used: it has {differs}",
            help="install the same bylaw there, for the same Python, and start it again",
        )
        for who, build in found.items()
        if (differs := _differs(build))
    ]
    if not workers:
        problems.append(Problem(f"no worker has joined `{address}`", help=_START.format(address=address)))
    if problems:
        error = UsageError(problems[0].message)
        error.problems = tuple(problems)
        raise error


def _differs(answer: Build | Exception) -> str:
    """Return what is otherwise where an answer comes from; empty if nothing."""
    if isinstance(answer, Exception):
        missing = _MISSING.search(str(answer))
        return f"no `{missing[1]}`" if missing else f"no answer but {type(answer).__name__}"
    return own_build().differs(answer)

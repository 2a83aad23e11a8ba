"""The processes that a worker of another machine keeps for a run: what the tasks sent to it call there.

A task is done in a process of its own beside the worker, as on one machine: it may take too long, grow, or
end, and the worker goes on. The processes of a run end with it, or when nothing has come for a while.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from bylaw.engine.build import Build, own_build
from bylaw.engine.workers import Limits, Stopped, Worker
from bylaw.errors import UsageError

IDLE = 60.0
"""Seconds after which processes that nobody gives a task to are ended, as where a run was cut short."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is the same for all tasks of a run.

    Args:
        run: its name, which no other run has.
        build: the programs that it derives with.
        lifetime: the weight of tasks after which a process is replaced.
        limits: on each task.
    """

    run: str
    build: Build
    lifetime: int
    limits: Limits


def build_here() -> Build:
    """Return the programs of the worker that is asked."""
    return own_build()


def handed_on(setup: bytes) -> bytes:
    """Return the pickled work: a result that every worker of a cluster can have, and make again."""
    return setup


def do(order: Order, setup: bytes, task: bytes, weight: int, seconds: float | None) -> Any:
    """Do a task in a process beside this one.

    Args:
        setup: the pickled work.
        weight: how much the task wears a process out.
        seconds: the wall time it may take.

    Raises:
        UsageError: this worker has other programs.
        Lost: the process died.
        Exceeded: a limit was hit.
        Exception: whatever the work raises.
    """
    differs = order.build.differs(own_build())
    if differs:
        raise UsageError(f"a worker that has joined cannot be used: it has {differs}")
    with _LOCK:
        bench = _BENCHES.setdefault(order.run, _Bench(order, setup))
    return bench.do(task, weight, seconds)


def end(run: str) -> None:
    """End the processes of a run at once, whatever they are doing."""
    with _LOCK:
        bench = _BENCHES.pop(run, None)
    if bench is not None:
        bench.stop()


class _Bench:
    """The processes of a run: as many as there are tasks at a time."""

    def __init__(self, order: Order, setup: bytes) -> None:
        self._order, self._setup = order, setup
        self._lock = threading.Lock()
        self._free: list[Worker] = []
        self._busy: set[Worker] = set()
        self._stopped = False
        self._timer: threading.Timer | None = None

    def do(self, task: bytes, weight: int, seconds: float | None) -> Any:
        worker = self._taken()
        try:
            return worker.run(task, weight, seconds)
        finally:
            self._given_back(worker)

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            self._stopped = True
            self._wait_no_more()
            workers = [*self._free, *self._busy]
        for worker in workers:
            worker.stop()
        self._clear()

    def _taken(self) -> Worker:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._wait_no_more()
            if self._free:
                worker = self._free.pop()
            else:
                worker = Worker(self._setup, self._order.lifetime, self._order.limits)
            self._busy.add(worker)
            return worker

    def _given_back(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
            self._free.append(worker)
            if not self._busy and not self._stopped:
                self._wait_no_more()
                self._timer = threading.Timer(IDLE, self._clear)
                self._timer.daemon = True
                self._timer.start()
        if self._stopped:
            self._clear()

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _clear(self) -> None:
        """End the processes that have no task."""
        with self._lock:
            idle, self._free = self._free, []
        for worker in idle:
            worker.close()


_LOCK = threading.Lock()
_BENCHES: dict[str, _Bench] = {}

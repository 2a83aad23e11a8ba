"""Processes that do one kind of work task by task, are replaced when they are worn out, and may die.

Each worker is a process with a pipe of its own and a thread that waits for it, so nothing is shared that a
killed worker could leave locked. A worker ends when its pipe does: none outlives the process it works for.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, Protocol

from bylaw.engine.forked import Forked
from bylaw.errors import Fault, LimitExceeded, Problem
from bylaw.watch import confine_cpu, confine_memory, forget, mapped

_HEAD = struct.Struct("<Q")
_PROGRAM = "import sys; sys.path[:] = {path!r}; from bylaw.engine.workers import serve; serve()"
_MEBIBYTE = 1 << 20
HEAVY = 360 * _MEBIBYTE
"""The memory beyond which a process is replaced: its libraries free none before it ends."""
_STARTS = 3
"""How often a worker is started that ends before it has begun."""


class Work(Protocol):
    """What workers are to do. It travels to each of them, so it can be pickled."""

    def begin(self) -> Callable[[bytes], Any]:
        """Return what does a task, in the process that does it; called once there."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a task may take.

    Args:
        seconds: of wall time; None for any.
        mebibytes: of memory, of the worker as a whole; None for any. Systems that cannot bound the memory of
            a process do not.
        cpu: seconds of processor time, where the system can bound it; None for any.
    """

    seconds: float | None = None
    mebibytes: int | None = None
    cpu: float | None = None


class Lost(Exception):  # noqa: N818 - it says what became of a task
    """A worker ended before its task was done.

    Args:
        how: such as `signal 9`.
    """

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class Exceeded(Lost):
    """A task took more than its limits allow."""


class Stopped(Exception):  # noqa: N818
    """The workers are told to end."""


class Worker:
    """One place at the bench: a process, and the next when that one is worn out or dead.

    Args:
        setup: the pickled work.
        lifetime: the weight of tasks after which a process is replaced, if it does not grow heavy before.
        limits: on each task.
        first: the process to begin with; one is started when there is something to do unless given.
    """

    def __init__(self, setup: bytes, lifetime: int, limits: Limits, first: Forked | None = None) -> None:
        self._first = first
        self._setup = setup
        self._lifetime = lifetime
        self._limits = limits
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._done = 0
        self._held = 0
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, task: bytes, weight: int, seconds: float | None = None) -> Any:
        """Do a task and return what came of it.

        Args:
            weight: how much it wears the process out.
            seconds: the wall time it may take, in place of that of the limits.

        Raises:
            Lost: the process died.
            Exceeded: a limit was hit; the process is gone.
            Stopped: the worker was told to end.
            Exception: whatever the work raises.
        """
        if self._process is not None and (self._done >= self._lifetime or self._held > HEAVY):
            self._end()
        process = self._process or self._begun()
        self._done += weight
        late = threading.Event()
        allowed = self._limits.seconds if seconds is None else seconds

        def expire() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(allowed, expire) if allowed is not None else None
        try:
            if timer is not None:
                timer.daemon = True
                timer.start()
            assert process.stdin is not None
            assert process.stdout is not None
            _send(process.stdin, task)
            kind, value, self._held = pickle.loads(_receive(process.stdout))
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            code = self._end()
            if self._stopped:
                raise Stopped from None
            if late.is_set():
                raise Exceeded(f"{allowed:g} seconds") from None
            if code == -getattr(signal, "SIGXCPU", 0) and code:
                raise Exceeded(f"{self._limits.cpu:g} seconds of processor time") from None
            raise Lost(f"signal {-code}" if code < 0 else f"exit code {code}") from None
        finally:
            if timer is not None:
                timer.cancel()
        if kind == "memory":
            self._end()
            raise Exceeded(self._memory())
        if kind == "raised":
            raise value
        return value

    def stop(self) -> None:
        """End the process at once, whatever it is doing. May be called from another thread."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process, which has nothing to do any more."""
        self._end()

    def _begun(self) -> subprocess.Popen[bytes] | Forked:
        """Start a process and wait until it has begun its work, which has nothing to do with any task.

        Raises:
            Stopped: the worker was told to end.
            LimitExceeded: the work cannot begin within the limits.
            Fault: the process ends each time before it has begun.
            Exception: whatever the beginning of the work raises.
        """
        for _ in range(_STARTS):
            process = self._start()
            assert process.stdout is not None
            try:
                kind, value, _ = pickle.loads(_receive(process.stdout))
            except (OSError, EOFError, ValueError, pickle.UnpicklingError):
                code = self._end()
                if self._stopped:
                    raise Stopped from None
                continue
            # Without memory a library cannot be loaded, either.
            unloaded = self._limits.mebibytes is not None and isinstance(value, ImportError | OSError)
            if kind == "memory" or unloaded:
                self._end()
                raise LimitExceeded(Problem(f"no worker can begin within {self._memory()}"))
            if kind == "raised":
                self._end()
                raise value
            return process
        raise Fault(Problem(f"a worker ended each time before it had begun (exit code {code})"))

    def _memory(self) -> str:
        return f"{self._limits.mebibytes} MiB of memory" if self._limits.mebibytes else "the memory there is"

    def _start(self) -> subprocess.Popen[bytes] | Forked:
        with self._lock:
            if self._stopped:
                raise Stopped
            self._done, self._held = 0, 0
            if self._first is not None:
                self._process, self._first = self._first, None
                return self._process
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM.format(path=sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # An interrupt from the keyboard goes to the process that everybody works for.
                process_group=0 if os.name == "posix" else None,
            )
            self._process = process
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # a process that is dead already is noticed when it is asked
            _send(process.stdin, pickle.dumps(self._limits))
            _send(process.stdin, self._setup)
        return process

    def _end(self) -> int:
        """End the process and return its exit code; 0 if there is none."""
        process = self._process
        if process is None:
            return 0
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()
        # Clingo's memory is given back at once; an orderly end would take longer and save nothing.
        process.kill() if process.poll() is None and self._done else None
        code = process.wait()
        with self._lock:
            self._process = None
        return code


def serve() -> None:
    """Do tasks until there are none any more: the program of a worker."""
    tasks = sys.stdin.buffer
    # What some library prints belongs to the reader, not into the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, OSError):
        limits: Limits = pickle.loads(_receive(tasks))
        setup = _receive(tasks)
        _do_all(tasks, answers, limits, lambda: pickle.loads(setup).begin(), held=0)
    os._exit(0)


def fork_worker(work: Work, limits: Limits) -> Forked:
    """Fork a process off this one that does tasks as a worker does.

    Args:
        work: what it is to do; it need not be pickled.
        limits: the memory is counted beside what this process holds.
    """

    def serve_forked(tasks: IO[bytes], answers: IO[bytes]) -> None:
        forget()
        _do_all(tasks, answers, limits, work.begin, held=_held())

    return Forked(serve_forked)


def _do_all(
    tasks: IO[bytes],
    answers: IO[bytes],
    limits: Limits,
    begin: Callable[[], Callable[[bytes], Any]],
    held: int,
) -> None:
    """Do tasks until there are none any more.

    Args:
        held: bytes of memory that are not of this work.
    """
    work: list[Callable[[bytes], Any]] = []

    def begun(_none: bytes) -> None:
        work.append(begin())

    with contextlib.suppress(EOFError, OSError):  # nobody waits for the answer any more
        confine_memory(limits.mebibytes, mapped() if held else 0)
        _send(answers, _answer(begun, b"", held))
        while work:
            task = _receive(tasks)
            confine_cpu(limits.cpu)
            _send(answers, _answer(work[0], task, held))
    os._exit(0)


def _answer(work: Callable[[bytes], Any], task: bytes, held: int) -> bytes:
    try:
        return pickle.dumps(("done", work(task), max(0, _held() - held)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(("memory", None, 0))
    except Exception as error:  # it is raised again where the task came from
        try:
            return pickle.dumps(("raised", error, 0))
        except Exception:  # an error that cannot travel is named
            return pickle.dumps(("raised", RuntimeError(f"{type(error).__name__} in a worker"), 0))


def _held() -> int:
    """Return the bytes of memory that this process holds, or the most that it has held; 0 if unknown."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - read after each task
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_HEAD.pack(len(data)))
    stream.write(data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """Return the next message.

    Raises:
        EOFError: there is none, or only a part of it.
    """
    head = _whole(stream, _HEAD.size)
    return _whole(stream, _HEAD.unpack(head)[0])


def _whole(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data

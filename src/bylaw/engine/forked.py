"""A worker that is forked off the process it works for: it begins with all that is loaded."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import IO

_THREADS = 3
"""The caller, what waits for the end of the process that looks on, and what moves the bar of progress."""


def can_fork() -> bool:
    """Tell whether a process of this one, with the threads that it has, may go on with its work."""
    return sys.platform == "linux" and threading.active_count() <= _THREADS


class Forked:
    """A forked process, with what is used of `subprocess.Popen`.

    Args:
        serve: what the process does with the tasks it reads and the answers it writes; it does not return.
    """

    def __init__(self, serve: Callable[[IO[bytes], IO[bytes]], None]) -> None:
        read_task, write_task = os.pipe()
        read_answer, write_answer = os.pipe()
        gc.freeze()  # what both share is not looked through by either, which would copy it
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(write_task)
                os.close(read_answer)
                # An interrupt from the keyboard goes to the process that everybody works for.
                os.setpgid(0, 0)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                serve(os.fdopen(read_task, "rb"), os.fdopen(write_answer, "wb"))
            finally:
                os._exit(1)
        gc.unfreeze()
        os.close(read_task)
        os.close(write_answer)
        self.stdin: IO[bytes] = os.fdopen(write_task, "wb")
        self.stdout: IO[bytes] = os.fdopen(read_answer, "rb")
        self._code: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while the process lives."""
        with self._lock:
            self._reap(os.WNOHANG)
            return self._code

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        while (code := self.poll()) is None:
            with contextlib.suppress(ChildProcessError):
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return code

    def kill(self) -> None:
        """End the process at once."""
        with self._lock:
            self._reap(os.WNOHANG)
            if self._code is None:
                os.kill(self.pid, signal.SIGKILL)

    def _reap(self, how: int) -> None:
        if self._code is None:
            process, status = os.waitpid(self.pid, how)
            if process:
                self._code = os.waitstatus_to_exitcode(status)

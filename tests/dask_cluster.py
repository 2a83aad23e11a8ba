"""A Dask scheduler and workers on loopback, for the tests of cohorts on other machines."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

TESTS = Path(__file__).parent
PATIENCE = 60


@dataclass
class Cluster:
    """A scheduler with the workers that were started for it, each a process that is ended by its id."""

    folder: Path
    scheme: str = "tcp"
    variables: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    scheduler: subprocess.Popen[bytes] | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        told = self.folder / "scheduler.json"
        self.scheduler = self._process(
            "scheduler", "--protocol", self.scheme, "--port", "0", "--scheduler-file", str(told)
        )
        until = time.monotonic() + PATIENCE
        while not (told.exists() and told.read_text().strip()):
            assert self.scheduler.poll() is None, self.log("scheduler")
            assert time.monotonic() < until
            time.sleep(0.05)
        self.address = json.loads(told.read_text())["address"]

    def add(self, name: str, path: str = "", threads: int = 1) -> None:
        """Start a worker.

        Args:
            path: folders from which it imports before all others.
        """
        words = (self.address, "--nthreads", str(threads), "--no-nanny", "--name", name)
        self.workers[name] = self._process("worker", *words, path=path, log=name)

    def kill(self, name: str) -> None:
        """End a worker by `kill -9`."""
        process = self.workers.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _process(self, kind: str, *words: str, path: str = "", log: str = "") -> subprocess.Popen[bytes]:
        paths = [one for one in (path, str(TESTS), os.environ.get("PYTHONPATH", "")) if one]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **self.variables}
        program = [sys.executable, "-m", f"distributed.cli.dask_{kind}"]
        with (self.folder / f"{log or kind}.log").open("wb") as file:
            process = subprocess.Popen(
                [*program, *words, "--host", "127.0.0.1", "--no-dashboard"],
                stdout=file,
                stderr=file,
                cwd=self.folder,
                env=variables,
            )
        self.processes.append(process)
        return process


@contextmanager
def cluster(folder: Path, *workers: str, **how: object) -> Iterator[Cluster]:
    """Start a scheduler and workers, wait until all have joined, and end them."""
    made = Cluster(folder, **how)  # type: ignore[arg-type]
    try:
        made.start()
        for name in workers:
            made.add(name)
        if workers and made.scheme == "tcp":
            with Client(made.address, set_as_default=False, timeout=PATIENCE) as client:
                client.wait_for_workers(len(workers), timeout=PATIENCE)
        yield made
    finally:
        made.stop()

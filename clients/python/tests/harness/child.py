"""A worker in a process of its own: python -m tests.harness.child FLAVOUR URL NAME LEASE SECONDS FILE

Each job takes SECONDS. It writes a line with id and attempt into FILE when a job begins.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .flavours import InTasks, InThreads, Seen
from .server import until


class Child:
    """Such a process; `begun` are the lines that it has written."""

    def __init__(self, flavour: str, url: str, name: str, lease: float, seconds: float, file: Path) -> None:
        self._file = file
        file.touch()
        words = [flavour, url, name, str(lease), str(seconds), str(file)]
        command = [sys.executable, "-m", __name__, *words]
        here = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=here, env={**os.environ, "PYTHONPATH": str(here / "src")})

    def begun(self) -> list[str]:
        """A line for each run: id and attempt."""
        return self._file.read_text().splitlines()

    def holds(self, count: int) -> None:
        """Waits until it has begun so many jobs."""
        until(lambda: len(self.begun()) >= count, f"the process has begun {self.begun()} only", 60)

    def kill(self) -> None:
        """kill -9"""
        self.process.kill()
        self.process.wait()


def main(flavour: str, url: str, name: str, lease: str, seconds: str, path: str) -> None:
    """Works until it is killed."""
    file = open(path, "a", buffering=1)  # noqa: SIM115

    async def handle(job: Any, tools: Any) -> None:
        file.write(f"{job.id} {job.attempt}\n")
        await tools.sleep(job, float(seconds))

    kind = {"threads": InThreads, "asyncio": InTasks}[flavour]
    kind("Worker", url, "q", handle, Seen(), name=name, lease=float(lease)).start()
    time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])

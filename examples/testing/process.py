"""A process of an example, and waiting for what it does."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def ends_with_tests() -> None:
    """In a child: it is killed when the tests end, however they end."""
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def until(condition: Callable[[], Any], complaint: str, seconds: float = 30) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(complaint)
        time.sleep(0.01)


class Process:
    """`python …` in the folder of an example."""

    def __init__(self, folder: Path, log: Path, *words: str, **environment: str) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *words],
                cwd=folder,
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                preexec_fn=ends_with_tests,
            )

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self) -> int:
        """Its exit code."""
        return self._process.wait(60)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

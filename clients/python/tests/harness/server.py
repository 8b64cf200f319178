"""A private Redis server with the module: a free port of 127.0.0.1, and a folder that is removed.

`REDIS_SERVER` is the server (redis-server of the PATH), `JQ_MODULE` the module (target/release/libredis_jq.so of the
project). A server ends with the tests, however they end.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from redis import Redis
from redis.exceptions import ClusterDownError, ConnectionError, RedisError

SERVER = os.environ.get("REDIS_SERVER", "redis-server")
MODULE = os.environ.get("JQ_MODULE", str(Path(__file__).parents[4] / "target/release/libredis_jq.so"))
PORTS = Random()
TESTERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
TESTER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""Which of the processes that test beside each other this is."""


class Server:
    """A server that runs; `settings` are words of redis.conf."""

    def __init__(self, *settings: str, has_module: bool = True, sentinel: bool = False) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="redis-jq-python-"))
        module = ["--loadmodule", MODULE, "debug", "yes"] if has_module else []
        base = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        if sentinel:
            (self.folder / "sentinel.conf").write_text("")
            self._command = [SERVER, str(self.folder / "sentinel.conf"), "--sentinel", *base[:6], *settings]
        else:
            self._command = [SERVER, *base, *module, *settings]
        self._launch()

    def _launch(self) -> None:
        log = (self.folder / "server.log").open("ab")
        self._process = subprocess.Popen(self._command, stdout=log, stderr=log, preexec_fn=_end_with_tests)
        log.close()
        until(self._answers, "the server does not answer", 60)

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{(self.folder / 'server.log').read_text()}")
        try:
            return bool(self.client().ping())
        except RedisError:
            return False

    def client(self, **options: Any) -> Redis:
        """A client of redis-py."""
        return Redis(port=self.port, **options)

    def send(self, *words: Any) -> Any:
        """The reply to any command."""
        client: Any = self.client()  # redis-py leaves its execute_command without types
        return client.execute_command(*words)

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9; its files stay."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Starts it again after `kill`, with the same port and folder."""
        self._launch()

    def stop(self) -> None:
        """Ends it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder)


def _end_with_tests() -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port() -> int:
    """A port below those that the system gives to outgoing connections, so that a killed server can have it again.

    That of the bus of a cluster, 10,000 above it, is free as well. Processes that test beside each other take others.
    """
    while True:
        port = PORTS.randrange(10_000 + TESTER, 20_000, TESTERS)
        if _is_free(port) and _is_free(port + 10_000):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def until(condition: Callable[[], Any], complaint: str, seconds: float = 30) -> None:
    """Waits for a condition. A server that cannot be asked does not meet it yet."""
    deadline = time.monotonic() + seconds
    while not _holds(condition):
        if time.monotonic() > deadline:
            raise AssertionError(complaint)
        time.sleep(0.003)


def _holds(condition: Callable[[], Any]) -> bool:
    try:
        return bool(condition())
    except (ConnectionError, ClusterDownError):
        return False

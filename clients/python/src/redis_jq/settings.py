"""The options of a worker, and what it tells its user."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypedDict

from .values import JSON, Codec, Duration


class Hooks:
    """What a worker tells while it runs. Inherit, and override what you want to know.

    A hook is a plain function, of asyncio too, and returns soon: the worker waits for it. Threads call it from several of
    them. One that raises is logged and does not end the worker.
    """

    def claimed(self, job: Any) -> None:
        """The handler of the job is about to begin."""

    def completed(self, job: Any) -> None:
        """The ACK of the job counted."""

    def failed(self, job: Any, error: str, will_retry: bool) -> None:
        """The NACK of the job counted."""

    def lost(self, job: Any, reason: str) -> None:
        """The job was not done by this run: it was `cancelled`, or `lost` because its lease was over or it was removed."""

    def error(self, error: Exception) -> None:
        """Something failed between the worker and the server. What passes is tried again."""

    def idle(self) -> None:
        """A claim came back empty, and no job runs."""


class WorkerOptions(TypedDict, total=False):
    """The options of a worker; the defaults are those of `Settings`."""

    name: str
    concurrency: int
    lease: Duration
    block: Duration
    stop_limit: Duration | None
    codec: Codec
    hooks: Hooks


@dataclass(frozen=True)
class Settings:
    """The options of a worker, with what holds where the user says nothing. Durations are a `timedelta` or seconds."""

    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}")
    """Unique for each process and worker. One who gives it must not give it twice at a time."""
    concurrency: int = 10
    """How many handlers run at a time."""
    lease: Duration = 30.0
    """How soon a crash of this worker is noticed. It is extended as long as a handler runs."""
    block: Duration = 5.0
    """How long a claim waits for a job, at most, and no longer than a third of the lease. Its read timeout is 5 s longer."""
    stop_limit: Duration | None = 20.0
    """How long handlers may go on when the worker stops; None for as long as they take."""
    codec: Codec = JSON
    """How payloads, results and progress become bytes: `JSON` or `BYTES`."""
    hooks: Hooks = field(default_factory=Hooks)
    """What is told while the worker runs."""

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError("concurrency is 1 or more")
        if seconds(self.lease) <= 0 or seconds(self.block) <= 0:
            raise ValueError("lease and block are above 0")

    @property
    def longest_block(self) -> float:
        """Seconds. Nobody knows when the server gave a job to a claim that waited: so its lease is counted from before the
        wait, and the wait is short enough for the next heartbeat to come in time.
        """
        return min(seconds(self.block), seconds(self.lease) / 3)


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)

"""The commands that wait: JQ.AWAIT as short waits that follow each other. Nothing here sends anything.

One long wait would outlast the read timeout of a client, and be forgotten by a server that restarts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any, NamedTuple, TypeVar

from .calls import Call, Key, a_number, optional
from .options import Arg
from .values import Duration, Record, decoded, milliseconds, raw, text

T = TypeVar("T")
Waiting = Generator[Call[Any], Any, T]
"""Yields what is to be sent, gets what was read, and returns what it waited for."""

_SLICE = 1000
_LIVING = {"waiting", "delayed", "blocked", "active"}


class Ended(NamedTuple):
    """How a job ended: `completed`, `failed`, `expired`, `cancelled`; or its present state. And its result, if it gave one."""

    state: str
    result: Any


def await_batch(queue: Key, batch: str, timeout: Duration | None = None) -> Waiting[Record | None]:
    """Waits until the batch is sealed and nothing of it is pending, or the time is over: its numbers; None if it is unknown."""
    read = optional(queue.codec)
    deadline = _deadline(timeout)
    while True:
        numbers: Record | None = yield Call(_sent(queue, b"BATCH", raw(batch), deadline), read)
        if numbers is None or (numbers["sealed"] and not numbers["pending"]) or time.monotonic() >= deadline:
            return numbers


def await_job(queue: Key, id: str, timeout: Duration | None = None) -> Waiting[Ended | None]:
    """Waits until the job has no life left, or the time is over; None if its id is unknown."""

    def read(reply: Any) -> Ended | None:
        return None if reply is None else Ended(text(reply[0]), decoded(reply[1], queue.codec))

    deadline = _deadline(timeout)
    while True:
        ended: Ended | None = yield Call(_sent(queue, b"JOB", raw(id), deadline), read)
        if ended is None or ended.state not in _LIVING or time.monotonic() >= deadline:
            return ended


def await_idle(queue: Key, timeout: Duration | None = None) -> Waiting[int]:
    """Waits until no job is active, or the time is over: how many are."""
    deadline = _deadline(timeout)
    while True:
        active = yield Call(_sent(queue, b"IDLE", None, deadline), a_number)
        if not active or time.monotonic() >= deadline:
            return int(active)


def _deadline(timeout: Duration | None) -> float:
    return math.inf if timeout is None else time.monotonic() + milliseconds(timeout) / 1000


def _sent(queue: Key, what: bytes, name: bytes | None, deadline: float) -> tuple[Arg, ...]:
    left = deadline - time.monotonic()
    wait = _SLICE if left == math.inf else max(1, min(_SLICE, math.ceil(left * 1000)))
    named = () if name is None else (name,)
    return "JQ.AWAIT", raw(queue.name), what, *named, wait

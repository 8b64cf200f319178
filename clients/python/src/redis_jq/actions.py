"""What the routines of a worker ask of whoever drives them, and how long they wait after errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Union

from .requests import Command

FIRST_WAIT = 0.05
"""Seconds of the first wait after an error; the next ones grow."""


@dataclass(frozen=True)
class Send:
    """Send commands together over the connection for everything but claims that block."""

    commands: list[Command]


@dataclass(frozen=True)
class Claim:
    """Send a claim that may block, over the connection that a part of the worker has for these."""

    part: int
    queue: str
    """One of the queues that it names."""
    command: Command
    is_long: bool
    """It may block for so long that it has to be ended when the worker stops."""


@dataclass(frozen=True)
class Unblock:
    """End the claim with which a part of the worker blocks."""

    part: int


@dataclass(frozen=True, eq=False)
class Pause:
    """Wait until a condition holds, at most so many seconds."""

    until: Callable[[], bool]
    seconds: float | None = None


@dataclass(frozen=True)
class Tell:
    """Call a hook."""

    hook: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Begin:
    """Run routines beside the others."""

    routines: list[Routine]


Action = Union[Send, Claim, Unblock, Pause, Tell, Begin]
Routine = Generator[Action, Any, Any]


class Waits:
    """Growing waits with jitter, in seconds: about 0.05, 0.1, 0.2 and so on up to 2."""

    def __init__(self, longest: float = 2.0) -> None:
        self._first = FIRST_WAIT
        self._longest = longest
        self._next = FIRST_WAIT

    def next(self) -> float:
        """The next one: between half of it and all of it."""
        wait = self._next
        self._next = min(self._next * 2, self._longest)
        return wait * random.uniform(0.5, 1)

    def reset(self) -> None:
        """It went well: the next wait is the first one again."""
        self._next = self._first

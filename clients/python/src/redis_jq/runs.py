"""One claimed job: what is known of it, and what it is answered with. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .values import Record

CANCELLED, LOST, STOPPED = "cancelled", "lost", "stopped"
"""Why a handler is told to stop."""

LARGE_RESULT = 1024
"""Bytes up to which a server takes results also at its `maxmemory`."""

ACK, NACK, RELEASE = "ACK", "NACK", "RELEASE"


@dataclass(frozen=True)
class Answer:
    """What a run is answered with. Answers of one `form` can travel in one command."""

    kind: str
    result: bytes | None = None
    error: str = ""
    fatal: bool = False
    delay: int | None = None
    """Milliseconds."""

    @property
    def form(self) -> tuple[object, ...]:
        """All that is said once for all jobs of a command. A result is said for each, if for any; a large one, which a
        server at its `maxmemory` refuses, keeps no small one from being taken.
        """
        size = None if self.result is None else len(self.result) > LARGE_RESULT
        return self.kind, size, self.error, self.fatal, self.delay


@dataclass(eq=False)
class Run:
    """One claimed job."""

    queue: str
    record: Record
    lease_ends: float
    from_held: bool = False
    answer: Answer | None = None
    stop_reason: str | None = None
    is_sent: bool = False
    """Its answer has been sent at least once."""
    is_sent_again: bool = False
    """No reply came to it the first time."""
    is_alone: bool = False
    """Its answer travels in a command of its own."""
    is_told_lost: bool = False
    job: Any = None
    """What handler and hooks get."""
    raise_signal: Callable[[str], None] = field(default=lambda _reason: None)
    """Tells the handler to stop. Set when it begins."""

    @property
    def token(self) -> int:
        """The number of its claim."""
        return int(self.record["token"])

    @property
    def id(self) -> str:
        """The id of its job."""
        return str(self.record["id"])


@dataclass(frozen=True)
class Outcome:
    """What the server said to the answer of a run: 1, 2, 0, or below 0 for one that did not count."""

    run: Run
    code: int

    @property
    def counts(self) -> bool:
        """Whether the job was answered by this run. An ACK that is sent again hears -1 if the first has freed the id."""
        answer = self.run.answer
        is_repeated_ack = self.run.is_sent_again and answer is not None and answer.kind == ACK
        return self.code >= 0 or (self.code == -1 and is_repeated_ack)

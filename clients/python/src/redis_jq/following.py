"""Where a reader of events is, and what it asks next. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .options import Arg
from .values import Codec, Duration, Record, milliseconds, raw, record, text


class Event(NamedTuple):
    """Something that happened in a queue."""

    id: str
    """`ms-n`: ids only grow."""
    at: int
    """When it happened, Unix milliseconds."""
    name: str
    """`added`, `claimed`, `completed` and so on, or that of an event of yours."""
    job: str | None
    """The id of the job, if it is about one."""
    fields: Record
    """What else the manual says of this event."""


@dataclass
class Following:
    """A reader: `position` is the last event it gave, `missed` how many it could not get because they were not kept."""

    queue: str
    codec: Codec
    position: str | None
    block: Duration
    only: Sequence[str] = ()
    job: str | None = None
    missed: int = 0

    def command(self) -> tuple[Arg, ...]:
        """What is sent next."""
        after = () if self.position is None else (b"AFTER", raw(self.position))
        job = () if self.job is None else (b"ID", raw(self.job))
        only = (b"ONLY", raw(",".join(self.only))) if self.only else ()
        return "JQ.EVENTS", raw(self.queue), *after, b"BLOCK", milliseconds(self.block), *job, *only

    def read(self, reply: Any) -> Iterator[Event]:
        """The events of a reply. The position follows them one by one."""
        if reply is None:
            return  # the queue was deleted meanwhile
        after, missed, events = reply
        self.missed += missed
        for id, at, name, job, *fields in events:
            self.position = text(id)
            yield Event(self.position, int(at), text(name), None if job is None else text(job), record(fields, self.codec))
        self.position = text(after)

"""What happens in a queue, read in order, for programs that use threads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from .actions import Waits
from .connections import READ_TIMEOUT, Connect, Link
from .errors import passes
from .following import Event, Following
from .settings import seconds
from .values import JSON, Codec, Duration


class Events:
    """`for event in Events(connect, "mail"):` gives each event of a queue once, and goes on where it was after any error.

    `after` is the position to begin behind (None: the oldest event that is kept, `"$"`: now), `only` the names and `job`
    the id that are wanted. The queue keeps events if its `events-max` is above 0.
    """

    def __init__(
        self,
        connect: Connect,
        queue: str,
        after: str | None = None,
        only: Sequence[str] = (),
        job: str | None = None,
        block: Duration = 5.0,
        codec: Codec = JSON,
    ) -> None:
        self._following = Following(queue, codec, after, block, only, job)
        self._link = Link(connect, seconds(block) + READ_TIMEOUT)
        self._is_closed = False

    @property
    def position(self) -> str | None:
        """The id of the event that was given last: what `after` of another reader begins behind."""
        return self._following.position

    @property
    def missed(self) -> int:
        """How many events this reader could not get, because they were not kept any more."""
        return self._following.missed

    def close(self) -> None:
        """Lets the iteration end; one that waits does so when its wait (`block`) is over."""
        self._is_closed = True

    def __iter__(self) -> Iterator[Event]:
        """Raises the error where waiting does not help: `NoPermission`, `WrongType`, `ModuleMissing`."""
        waits = Waits()
        try:
            while not self._is_closed:
                [reply] = self._link.send([self._following.command()])
                if not isinstance(reply, Exception):
                    waits.reset()
                    yield from self._following.read(reply)
                elif passes(reply):
                    time.sleep(waits.next())
                else:
                    raise reply
        finally:
            self._link.close()

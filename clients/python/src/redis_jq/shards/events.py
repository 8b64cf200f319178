"""What happens in a queue of shards, for programs that use threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any

from ..actions import Waits
from ..connections import READ_TIMEOUT, Connect, Link
from ..errors import passes
from ..following import Event, Following
from ..settings import seconds
from ..values import JSON, Codec, Duration, raw
from .following import FollowingAll
from .layout import Shards, shards_said


class ShardedEvents:
    """`for event in ShardedEvents(connect, Shards("mail", 8)):` gives each event of all shards once, those of one shard in
    their order. It is as `Events` is; `position` is the positions of all shards, and `after` takes it.
    """

    def __init__(
        self,
        connect: Connect,
        shards: Shards,
        after: str | None = None,
        only: Sequence[str] = (),
        job: str | None = None,
        block: Duration = 5.0,
        codec: Codec = JSON,
    ) -> None:
        self._shards = shards
        self._all = FollowingAll(shards, after, lambda key, at: Following(key, codec, at, block, only, job))
        self._new_link: Callable[[], Link] = lambda: Link(connect, seconds(block) + READ_TIMEOUT)
        self._replies: SimpleQueue[tuple[_Reader, Any] | None] = SimpleQueue()
        self._is_closed = threading.Event()

    @property
    def position(self) -> str | None:
        """The ids of the events that were given last: what `after` of another reader begins behind."""
        return self._all.position

    @property
    def missed(self) -> int:
        """How many events this reader could not get, because they were not kept any more."""
        return self._all.missed

    def close(self) -> None:
        """Lets the iteration end."""
        self._is_closed.set()
        self._replies.put(None)

    def __iter__(self) -> Iterator[Event]:
        """Raises the error where waiting does not help: `NoPermission`, `WrongType`, `ModuleMissing`."""
        link = self._new_link()
        looked_at = 0.0
        try:
            self._begin(self._shards.count)
            while not self._is_closed.is_set():
                if time.monotonic() - looked_at > 2:
                    looked_at = time.monotonic()
                    [settings] = link.send([("JQ.CONFIG", raw(self._shards.key(0)))])
                    self._begin(0 if isinstance(settings, Exception) else shards_said(settings))
                received = self._replies.get()
                if received is None:
                    return
                reader, reply = received
                if isinstance(reply, Exception):
                    raise reply
                yield from reader.following.read(reply)
                reader.may_go_on.release()
        finally:
            self._is_closed.set()
            link.close()

    def _begin(self, count: int) -> None:
        for following in self._all.begun(count):
            reader = _Reader(following, self._new_link(), self._replies, self._is_closed)
            threading.Thread(target=reader.run, daemon=True).start()


class _Reader:
    """Reads one shard, and does not go on before what it has read was given."""

    def __init__(self, following: Following, link: Link, replies: SimpleQueue[Any], is_closed: threading.Event) -> None:
        self.following = following
        self.may_go_on = threading.Semaphore(0)
        self._link = link
        self._replies = replies
        self._is_closed = is_closed

    def run(self) -> None:
        waits = Waits()
        while not self._is_closed.is_set():
            [reply] = self._link.send([self.following.command()])
            if isinstance(reply, Exception) and passes(reply):
                self._is_closed.wait(waits.next())
                continue
            waits.reset()
            self._replies.put((self, reply))
            while not self.may_go_on.acquire(timeout=1) and not self._is_closed.is_set():
                pass
        self._link.close()

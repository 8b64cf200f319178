"""What happens in a queue of shards, for programs that use asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from ..actions import Waits
from ..connections import READ_TIMEOUT
from ..errors import passes
from ..following import Event, Following
from ..settings import seconds
from ..shards.following import FollowingAll
from ..shards.layout import Shards, shards_said
from ..values import JSON, Codec, Duration, raw
from .connections import Connect, Link


class ShardedEvents:
    """`async for event in ShardedEvents(connect, Shards("mail", 8)):` gives each event of all shards once, those of one shard
    in their order. It is as `Events` is; `position` is the positions of all shards, and `after` takes it.
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
        self._closed = asyncio.Event()

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
        self._closed.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Raises the error where waiting does not help: `NoPermission`, `WrongType`, `ModuleMissing`."""
        readers: list[_Reader] = []
        closed = asyncio.ensure_future(self._closed.wait())
        waiting: dict[asyncio.Task[Any], _Reader] = {}
        count = self._shards.count
        try:
            while not closed.done():
                new = [_Reader(following, self._new_link()) for following in self._all.begun(count)]
                readers += new
                waiting.update((asyncio.ensure_future(reader.reply()), reader) for reader in new)
                done, _ = await asyncio.wait([closed, *waiting], return_when=asyncio.FIRST_COMPLETED)
                for task in done & waiting.keys():
                    reader = waiting.pop(task)
                    for event in reader.events(task.result()):
                        yield event
                    waiting[asyncio.ensure_future(reader.reply())] = reader
                count = await self._count(readers[0])
        finally:
            for task in [closed, *waiting]:
                task.cancel()
            for reader in readers:
                await reader.link.close()

    async def _count(self, first: _Reader) -> int:
        """How many shards there are, asked every two seconds; 0 if that is not known now."""
        if time.monotonic() - first.looked_at < 2:
            return 0
        first.looked_at = time.monotonic()
        [settings] = await first.link.send([("JQ.CONFIG", raw(self._shards.key(0)))])
        return 0 if isinstance(settings, Exception) else shards_said(settings)


class _Reader:
    """Reads one shard, and does not go on before what it has read was given."""

    def __init__(self, following: Following, link: Link) -> None:
        self.link = link
        self.looked_at = 0.0
        self._following = following
        self._waits = Waits()

    async def reply(self) -> Any:
        """The next events, or the error, after a wait if it passes."""
        [reply] = await self.link.send([self._following.command()])
        if isinstance(reply, Exception) and passes(reply):
            await asyncio.sleep(self._waits.next())
        else:
            self._waits.reset()
        return reply

    def events(self, reply: Any) -> Iterator[Event]:
        """Those of a reply."""
        if not isinstance(reply, Exception):
            yield from self._following.read(reply)
        elif not passes(reply):
            raise reply

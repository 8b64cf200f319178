"""A queue of shards behind one face, whichever client it has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import redis_jq
import redis_jq.asyncio


class Producer:
    """A `ShardedQueue`, whose methods are called like those of threads, from one thread."""

    def __init__(self, flavour: str, connect: Callable[[], Any], name: str, shards: int) -> None:
        self._loop = asyncio.new_event_loop() if flavour == "asyncio" else None
        self.client = self._run(self._made(connect)) if self._loop else connect()
        kind: Any = redis_jq.asyncio.ShardedQueue if self._loop else redis_jq.ShardedQueue
        self.queue = kind(self.client, name, shards)

    async def _made(self, connect: Callable[[], Any]) -> Any:
        return connect()

    def _run(self, awaitable: Any) -> Any:
        assert self._loop is not None
        return self._loop.run_until_complete(awaitable)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.queue, name)
        return method if self._loop is None else lambda *args, **options: self._run(method(*args, **options))

    def close(self) -> None:
        """Ends its connections."""
        if self._loop is None:
            self.client.close()
        else:
            self._run(self.client.aclose())
            self._loop.close()

"""What is asked of several shards, step by step. Nothing here sends anything.

A plan is a generator. It yields calls that are to be sent at once, to whichever nodes they go, and gets a list: for each
what was read, or the error. `ShardedQueue` of threads and of asyncio drive it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from ..calls import Call, Key
from ..values import Codec
from ..waiting import Waiting
from .layout import Layout, Shards

T = TypeVar("T")
Plan = Generator[list[Call[Any]], list[Any], T]


class Sharding:
    """What a `ShardedQueue` knows of its queue: what its user has said, and once it was asked what the queue says."""

    def __init__(self, shards: Shards, codec: Codec) -> None:
        self.wanted = shards
        self.codec = codec
        self.layout: Layout | None = None


def all_of(calls: list[Call[T]]) -> Plan[list[T]]:
    """What all of them have read. Raises the first error."""
    replies = yield calls
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def one(call: Call[T]) -> Plan[T]:
    """What one call has read."""
    [reply] = yield from all_of([call])
    return reply


def waited(waiting: Waiting[T]) -> Plan[T]:
    """What a wait at one shard ends with."""
    reply: Any = None
    while True:
        try:
            call = waiting.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        reply = yield from one(call)


def asked(build: Callable[[Key], Call[T]]) -> Callable[[Key], Plan[T]]:
    """A call as a plan for one shard."""
    return lambda key: one(build(key))

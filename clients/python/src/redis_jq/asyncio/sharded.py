"""A queue of shards for programs that use asyncio."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError

from ..calls import RAW, Call
from ..errors import translated
from ..shards import adding, by_id, growing, overall
from ..shards.layout import Shards
from ..shards.plans import Plan, Sharding
from ..values import JSON, Codec
from .queue import Queue

if TYPE_CHECKING:
    from typing import Concatenate, ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")


def _done(build: Callable[Concatenate[Sharding, P], Plan[T]]) -> Callable[Concatenate[ShardedQueue, P], Coroutine[Any, Any, T]]:
    """The method that does what a plan says."""

    @functools.wraps(build)
    async def method(self: ShardedQueue, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._do(build(self._sharding, *args, **kwargs))

    return method


class ShardedQueue:
    """One queue over several keys, `name:0`, `name:1` and so on, which a cluster has on different nodes. Its methods are those
    of `Queue`, to be awaited; an id has one place, so that it is added once.

    `shards` says how many there are when the queue is made. Later what the queue itself says holds (see `grow`).
    """

    def __init__(self, client: Redis | RedisCluster, name: str, shards: int, codec: Codec = JSON) -> None:
        self._sharding = Sharding(Shards(name, shards), codec)
        self._client: Any = client  # redis-py leaves its execute_command without types

    async def _do(self, plan: Plan[T]) -> T:
        replies: Any = None
        while True:
            try:
                calls = plan.send(replies)
            except StopIteration as end:
                result: T = end.value
                return result
            replies = await self._sent(calls)

    async def _sent(self, calls: list[Call[Any]]) -> list[Any]:
        """For each call what was read, or the error."""
        try:
            if len(calls) == 1:
                return [calls[0].read(await self._client.execute_command(*calls[0].args, **RAW))]
            pipeline = self._client.pipeline(transaction=False)
            for call in calls:
                pipeline.execute_command(*call.args, **RAW)
            replies = await pipeline.execute(raise_on_error=False) if calls else []
        except RedisError as error:
            return [translated(error)] * len(calls)
        return [translated(reply) if isinstance(reply, Exception) else call.read(reply) for call, reply in zip(calls, replies)]

    async def shards(self) -> list[Queue]:
        """The queue of each shard: for what only one of them has, such as its own numbers."""
        layout = await self._do(growing.known(self._sharding))
        return [Queue(self._client, key.name, key.codec) for key in layout.keys]

    async def shard_of(self, id: str) -> int:
        """The number of the shard on which an id belongs."""
        return (await self._do(growing.known(self._sharding))).place(id)

    add = _done(adding.add)
    add_many = _done(adding.add_many)

    get = _done(by_id.get)
    explain = _done(by_id.explain)
    remove = _done(by_id.remove)
    cancel = _done(by_id.cancel)
    promote = _done(by_id.promote)
    retry = _done(by_id.retry)
    rerun = _done(by_id.rerun)
    change = _done(by_id.change)
    log = _done(by_id.log)
    logs = _done(by_id.logs)
    emit = _done(by_id.emit)
    schedule = _done(by_id.schedule)
    unschedule = _done(by_id.unschedule)
    batch = _done(by_id.batch)
    seal = _done(by_id.seal)
    forget = _done(by_id.forget)
    await_batch = _done(by_id.await_batch)
    await_job = _done(by_id.await_job)

    list = _done(overall.list_jobs)
    count = _done(overall.count)
    stats = _done(overall.stats)
    workers = _done(overall.workers)
    groups = _done(overall.groups)
    names = _done(overall.names)
    batches = _done(overall.batches)
    series = _done(overall.series)
    check = _done(overall.check)
    cancel_all = _done(overall.cancel_all)
    cancel_all_ids = _done(overall.cancel_all_ids)
    promote_all = _done(overall.promote_all)
    promote_all_ids = _done(overall.promote_all_ids)
    retry_all = _done(overall.retry_all)
    retry_all_ids = _done(overall.retry_all_ids)
    purge = _done(overall.purge)
    purge_ids = _done(overall.purge_ids)
    release_worker = _done(overall.release_worker)
    pause = _done(overall.pause)
    resume = _done(overall.resume)
    config = _done(overall.config)
    configure = _done(overall.configure)
    configure_group = _done(overall.configure_group)
    schedules = _done(overall.schedules)
    trim_events = _done(overall.trim_events)
    await_idle = _done(overall.await_idle)

    grow = _done(growing.grow)
    finish_growth = _done(growing.finish_growth)

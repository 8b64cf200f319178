"""A queue for programs that use threads, or nothing of the kind."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from redis import Redis, RedisCluster
from redis.exceptions import RedisError

from . import commands, waiting
from .calls import RAW, Call, Key
from .errors import translated
from .values import JSON, Codec
from .waiting import Waiting

if TYPE_CHECKING:
    from typing import Concatenate, ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")


def _sent(build: Callable[Concatenate[Key, P], Call[T]]) -> Callable[Concatenate[Queue, P], T]:
    """The method that sends what a function of `commands` builds."""

    @functools.wraps(build)
    def method(self: Queue, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._send(build(self.key, *args, **kwargs))

    return method


def _awaited(build: Callable[Concatenate[Key, P], Waiting[T]]) -> Callable[Concatenate[Queue, P], T]:
    """The method that sends what a function of `waiting` yields, until it returns."""

    @functools.wraps(build)
    def method(self: Queue, /, *args: P.args, **kwargs: P.kwargs) -> T:
        waiting = build(self.key, *args, **kwargs)
        reply: Any = None
        while True:
            try:
                call = waiting.send(reply)
            except StopIteration as end:
                result: T = end.value
                return result
            reply = self._send(call)

    return method


class Queue:
    """One queue, over a client of redis-py. Its methods are the commands of the manual."""

    def __init__(self, client: Redis | RedisCluster, name: str, codec: Codec = JSON) -> None:
        self.key = Key(name, codec)
        """The key of the queue, and how its payloads become bytes."""
        self._client: Any = client  # redis-py leaves its execute_command without types

    def _send(self, call: Call[T]) -> T:
        try:
            return call.read(self._client.execute_command(*call.args, **RAW))
        except RedisError as error:
            raise translated(error) from None

    add = _sent(commands.add)
    add_many = _sent(commands.add_many)
    get = _sent(commands.get)
    explain = _sent(commands.explain)
    list = _sent(commands.list_jobs)
    count = _sent(commands.count)
    stats = _sent(commands.stats)
    workers = _sent(commands.workers)
    groups = _sent(commands.groups)
    names = _sent(commands.names)
    series = _sent(commands.series)
    check = _sent(commands.check)
    remove = _sent(commands.remove)
    cancel = _sent(commands.cancel)
    cancel_all = _sent(commands.cancel_all)
    cancel_all_ids = _sent(commands.cancel_all_ids)
    promote = _sent(commands.promote)
    promote_all = _sent(commands.promote_all)
    promote_all_ids = _sent(commands.promote_all_ids)
    retry = _sent(commands.retry)
    retry_all = _sent(commands.retry_all)
    retry_all_ids = _sent(commands.retry_all_ids)
    rerun = _sent(commands.rerun)
    release_worker = _sent(commands.release_worker)
    change = _sent(commands.change)
    purge = _sent(commands.purge)
    purge_ids = _sent(commands.purge_ids)
    pause = _sent(commands.pause)
    resume = _sent(commands.resume)
    config = _sent(commands.config)
    configure = _sent(commands.configure)
    group = _sent(commands.group)
    configure_group = _sent(commands.configure_group)
    schedule = _sent(commands.schedule)
    unschedule = _sent(commands.unschedule)
    schedules = _sent(commands.schedules)
    on_expire = _sent(commands.on_expire)
    on_expire_off = _sent(commands.on_expire_off)
    on_expires = _sent(commands.on_expires)
    batch = _sent(commands.batch)
    batches = _sent(commands.batches)
    seal = _sent(commands.seal)
    forget = _sent(commands.forget)
    log = _sent(commands.log)
    logs = _sent(commands.logs)
    emit = _sent(commands.emit)
    trim_events = _sent(commands.trim_events)
    call = _sent(commands.raw_call)

    await_batch = _awaited(waiting.await_batch)
    await_job = _awaited(waiting.await_job)
    await_idle = _awaited(waiting.await_idle)

"""What concerns all jobs of a queue of shards: sums, pages of one shard after the other, settings. No I/O."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from .. import commands, waiting
from ..calls import Call, Key, Page
from ..options import AllOptions, ListOptions, MoveOptions, PurgeOptions, Selectors
from ..values import Duration, Record, milliseconds
from .growing import known, renewed
from .plans import Plan, Sharding, all_of, one, waited

if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Unpack

T = TypeVar("T")
_ROUND = 1000


def _each(sharding: Sharding, build: Callable[[Key], Call[T]]) -> Plan[list[T]]:
    yield from renewed(sharding)
    layout = yield from known(sharding)
    return (yield from all_of([build(key) for key in layout.keys]))


# -- numbers


def count(sharding: Sharding, state: str, **options: Unpack[Selectors]) -> Plan[int]:
    """How many jobs of a state there are. Raises `Refused` for selectors that no counter knows."""
    return sum((yield from _each(sharding, lambda key: commands.count(key, state, **options))))


def stats(sharding: Sharding) -> Plan[Record]:
    """The numbers of all shards: their sums; of times (`wait-ms-p95` and so on) those of the worst shard, of `next-due-ms` the
    first one. `paused` is 1 if a shard is.
    """
    found = yield from _each(sharding, commands.stats)
    names = dict.fromkeys(name for numbers in found for name in numbers)
    return Record((name, _combined(name, [numbers[name] for numbers in found if name in numbers])) for name in names)


def _combined(name: str, values: list[int]) -> int:
    if name == "next-due-ms":
        return min((value for value in values if value >= 0), default=-1)
    if name == "paused-until" and -1 in values:
        return -1
    is_worst = name.startswith(("paused", "wait-ms-", "run-ms-", "oldest-"))
    return max(values) if is_worst else sum(values)


def series(sharding: Sharding, minutes: int = 60) -> Plan[list[tuple[int, int, int, int]]]:
    """What happened in each of the last minutes: its beginning (Unix ms), jobs added, completed and failed."""
    sums: dict[int, list[int]] = {}
    for rows in (yield from _each(sharding, lambda key: commands.series(key, minutes))):
        for minute, *numbers in rows:
            sums[minute] = [one + other for one, other in zip(sums.get(minute, [0, 0, 0]), numbers)]
    return [(minute, *map(int, sums[minute])) for minute in sorted(sums)]  # type: ignore[misc]


def check(sharding: Sharding) -> Plan[list[str]]:
    """What a recount of everything finds wrong, behind the key of the shard: nothing, if the queue is sound."""
    found = yield from _each(sharding, commands.check)
    assert sharding.layout is not None
    return [f"{key.name}: {said}" for key, all_said in zip(sharding.layout.keys, found) for said in all_said]


# -- pages


def _pages(sharding: Sharding, build: Callable[[Key, int, str], Call[Page]], count: int, cursor: str) -> Plan[Page]:
    """A cursor is the number of a shard, and the cursor there."""
    layout = yield from known(sharding)
    first, _, inner = cursor.partition(":")
    items: list[Any] = []
    for number in range(int(first), layout.shards.count):
        page = yield from one(build(layout.key(number), count - len(items), inner or "0"))
        items += page.items
        if page.cursor != "0":
            return Page(f"{number}:{page.cursor}", items)
        if len(items) >= count and number + 1 < layout.shards.count:
            return Page(f"{number + 1}:0", items)
        inner = "0"
    return Page("0", items)


def list_jobs(sharding: Sharding, state: str, **options: Unpack[ListOptions]) -> Plan[Page]:
    """A page of the jobs of a state, shard after shard: their ids, with `payload` pairs of id and payload, with `full` records.

    Raises `ValueError` for `skip`, which would mean so many of one shard.
    """
    if options.get("skip"):
        raise ValueError("a listing of shards cannot skip: go on from its cursor")
    given: Any = {name: value for name, value in options.items() if name not in ("count", "cursor")}

    def build(key: Key, count: int, cursor: str) -> Call[Page]:
        return commands.list_jobs(key, state, **given, count=count, cursor=cursor)

    return _pages(sharding, build, options.get("count", 10), options.get("cursor", "0"))


def workers(sharding: Sharding, count: int = 100, cursor: str = "0") -> Plan[Page]:
    """A page of the workers, as records: one for each shard from which a worker claims."""
    return _pages(sharding, commands.workers, count, cursor)


def groups(sharding: Sharding, count: int = 100, cursor: str = "0") -> Plan[Page]:
    """A page of the groups, as records: one for each shard that has jobs of a group."""
    return _pages(sharding, commands.groups, count, cursor)


def names(sharding: Sharding, count: int = 100, cursor: str = "0") -> Plan[Page]:
    """A page of the names of jobs, as records: one for each shard that has such jobs."""
    return _pages(sharding, commands.names, count, cursor)


def batches(sharding: Sharding, count: int = 100, cursor: str = "0") -> Plan[Page]:
    """A page of the batches: pairs of a name and its record."""
    return _pages(sharding, commands.batches, count, cursor)


# -- many jobs


def _changed(
    sharding: Sharding, options: Mapping[str, Any], build: Callable[..., Call[T]], some: Callable[[list[T]], T]
) -> Plan[T]:
    """Shard after shard, until `count` jobs were changed. `some` puts together what is said of each shard."""
    yield from renewed(sharding)
    layout = yield from known(sharding)
    left: int = options.get("count") or _ROUND
    said: list[T] = []
    for key in layout.keys:
        done = yield from one(build(key, **{**options, "count": left}))
        said.append(done)
        left -= done if isinstance(done, int) else len(done)  # type: ignore[arg-type]
        if left <= 0:
            break
    return some(said)


def _ids(said: list[list[str]]) -> list[str]:
    return [id for some in said for id in some]


def cancel_all(sharding: Sharding, **options: Unpack[AllOptions]) -> Plan[int]:
    """Cancels the jobs that are selected, at most `count`: how many. Call again until it says 0."""
    return _changed(sharding, options, commands.cancel_all, sum)


def cancel_all_ids(sharding: Sharding, **options: Unpack[AllOptions]) -> Plan[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return _changed(sharding, options, commands.cancel_all_ids, _ids)


def promote_all(sharding: Sharding, **options: Unpack[MoveOptions]) -> Plan[int]:
    """Lets the delayed jobs that are selected start now: how many. Call again until it says 0."""
    return _changed(sharding, options, commands.promote_all, sum)


def promote_all_ids(sharding: Sharding, **options: Unpack[MoveOptions]) -> Plan[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return _changed(sharding, options, commands.promote_all_ids, _ids)


def retry_all(sharding: Sharding, **options: Unpack[MoveOptions]) -> Plan[int]:
    """Gives the failed jobs that are selected fresh attempts: how many. Call again until it says 0."""
    return _changed(sharding, options, commands.retry_all, sum)


def retry_all_ids(sharding: Sharding, **options: Unpack[MoveOptions]) -> Plan[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return _changed(sharding, options, commands.retry_all_ids, _ids)


def purge(sharding: Sharding, state: str, **options: Unpack[PurgeOptions]) -> Plan[int]:
    """Removes records or remembered ids, or cancels jobs of a state: how many. Call again until it says 0."""
    return _changed(sharding, options, partial(commands.purge, state=state), sum)


def purge_ids(sharding: Sharding, state: str, **options: Unpack[PurgeOptions]) -> Plan[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return _changed(sharding, options, partial(commands.purge_ids, state=state), _ids)


def release_worker(sharding: Sharding, name: str) -> Plan[int]:
    """Hands back all jobs that a worker holds, because it is known to be gone: how many."""
    return sum((yield from _each(sharding, lambda key: commands.release_worker(key, name))))


# -- settings


def pause(sharding: Sharding, group: str | None = None, duration: Duration | None = None) -> Plan[int]:
    """Stops the claims of the queue, or of one group, until `resume` or for a while: 1, or 0 if it was so before."""
    return max((yield from _each(sharding, lambda key: commands.pause(key, group, duration))))


def resume(sharding: Sharding, group: str | None = None, only: Literal["pause", "for"] | None = None) -> Plan[int]:
    """Ends the pauses of the queue or of one group, or only that kind: 1, or 0 if there was none."""
    return max((yield from _each(sharding, lambda key: commands.resume(key, group, only))))


def config(sharding: Sharding) -> Plan[Record]:
    """The settings of the first shard, in the notation of the manual."""
    layout = yield from known(sharding)
    return (yield from one(commands.config(layout.key(0))))


def configure(sharding: Sharding, settings: Mapping[str, str | int]) -> Plan[None]:
    """Changes settings of all shards. A limit holds for each of them, not for their sum."""
    yield from _each(sharding, lambda key: commands.configure(key, settings))


def configure_group(sharding: Sharding, name: str, settings: Mapping[str, str | int]) -> Plan[None]:
    """Changes the limits of one group on all shards. They hold for each of them."""
    yield from _each(sharding, lambda key: commands.configure_group(key, name, settings))


def schedules(sharding: Sharding) -> Plan[list[Record]]:
    """The schedules of the queue."""
    found = yield from _each(sharding, commands.schedules)
    return [schedule for some in found for schedule in some]


def trim_events(sharding: Sharding, keep: int) -> Plan[int]:
    """Drops the oldest events of each shard until it has `keep`: how many were dropped."""
    return sum((yield from _each(sharding, lambda key: commands.trim_events(key, keep))))


def await_idle(sharding: Sharding, timeout: Duration | None = None) -> Plan[int]:
    """Waits until no job is active, or the time is over: how many are."""
    layout = yield from known(sharding)
    deadline = math.inf if timeout is None else time.monotonic() + milliseconds(timeout) / 1000
    while True:
        for key in layout.keys:
            left = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
            yield from waited(waiting.await_idle(key, left))
        active = sum((yield from all_of([commands.count(key, "active") for key in layout.keys])))
        if not active or time.monotonic() >= deadline:
            return active

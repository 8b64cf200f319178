"""What concerns one job, schedule or batch of a queue of shards, by its id or name. No I/O.

While a queue grows, what is unknown at its new place is asked for at its old one. And before anything counts as unknown the
first shard is asked whether the queue has grown meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .. import commands, waiting
from ..calls import Call, Key
from ..options import ChangeOptions, FieldOptions, ScheduleOptions
from ..values import Duration, Record
from ..waiting import Ended
from .growing import known, renewed, settled
from .layout import Layout
from .plans import Plan, Sharding, all_of, asked, one, waited

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")
_UNKNOWN: tuple[Any, ...] = (None, -1, [])


def _found(sharding: Sharding, id: str, ask: Callable[[Key], Plan[T]]) -> Plan[T]:
    layout = yield from known(sharding)
    while True:
        for place in layout.places(id):
            answer = yield from ask(layout.key(place))
            if answer not in _UNKNOWN:
                return answer
        if not (yield from renewed(sharding)):
            return answer
        layout = yield from known(sharding)


def _found_all(sharding: Sharding, ids: tuple[str, ...], build: Callable[..., Call[list[int]]]) -> Plan[list[int]]:
    answers = dict.fromkeys(range(len(ids)), -1)
    layout = yield from known(sharding)
    while True:
        for turn in (0, 1):
            by_place: dict[int, list[int]] = {}
            for number, answer in answers.items():
                places = layout.places(ids[number])
                if answer == -1 and turn < len(places):
                    by_place.setdefault(places[turn], []).append(number)
            calls = [build(layout.key(place), *(ids[n] for n in numbers)) for place, numbers in by_place.items()]
            replies = (yield from all_of(calls)) if calls else []
            for numbers, reply in zip(by_place.values(), replies):
                answers.update(zip(numbers, reply))
        if -1 not in answers.values() or not (yield from renewed(sharding)):
            return list(answers.values())
        layout = yield from known(sharding)


def get(sharding: Sharding, id: str) -> Plan[Record | None]:
    """All that is known of a job or record; None if its id is unknown."""
    return _found(sharding, id, asked(lambda key: commands.get(key, id)))


def explain(sharding: Sharding, id: str) -> Plan[Record | None]:
    """Why a job is not running, and what will change that; None if the id is unknown."""
    return _found(sharding, id, asked(lambda key: commands.explain(key, id)))


def remove(sharding: Sharding, *ids: str) -> Plan[list[int]]:
    """Removes jobs that are not active, records, and remembered ids: 1 done, 0 active, -1 unknown, for each."""
    return _found_all(sharding, ids, commands.remove)


def cancel(sharding: Sharding, *ids: str) -> Plan[list[int]]:
    """Cancels jobs: 1 done (of an active job its worker learns it), 0 it has ended, -1 unknown, for each."""
    return _found_all(sharding, ids, commands.cancel)


def promote(sharding: Sharding, *ids: str, delay: Duration | None = None, front: bool = False) -> Plan[list[int]]:
    """Lets delayed jobs and those on hold start now, or after `delay`: 1 done, 0 it is neither, -1 unknown, for each."""
    return _found_all(sharding, ids, lambda key, *some: commands.promote(key, *some, delay=delay, front=front))


def retry(sharding: Sharding, *ids: str, front: bool = False, **options: Unpack[FieldOptions]) -> Plan[list[int]]:
    """Gives failed jobs fresh attempts: 1 done, 0 it has not failed, -1 unknown, for each."""
    return _found_all(sharding, ids, lambda key, *some: commands.retry(key, *some, front=front, **options))


def rerun(sharding: Sharding, *ids: str, front: bool = False, **options: Unpack[FieldOptions]) -> Plan[list[int]]:
    """Lets completed jobs run once more: 1 done, 0 it was not completed, -1 unknown, for each."""
    return _found_all(sharding, ids, lambda key, *some: commands.rerun(key, *some, front=front, **options))


def change(
    sharding: Sharding,
    id: str,
    payload: Any = commands.UNCHANGED,
    progress: Any = commands.UNCHANGED,
    **options: Unpack[ChangeOptions],
) -> Plan[int]:
    """Changes a job: 1 done, 0 its state does not allow it, -1 unknown."""
    return _found(sharding, id, asked(lambda key: commands.change(key, id, payload, progress, **options)))


def log(sharding: Sharding, id: str, *lines: str) -> Plan[int]:
    """Appends lines to the log of a job: how many it has had, -1 if there is no such job. Sent again, they are there twice."""
    return _found(sharding, id, asked(lambda key: commands.log(key, id, *lines)))


def logs(sharding: Sharding, id: str, skip: int = 0, count: int = 100, rev: bool = False) -> Plan[list[str]]:
    """Lines of the log of a job, the oldest first, with `rev` the newest; none if there is no job."""
    return _found(sharding, id, asked(lambda key: commands.logs(key, id, skip, count, rev)))


def emit(sharding: Sharding, event: str, id: str, fields: Mapping[str, str | bytes] | None = None) -> Plan[str | None]:
    """Puts an event of yours about a job among those of its shard: its id; None if that keeps no events."""
    layout = yield from known(sharding)
    return (yield from one(commands.emit(layout.key(layout.place(id)), event, id, fields)))


def await_job(sharding: Sharding, id: str, timeout: Duration | None = None) -> Plan[Ended | None]:
    """Waits until the job has no life left, or the time is over; None if its id is unknown."""
    return _found(sharding, id, lambda key: waited(waiting.await_job(key, id, timeout)))


# -- schedules


def schedule(sharding: Sharding, name: str, payload: Any, /, **options: Unpack[ScheduleOptions]) -> Plan[int | None]:
    """Sets a schedule on the shard of its name, where its jobs are, too, whatever their ids: the instant of its next tick
    (Unix ms), None if there is none. To set the same again changes nothing.
    """
    layout = yield from settled(sharding)
    place, *old = layout.places(name)
    tick = yield from one(commands.schedule(layout.key(place), name, payload, **options))
    yield from all_of([commands.unschedule(layout.key(each), name) for each in old])
    return tick


def unschedule(sharding: Sharding, name: str) -> Plan[int]:
    """Removes a schedule: 1, or 0 if there is none."""
    layout = yield from settled(sharding)
    removed = yield from all_of([commands.unschedule(layout.key(each), name) for each in layout.places(name)])
    return max(removed)


# -- batches


def batch(sharding: Sharding, name: str) -> Plan[Record | None]:
    """The exact numbers of a batch; None if it is unknown."""
    return (yield from one(commands.batch((yield from _batch_key(sharding, name)), name)))


def seal(sharding: Sharding, batch: str) -> Plan[int]:
    """Lets a batch take no more members: 1, or 0 if it was sealed before."""
    return (yield from one(commands.seal((yield from _batch_key(sharding, batch)), batch)))


def forget(sharding: Sharding, batch: str) -> Plan[int]:
    """Removes a batch: 1, or 0 if it is unknown or something waits for it."""
    return (yield from one(commands.forget((yield from _batch_key(sharding, batch)), batch)))


def await_batch(sharding: Sharding, batch: str, timeout: Duration | None = None) -> Plan[Record | None]:
    """Waits until the batch is sealed and nothing of it is pending, or the time is over: its numbers; None if it is unknown."""
    key = yield from _batch_key(sharding, batch)
    return (yield from waited(waiting.await_batch(key, batch, timeout)))


def _batch_key(sharding: Sharding, name: str) -> Plan[Key]:
    """The shard of a batch: its old one, if that knows it."""
    yield from renewed(sharding)
    layout: Layout = yield from known(sharding)
    place, *old = layout.places(name)
    for each in old:
        if (yield from one(commands.batch(layout.key(each), name))) is not None:
            return layout.key(each)
    return layout.key(place)

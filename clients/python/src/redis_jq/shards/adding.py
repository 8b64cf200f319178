"""How jobs are added to a queue of shards. No I/O.

While a queue grows from n shards to m, an id that has moved is first added to its old place, as one of n. If that place
knows the id, its answer counts. Else it refuses the id, now and ever after, and the job is added to its new place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import commands
from ..calls import Added, Call, NewJob, new_id
from ..errors import WrongShards
from ..options import AddOptions
from ..values import raw, text
from .growing import known, settled
from .layout import Layout
from .placement import counted
from .plans import Plan, Sharding, all_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

_TRIES = 10


def add(sharding: Sharding, payload: Any, id: str | None = None, **options: Unpack[AddOptions]) -> Plan[Added]:
    """Adds a job to the shard of its id. Without an id it gets a UUIDv7, behind the tag of its batch if it has one."""
    [added] = yield from add_many(sharding, [NewJob(payload, id, options)])
    return added


def add_many(sharding: Sharding, jobs: Iterable[NewJob], **options: Unpack[AddOptions]) -> Plan[list[Added]]:
    """Adds jobs, those of one shard all or none: up to 10,000 for each shard. The options hold for all; those of a `NewJob`
    go before them. If it fails add them again under the same ids.

    Raises `ValueError` if a batch that a job names is on another shard than its id.
    """
    given = list(jobs)
    merged: list[AddOptions] = [{**options, **job.options} for job in given]
    named = [job if job.id is not None else replace(job, id=_new_id(own)) for job, own in zip(given, merged)]
    added: dict[int, Added] = {}
    layout = yield from known(sharding)
    for _ in range(_TRIES):
        left = [number for number in range(len(given)) if number not in added]
        if not left:
            return [_told(job, added[number]) for number, job in enumerate(given)]
        yield from _check_batches(layout, [(named[number], merged[number]) for number in left])
        moved = [number for number in left if given[number].id is not None and len(_places(layout, named[number])) > 1]
        yield from _add_moved(layout, [(number, named[number], merged[number]) for number in moved], added)
        yield from _add_in_place(layout, [(number, named[number]) for number in left if number not in added], options, added)
        if len(added) < len(given):
            layout = yield from settled(sharding)
    raise WrongShards(f"JQSHARDS the shards of {layout.shards.name} do not agree on how many they are")


def _add_moved(layout: Layout, jobs: list[tuple[int, NewJob, AddOptions]], added: dict[int, Added]) -> Plan[None]:
    """One by one: an id that is unknown would refuse those beside it."""
    calls: list[Call[Any]] = []
    for _, job, options in jobs:
        old = layout.key(_places(layout, job)[1])
        calls.append(commands.add(old, job.payload, job.id, **options, shards=layout.before))
    replies = (yield calls) if calls else []
    _keep(added, [([number], reply if isinstance(reply, Exception) else [reply]) for (number, *_), reply in zip(jobs, replies)])


def _add_in_place(layout: Layout, jobs: list[tuple[int, NewJob]], options: AddOptions, added: dict[int, Added]) -> Plan[None]:
    by_place: dict[int, list[tuple[int, NewJob]]] = {}
    for number, job in jobs:
        by_place.setdefault(_places(layout, job)[0], []).append((number, job))
    calls = [_add_group(layout, place, [job for _, job in group], options) for place, group in by_place.items()]
    replies = (yield calls) if calls else []
    _keep(added, [([number for number, _ in group], reply) for group, reply in zip(by_place.values(), replies)])


def _add_group(layout: Layout, place: int, jobs: list[NewJob], options: AddOptions) -> Call[Any]:
    key, shards = layout.key(place), layout.shards.count
    if len(jobs) > 1:
        return commands.add_many(key, jobs, **options, shards=shards)
    [job] = jobs
    merged: AddOptions = {**options, **job.options}
    one = commands.add(key, job.payload, job.id, **merged, shards=shards)
    return Call(one.args, lambda reply: [one.read(reply)])


def _keep(added: dict[int, Added], replies: list[tuple[list[int], Any]]) -> None:
    """Keeps what was added. What was refused for the number of shards is tried again; other errors are raised."""
    errors = [reply for _, reply in replies if isinstance(reply, Exception) and not isinstance(reply, WrongShards)]
    if errors:
        raise errors[0]
    for numbers, reply in replies:
        if not isinstance(reply, Exception):
            added.update(zip(numbers, reply))


def _places(layout: Layout, job: NewJob) -> list[int]:
    assert job.id is not None
    return layout.places(job.id)


def _told(job: NewJob, added: Added) -> Added:
    """An id that was made here and is known was added by a command that was sent twice."""
    is_repeat = job.id is None and added.outcome == "duplicate"
    return added._replace(outcome="added") if is_repeat else added


# -- batches


def _batches(options: Mapping[str, Any]) -> list[str]:
    return [options[word] for word in ("batch", "after", "afterok") if options.get(word) is not None]


def _new_id(options: AddOptions) -> str:
    batches = _batches(options)
    return f"{{{text(counted(raw(batches[0])))}}}:{new_id()}" if batches else new_id()


def _check_batches(layout: Layout, jobs: list[tuple[NewJob, AddOptions]]) -> Plan[None]:
    """A job must be on the shard of the batches that it names, and stay there when the queue grows."""
    names: set[str] = set()
    for job, options in jobs:
        for name in _batches(options):
            names.add(name)
            assert job.id is not None
            tag = counted(raw(name))
            if counted(raw(job.id)) != tag:
                raise ValueError(
                    f"the job {job.id!r} has not the tag of the batch {name!r}, which puts both on one shard: "
                    f"begin its id with {{{text(tag)}}}, or give none"
                )
    moved = [name for name in names if len(layout.places(name)) > 1]
    if moved:
        begun = yield from all_of([commands.batch(layout.key(layout.places(name)[1]), name) for name in moved])
        for name, batch in zip(moved, begun):
            if batch is not None:
                raise ValueError(f"the batch {name!r} was begun before the queue grew: it takes no more members")

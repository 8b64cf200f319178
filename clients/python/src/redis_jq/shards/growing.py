"""How many shards a queue has: what its keys say of it, and how they come to say it. No I/O.

Each key has two settings, `shards` and `shards-before`. From the moment a key says m, it takes no id that it does not know
from a producer that counts on n; so an id is added once, whoever counts on what, if nobody begins to count on m before
every key says m. Whoever meets a key that does not say it yet raises it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import commands
from ..calls import Call, Key
from ..errors import Refused
from ..values import Record
from .layout import Layout, Shards
from .plans import Plan, Sharding, all_of, one


def known(sharding: Sharding) -> Plan[Layout]:
    """The layout as it was read last."""
    return sharding.layout or (yield from settled(sharding))


def settled(sharding: Sharding) -> Plan[Layout]:
    """The layout as all keys say it, those that did not say it yet included.

    It is what the queue says, if it says anything, and else what its user has said. The first key is set last, because
    others look there. A key that is new, as after a DEL, gets the settings of the others.
    """
    name, codec = sharding.wanted.name, sharding.codec
    count = (yield from _said(sharding)) or sharding.wanted.count
    while True:
        layout = Layout(Shards(name, count), 0, codec)
        settings = yield from all_of([commands.config(key) for key in layout.keys])
        count = max(count, *(each.shards for each in settings))
        before = max((each.shards_before for each in settings if each.shards == count), default=0)
        if count > layout.shards.count:
            continue
        model = next((each for each in settings if each.shards == count), Record())
        low = [(key, model if each.shards == 0 else Record()) for key, each in zip(layout.keys, settings) if each.shards < count]
        if not low:
            sharding.layout = Layout(Shards(name, count), before, codec)
            return sharding.layout
        raised = [_says(key, count, before, settings) for key, settings in reversed(low)]
        yield from _set_first_last(raised, low[0][0] == layout.key(0))


def _said(sharding: Sharding) -> Plan[int]:
    """What the first key says, or any if that one is new; 0 if none says anything."""
    keys = Layout(sharding.wanted, 0, sharding.codec).keys
    first = yield from one(commands.config(keys[0]))
    if first.shards is None:
        raise Refused("ERR the module of this server is older than shards: upgrade it on all nodes")
    said = [first] if first.shards else (yield from all_of([commands.config(key) for key in keys]))
    return max(int(each["shards"]) for each in said)


def renewed(sharding: Sharding) -> Plan[bool]:
    """Reads what the first key says: whether that is news."""
    layout = yield from known(sharding)
    said = yield from one(commands.config(layout.key(0)))
    if (said.shards, said.shards_before) == (layout.shards.count, layout.before):
        return False
    return (yield from settled(sharding)) != layout


def grow(sharding: Sharding, shards: int) -> Plan[None]:
    """Gives the queue more shards, with the settings of its first one, while producers and workers go on.

    Each asks the old place of an id, too, until `finish_growth`. If it fails half way call it again, or leave it to the
    next `ShardedQueue` of this queue. Pauses and the limits of single groups are not taken over. Raises `ValueError` for
    fewer shards than there are, and where the growth before has not been finished.
    """
    layout = yield from settled(sharding)
    count = layout.shards.count
    if shards == count:
        return
    if shards < count:
        raise ValueError(f"{layout.shards.name} has {count} shards, and a queue does not shrink: drain it into another one")
    if layout.before:
        raise ValueError(f"{layout.shards.name} grew from {layout.before} to {count} shards: call finish_growth first")
    grown = Layout(Shards(layout.shards.name, shards), count, layout.codec)
    settings = yield from one(commands.config(layout.key(0)))
    yield from all_of([_says(key, shards, count, settings) for key in grown.keys[count:]])
    first, *others = [_says(key, shards, count, {}) for key in layout.keys]
    yield from one(first)
    yield from all_of(others)
    sharding.layout = grown


def finish_growth(sharding: Sharding) -> Plan[None]:
    """Ends the growth: ids are asked for at their new places alone, which saves a request for each that has moved.

    Call it when the old places know no id any more that matters: after the longest dedup window, record and delay. What
    they still refuse would be added a second time. Raises `ValueError` as long as a schedule stands where it would not be
    looked for.
    """
    layout = yield from settled(sharding)
    if not layout.before:
        return
    schedules = yield from all_of([commands.schedules(key) for key in layout.keys])
    for number, found in enumerate(schedules):
        for schedule in found:
            if layout.place(schedule.name) != number:
                raise ValueError(f"set the schedule {schedule.name!r} again, or unschedule it: it is on an old shard")
    done = [commands.configure(key, {"shards-before": 0}) for key in reversed(layout.keys)]
    yield from _set_first_last(done, True)
    sharding.layout = Layout(layout.shards, 0, layout.codec)


def _says(key: Key, shards: int, before: int, settings: Mapping[str, Any]) -> Call[None]:
    return commands.configure(key, {**settings, "shards": shards, "shards-before": before})


def _set_first_last(calls: list[Call[None]], has_first: bool) -> Plan[None]:
    last = calls[-1:] if has_first else []
    yield from all_of(calls[: len(calls) - len(last)])
    yield from all_of(last)

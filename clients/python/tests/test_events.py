"""Scenarios of readers of events."""

from __future__ import annotations

import asyncio
from typing import Any

import redis_jq.asyncio
from redis_jq import Event, Events, NewJob, Queue

from .harness.proxy import Proxy
from .harness.server import Server


def read(flavour: str, url: str, count: int, after: str | None = None) -> tuple[list[Event], Any]:
    """So many events, and the reader."""
    events: list[Event] = []
    if flavour == "threads":
        reader = Events(url, "q", after)
        for event in reader:
            events.append(event)
            if len(events) == count:
                break
        return events, reader

    async def main() -> Any:
        reader = redis_jq.asyncio.Events(url, "q", after)
        async for event in reader:
            events.append(event)
            if len(events) == count:
                break
        return reader

    return events, asyncio.run(main())


def test_events_resumed(server: Server, queue: Queue, flavour: str) -> None:
    queue.configure({"events-max": 1000})
    queue.add_many(NewJob(n, id=str(n)) for n in range(20))
    first, reader = read(flavour, server.url, 7)
    assert reader.missed == 0 and reader.position == first[-1].id
    proxy = Proxy(server.port)
    proxy.cut(lambda request: b"JQ.EVENTS" in request, 100)
    second, reader = read(flavour, proxy.url, 13, reader.position)
    proxy.stop()
    assert proxy.cut_of is not None
    assert [event.job for event in first + second] == [str(n) for n in range(20)]
    assert {(event.name, event.fields.to) for event in first} == {("added", "waiting")}
    queue.add_many(NewJob(n, id=str(n)) for n in range(20, 40))
    queue.trim_events(5)
    third, late = read(flavour, server.url, 5, reader.position)
    assert [event.job for event in third] == [str(n) for n in range(35, 40)] and late.missed == 15

"""Scenarios about connections and servers that break."""

from __future__ import annotations

from collections import Counter
from typing import Any, Callable, Iterator

import pytest

from redis_jq import NewJob, Queue, routines

from .harness.proxy import Proxy
from .harness.server import Server, until


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy before the shared server."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.stop()


def is_claim(request: bytes) -> bool:
    return b"JQ.CLAIM" in request and b"BLOCK" in request


def is_ack(request: bytes) -> bool:
    return b"JQ.ACK" in request


# What is cut, the queues of a worker that sends it, and how many jobs are added for each cut.
CUTS: dict[str, tuple[Callable[[bytes], bool], Any, int]] = {
    "CLAIM": (is_claim, "q", 1),
    "ACK": (is_ack, {"q": 1}, 1),
    "ACK_NEXT": (is_ack, "q", 2),
}


@pytest.mark.parametrize("what", CUTS)
def test_connection_cut(
    server: Server, queue: Queue, proxy: Proxy, work: Any, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, queues, jobs = CUTS[what]
    monkeypatch.setattr(routines, "FIRST_WAIT", 0.002)
    handled: Counter[str] = Counter()

    async def handle(job: Any, _tools: Any) -> None:
        assert job.attempt == 1
        handled[job.id] += 1

    worker = work(proxy.url, queues, handle, concurrency=1, lease=60)
    added = cuts = 0

    def add(count: int) -> None:
        nonlocal added
        queue.add_many(NewJob(None) for _ in range(count))
        added += count
        until(lambda: worker.seen.count["completed"] == added, f"cut at {cuts}", 5)

    while proxy.cut_of is None or cuts <= proxy.cut_of:
        proxy.cut(wanted, cuts)
        add(jobs)
        until(lambda: proxy.cut_of is not None, "nothing was cut")
        add(1)  # one that goes well: the next error is a first one again
        cuts += 1
    assert cuts > {"CLAIM": 200, "ACK": 4, "ACK_NEXT": 200}[what]
    assert set(handled.values()) == {1} and len(handled) == added == queue.stats()["acks"]
    assert not worker.seen.of("lost") and queue.stats()["losses"] == 0
    worker.stop()

"""Scenarios about connections and servers that break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from redis_jq import NewJob, Queue, actions

from .harness.proxy import Proxy
from .harness.server import Server, until


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy before the shared server."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.stop()


def test_server_killed(private_server: Any, work: Any) -> None:
    server = private_server("--appendonly", "yes", "--appendfsync", "always")
    queue = Queue(server.client(), "q")
    queue.add_many(NewJob(n, id=str(n)) for n in range(400))
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.02)
        handled[job.id] += 1

    worker = work(server.url, "q", handle, concurrency=10)
    until(lambda: len(handled) > 100, "nothing is handled")
    server.kill()
    until(lambda: worker.seen.count["error"] > 5, "the worker has not noticed")
    server.restart()
    until(lambda: worker.seen.count["completed"] == 400, "a job was lost", 60)
    assert set(handled.values()) == {1} and len(handled) == 400
    assert not worker.seen.of("lost") and queue.stats()["losses"] == 0 and queue.check() == []
    worker.stop()


def is_claim(request: bytes) -> bool:
    return b"JQ.CLAIM" in request and b"BLOCK" in request


def is_ack(request: bytes) -> bool:
    return b"JQ.ACK" in request


# What is cut, the queues of a worker that sends it, how many jobs are added for each cut, and the step from cut to cut:
# of the long replies the two workers take every other byte each, since what follows a cut is the same code.
CUTS: dict[str, tuple[Callable[[bytes], bool], Any, int, int]] = {
    "CLAIM": (is_claim, "q", 1, 2),
    "ACK": (is_ack, {"q": 1}, 1, 1),
    "ACK_NEXT": (is_ack, "q", 2, 2),
}


@pytest.mark.parametrize("what", CUTS)
def test_connection_cut(
    server: Server, queue: Queue, proxy: Proxy, work: Any, flavour: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, queues, jobs, step = CUTS[what]
    monkeypatch.setattr(actions, "FIRST_WAIT", 0.002)
    handled: Counter[str] = Counter()

    async def handle(job: Any, _tools: Any) -> None:
        assert job.attempt == 1
        handled[job.id] += 1

    worker = work(proxy.url, queues, handle, concurrency=1, lease=60)
    added = 0
    cut = 0 if flavour == "threads" else step - 1

    def add(count: int) -> None:
        nonlocal added
        dedup = 0 if cut % 4 < 2 else 60  # with 0 the ACK that is sent again finds no trace of the job
        queue.add_many((NewJob(None) for _ in range(count)), dedup=dedup)
        added += count
        until(lambda: worker.seen.count["completed"] == added, f"cut at {cut}")

    while proxy.cut_of is None or cut <= proxy.cut_of:
        proxy.cut(wanted, cut)
        add(jobs)
        until(lambda: proxy.cut_of is not None, "nothing was cut")
        add(1)  # one that goes well: the next error is a first one again
        cut += step
    assert cut > {"CLAIM": 200, "ACK": 4, "ACK_NEXT": 200}[what]
    assert set(handled.values()) == {1} and len(handled) == added == queue.stats()["acks"]
    assert not worker.seen.of("lost") and queue.stats()["losses"] == 0
    worker.stop()

"""Scenarios about many jobs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from redis_jq import NewJob, Queue

from .harness.server import Server, until


def test_ten_thousand_jobs(server: Server, queue: Queue, work: Any) -> None:
    for first in range(0, 10_000, 1000):
        queue.add_many(NewJob(n) for n in range(first, first + 1000))
    handled: Counter[int] = Counter()
    server.client().config_resetstat()

    async def handle(job: Any, _tools: Any) -> None:
        handled[job.payload] += 1

    worker = work(server.url, "q", handle, concurrency=50)
    until(lambda: queue.stats()["acks"] == 10_000, "not all were completed", 120)
    worker.stop()
    assert len(handled) == 10_000 and set(handled.values()) == {1}
    assert len(worker.seen.of("completed")) == 10_000 and not worker.seen.of("lost") and not worker.seen.of("error")
    calls = server.client().info("commandstats")
    requests = sum(stat["calls"] for name, stat in calls.items() if name.lower() in ("cmdstat_jq.claim", "cmdstat_jq.ack"))
    assert requests <= 10_000

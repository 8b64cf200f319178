"""Scenarios about leases: workers that die, block, or take long, and jobs that are cancelled."""

from __future__ import annotations

import asyncio
import ctypes
import threading
import time
from typing import Any

from redis_jq import NewJob, Queue

from .harness.server import Server, until


def test_worker_killed(server: Server, queue: Queue, work: Any, child: Any) -> None:
    queue.add_many(NewJob(n, id=str(n)) for n in range(5))
    first = child("first", lease=1, seconds=60)
    first.holds(5)
    first.kill()
    attempts: dict[str, int] = {}

    async def handle(job: Any, _tools: Any) -> None:
        attempts[job.id] = job.attempt

    work(server.url, "q", handle)
    until(lambda: queue.stats()["acks"] == 5, "a job was lost")
    assert attempts == {str(n): 2 for n in range(5)}


def test_worker_restarted_by_name(queue: Queue, child: Any) -> None:
    queue.add_many(NewJob(n, id=str(n)) for n in range(5))
    first = child("the-name", lease=600, seconds=60)
    first.holds(5)
    first.kill()
    second = child("the-name", lease=600, seconds=0)
    until(lambda: queue.stats()["acks"] == 5, "the jobs wait for their leases")
    assert sorted(second.begun()) == [f"{n} 1" for n in range(5)]


def test_blocked_loop(server: Server, queue: Queue, work: Any, child: Any) -> None:
    has_begun, may_block = threading.Event(), threading.Event()

    async def handle(job: Any, _tools: Any) -> str:
        has_begun.set()
        may_block.wait()  # blocks the loop of asyncio, but no thread
        ctypes.PyDLL(None).usleep(900_000)  # holds the lock of Python: blocks every thread
        return "too late"

    queue.add("heavy", id="heavy")
    blocked = work(server.url, "q", handle, concurrency=1, lease=0.3)
    has_begun.wait()
    other = child("other", lease=10, seconds=0)
    until(lambda: queue.stats()["waiters"] == 1 or other.begun(), "the other worker does not claim", 60)
    may_block.set()
    until(lambda: blocked.seen.count["lost"] == 1, "the worker has not noticed")
    until(lambda: queue.stats()["acks"] == 1, "the other worker has not run it")
    assert other.begun() == ["heavy 2"]
    assert blocked.seen.of("lost") == [("heavy", "lost")] and not blocked.seen.of("completed")
    assert queue.get("heavy").result is None  # type: ignore[union-attr]


def test_lease_extended(server: Server, queue: Queue, work: Any) -> None:
    attempts: list[int] = []

    async def handle(job: Any, tools: Any) -> None:
        attempts.append(job.attempt)
        await tools.sleep(job, 7)

    queue.add("long")
    worker = work(server.url, "q", handle, lease=3)
    until(lambda: worker.seen.count["completed"] == 1, "the job is not done")
    assert attempts == [1] and queue.stats()["losses"] == 0 and not worker.seen.of("lost")


def test_a_claim_that_waited_longer_than_a_lease(server: Server, queue: Queue, work: Any) -> None:
    """The lease of its jobs is counted from when they were given, not from when they were asked for."""

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 1)

    worker = work(server.url, "q", handle, lease=3, block=5)
    began = time.monotonic()
    until(lambda: worker.seen.count["idle"] > 0 and time.monotonic() - began > 3.2, "no claim comes back")
    queue.add("x")
    until(lambda: worker.seen.count["completed"] == 1, "the job is not done")
    assert worker.seen.count["claimed"] == 1 and not worker.seen.of("lost")


def test_cancelled(server: Server, queue: Queue, work: Any) -> None:
    signalled: list[float] = []

    async def handle(job: Any, tools: Any) -> None:
        try:
            await tools.sleep(job, 60)
        except (Exception, asyncio.CancelledError):
            assert job.stop_reason == "cancelled"
            signalled.append(time.monotonic())
            raise

    queue.add("x", id="x")
    worker = work(server.url, "q", handle, lease=4.5)
    until(lambda: worker.seen.count["claimed"] == 1, "nothing was claimed")
    assert queue.cancel("x") == [1]
    begun = time.monotonic()
    until(lambda: signalled and worker.seen.count["lost"] == 1, "the worker has not noticed")
    assert signalled[0] - begun < 2 * 1.5  # of the next two heartbeats, one comes late on a busy machine
    until(lambda: queue.stats()["cancellations"] == 1, "the job has not ended")
    assert worker.seen.of("lost") == [("x", "cancelled")] and queue.stats()["losses"] == 0


def test_lost_while_the_server_is_away(private_server: Any, work: Any) -> None:
    """If no EXTEND is answered for the length of the lease, the handler is told to stop."""
    server = private_server()
    queue = Queue(server.client(), "q")
    queue.add("x", id="x")

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 60)

    worker = work(server.url, "q", handle, lease=0.5)
    until(lambda: worker.seen.count["claimed"] == 1, "nothing was claimed")
    server.kill()
    until(lambda: worker.seen.of("lost") == [("x", "lost")], "the worker has not noticed")
    worker.stop(0)
    server.restart()

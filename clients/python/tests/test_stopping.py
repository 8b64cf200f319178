"""Scenarios about the end of a worker."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from redis_jq import NewJob, Queue, routines

from .harness.server import Server, until


def test_stop_waits_for_handlers(server: Server, queue: Queue, work: Any) -> None:
    queue.add_many(NewJob(n) for n in range(10))
    done: list[int] = []

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.5)
        done.append(job.payload)

    worker = work(server.url, "q", handle, concurrency=5)
    until(lambda: worker.seen.count["claimed"] == 5, "nothing was claimed")
    worker.stop(5)
    assert sorted(done) == [0, 1, 2, 3, 4]
    stats = queue.stats()
    assert (stats["acks"], stats["waiting"], stats["claims"], stats["releases"]) == (5, 5, 5, 0)


@pytest.mark.parametrize("heeds", [True, False], ids=["heeds", "ignores"])
def test_stop_hands_back(server: Server, queue: Queue, work: Any, heeds: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routines, "GRACE", 50 if heeds else 0.5)
    queue.add_many(NewJob(n, id=str(n)) for n in range(5))
    signalled: list[str] = []
    is_over = False

    async def handle(job: Any, tools: Any) -> None:
        try:
            await tools.sleep(job, 60)
        except (Exception, asyncio.CancelledError):
            signalled.append(job.id)
            assert job.stop_reason == "stopped"
            while not heeds and not is_over:
                await tools.sleep_deaf(0.01)
            raise

    worker = work(server.url, "q", handle, concurrency=5)
    until(lambda: worker.seen.count["claimed"] == 5, "nothing was claimed")
    begun = time.monotonic()
    worker.ask_to_stop(0.2)
    until(lambda: queue.count("waiting") == 5, "the jobs were not handed back")
    assert time.monotonic() - begun < 30
    is_over = True
    worker.ended()
    assert sorted(signalled) == ["0", "1", "2", "3", "4"]
    jobs = queue.list("waiting", full=True).items
    assert [(job.id, job.attempt) for job in jobs] == [(str(n), 1) for n in range(5)]
    assert not worker.seen.of("lost") and not worker.seen.of("failed")


def test_stop_while_idle(server: Server, queue: Queue, work: Any) -> None:
    """Within 200 ms, of which the machine may take some for itself: so the best of a few counts."""

    async def handle(_job: Any, _tools: Any) -> None:
        pass

    def length() -> float:
        queue.add("first")
        worker = work(server.url, "q", handle)
        until(lambda: worker.seen.count["completed"] == 1 and queue.stats()["waiters"] == 1, "the claim does not wait")
        begun = time.monotonic()
        worker.stop()
        return time.monotonic() - begun

    assert any(length() < 0.2 for _ in range(5))


def test_stop_while_the_claim_waits_over_a_new_connection(server: Server, queue: Queue, work: Any) -> None:
    """redis-py replaces a connection that broke while it was idle, and the server knows the new one by another id."""
    has_begun, may_end = threading.Event(), threading.Event()

    async def handle(_job: Any, _tools: Any) -> None:
        has_begun.set()
        may_end.wait()

    queue.add("x", id="x")
    worker = work(server.url, "q", handle, concurrency=1, block=9)
    assert has_begun.wait(10)
    server.send("CLIENT", "KILL", "TYPE", "normal")
    may_end.set()
    until(lambda: worker.seen.count["completed"] == 1 and queue.stats()["waiters"] == 1, "the claim does not wait")
    begun = time.monotonic()
    worker.stop()
    assert time.monotonic() - begun < 4


def test_stop_while_the_server_lets_writes_wait(work: Any) -> None:
    """As in a failover. Redis 7.0 crashes when a client is unblocked that waits for the end of a pause."""

    async def handle(_job: Any, _tools: Any) -> None:
        pass

    server = Server()
    queue = Queue(server.client(), "q")

    def claim() -> str | None:
        """The id of the client whose claim waits."""
        clients: Any = server.client().client_list()
        return next((client["id"] for client in clients if client["cmd"] == "jq.claim" and "b" in client["flags"]), None)

    try:
        worker = work(server.url, "q", handle)
        until(lambda: queue.stats()["waiters"] == 1, "the claim does not wait")
        waiting = claim()
        server.send("CLIENT", "PAUSE", 1000, "WRITE")
        server.send("CLIENT", "UNBLOCK", waiting)
        until(lambda: queue.stats()["waiters"] == 0 and claim(), "no claim waits for the end of the pause")
        worker.stop()
        assert server.send("PING")
    finally:
        server.stop()


def test_stop_while_the_server_refuses_writes(work: Any) -> None:
    """The claim that waits is ended all the same."""

    async def handle(_job: Any, _tools: Any) -> None:
        pass

    server = Server()
    try:
        queue = Queue(server.client(), "q")
        worker = work(server.url, "q", handle, block=9)
        until(lambda: queue.stats()["waiters"] == 1, "the claim does not wait")
        server.send("CONFIG", "SET", "min-replicas-to-write", 1)
        begun = time.monotonic()
        worker.stop()
        assert time.monotonic() - begun < 4
    finally:
        server.stop()


def test_second_stop_does_not_wait(server: Server, queue: Queue, work: Any) -> None:
    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 60)

    queue.add("long")
    worker = work(server.url, "q", handle)
    until(lambda: worker.seen.count["claimed"] == 1, "nothing was claimed")
    begun = time.monotonic()
    worker.ask_to_stop(30)
    worker.stop()
    assert time.monotonic() - begun < 15
    assert queue.stats()["waiting"] == 1

"""Scenarios about what handlers return and raise, and from which queue the jobs come."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from typing import Any

import pytest

from redis_jq import BYTES, Fatal, NewJob, NotNow, Queue

from .harness.server import Server, until


def test_fatal_and_not_now(server: Server, queue: Queue, work: Any) -> None:
    attempts: list[int] = []

    async def handle(job: Any, _tools: Any) -> None:
        if job.payload == "fatal":
            raise Fatal("no such mailbox")
        attempts.append(job.attempt)
        if len(attempts) == 1:
            raise NotNow(0.3)

    queue.add("fatal", id="fatal")
    queue.add("later", id="later")
    worker = work(server.url, "q", handle)
    until(lambda: queue.count("delayed") == 1 and queue.count("failed") == 1, "not answered")
    failed, later = queue.get("fatal"), queue.get("later")
    assert failed is not None and (failed.state, failed.attempt) == ("failed", 1)
    assert failed.error == "Fatal: no such mailbox"
    assert later is not None and (later.state, later.attempt) == ("delayed", 1)
    until(lambda: worker.seen.count["completed"] == 1, "it does not come back")
    assert attempts == [1, 1]
    assert worker.seen.of("failed") == [("fatal", "Fatal: no such mailbox", False)]


def test_retries(server: Server, queue: Queue, work: Any) -> None:
    runs: list[tuple[int, int, float]] = []

    async def handle(job: Any, _tools: Any) -> str:
        runs.append((job.attempt, job.failures_left, time.monotonic()))
        if job.attempt < 3:
            raise ValueError("not yet")
        return "done"

    queue.add("x", id="x", attempts=3, backoff=("fixed", 0.2))
    worker = work(server.url, "q", handle)
    until(lambda: worker.seen.count["completed"] == 1, "not completed")
    assert [run[:2] for run in runs] == [(1, 2), (2, 1), (3, 0)]
    assert all(later[2] - earlier[2] >= 0.19 for earlier, later in itertools.pairwise(runs))
    assert queue.await_job("x", 5) == ("completed", "done")
    assert worker.seen.of("failed") == [("x", "ValueError: not yet", True)] * 2


def test_bad_payload(server: Server, queue: Queue, work: Any) -> None:
    handled: list[Any] = []

    async def handle(job: Any, _tools: Any) -> None:
        handled.append(job.payload)

    queue.call("JQ.ADD", "bad", b"{no json\xff")
    queue.call("JQ.ADD", "empty", b"")
    queue.add({"good": True})
    worker = work(server.url, "q", handle)
    until(lambda: worker.seen.count["completed"] == 1 and worker.seen.count["failed"] == 2, "not answered")
    assert handled == [{"good": True}]
    bad = queue.get("bad")
    assert bad is not None and bad.state == "failed" and bad.attempt == 1
    assert bad.error.startswith("the payload cannot be read: UnicodeDecodeError")
    assert bad.payload == b"{no json\xff"


def test_results_that_are_refused(private_server: Any, work: Any) -> None:
    """A result that the server does not take fails its job for good; those that are answered with it are completed."""
    server = private_server()
    queue = Queue(server.client(), "q")
    server.client().config_set("jq.max-payload-bytes", 100)
    queue.add_many(NewJob(size, id=str(size)) for size in (10, 200, 20))

    async def handle(job: Any, _tools: Any) -> Any:
        return "x" * job.payload

    worker = work(server.url, "q", handle)
    until(lambda: queue.stats()["acks"] == 2 and queue.count("failed") == 1, "not answered")
    failed = queue.get("200")
    assert failed is not None and failed.attempt == 1 and "100" in failed.error
    worker.stop()


def test_several_queues(server: Server, work: Any) -> None:
    first, second = Queue(server.client(), "{q}1"), Queue(server.client(), "{q}2")
    order: list[str] = []

    async def handle(job: Any, _tools: Any) -> None:
        order.append(job.queue)

    for queue in (second, first):
        queue.add_many(NewJob(n) for n in range(100))
    strict = work(server.url, ["{q}1", "{q}2"], handle, concurrency=5)
    until(lambda: len(order) == 200, "not all were handled")
    strict.stop()
    assert order == ["{q}1"] * 100 + ["{q}2"] * 100

    order.clear()
    for queue in (first, second):
        queue.add_many(NewJob(n) for n in range(1000))
    work(server.url, {"{q}1": 3, "{q}2": 1}, handle, concurrency=1)
    until(lambda: len(order) >= 1000, "not all were handled", 30)
    assert Counter(order[:1000]) == {"{q}1": 750, "{q}2": 250}


def test_bulk(server: Server, queue: Queue, work: Any) -> None:
    queue.add_many(NewJob(n, id=str(n)) for n in range(100))
    sizes: list[int] = []

    async def handle(jobs: Any, _tools: Any) -> list[Any]:
        sizes.append(len(jobs))
        return [Fatal("a tenth") if job.payload % 10 == 0 else {"n": job.payload} for job in jobs]

    worker = work(server.url, "q", handle, "BulkWorker", concurrency=2, size=30, minimum=20, wait=0.3)
    until(lambda: queue.stats()["acks"] == 90 and queue.count("failed") == 10, "not all were answered")
    worker.stop()
    assert sizes == [30, 30, 30, 10]
    assert queue.list("failed", count=100).items == [str(n) for n in range(0, 100, 10)]
    assert worker.seen.count["completed"] == 90 and worker.seen.count["failed"] == 10
    assert queue.await_job("11", 1) == ("completed", {"n": 11})


def test_big_integers_and_bytes(private_server: Any, work: Any) -> None:
    server = private_server()
    queue = Queue(server.client(), "q", codec=BYTES)
    server.send("JQ.DEBUG", "CLOCK", 4_600_000_000_001)
    every_byte = bytes(range(256))
    seen: list[tuple[int, bytes]] = []

    async def handle(job: Any, _tools: Any) -> bytes:
        seen.append((job.token, job.payload))
        return job.payload[::-1]  # type: ignore[no-any-return]

    odd = bytes(range(1, 256)).decode("utf-8", "surrogateescape")
    queue.add(every_byte, id=odd)
    worker = work(server.url, "q", handle, codec=BYTES)
    until(lambda: worker.seen.count["completed"] == 1, "not completed")
    assert seen == [(4_600_000_000_001_000, every_byte)] and seen[0][0] > 2**52
    job = queue.get(odd)
    assert job is not None and job.result == every_byte[::-1] and job.id == odd
    worker.stop()


def test_acts_of_a_handler(server: Server, queue: Queue, work: Any) -> None:
    async def handle(job: Any, tools: Any) -> None:
        if job.attempt == 1:
            assert await tools.progress(job, {"frame": 1800})
            await tools.log(job, "half of it")
            assert await tools.extend(job, 60)
            raise ValueError("crashed")
        assert job.checkpoint == {"frame": 1800} and job.fields == {"traceparent": "00-1"}

    queue.configure({"keep-completed": 60000})
    queue.add("x", id="x", backoff=("fixed", 0.01), set={"traceparent": "00-1"})
    worker = work(server.url, "q", handle)
    until(lambda: worker.seen.count["completed"] == 1, "not completed")
    assert queue.logs("x") == ["half of it"]


@pytest.mark.parametrize("options", ["protocol=2", "protocol=3", "socket_timeout=0.1&decode_responses=yes"])
def test_a_worker_of_any_url(server: Server, queue: Queue, work: Any, options: str) -> None:
    async def handle(job: Any, _tools: Any) -> str:
        return f"{job.fields['tenant']} {job.payload['é']}"

    worker = work(f"{server.url}?{options}", "q", handle, block=0.3)
    until(lambda: worker.seen.count["idle"] == 2, "no claim has waited to its end")
    queue.add_many((NewJob({"é": n}, id=str(n)) for n in range(20)), set={"tenant": "acme"})
    until(lambda: worker.seen.count["completed"] == 20, "not completed")
    assert queue.await_job("7") == ("completed", "acme 7") and not worker.seen.of("error")


def test_middleware(server: Server, queue: Queue, flavour: str, work: Any) -> None:
    told: list[str] = []

    def named(name: str) -> Any:
        def in_threads(handler: Any) -> Any:
            def wrapped(job: Any) -> Any:
                told.append(name)
                return handler(job)

            return wrapped

        def in_tasks(handler: Any) -> Any:
            async def wrapped(job: Any) -> Any:
                told.append(name)
                return await handler(job)

            return wrapped

        return in_threads if flavour == "threads" else in_tasks

    async def handle(_job: Any, _tools: Any) -> None:
        told.append("handler")

    queue.add("x")
    worker = work(server.url, "q", handle, middleware=[named("outer"), named("inner")])
    until(lambda: worker.seen.count["completed"] == 1, "not completed")
    assert told == ["outer", "inner", "handler"]


def test_a_hook_that_throws_does_not_end_the_worker(server: Server, queue: Queue, work: Any) -> None:
    async def handle(_job: Any, _tools: Any) -> None:
        pass

    queue.add("x")
    worker = work(server.url, "q", handle)
    worker.seen.claimed = worker.seen.completed = lambda job: 1 / 0
    until(lambda: queue.stats()["acks"] == 1, "not completed")
    queue.add("y")
    until(lambda: queue.stats()["acks"] == 2, "the worker has ended")

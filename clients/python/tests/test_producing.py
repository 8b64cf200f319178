"""Scenarios of producers, over both queues."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff

import redis_jq.asyncio
from redis_jq import FOREVER, NewJob, Queue

from .harness.proxy import Proxy
from .harness.server import Server, until


def with_queue(flavour: str, url: str, use: Any, **options: Any) -> Any:
    """What `use(queue)` returns, awaited where the queue is one of asyncio."""
    if flavour == "threads":
        return use(Queue(redis.Redis.from_url(url, **options), "q"))

    async def main() -> Any:
        async with redis.asyncio.Redis.from_url(url, **options) as client:
            return await use(redis_jq.asyncio.Queue(client, "q"))

    return asyncio.run(main())


def test_duplicate_add(server: Server, queue: Queue, flavour: str) -> None:
    proxy = Proxy(server.port)
    proxy.cut(lambda request: b"JQ.ADD" in request, 0)
    kind = redis.retry.Retry if flavour == "threads" else redis.asyncio.retry.Retry
    added = with_queue(flavour, proxy.url, lambda queue: queue.add("x"), retry=kind(NoBackoff(), 1))
    assert proxy.cut_of is not None and added.outcome == "added"
    assert queue.count("waiting") == 1
    proxy.stop()


@pytest.mark.parametrize("options", [{"protocol": 2}, {"protocol": 3}, {"decode_responses": True}], ids=str)
def test_replies_are_read_whatever_the_client_does(server: Server, flavour: str, options: Any) -> None:
    def use(call: Any) -> Any:
        return with_queue(flavour, server.url, call, **options)

    use(lambda queue: queue.add({"to": "ada"}, id="a", batch="b", set={"tenant": "acme"}))
    job = use(lambda queue: queue.get("a"))
    assert (job["id"], job.payload, job.fields, job.batch) == ("a", {"to": "ada"}, {"tenant": "acme"}, "b")
    assert job.priority == 0 and job.result is None
    assert use(lambda queue: queue.stats()).waiting == 1
    assert use(lambda queue: queue.list("waiting", payload=True)) == ("0", [("a", {"to": "ada"})])
    assert use(lambda queue: queue.batch("b")).pending == 1
    assert use(lambda queue: queue.get("unknown")) is None
    assert use(lambda queue: queue.explain("a")).state == "waiting"


def test_options_are_sent_as_the_manual_has_them(queue: Queue) -> None:
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    queue.add("a", id="a", at=tomorrow, priority=-3, attempts=5, backoff=("exponential", 0.5), keep=FOREVER)
    job = queue.get("a")
    assert job is not None and job.state == "delayed" and abs(job.due_at - tomorrow.timestamp() * 1000) <= 1
    assert (job.priority, job.attempts, job.backoff, job.keep) == (-3, 5, "exponential/500", -1)
    outcomes = queue.add_many([NewJob("b", id="b"), NewJob("c", id="c", options={"delay": 60})], group="g")
    assert [(outcome.outcome, outcome.state) for outcome in outcomes] == [("added", "waiting"), ("added", "delayed")]
    assert queue.change("c", payload={"new": 1}, delay=timedelta(seconds=90)) == 1
    assert queue.promote("c", "a", "x") == [1, 1, -1]
    assert queue.count("waiting", group="g") == 2
    assert queue.pause(duration=60) == 1 and queue.resume() == 1
    assert queue.cancel("a") == [1] and queue.cancel_all(group="g") == 2
    assert queue.schedule("nightly", "go", cron="30 2 * * *", tz="Europe/Berlin", overlap="skip") is not None
    assert [schedule.name for schedule in queue.schedules()] == ["nightly"]
    assert queue.unschedule("nightly") == 1 and queue.config()["attempts"] == 3
    with pytest.raises(TypeError, match="no option 'delya'"):
        queue.add("x", delya=1)  # type: ignore[call-arg]


def test_waiting_for_a_batch(server: Server, queue: Queue, work: Any, flavour: str) -> None:
    async def handle(job: Any, tools: Any) -> int:
        await tools.sleep(job, 0.3)
        return int(job.payload) * 2

    queue.add_many((NewJob(n, id=str(n)) for n in range(10)), batch="b")
    queue.seal("b")
    assert with_queue(flavour, server.url, lambda queue: queue.await_batch("b", 0.05)).pending == 10
    work(server.url, "q", handle)
    numbers = with_queue(flavour, server.url, lambda queue: queue.await_batch("b"))
    assert (numbers.completed, numbers.pending) == (10, 0)
    assert with_queue(flavour, server.url, lambda queue: queue.await_job("4")) == ("completed", 8)
    assert with_queue(flavour, server.url, lambda queue: queue.await_idle(5)) == 0
    until(lambda: queue.check() == [], "the queue is not sound")


def test_the_ids_of_what_was_changed(server: Server, queue: Queue, flavour: str) -> None:
    def use(call: Any) -> Any:
        return with_queue(flavour, server.url, call)

    queue.add_many([NewJob(n, id=f"now:{n}") for n in range(3)], name="now")
    queue.add_many([NewJob(n, id=f"later:{n}") for n in range(3)], delay=60)
    assert use(lambda queue: queue.promote_all_ids(count=2)) == ["later:0", "later:1"]
    assert use(lambda queue: queue.cancel_all_ids(name="now")) == ["now:0", "now:1", "now:2"]
    queue.call("JQ.CLAIM", "gone", "COUNT", 2)
    assert use(lambda queue: queue.release_worker("gone")) == 2
    for token, id, *_ in queue.call("JQ.CLAIM", "anna", "COUNT", 2):
        queue.call("JQ.NACK", token, id, "FATAL")
    assert use(lambda queue: queue.retry_all_ids()) == ["later:0", "later:1"]
    assert use(lambda queue: queue.purge_ids("waiting")) == ["later:0", "later:1"]
    assert use(lambda queue: queue.purge_ids("waiting")) == []
    queue.add("x", id="x", keep=60)
    [[token, *_]] = queue.call("JQ.CLAIM", "anna")
    queue.call("JQ.ACK", token, "x")
    assert use(lambda queue: queue.rerun("x", "later:2", "unknown")) == [1, 0, -1] and queue.count("waiting") == 1

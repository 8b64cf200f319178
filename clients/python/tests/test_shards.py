"""Scenarios of one queue over several keys of a cluster."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from redis_jq import NewJob, Queue, ShardedQueue, Shards, parts
from redis_jq.actions import Pause, Routine, Waits
from redis_jq.routines import Routines
from redis_jq.shards import growing
from redis_jq.shards.plans import Sharding
from redis_jq.slots import PATIENCE
from redis_jq.values import JSON

from .harness.cluster import Cluster
from .harness.server import until


def at_once(*targets: Callable[[], None]) -> None:
    """Runs each in a thread, and raises what one of them raises."""
    errors: list[BaseException] = []

    def run(target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(target,)) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_shards_dedup(cluster: Cluster, producer: Any) -> None:
    """10,000 ids, added twice at once."""
    outcomes: Counter[str] = Counter()

    def produce(queue: Any) -> None:
        for first in range(0, 10_000, 1000):
            added = queue.add_many([NewJob(n, id=f"job:{n}") for n in range(first, first + 1000)])
            assert [each.id for each in added] == [f"job:{n}" for n in range(first, first + 1000)]
            outcomes.update(each.outcome for each in added)

    one, other = producer(8), producer(8)
    at_once(lambda: produce(one), lambda: produce(other))
    assert outcomes == {"added": 10_000, "duplicate": 10_000}
    stats = one.stats()
    assert one.count("waiting") == stats.waiting == stats.added == stats.duplicates == 10_000
    assert all(1060 < shard.count("waiting") < 1440 for shard in ShardedQueue(cluster.client(), "mail", 8).shards())


@pytest.mark.parametrize(("concurrency", "many"), [(1, 500), (20, 3000)])
def test_shards_claimed_from_all(cluster: Cluster, flavour: str, producer: Any, work: Any, concurrency: int, many: int) -> None:
    """Every shard's jobs are done, and a shard with many jobs leaves the others theirs."""
    queue = producer(8)
    queue.add_many([NewJob("big", id=f"{{big}}:{n}") for n in range(many)])
    few = [f"{number}:{n}" for number in range(200) for n in range(10)]
    few = [id for id in few if queue.shard_of(id) != queue.shard_of("{big}")][:100]
    queue.add_many([NewJob("few", id=id) for id in few])
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.001)
        handled[job.payload] += 1

    worker = work(cluster.connect(flavour), Shards("mail", 8), handle, concurrency=concurrency)
    until(lambda: handled["few"] == 100, "a shard is starved", 60)
    assert handled["big"] < many * 2 / 3
    until(lambda: worker.seen.count["completed"] == many + 100, "not all are done", 60)
    worker.stop()
    assert not worker.seen.of("error") and not worker.seen.of("lost")


def test_a_shard_with_many_jobs_leaves_each_other_a_slot(cluster: Cluster, flavour: str, producer: Any, work: Any) -> None:
    """Its jobs do not end, so the others get no slot but those that are left to them, each time anew."""
    queue = producer(4)
    is_over = threading.Event()
    running: Counter[str] = Counter()
    ids = [f"{number}:{n}" for number in range(20) for n in range(20)]
    few = [[id for id in ids if queue.shard_of(id) == shard] for shard in range(4) if shard != queue.shard_of("{big}")]

    async def handle(job: Any, tools: Any) -> None:
        running[job.payload] += 1
        while job.payload == "big" and not is_over.is_set():
            await tools.sleep(job, 0.01)

    worker = work(cluster.connect(flavour), Shards("mail", 4), handle, concurrency=8)
    until(lambda: queue.stats().waiters == 4, "not all shards are claimed from")
    queue.add_many([NewJob("big", id=f"{{big}}:{n}") for n in range(100)])
    try:
        for done, one_each in enumerate(list(zip(*few))[:5], 1):
            queue.add_many([NewJob("few", id=id) for id in one_each])
            until(lambda: running["few"] == 3 * done, f"a shard is starved in round {done}: {running}")  # noqa: B023
        until(lambda: running["big"] >= 5, "not all slots are used")
        assert running["big"] == 5
    finally:
        is_over.set()
    until(lambda: worker.seen.count["completed"] == 115, "not all are done")
    worker.stop()


def test_a_shard_that_begins_late_finds_a_slot(
    cluster: Cluster, flavour: str, producer: Any, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The jobs of another one do not end, and would have all slots until HELD of the late one is answered."""
    queue = producer(2)
    late = f"mail:{1 - queue.shard_of('{big}')}"
    few = next(id for id in map(str, range(100)) if queue.shard_of(id) != queue.shard_of("{big}"))
    queue.add_many([NewJob("big", id=f"{{big}}:{n}") for n in range(100)])
    queue.add("few", id=few)
    is_over = threading.Event()
    running: Counter[str] = Counter()
    ask_held = Routines._ask_held

    def ask_held_late(self: Routines, waits: Waits) -> Routine:
        if self._how.queues == [late]:
            yield Pause(lambda: running["big"] >= 7, PATIENCE / 2)
        yield from ask_held(self, waits)

    async def handle(job: Any, tools: Any) -> None:
        running[job.payload] += 1
        while job.payload == "big" and not is_over.is_set():
            await tools.sleep(job, 0.01)

    monkeypatch.setattr(Routines, "_ask_held", ask_held_late)
    worker = work(cluster.connect(flavour), Shards("mail", 2), handle, concurrency=8)
    try:
        until(lambda: running["few"], "the late shard is starved", 10)
    finally:
        is_over.set()
    until(lambda: worker.seen.count["completed"] == 101, "not all are done")
    worker.stop()


def half_grown(queue: ShardedQueue, shards: int) -> None:
    """Begins to let a queue grow, as a process does that is killed when half of its old keys have the new number."""
    sharding = Sharding(Shards("mail", 4), JSON)
    plan = growing.grow(sharding, shards)
    replies: Any = None
    while True:
        calls = plan.send(replies)
        is_last = len(calls) > 1 and calls[0].args[:2] == ("JQ.CONFIG", b"mail:1") and len(calls[0].args) > 2
        replies = queue._sent(calls[:1] if is_last else calls)
        if is_last:
            return


def test_shards_grow(cluster: Cluster, flavour: str, producer: Any, work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Producers that count on 4 shards, and one that begins meanwhile, add the same ids over and over while they become 8."""
    monkeypatch.setattr(parts, "WATCH", 0.2)
    ids = [f"job:{n}" for n in range(500)]
    handled: Counter[str] = Counter()
    rounds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    is_over = threading.Event()

    async def handle(job: Any, tools: Any) -> None:
        handled[job.id] += 1

    def produce(name: str, queue: Any) -> Callable[[], None]:
        def run() -> None:
            while not is_over.is_set():
                for first in range(0, 500, 100):
                    some = ids[first : first + 100]
                    outcomes.update(each.outcome for each in queue.add_many([NewJob(None, id=id) for id in some]))
                    outcomes[queue.add(None, id=some[-1]).outcome] += 1
                rounds[name] += 1

        return run

    def grow() -> None:
        try:
            until(lambda: rounds["four"] > 1, "nothing is added", 60)
            half_grown(ShardedQueue(cluster.client(), "mail", 4), 8)
            begun = Counter(rounds)
            until(lambda: rounds["four"] > begun["four"] + 1, "a producer does not go on", 60)
            late = threading.Thread(target=produce("late", producer(4)))
            late.start()
            until(lambda: rounds["late"] > 1, "a producer that begins late does not go on", 60)
            is_over.set()
            late.join()
        finally:
            is_over.set()

    first, settled = producer(4), producer(4)
    first.add_many([NewJob(None, id=id) for id in ids[:100]])
    worker = work(cluster.connect(flavour), Shards("mail", 4), handle, concurrency=10)
    at_once(produce("four", first), grow)
    assert {settings_of(cluster, number) for number in range(8)} == {(8, 4)}
    settled.add_many([NewJob(None, id=f"new:{n}") for n in range(100)])
    until(lambda: worker.seen.count["completed"] == 600, "not all were done", 60)
    assert set(handled.values()) == {1} and len(handled) == 600
    assert outcomes["added"] == 400 and set(outcomes) == {"added", "duplicate"}
    assert any(Queue(cluster.client(), f"mail:{number}").stats()["acks"] for number in range(4, 8))
    assert settled.get("job:1").state == "completed"
    settled.finish_growth()
    assert {settings_of(cluster, number) for number in range(8)} == {(8, 0)}
    worker.stop()


def settings_of(cluster: Cluster, number: int) -> tuple[int, int]:
    """What a shard says of their number."""
    settings = Queue(cluster.client(), f"mail:{number}").config()
    return settings.shards, settings.shards_before


def test_shards_moved_slot(cluster: Cluster, flavour: str, producer: Any, work: Any) -> None:
    queue = producer(4)
    queue.add_many([NewJob(n, id=str(n)) for n in range(600)])
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.005)
        handled[job.id] += 1

    worker = work(cluster.connect(flavour), Shards("mail", 4), handle, concurrency=6, block=1)
    until(lambda: len(handled) > 50, "nothing is handled")
    target = cluster.move("mail:2")
    until(lambda: worker.seen.count["completed"] == 600, "not all were completed", 60)
    assert set(handled.values()) == {1} and len(handled) == 600 and not worker.seen.of("lost")
    there = [f"new:{n}" for n in range(50) if queue.shard_of(f"new:{n}") == 2]
    queue.add_many([NewJob(None, id=id) for id in there])
    until(lambda: worker.seen.count["completed"] == 600 + len(there), "the worker does not follow", 60)
    assert Queue(target.client(), "mail:2").stats()["acks"] > len(there) > 5
    worker.stop()


def test_shards_of_a_node_that_is_away(cluster: Cluster, flavour: str, work: Any) -> None:
    """The other shards go on meanwhile, and its own when it is back."""
    queue = ShardedQueue(cluster.client(), "mail", 6)
    away = cluster.owner("mail:0")
    theirs = [number for number in range(6) if cluster.owner(f"mail:{number}") is away]
    queue.add_many([NewJob(queue.shard_of(str(n)) in theirs, id=str(n)) for n in range(400)])
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.002)
        handled[job.id] += 1
        handled["theirs" if job.payload else "others"] += 1

    slots = 1 if flavour == "threads" else 6  # fewer than shards, or enough for each
    worker = work(cluster.connect(flavour), Shards("mail", 6), handle, concurrency=slots)
    others = sum(queue.shard_of(str(n)) not in theirs for n in range(400))
    until(lambda: handled["theirs"] > 2 and handled["others"] > 2, "nothing is handled", 60)
    away.kill()
    until(lambda: handled["others"] == others, "the other shards wait", 60)
    assert handled["theirs"] < 400 - others
    away.restart()
    until(lambda: worker.seen.count["completed"] == 400, "its jobs are not done", 60)
    del handled["theirs"], handled["others"]
    assert set(handled.values()) == {1} and len(handled) == 400 and not worker.seen.of("lost")
    worker.stop()


def test_bulk_handlers_of_shards(cluster: Cluster, flavour: str, producer: Any, work: Any) -> None:
    """Each gets jobs of one shard, with slots for all shards and with fewer."""
    queue = producer(4)
    handled: Counter[str] = Counter()
    mixed: list[set[str]] = []

    async def handle(jobs: Any, _tools: Any) -> None:
        mixed.append({job.queue for job in jobs})
        handled.update(job.id for job in jobs)

    def run(slots: int, done: int) -> None:
        queue.add_many([NewJob(n, id=f"{slots}:{n}") for n in range(400)])
        worker = work(cluster.connect(flavour), Shards("mail", 4), handle, "BulkWorker", concurrency=slots, size=30)
        until(lambda: queue.stats().acks == done, "not all are done", 60)
        worker.stop()

    run(slots=8, done=400)
    run(slots=1, done=800)
    assert set(handled.values()) == {1} and len(handled) == 800
    assert all(len(queues) == 1 for queues in mixed) and set.union(*mixed) == {f"mail:{n}" for n in range(4)}

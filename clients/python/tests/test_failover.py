"""Scenarios of several servers."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

import redis_jq.asyncio
from redis_jq import NewJob, Queue
from redis_jq.values import pairs, text

from .harness.cluster import Cluster
from .harness.server import Server, until


def test_sentinel_failover(private_server: Any, flavour: str, work: Any) -> None:
    primary = private_server("--repl-diskless-sync-delay", "0")
    replica = private_server("--replicaof", "127.0.0.1", str(primary.port))
    sentinel = private_server(sentinel=True)
    sentinel.send("SENTINEL", "MONITOR", "primary", "127.0.0.1", primary.port, 1)
    sentinel.send("SENTINEL", "SET", "primary", "down-after-milliseconds", 300, "failover-timeout", 2000)
    until(lambda: replica.client().info("replication")["master_link_status"] == "up", "no replication")
    until(lambda: is_known(sentinel), "the sentinel does not know the replica", 60)
    queue = Queue(primary.client(), "q")
    queue.add_many(NewJob(n, id=str(n)) for n in range(100))
    until(lambda: Queue(replica.client(), "q").count("waiting") == 100, "the jobs are not replicated")
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.02)
        handled[job.id] += 1

    kind: Any = redis.sentinel.Sentinel if flavour == "threads" else redis.asyncio.sentinel.Sentinel
    connect = functools.partial(kind([("127.0.0.1", sentinel.port)]).master_for, "primary")
    worker = work(connect, "q", handle, concurrency=2)
    until(lambda: len(handled) > 10, "nothing is handled")
    primary.kill()
    promoted = Queue(replica.client(), "q")
    until(
        lambda: replica.client().info("replication")["role"] == "master", "no failover", 90
    )  # a sentinel that the machine kept waiting does nothing for 30 s
    promoted.add("new", id="new")
    until(lambda: promoted.count("waiting") + promoted.count("active") == 0, "the worker does not go on", 60)
    assert set(handled) == {str(n) for n in range(100)} | {"new"}
    worker.stop()


def is_known(sentinel: Server) -> bool:
    """The sentinel has a replica that it could promote."""
    replicas = [dict(pairs(replica)) for replica in sentinel.send("SENTINEL", "REPLICAS", "primary")]
    return any(text(each["flags"]) == "slave" and text(each["master-link-status"]) == "ok" for each in replicas)


def test_cluster_moved_slot(cluster: Cluster, flavour: str, work: Any) -> None:
    queue = Queue(cluster.client(), "q")
    queue.add_many(NewJob(n, id=str(n)) for n in range(300))
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.01)
        handled[job.id] += 1

    worker = work(cluster.connect(flavour), "q", handle, concurrency=3, block=1)
    until(lambda: len(handled) > 50, "nothing is handled")
    target = cluster.move("q")
    until(lambda: worker.seen.count["completed"] == 300, "not all were completed", 60)
    assert set(handled.values()) == {1} and len(handled) == 300
    assert not worker.seen.of("lost")
    queue.add("new", id="new")
    until(lambda: worker.seen.count["completed"] == 301, "the worker does not follow")
    assert target.client().dbsize() == 1 and Queue(target.client(), "q").stats()["acks"] == 301
    worker.stop()


def test_a_cluster_that_is_away_as_a_whole(private_server: Any, flavour: str, work: Any) -> None:
    server = private_server("--cluster-enabled", "yes", "--appendonly", "yes", "--appendfsync", "always")
    server.send("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    until(lambda: server.client().cluster("INFO")["cluster_state"] == "ok", "the cluster is not ready")
    queue = Queue(server.client(), "q")

    async def handle(job: Any, tools: Any) -> None:
        pass

    kind: Any = redis.RedisCluster if flavour == "threads" else redis.asyncio.RedisCluster
    server.kill()
    worker = work(functools.partial(kind, host="127.0.0.1", port=server.port), "q", handle)
    until(lambda: worker.seen.count["error"] > 2, "the worker has not noticed")
    server.restart()
    until(lambda: queue.add("x", id="x"), "the cluster is not ready")
    until(lambda: worker.seen.count["completed"] == 1, "the worker does not go on")
    worker.stop()


def test_a_worker_that_is_cancelled_while_it_connects_leaves_nothing(cluster: Cluster) -> None:
    """redis-py swallows a cancellation now and then that comes while a client of a cluster is being made."""

    async def handle(_job: Any) -> None:
        pass

    async def main() -> None:
        for number in range(60):
            run = asyncio.ensure_future(redis_jq.asyncio.Worker(cluster.connect("asyncio"), "q", handle).run(False))
            await asyncio.sleep(number * 0.0005)
            run.cancel()
            await asyncio.wait([run])
        await asyncio.wait_for(nothing_left(), 30)

    async def nothing_left() -> None:
        while len(asyncio.all_tasks()) > 2:  # this one and `main`
            await asyncio.sleep(0.01)

    asyncio.run(main())

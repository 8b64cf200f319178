"""Scenarios of several servers."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel

from redis_jq import NewJob, Queue

from .harness.server import Server, until


def test_sentinel_failover(private_server: Any, flavour: str, work: Any) -> None:
    primary = private_server("--repl-diskless-sync-delay", "0")
    replica = private_server("--replicaof", "127.0.0.1", str(primary.port))
    sentinel = private_server(sentinel=True)
    sentinel.send("SENTINEL", "MONITOR", "primary", "127.0.0.1", primary.port, 1)
    sentinel.send("SENTINEL", "SET", "primary", "down-after-milliseconds", 300, "failover-timeout", 2000)
    until(lambda: replica.client().info("replication")["master_link_status"] == "up", "no replication")
    until(lambda: sentinel.send("SENTINEL", "REPLICAS", "primary"), "the sentinel does not know the replica", 20)
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
    until(lambda: replica.client().info("replication")["role"] == "master", "no failover", 20)
    promoted.add("new", id="new")
    until(lambda: promoted.count("waiting") + promoted.count("active") == 0, "the worker does not go on", 20)
    assert set(handled) == {str(n) for n in range(100)} | {"new"}
    worker.stop()


def test_cluster_moved_slot(private_server: Any, flavour: str, work: Any) -> None:
    servers = [private_server("--cluster-enabled", "yes") for _ in range(3)]
    ids = meet(servers)
    cluster: Any = redis.RedisCluster(host="127.0.0.1", port=servers[0].port)
    queue = Queue(cluster, "q")
    slot = cluster.keyslot("q")
    source = next(server for server in servers if cluster.get_node_from_key("q").port == server.port)
    target = servers[(servers.index(source) + 1) % 3]
    queue.add_many(NewJob(n, id=str(n)) for n in range(300))
    handled: Counter[str] = Counter()

    async def handle(job: Any, tools: Any) -> None:
        await tools.sleep(job, 0.01)
        handled[job.id] += 1

    kind: Any = redis.RedisCluster if flavour == "threads" else redis.asyncio.RedisCluster
    worker = work(functools.partial(kind, host="127.0.0.1", port=servers[2].port), "q", handle, concurrency=3, block=1)
    until(lambda: len(handled) > 50, "nothing is handled")
    move(slot, source, target, servers, ids)
    until(lambda: worker.seen.count["completed"] == 300, "not all were completed", 20)
    assert set(handled.values()) == {1} and len(handled) == 300
    assert not worker.seen.of("lost")
    queue.add("new", id="new")
    until(lambda: handled["new"] == 1, "the worker does not follow")
    assert target.client().dbsize() == 1 and Queue(target.client(), "q").stats()["acks"] == 301
    worker.stop()
    cluster.close()


def meet(servers: list[Server]) -> dict[Server, str]:
    """Makes a cluster of them: the ids of the nodes."""
    share = 16384 // len(servers) + 1
    for number, server in enumerate(servers):
        server.send("CLUSTER", "ADDSLOTSRANGE", number * share, min((number + 1) * share, 16384) - 1)
        server.send("CLUSTER", "SET-CONFIG-EPOCH", number + 1)  # else they settle it while a slot moves, and its keys may go
        server.send("CLUSTER", "MEET", "127.0.0.1", servers[0].port)

    def is_ready(server: Server) -> bool:
        info = server.client().cluster("INFO")
        return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == str(len(servers)))

    until(lambda: all(map(is_ready, servers)), "the nodes do not meet", 30)
    return {server: server.send("CLUSTER", "MYID").decode() for server in servers}


def move(slot: int, source: Server, target: Server, servers: list[Server], ids: dict[Server, str]) -> None:
    """Moves a slot, key by key."""
    target.send("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    source.send("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    keys = source.send("CLUSTER", "GETKEYSINSLOT", slot, 10)
    source.send("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
    for server in (target, source, *servers):
        server.send("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

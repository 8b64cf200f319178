"""A cluster of three primaries."""

from __future__ import annotations

import functools
from typing import Any

import redis
import redis.asyncio

from .server import Server, until


class Cluster:
    """Three servers, each with a third of the slots, and with files that survive a kill. One alone goes on, too."""

    def __init__(self) -> None:
        settings = ("--cluster-enabled", "yes", "--cluster-require-full-coverage", "no")
        files = ("--appendonly", "yes", "--appendfsync", "no")
        self.servers = [Server(*settings, *files) for _ in range(3)]
        share = 16384 // 3 + 1
        for number, server in enumerate(self.servers):
            server.send("CLUSTER", "ADDSLOTSRANGE", number * share, min((number + 1) * share, 16384) - 1)
            # Else they settle it while a slot moves, and its keys may go.
            server.send("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            server.send("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port)
        self.is_ready()
        self._ids = {server: server.send("CLUSTER", "MYID").decode() for server in self.servers}

    def is_ready(self) -> None:
        """Waits until all nodes know all others and serve."""
        until(lambda: all(map(_is_ready, self.servers)), "the nodes do not meet", 60)

    def connect(self, flavour: str) -> Any:
        """What makes clients of the cluster."""
        kind: Any = redis.RedisCluster if flavour == "threads" else redis.asyncio.RedisCluster
        return functools.partial(kind, host="127.0.0.1", port=self.servers[2].port)

    def client(self) -> redis.RedisCluster:
        """A client of redis-py."""
        return redis.RedisCluster(host="127.0.0.1", port=self.servers[0].port)

    def owner(self, key: str) -> Server:
        """The server that has a key."""
        client: Any = self.client()  # redis-py leaves its methods without types
        node = client.get_node_from_key(key)
        return next(server for server in self.servers if server.port == node.port)

    def move(self, key: str) -> Server:
        """Moves the slot of a key, key by key, to another server: which one."""
        slot = self.servers[0].send("CLUSTER", "KEYSLOT", key)
        source = self.owner(key)
        target = self.servers[(self.servers.index(source) + 1) % 3]
        target.send("CLUSTER", "SETSLOT", slot, "IMPORTING", self._ids[source])
        source.send("CLUSTER", "SETSLOT", slot, "MIGRATING", self._ids[target])
        keys = source.send("CLUSTER", "GETKEYSINSLOT", slot, 10)
        source.send("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
        for server in (target, source, *self.servers):
            server.send("CLUSTER", "SETSLOT", slot, "NODE", self._ids[target])
        return target

    def empty(self) -> None:
        """Removes all keys."""
        for server in self.servers:
            server.client().flushall()

    def stop(self) -> None:
        """Ends the servers."""
        for server in self.servers:
            server.stop()


def _is_ready(server: Server) -> bool:
    info = server.client().cluster("INFO")
    return bool(info["cluster_state"] == "ok" and info["cluster_known_nodes"] == "3" and info["cluster_slots_ok"] == "16384")

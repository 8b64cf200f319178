"""The connections of a worker that uses threads: one for the claims that wait, one for everything else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Union

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from .errors import passes, translated
from .requests import Command

Client = Union[Redis, RedisCluster]
Connect = Union[str, Callable[..., Client]]
"""How to connect: a URL, or what makes a client from the options of redis-py that it is given.

`functools.partial(Redis, host="db", password=…)`, `functools.partial(RedisCluster, host="db")`, or
`functools.partial(sentinel.master_for, "primary")`.
"""

READ_TIMEOUT = 5.0
"""Seconds for which a reply may take."""


def connected(connect: Connect, read_timeout: float) -> Client:
    """A client of its own that sends nothing twice and returns bytes."""
    options: dict[str, Any] = {
        "socket_timeout": read_timeout,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
    }
    if not isinstance(connect, str):
        return connect(**options)
    client = Redis.from_url(connect)
    client.connection_pool.connection_kwargs.update(options)  # as arguments they would yield to those of the URL
    return client


class Link:
    """A client that is made when it is needed first, and gives errors as replies."""

    def __init__(self, connect: Connect, read_timeout: float = READ_TIMEOUT) -> None:
        self._connect = connect
        self._read_timeout = read_timeout
        self._client: Client | None = None
        self._lock = threading.Lock()
        self._claims_as = 0
        self._claims_as_is_sure = False

    @property
    def client(self) -> Any:
        """The client; redis-py leaves its methods without types. Raises an error of redis-py where a cluster is away."""
        with self._lock:
            if self._client is None:
                self._client = connected(self._connect, self._read_timeout)
            return self._client

    def send(self, commands: list[Command]) -> list[Any]:
        """For each command its reply, or the error."""
        try:
            client = self.client
            if len(commands) > 1 and not isinstance(client, RedisCluster):
                pipeline = client.pipeline(transaction=False)
                for command in commands:
                    pipeline.execute_command(*command)
                return [_reply(reply) for reply in pipeline.execute(raise_on_error=False)]
        except (RedisError, OSError) as error:
            return [translated(error)] * len(commands)
        replies: list[Any] = []
        for command in commands:
            is_cut = bool(replies) and isinstance(replies[-1], Exception) and passes(replies[-1])
            replies.append(replies[-1] if is_cut else self._send_one(client, command))
        return replies

    def _send_one(self, client: Any, command: Command) -> Any:
        try:
            return client.execute_command(*command)
        except (RedisError, OSError) as error:
            return translated(error)

    def claim(self, command: Command, queue: str) -> Any:
        """The reply to a claim that waits, or the error. It knows which client it is, for `unblock`, and asks anew after a
        while: redis-py replaces a connection that broke while it was idle, and does not tell.
        """
        try:
            if not self._claims_as_is_sure:
                self._claims_as = self._client_id(queue)
            reply = self.client.execute_command(*command)
            self._claims_as_is_sure = reply is None  # the next claim follows at once
            return reply
        except (RedisError, OSError) as error:
            self._claims_as_is_sure = False
            return translated(error)

    def _client_id(self, queue: str) -> int:
        try:
            return int(self.client.execute_command("CLIENT ID", **self._node(queue)))
        except ResponseError:
            return 0  # the user may not ask: a claim that waits runs out

    def unblock(self, other: Link, queue: str) -> None:
        """Ends the claim with which `other` waits."""
        if other._claims_as:
            try:
                self.client.execute_command("CLIENT UNBLOCK", other._claims_as, **self._node(queue))
            except (RedisError, OSError):
                pass  # it runs out

    def _node(self, queue: str) -> dict[str, Any]:
        client = self.client
        is_cluster = isinstance(client, RedisCluster)
        return {"target_nodes": self.client.get_node_from_key(queue)} if is_cluster else {}

    def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            self._client.close()


def _reply(reply: Any) -> Any:
    return translated(reply) if isinstance(reply, Exception) else reply

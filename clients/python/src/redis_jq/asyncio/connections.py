"""The connections of a worker that uses asyncio: one for the claims that wait, one for everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from ..connections import READ_TIMEOUT
from ..errors import passes, translated
from ..requests import Command

Client = Union[Redis, RedisCluster]
Connect = Union[str, Callable[..., Client]]
"""How to connect: a URL, or what makes a client from the options of redis-py that it is given.

`functools.partial(Redis, host="db", password=…)`, `functools.partial(RedisCluster, host="db")`, or
`functools.partial(sentinel.master_for, "primary")`, all of `redis.asyncio`.
"""


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
        self._client: Any = None  # redis-py leaves its methods without types
        self._claims_as = 0
        self._claims_as_is_sure = False

    async def client(self) -> Any:
        """The client. Raises what redis-py raises where a cluster cannot be reached."""
        if self._client is None:
            self._client = connected(self._connect, self._read_timeout)
        if isinstance(self._client, RedisCluster):
            await self._client.initialize()
        return self._client

    async def send(self, commands: list[Command]) -> list[Any]:
        """For each command its reply, or the error."""
        try:
            client = await self.client()
            if len(commands) > 1 and not isinstance(client, RedisCluster):
                pipeline = client.pipeline(transaction=False)
                for command in commands:
                    pipeline.execute_command(*command)
                return [_reply(reply) for reply in await pipeline.execute(raise_on_error=False)]
        except (RedisError, OSError) as error:
            return [translated(error)] * len(commands)
        replies: list[Any] = []
        for command in commands:
            is_cut = bool(replies) and isinstance(replies[-1], Exception) and passes(replies[-1])
            replies.append(replies[-1] if is_cut else await self._send_one(client, command))
        return replies

    async def _send_one(self, client: Any, command: Command) -> Any:
        try:
            return await client.execute_command(*command)
        except (RedisError, OSError) as error:
            return translated(error)

    async def claim(self, command: Command, queue: str) -> Any:
        """The reply to a claim that waits, or the error. It knows which client it is, for `unblock`, and asks anew after a
        while: redis-py replaces a connection that broke while it was idle, and does not tell.
        """
        try:
            client = await self.client()
            if not self._claims_as_is_sure:
                self._claims_as = await self._client_id(client, queue)
            reply = await client.execute_command(*command)
            self._claims_as_is_sure = reply is None  # the next claim follows at once
            return reply
        except (RedisError, OSError) as error:
            self._claims_as_is_sure = False
            return translated(error)

    async def _client_id(self, client: Any, queue: str) -> int:
        try:
            return int(await client.execute_command("CLIENT ID", **_node(client, queue)))
        except ResponseError:
            return 0  # the user may not ask: a claim that waits runs out

    async def unblock(self, other: Link, queue: str) -> None:
        """Ends the claim with which `other` waits."""
        if other._claims_as:
            try:
                client = await self.client()
                await client.execute_command("CLIENT UNBLOCK", other._claims_as, **_node(client, queue))
            except (RedisError, OSError):
                pass  # it runs out

    async def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.aclose()


def _node(client: Any, queue: str) -> dict[str, Any]:
    return {"target_nodes": client.get_node_from_key(queue)} if isinstance(client, RedisCluster) else {}


def _reply(reply: Any) -> Any:
    return translated(reply) if isinstance(reply, Exception) else reply

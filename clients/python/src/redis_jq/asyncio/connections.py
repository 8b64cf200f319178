"""The connections of a worker that uses asyncio: one for the claims that wait, one for everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, ResponseError

from ..connections import READ_TIMEOUT
from ..errors import CLIENT_ERRORS, passes, refuses_writes, translated
from ..requests import Command, harmless_write

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
        # The id of its client, at which node of a cluster, and the queue that the claim names first.
        self._claims_as: tuple[int, str | None, str] | None = None
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
        except Exception as error:
            return [self._told(error)] * len(commands)
        replies: list[Any] = []
        for command in commands:
            is_cut = bool(replies) and isinstance(replies[-1], Exception) and passes(replies[-1])
            replies.append(replies[-1] if is_cut else await self._send_one(client, command))
        return replies

    async def _send_one(self, client: Any, command: Command) -> Any:
        try:
            return await client.execute_command(*command)
        except Exception as error:
            return self._told(error)

    async def claim(self, command: Command, queue: str, is_long: bool) -> Any:
        """The reply to a claim, or the error. Of one that waits long it knows which client it is, for `unblock`, and asks
        anew after a while: redis-py replaces a connection that broke while it was idle, and does not tell.
        """
        try:
            client = await self.client()
            if is_long and not self._claims_as_is_sure:
                self._claims_as = await self._client_id(client, queue)
            reply = await client.execute_command(*command)
            self._claims_as_is_sure = is_long and reply is None  # the next claim follows at once
            return reply
        except Exception as error:
            self._claims_as, self._claims_as_is_sure = None, False
            return self._told(error)

    async def _client_id(self, client: Any, queue: str) -> tuple[int, str | None, str] | None:
        try:
            if not isinstance(client, RedisCluster):
                return int(await client.execute_command("CLIENT ID")), None, queue
            node: Any = client.get_node_from_key(queue)
            return int(await client.execute_command("CLIENT ID", target_nodes=node)), node.name, queue
        except ResponseError:
            return None  # the user may not ask: a claim that waits runs out

    async def unblock(self, other: Link) -> None:
        """Ends the claim with which `other` waits. Its id is told to no other server, which knows another client by it.

        Some servers crash when a claim is ended that has to wait for the end of a CLIENT PAUSE or FAILOVER. A write has to
        wait for that as well, so one that changes nothing goes before.
        """
        claims_as = other._claims_as
        if claims_as is None:
            return
        id, name, queue = claims_as
        try:
            client = await self.client()
            node = None if name is None else client.get_node(node_name=name)
            if name is None or node is not None:
                at = {"target_nodes": node} if node else {}
                try:
                    await client.execute_command(*harmless_write(queue), **at)
                except ResponseError as error:
                    if not refuses_writes(error):  # a claim that is refused, too, has not to wait
                        raise
                if other._claims_as == claims_as:
                    await client.execute_command("CLIENT UNBLOCK", id, **at)
        except Exception as error:
            self._told(error)  # it runs out

    def _told(self, error: Exception) -> Exception:
        """An error as a reply. Where a node goes away while several commands are under way, a client of a cluster raises all
        kinds of errors beside its own ("I/O operation on closed file"): they are taken for a connection that broke.
        """
        if isinstance(error, CLIENT_ERRORS):
            return translated(error)
        if self._client is None:
            raise error  # the client cannot be made as the user said
        return ConnectionError(f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """Closes its connections."""
        if self._client is not None:
            await self._client.aclose()


class Links:
    """The connections for claims, one for each part of a worker."""

    def __init__(self, new: Callable[[], Link]) -> None:
        self._new = new
        self._by_part: dict[int, Link] = {}

    def of(self, part: int) -> Link:
        """That of one part."""
        if part not in self._by_part:
            self._by_part[part] = self._new()
        return self._by_part[part]

    async def close(self) -> None:
        """Closes all of them."""
        for link in self._by_part.values():
            await link.close()


def _reply(reply: Any) -> Any:
    return translated(reply) if isinstance(reply, Exception) else reply

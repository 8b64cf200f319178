"""Jobs that are enqueued if, and only if, a transaction of PostgreSQL commits: the transactional outbox.

    request: BEGIN … INSERT INTO outbox … COMMIT
    relay:   rows ─► JQ.ADD under the ids of the rows ─► DELETE

Whoever dies in between leaves the rows, and the next relay begins again. A job that was added before its row was
deleted is added twice then; the second time its id is known, and nothing happens.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redis_jq import NewJob
from redis_jq.asyncio import Queue

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    position bigserial PRIMARY KEY,
    job      uuid NOT NULL DEFAULT gen_random_uuid(),
    queue    text NOT NULL,
    payload  jsonb NOT NULL
)"""

AT_ONCE = 100
"""Rows that one transaction of the relay takes."""

LOOK_EVERY = 1.0
"""Seconds after which the relay looks by itself: for the rows of processes that have died."""

REMEMBERED = timedelta(days=1)
"""How long an id stays refused after its job has ended: longer than a row can lie here after its job was added."""

log = logging.getLogger(__name__)


async def enqueue(connection: psycopg.AsyncConnection[Any], queue: str, payload: Any) -> None:
    """Enqueues a job with the transaction that `connection` is in."""
    await connection.execute("INSERT INTO outbox (queue, payload) VALUES (%s, %s)", (queue, Jsonb(payload)))


async def relay(pool: AsyncConnectionPool, redis: Redis, committed: asyncio.Event) -> None:
    """Brings rows to their queues until it is cancelled: at once when `committed` is set, else now and then."""
    while True:
        committed.clear()
        try:
            while await relay_some(pool, redis) == AT_ONCE:
                pass
        except (psycopg.Error, RedisError) as error:
            log.warning("the outbox waits: %s", error)  # the rows are still there
        try:
            await asyncio.wait_for(committed.wait(), LOOK_EVERY)
        except asyncio.TimeoutError:
            pass


async def relay_some(pool: AsyncConnectionPool, redis: Redis) -> int:
    """Adds the jobs of some rows, and deletes the rows. Any number of relays may run: each takes other rows."""
    async with pool.connection() as connection:  # a transaction
        cursor = await connection.execute(
            "SELECT position, job, queue, payload FROM outbox ORDER BY position LIMIT %s FOR UPDATE SKIP LOCKED",
            (AT_ONCE,),
        )
        rows = await cursor.fetchall()
        for name in {queue for _, _, queue, _ in rows}:
            jobs = [NewJob(payload, id=str(job)) for _, job, queue, payload in rows if queue == name]
            await Queue(redis, name).add_many(jobs, dedup=REMEMBERED)
        await connection.execute("DELETE FROM outbox WHERE position = ANY(%s)", ([row[0] for row in rows],))
        return len(rows)

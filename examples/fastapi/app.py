"""Users who sign up get a mail: a web service, and its worker in the same process.

    uvicorn app:app        with DATABASE_URL and REDIS_URL in the environment

`POST /users` writes to PostgreSQL and enqueues with the same transaction (outbox.py); `POST /reports` has nothing to do
with a transaction, and adds its job at once.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import outbox
import psycopg
from fastapi import FastAPI, HTTPException, Request
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel
from redis.asyncio import Redis
from redis_jq.asyncio import Job, Queue, Worker

DATABASE_URL = os.environ["DATABASE_URL"]
REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379")

TABLES = """
CREATE TABLE IF NOT EXISTS users (address text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sent (job text, address text)"""


class User(BaseModel):
    address: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    redis = Redis.from_url(REDIS_URL, socket_timeout=5)
    async with AsyncConnectionPool(DATABASE_URL, open=False) as pool, redis:
        async with pool.connection() as connection:
            await connection.execute(f"{outbox.SCHEMA}; {TABLES}")
        app.state.pool, app.state.mail, app.state.committed = pool, Queue(redis, "mail"), asyncio.Event()

        async def send(job: Job) -> None:
            async with pool.connection() as connection:  # a row instead of a mail
                await connection.execute("INSERT INTO sent VALUES (%s, %s)", (job.id, job.payload["to"]))

        worker = Worker(REDIS_URL, "mail", send)
        working = asyncio.create_task(worker.run(handle_signals=False))  # uvicorn handles them
        working.add_done_callback(end_with_worker)
        relaying = asyncio.create_task(outbox.relay(pool, redis, app.state.committed))
        yield
        relaying.cancel()
        await worker.stop()  # waits for its handlers


def end_with_worker(working: "asyncio.Task[None]") -> None:
    """A missing right, or a server without the module: an error that waiting does not help. Nobody would work here."""
    if not working.cancelled() and working.exception():
        os.kill(os.getpid(), signal.SIGTERM)


app = FastAPI(lifespan=lifespan)


@app.post("/users", status_code=201)
async def sign_up(user: User, request: Request) -> None:
    try:
        async with request.app.state.pool.connection() as connection:
            await outbox.enqueue(connection, "mail", {"to": user.address})
            await connection.execute("INSERT INTO users VALUES (%s)", (user.address,))
    except psycopg.errors.UniqueViolation:
        raise HTTPException(409, f"{user.address} has signed up before") from None
    request.app.state.committed.set()


@app.post("/reports", status_code=202)
async def report(user: User, request: Request) -> dict[str, Any]:
    added = await request.app.state.mail.add({"to": user.address})
    return {"id": added.id}

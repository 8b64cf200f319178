"""A worker of the package that works until all jobs are done."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from redis_jq import Hooks
from redis_jq.asyncio import Worker

Run = Callable[[], Awaitable[None]]


def until_done(address: str, queue: str, handler: Callable[[Any], Awaitable[None]], concurrency: int, jobs: int) -> Run:
    """What runs a worker with `concurrency` handlers until it has completed `jobs`. Nothing stops the worker then."""
    all_done = asyncio.Event()

    class Told(Hooks):
        left = jobs

        def completed(self, job: Any) -> None:
            self.left -= 1
            if self.left == 0:
                all_done.set()

    worker = Worker(f"redis://{address}", queue, handler, concurrency=concurrency, hooks=Told())

    async def run() -> None:
        running = asyncio.create_task(worker.run())
        done = asyncio.create_task(all_done.wait())
        await asyncio.wait([running, done], return_when=asyncio.FIRST_COMPLETED)
        if running.done():  # for an error
            await running

    return run

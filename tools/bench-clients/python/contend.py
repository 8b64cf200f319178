"""The contenders of scripts/bench-clients in Python; contender.go says how they are called."""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis_jq.asyncio import Queue
from working import Run, until_done

AT_ONCE = 50  # adds, or handlers, at the same time
QUEUE = "q"
PAYLOAD = {"to": "0" * 79 + "@example.org"}  # 100 bytes of JSON


async def each(jobs: int, call: Callable[[int], Awaitable[Any]]) -> None:
    """Calls with all numbers below `jobs`, AT_ONCE of them at the same time."""
    numbers = iter(range(jobs))

    async def some() -> None:
        for i in numbers:
            await call(i)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def connected(address: str) -> Redis:
    redis = Redis.from_url(f"redis://{address}")
    await redis.ping()
    return redis


async def add_by_package(address: str, jobs: int, _together: int, _apart: float) -> Run:
    queue = Queue(await connected(address), QUEUE)
    return lambda: each(jobs, lambda i: queue.add(PAYLOAD, id=f"job:{i}"))


async def add_by_hand(address: str, jobs: int, _together: int, _apart: float) -> Run:
    redis = await connected(address)
    return lambda: each(
        jobs, lambda i: redis.execute_command("JQ.ADD", QUEUE, f"job:{i}", json.dumps(PAYLOAD, separators=(",", ":")))
    )


async def work_by_package(address: str, jobs: int, _together: int, _apart: float) -> Run:
    async def nothing(job: Any) -> None:
        pass

    return until_done(address, QUEUE, nothing, AT_ONCE, jobs)


def fields(job: Any) -> dict[bytes, Any]:
    """A job of RESP3 or RESP2."""
    return job if isinstance(job, dict) else dict(zip(job[::2], job[1::2], strict=True))


async def work_by_hand(address: str, jobs: int, together: int, apart: float) -> Run:
    """Claims as many jobs as the worker has handlers, and then acknowledges some at a time."""
    redis = await connected(address)
    # As long as the name that the package makes, since the server repeats it with each job.
    name = f"{socket.gethostname()}:{os.getpid()}:{'0' * 8}"

    async def run() -> None:
        held = await redis.execute_command("JQ.CLAIM", QUEUE, name, "COUNT", AT_ONCE, "LEASE", 30_000, "BLOCK", 5000, "FULL")
        begun = time.perf_counter()
        done = 0
        while done < jobs:
            some, held = held[:together], held[together:]
            answered = [fields(job)[word] for job in some for word in (b"token", b"id")]
            more = ("NEXT", name, "COUNT", len(some), "LEASE", 30_000, "FULL")
            _, following = await redis.execute_command("JQ.ACK", QUEUE, *answered, *more)
            done += len(some)
            held += following or []
            begun += apart
            await asyncio.sleep(max(0.0, begun - time.perf_counter()))

    return run


CONTENDERS = {
    "jq add": add_by_package,
    "jq work": work_by_package,
    "hand add": add_by_hand,
    "hand work": work_by_hand,
}


async def main() -> None:
    contender, mode, address, jobs, together, apart = sys.argv[1:]
    run = await CONTENDERS[f"{contender} {mode}"](address, int(jobs), int(together), int(apart) / 1e6)
    print("ready", flush=True)
    sys.stdin.readline()
    await run()
    print("done", flush=True)  # and it is killed


asyncio.run(main())

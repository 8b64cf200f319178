"""The contenders of scripts/bench-peers in Python; peers/play/task.go says how they are called."""

import asyncio
import importlib.metadata
import json
import multiprocessing
import os
import platform
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import rq
from redis.asyncio import BlockingConnectionPool, Redis
from redis_jq import NewJob
from redis_jq.asyncio import Queue
from rq.worker import SimpleWorker
from working import Run, until_done

import redis as redis_py

TASK: dict[str, Any] = json.loads(sys.argv[1])
QUEUE = "q"
ONE = TASK["way"] == "one by one"
HOST, PORT = TASK["address"].split(":")
WARM = TASK["rate"]  # the jobs of the first second, in which a runtime warms up, count for no latency
Add = Callable[[list[tuple[str, dict[str, Any]]]], Awaitable[Any]]


def job(number: int) -> tuple[str, dict[str, Any]]:
    """The id and the payload of a job, as of now."""
    n = f"{number:07}"
    start = number * 7919 % (len(TASK["noise"]) - TASK["pad"])
    return f"job-{n}", {"at": time.time_ns() // 1000, "n": n, "pad": TASK["noise"][start : start + TASK["pad"]]}


class Tally:
    """Counts what happens to the jobs."""

    def __init__(self) -> None:
        self.runs: Counter[int] = Counter()
        self.latencies: list[float] = []  # microseconds

    def begin(self, number: int, latency: float) -> None:
        self.runs[number] += 1
        self.took(number, latency)

    def took(self, number: int, latency: float) -> None:
        if number >= WARM:
            self.latencies.append(latency)

    def told(self) -> dict[str, Any]:
        ordered = sorted(self.latencies) or [0.0]

        def at(share: float) -> float:
            return ordered[max(-int(-share * len(ordered) // 1), 1) - 1]

        latency = {"p50": at(0.5), "p99": at(0.99), "p99.9": at(0.999)}
        return {"runs": self.runs.total(), "distinct": len(self.runs), "latency_us": latency}


TALLY = Tally()


def age(payload: dict[str, Any]) -> float:
    return time.time_ns() / 1000 - payload["at"]


async def add_all(add: Add) -> None:
    """Adds jobs, some together, by as many producers at once as there are handlers."""
    firsts = iter(range(0, TASK["jobs"], TASK["together"]))

    async def some() -> None:
        for first in firsts:
            await add([job(n) for n in range(first, min(first + TASK["together"], TASK["jobs"]))])

    await asyncio.gather(*(some() for _ in range(TASK["handlers"])))


async def offer(add: Add) -> None:
    """Adds each job at its instant, whether or not earlier ones have been answered."""

    async def one(number: int) -> None:
        called = time.perf_counter()
        await add([job(number)])
        TALLY.took(number, (time.perf_counter() - called) * 1e6)

    begun = time.perf_counter()
    calls = []
    for number in range(TASK["jobs"]):
        await asyncio.sleep(max(begun + number / TASK["rate"] - time.perf_counter(), 0))
        calls.append(asyncio.create_task(one(number)))
    await asyncio.gather(*calls)


async def jq_add() -> Add:
    pool = BlockingConnectionPool.from_url(f"redis://{TASK['address']}", max_connections=TASK["handlers"])
    redis = Redis(connection_pool=pool)
    await redis.ping()
    queue = Queue(redis, QUEUE)

    async def add(jobs: list[tuple[str, dict[str, Any]]]) -> None:
        if ONE:
            await queue.add(jobs[0][1], id=jobs[0][0])
        else:
            await queue.add_many([NewJob(payload, id=id) for id, payload in jobs])

    return add


async def jq_work() -> Run:
    async def handle(job: Any) -> None:
        TALLY.begin(int(job.payload["n"]), age(job.payload))

    return until_done(TASK["address"], QUEUE, handle, TASK["handlers"], TASK["jobs"])


async def rq_add() -> Add:
    """RQ is synchronous: as many threads add as there are producers, each by a connection of its client's pool."""
    queue = rq.Queue(QUEUE, connection=redis_py.Redis(HOST, int(PORT)))
    slots = asyncio.Semaphore(TASK["handlers"])

    def call(jobs: list[tuple[str, dict[str, Any]]]) -> None:
        if ONE:
            queue.enqueue("peers.rq_handler", jobs[0][1], job_id=jobs[0][0], result_ttl=0)
        else:
            prepared = [
                rq.Queue.prepare_data("peers.rq_handler", (payload,), job_id=id, result_ttl=0) for id, payload in jobs
            ]
            queue.enqueue_many(prepared)

    async def add(jobs: list[tuple[str, dict[str, Any]]]) -> None:
        async with slots:
            await asyncio.to_thread(call, jobs)

    return add


BEGUN: Any = multiprocessing.SimpleQueue()  # what the handlers of all processes have begun
START = multiprocessing.Event()


def rq_handler(payload: dict[str, Any]) -> None:
    BEGUN.put((int(payload["n"]), age(payload)))


def rq_worker() -> None:
    connection = redis_py.Redis(HOST, int(PORT))
    worker = SimpleWorker([rq.Queue(QUEUE, connection=connection)], connection=connection)
    START.wait()
    worker.work(logging_level="ERROR")


async def rq_work() -> Run:
    """A worker of RQ does one job at a time, so there are as many processes as handlers."""
    sys.modules["peers"] = sys.modules["__main__"]  # where a worker finds the handler
    for _ in range(TASK["handlers"]):
        multiprocessing.Process(target=rq_worker, daemon=True).start()

    async def run() -> None:
        START.set()
        for _ in range(TASK["jobs"]):
            TALLY.begin(*await asyncio.to_thread(BEGUN.get))

    return run


def end_with_input() -> None:
    while os.read(0, 1024):  # sys.stdin has a lock, which a process that is forked meanwhile would never get
        pass
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(0)


def say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


async def prepared() -> Run:
    """The contender, ready to add or to work."""
    if TASK["phase"] == "work":
        return await {"jq-python": jq_work, "rq": rq_work}[TASK["contender"]]()
    add = await {"jq-python": jq_add, "rq": rq_add}[TASK["contender"]]()
    return lambda: offer(add) if TASK["rate"] > 0 else add_all(add)


async def main() -> None:
    run = await prepared()
    libraries = {name: importlib.metadata.version(name) for name in ("redis", "hiredis", "rq")}
    libraries["redis-py"] = libraries.pop("redis")
    say({"versions": {"python": platform.python_version(), **libraries}})
    sys.stdin.readline()
    threading.Thread(target=end_with_input, daemon=True).start()
    await run()
    say(TALLY.told())
    await asyncio.Event().wait()


asyncio.run(main())

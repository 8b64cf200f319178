"""The two workers behind one face, so that each scenario is written once.

A handler of a scenario is a coroutine function `handler(job, tools)`. asyncio runs it as it is. A thread runs it as well:
what it awaits is done there and then (`tools.sleep` waits for the cancel signal), so that it never suspends.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import redis_jq
import redis_jq.asyncio
from redis_jq import Hooks, Stopped

Handler = Callable[[Any, Any], Coroutine[Any, Any, Any]]


class Seen(Hooks):
    """Keeps what a worker tells."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.count: Counter[str] = Counter()

    def _keep(self, *told: Any) -> None:
        self.told.append(told)
        self.count[told[0]] += 1

    def claimed(self, job: Any) -> None:
        self._keep("claimed", job.id)

    def completed(self, job: Any) -> None:
        self._keep("completed", job.id)

    def failed(self, job: Any, error: str, will_retry: bool) -> None:
        self._keep("failed", job.id, error, will_retry)

    def lost(self, job: Any, reason: str) -> None:
        self._keep("lost", job.id, reason)

    def error(self, error: Exception) -> None:
        self._keep("error", error)

    def idle(self) -> None:
        self._keep("idle")

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        """What was told of one kind."""
        return [told[1:] for told in list(self.told) if told[0] == kind]


class ThreadTools:
    """What a handler awaits in a thread."""

    async def sleep(self, job: Any, seconds: float) -> None:
        if job.stopped.wait(seconds):
            raise Stopped(job.stop_reason)

    async def sleep_deaf(self, seconds: float) -> None:
        time.sleep(seconds)

    async def progress(self, job: Any, data: Any) -> Any:
        return job.progress(data)

    async def log(self, job: Any, line: str) -> None:
        job.log(line)

    async def extend(self, job: Any, seconds: float) -> Any:
        return job.extend(seconds)


class TaskTools:
    """What a handler awaits in a task."""

    async def sleep(self, job: Any, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def sleep_deaf(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(seconds)

    async def progress(self, job: Any, data: Any) -> Any:
        return await job.progress(data)

    async def log(self, job: Any, line: str) -> None:
        await job.log(line)

    async def extend(self, job: Any, seconds: float) -> Any:
        return await job.extend(seconds)


class Running:
    """A worker that runs, in a thread of its own."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error

    def _work(self) -> None:
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def ended(self, seconds: float = 60) -> None:
        """Waits until the worker has ended."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the worker has not ended"

    def ask_to_stop(self, limit: float | None = None) -> None:
        raise NotImplementedError

    def stop(self, limit: float | None = None) -> None:
        """Stops it, and waits until it has ended."""
        self.ask_to_stop(limit)
        self.ended(60)


class InThreads(Running):
    """`redis_jq.Worker`."""

    def __init__(self, kind: str, connect: Any, queues: Any, handler: Handler, seen: Seen, **options: Any) -> None:
        super().__init__(seen)
        tools = ThreadTools()

        def handle(given: Any) -> Any:
            try:
                handler(given, tools).send(None)
            except StopIteration as end:
                return end.value
            raise AssertionError("the handler was suspended")

        self.worker = getattr(redis_jq, kind)(connect, queues, handle, hooks=seen, **options)

    def _work(self) -> None:
        self.worker.run()

    def ask_to_stop(self, limit: float | None = None) -> None:
        self.worker.ask_to_stop(limit)


class InTasks(Running):
    """`redis_jq.asyncio.Worker`, in an event loop of its own."""

    def __init__(self, kind: str, connect: Any, queues: Any, handler: Handler, seen: Seen, **options: Any) -> None:
        super().__init__(seen)
        tools = TaskTools()
        self._loop = asyncio.new_event_loop()

        async def handle(given: Any) -> Any:
            return await handler(given, tools)

        self.worker = getattr(redis_jq.asyncio, kind)(connect, queues, handle, hooks=seen, **options)

    def _work(self) -> None:
        try:
            self._loop.run_until_complete(self.worker.run())
        finally:
            if left := asyncio.all_tasks(self._loop):  # handlers that ignore their signal
                self._loop.run_until_complete(asyncio.wait(left, timeout=1))
            self._loop.close()

    def ask_to_stop(self, limit: float | None = None) -> None:
        self._loop.call_soon_threadsafe(self.worker.ask_to_stop, limit)

"""A worker that handles jobs in tasks of asyncio."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import outcomes
from ..actions import Action, Begin, Claim, Pause, Routine, Send, Tell, Unblock
from ..connections import READ_TIMEOUT
from ..job import JobData
from ..parts import Parts, Queues
from ..requests import Claims, Command, tokens
from ..runs import Answer, Run
from ..settings import Settings, WorkerOptions, seconds
from ..shards.layout import Shards
from ..slots import Slots
from ..values import Duration, milliseconds, raw
from .connections import Connect, Link, Links

if TYPE_CHECKING:
    from typing_extensions import Unpack

log = logging.getLogger("redis_jq")


class Job(JobData):
    """A claimed job, and what its handler can do with it while it runs. Its cancel signal is the cancellation of its task."""

    def __init__(self, run: Run, worker: _TaskWorker) -> None:
        super().__init__(run, worker.settings.codec)
        self._worker = worker

    async def progress(self, data: Any) -> bool:
        """Keeps `data` with the job, for everyone to see and for the next run. False if the job is not ours any more."""
        sent = ("JQ.PROGRESS", raw(self.queue), *tokens([self._run]), self._codec.encode(data))
        return await self._worker._act(self._run, sent, None)

    async def extend(self, duration: Duration) -> bool:
        """Extends the lease to at least `duration` from now. False if the job is not ours any more."""
        sent = ("JQ.EXTEND", raw(self.queue), milliseconds(duration), *tokens([self._run]))
        return await self._worker._act(self._run, sent, seconds(duration))

    async def log(self, *lines: str) -> None:
        """Appends lines to the log of the job. A line can be there twice if a connection breaks."""
        sent: Command = ("JQ.LOG", raw(self.queue), raw(self.id), *map(raw, lines))
        await self._worker._drive(self._worker._parts.of(self._run).act(self._run, sent))


Handler = Callable[[Job], Awaitable[Any]]
BulkHandler = Callable[[list[Job]], Awaitable[Sequence[Any] | None]]


class _TaskWorker:
    """What the two workers share: it drives the routines, and starts a task for each handler."""

    def __init__(
        self, connect: Connect, queues: Queues, settings: Settings, block: float, minimum: int = 1, size: int = 1
    ) -> None:
        self.settings = settings
        """Its options, with what holds where none was given."""
        lease = seconds(settings.lease)
        self._parts = Parts(
            queues,
            lambda order: Claims(settings.name, order, lease, block, minimum),
            Slots(settings.concurrency, size),
            time.monotonic,
            self._job_of,
        )
        self._link = Link(connect)
        self._claiming = Links(lambda: Link(connect, block + READ_TIMEOUT))
        self._routines: set[asyncio.Task[Any]] = set()
        self._routines_ended = asyncio.Event()
        self._crash: BaseException | None = None
        self._is_left = False  # `run` has ended, and what it has begun is to end
        self._handlers: set[asyncio.Task[None]] = set()
        self._waiting: dict[Pause, asyncio.Future[None]] = {}
        self._over = asyncio.Event()

    async def run(self, handle_signals: bool = True) -> None:
        """Works until `stop`, SIGTERM or SIGINT (a second one waits for nothing).

        Raises the error that ended the worker, where waiting does not help: `NoPermission`, `WrongType`, `ModuleMissing`.
        """
        if self._over.is_set():
            raise RuntimeError("a worker runs once")
        self._begin(self._parts.routines())
        with _signals(self.ask_to_stop if handle_signals else None):
            try:
                await self._routines_ended.wait()
            finally:  # tasks are left only if this one was cancelled, or by a fault of this package
                self._is_left = True
                for task in [*self._routines, *self._handlers]:
                    task.cancel()
                await self._claiming.close()
                await self._link.close()
                self._over.set()
        error = self._crash or self._parts.ending.error
        if error is not None:
            raise error

    def ask_to_stop(self, limit: Duration | None = None) -> None:
        """Lets `run` stop, and returns at once. Handlers may go on for `limit`, or for the worker's `stop_limit`."""
        limit = self.settings.stop_limit if limit is None else limit
        self._parts.ending.ask(None if limit is None else seconds(limit))
        self._wake()

    async def stop(self, limit: Duration | None = None) -> None:
        """The same, and returns when all jobs are answered or handed back. A second stop waits for no handler.

        It is for another task: what the worker itself calls, a handler or a hook, uses `ask_to_stop`.
        """
        self.ask_to_stop(limit)
        await self._over.wait()

    # -- routines

    def _begin(self, routines: list[Routine]) -> None:
        for routine in routines:
            task = asyncio.ensure_future(self._drive(routine))
            self._routines.add(task)
            task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[Any]) -> None:
        self._routines.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._crash = task.exception()  # a fault of this package: `run` raises it
        if self._crash or not self._routines:
            self._routines_ended.set()

    async def _drive(self, routine: Routine) -> Any:
        """Does what a routine says, until it ends: what it returns."""
        reply: Any = None
        while True:
            if self._is_left:
                raise asyncio.CancelledError  # also where redis-py has swallowed it, as it may while it connects
            try:
                action = routine.send(reply)
            except StopIteration as end:
                return end.value
            finally:
                self._has_changed()
            reply = await self._done(action)

    def _has_changed(self) -> None:
        """Gives new jobs to handlers, and wakes the routines that wait."""
        while group := self._parts.take():
            self._start(group)
        self._wake()

    def _wake(self) -> None:
        for pause, waiter in self._waiting.items():
            if not waiter.done() and pause.until():
                waiter.set_result(None)

    async def _pause(self, pause: Pause) -> None:
        if pause.until():
            return
        loop = asyncio.get_running_loop()
        waiter = self._waiting[pause] = loop.create_future()
        timer = None if pause.seconds is None else loop.call_later(pause.seconds, _end, waiter)
        try:
            await waiter
        finally:
            del self._waiting[pause]
            if timer is not None:
                timer.cancel()

    async def _done(self, action: Action) -> Any:
        if isinstance(action, Pause):
            return await self._pause(action)
        if isinstance(action, Send):
            return await self._link.send(action.commands)
        if isinstance(action, Claim):
            return await self._claiming.of(action.part).claim(action.command, action.queue, action.is_long)
        if isinstance(action, Unblock):
            return await self._link.unblock(self._claiming.of(action.part))
        if isinstance(action, Begin):
            return self._begin(action.routines)
        return self._tell(action)

    def _tell(self, tell: Tell) -> None:
        try:
            getattr(self.settings.hooks, tell.hook)(*tell.arguments)
        except Exception:  # what a hook does is its own affair
            log.exception("the hook %s failed", tell.hook)

    async def _act(self, run: Run, command: Command, lease: float | None) -> bool:
        """Sends EXTEND or PROGRESS for a handler; False if the job is not ours any more."""
        asked = time.monotonic()
        part = self._parts.of(run)
        [code] = await self._drive(part.act(run, command))
        await self._drive(part.extended(run, code, asked, lease))
        return int(code) >= 0

    # -- handlers

    def _start(self, group: list[Run]) -> None:
        task = asyncio.ensure_future(self._handle_group(group))
        self._handlers.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._handlers.discard)

    async def _handle_group(self, group: list[Run]) -> None:
        jobs = [self._job_of(run) for run in group]
        answers = {job: outcomes.unreadable(error) for job in jobs if (error := job._read())}
        for job in jobs:
            self._tell(Tell("claimed", (job,)))
        readable = [run for run, job in zip(group, jobs) if job not in answers]
        if readable:
            handled = await self._signalled(readable)
            answers.update((self._job_of(run), answer) for run, answer in zip(readable, handled))
        ledger = self._parts.of(group[0]).ledger
        for run, job in zip(group, jobs):
            ledger.finish(run, answers[job])
        ledger.free()
        self._has_changed()

    async def _signalled(self, runs: list[Run]) -> list[Answer]:
        """Runs the handler in a task, which the signal of a job cancels (of a bulk handler that of its last job)."""
        task = asyncio.ensure_future(self._handle([self._job_of(run) for run in runs]))

        def signal_one(_reason: str) -> None:
            if all(run.stop_reason for run in runs):
                task.cancel()

        for run in runs:
            run.raise_signal = signal_one
        signal_one("")
        try:
            return self._answers_of(runs, await task)
        except (Exception, asyncio.CancelledError) as error:
            return [outcomes.of_error(error, run.stop_reason) for run in runs]

    def _job_of(self, run: Run) -> Job:
        if run.job is None:
            run.job = Job(run, self)
        job: Job = run.job
        return job

    async def _handle(self, jobs: list[Job]) -> Any:
        raise NotImplementedError

    def _answers_of(self, runs: list[Run], returned: Any) -> list[Answer]:
        raise NotImplementedError


class Worker(_TaskWorker):
    """Takes jobs from one or several queues, and handles `concurrency` of them at a time.

    `queues` is a name, names in the order of their precedence, a mapping of names to weights, or `Shards` of one queue. The
    first `middleware` is the outermost. The options are those of `Settings`.
    """

    def __init__(
        self,
        connect: Connect,
        queues: Queues,
        handler: Handler,
        *,
        middleware: Sequence[Callable[[Handler], Handler]] = (),
        **options: Unpack[WorkerOptions],
    ) -> None:
        settings = Settings(**options)
        super().__init__(connect, queues, settings, settings.longest_block)
        for wrap in reversed(middleware):
            handler = wrap(handler)
        self._handler = handler

    async def _handle(self, jobs: list[Job]) -> Any:
        return await self._handler(jobs[0])

    def _answers_of(self, _runs: list[Run], returned: Any) -> list[Answer]:
        return [outcomes.of_return(returned, self.settings.codec)]


class BulkWorker(_TaskWorker):
    """Takes up to `size` jobs of a queue (or of one of its `Shards`) at a time and gives them to its handler together, in
    `concurrency` slots.

    It waits up to `wait` until `minimum` jobs are there. The handler returns None if all went well, else a list with an
    outcome for each job: its result, or the error with which it failed.
    """

    def __init__(
        self,
        connect: Connect,
        queue: str | Shards,
        handler: BulkHandler,
        *,
        middleware: Sequence[Callable[[BulkHandler], BulkHandler]] = (),
        size: int = 100,
        minimum: int = 1,
        wait: Duration = 1.0,
        **options: Unpack[WorkerOptions],
    ) -> None:
        settings = Settings(**options)
        block = min(seconds(wait), settings.longest_block) if minimum > 1 else settings.longest_block
        super().__init__(connect, queue, settings, block, minimum, size)
        for wrap in reversed(middleware):
            handler = wrap(handler)
        self._handler = handler

    async def _handle(self, jobs: list[Job]) -> Any:
        return await self._handler(jobs)

    def _answers_of(self, runs: list[Run], returned: Any) -> list[Answer]:
        return outcomes.of_bulk(runs, returned, self.settings.codec)


def _end(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


@contextmanager
def _signals(stop: Callable[[], None] | None) -> Iterator[None]:
    """SIGTERM and SIGINT call `stop`, where the loop runs in the main thread."""
    if stop is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

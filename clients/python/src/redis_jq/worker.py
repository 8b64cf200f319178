"""A worker that handles jobs in threads."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from . import outcomes
from .actions import Action, Begin, Claim, Pause, Routine, Send, Tell, Unblock
from .connections import READ_TIMEOUT, Connect, Link, Links
from .errors import Stopped
from .job import JobData
from .parts import Parts, Queues
from .requests import Claims, Command, tokens
from .runs import Answer, Run
from .settings import Settings, WorkerOptions, seconds
from .shards.layout import Shards
from .slots import Slots
from .values import Duration, milliseconds, raw

if TYPE_CHECKING:
    from typing_extensions import Unpack

log = logging.getLogger("redis_jq")


class Job(JobData):
    """A claimed job, and what its handler can do with it while it runs."""

    def __init__(self, run: Run, worker: _ThreadWorker) -> None:
        super().__init__(run, worker.settings.codec)
        self.stopped = threading.Event()
        """The cancel signal: set when the handler is to stop; `stop_reason` says why."""
        self._worker = worker
        run.raise_signal = lambda _reason: self.stopped.set()

    def check(self) -> None:
        """Raises `Stopped` if the handler is to stop."""
        if self.stopped.is_set():
            raise Stopped(self.stop_reason)

    def progress(self, data: Any) -> bool:
        """Keeps `data` with the job, for everyone to see and for the next run. False if the job is not ours any more."""
        sent = ("JQ.PROGRESS", raw(self.queue), *tokens([self._run]), self._codec.encode(data))
        return self._worker._act(self._run, sent, None)

    def extend(self, duration: Duration) -> bool:
        """Extends the lease to at least `duration` from now. False if the job is not ours any more."""
        sent = ("JQ.EXTEND", raw(self.queue), milliseconds(duration), *tokens([self._run]))
        return self._worker._act(self._run, sent, seconds(duration))

    def log(self, *lines: str) -> None:
        """Appends lines to the log of the job. A line can be there twice if a connection breaks."""
        sent: Command = ("JQ.LOG", raw(self.queue), raw(self.id), *map(raw, lines))
        self._worker._drive(self._worker._parts.of(self._run).act(self._run, sent))


Handler = Callable[[Job], Any]
BulkHandler = Callable[[list[Job]], Sequence[Any] | None]


class _ThreadWorker:
    """What the two workers share: it drives the routines, each in a thread, and handlers in theirs."""

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
        self._lock = threading.Lock()
        self._waiting: dict[Pause, threading.Condition] = {}
        self._groups: SimpleQueue[list[Run]] = SimpleQueue()
        self._signals: SimpleQueue[bool] = SimpleQueue()  # True: stop; False: it is over. No lock for a signal handler
        self._over = threading.Event()
        self._crash: BaseException | None = None
        self._threads: list[threading.Thread] = []
        self._link = Link(connect)
        self._claiming = Links(lambda: Link(connect, block + READ_TIMEOUT))

    def run(self, handle_signals: bool = True) -> None:
        """Works until `stop`, SIGTERM or SIGINT (in the main thread; a second one waits for nothing).

        Raises the error that ended the worker, where waiting does not help: `NoPermission`, `WrongType`, `ModuleMissing`.
        """
        if self._over.is_set():
            raise RuntimeError("a worker runs once")
        with _signals(self._signals if handle_signals else None):
            self._begin(self._parts.routines())
            handlers = [self._started(self._handle_groups) for _ in range(self.settings.concurrency)]
            while self._signals.get():
                self.ask_to_stop()
        if self._crash is None:
            for thread in self._threads:
                thread.join()
        for _ in handlers:
            self._groups.put([])  # ends one handler thread
        self._claiming.close()
        self._link.close()
        self._over.set()
        error = self._crash or self._parts.ending.error
        if error is not None:
            raise error

    def ask_to_stop(self, limit: Duration | None = None) -> None:
        """Lets `run` stop, and returns at once. Handlers may go on for `limit`, or for the worker's `stop_limit`."""
        limit = self.settings.stop_limit if limit is None else limit
        with self._lock:
            self._parts.ending.ask(None if limit is None else seconds(limit))
            self._has_changed()

    def stop(self, limit: Duration | None = None) -> None:
        """The same, and returns when all jobs are answered or handed back. A second stop waits for no handler.

        It is for another thread: what the worker itself calls, a handler or a hook, uses `ask_to_stop`.
        """
        self.ask_to_stop(limit)
        self._over.wait()

    @staticmethod
    def _started(target: Callable[..., None], *args: Any) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)
        thread.start()
        return thread

    def _begin(self, routines: list[Routine]) -> None:
        self._threads += [self._started(self._run, routine) for routine in routines]

    def _run(self, routine: Routine) -> None:
        try:
            self._drive(routine)
        except BaseException as error:  # a fault of this package: `run` raises it
            self._crash = error
        if self._crash or self._parts.is_over:
            self._signals.put(False)

    # -- routines

    def _drive(self, routine: Routine) -> Any:
        """Does what a routine says, until it ends: what it returns."""
        reply: Any = None
        while True:
            with self._lock:
                try:
                    action = routine.send(reply)
                except StopIteration as end:
                    return end.value
                finally:
                    self._has_changed()
                if isinstance(action, Pause):
                    self._pause(action)
            reply = None if isinstance(action, Pause) else self._done(action)

    def _pause(self, pause: Pause) -> None:
        """Waits; whoever changes something wakes it. The lock is held, but not while it waits."""
        if pause.until():
            return
        condition = self._waiting[pause] = threading.Condition(self._lock)
        try:
            condition.wait_for(pause.until, pause.seconds)
        finally:
            del self._waiting[pause]

    def _has_changed(self) -> None:
        """Gives new jobs to handlers, and wakes the routines that wait no more. The lock is held."""
        while group := self._parts.take():
            for run in group:
                self._job_of(run)  # before anything can signal it
            self._groups.put(group)
        for pause, condition in self._waiting.items():
            if pause.until():
                condition.notify()

    def _done(self, action: Action) -> Any:
        if isinstance(action, Send):
            return self._link.send(action.commands)
        if isinstance(action, Claim):
            return self._claiming.of(action.part).claim(action.command, action.queue, action.is_long)
        if isinstance(action, Unblock):
            return self._link.unblock(self._claiming.of(action.part))
        if isinstance(action, Begin):
            return self._begin(action.routines)
        assert isinstance(action, Tell)
        return self._tell(action)

    def _tell(self, tell: Tell) -> None:
        try:
            getattr(self.settings.hooks, tell.hook)(*tell.arguments)
        except Exception:  # what a hook does is its own affair
            log.exception("the hook %s failed", tell.hook)

    def _act(self, run: Run, command: Command, lease: float | None) -> bool:
        """Sends EXTEND or PROGRESS for a handler; False if the job is not ours any more."""
        asked = time.monotonic()
        part = self._parts.of(run)
        [code] = self._drive(part.act(run, command))
        self._drive(part.extended(run, code, asked, lease))
        return int(code) >= 0

    # -- handlers

    def _handle_groups(self) -> None:
        while group := self._groups.get():
            answers = self._answers_of(group)
            with self._lock:
                ledger = self._parts.of(group[0]).ledger
                for run, answer in zip(group, answers):
                    ledger.finish(run, answer)
                ledger.free()
                self._has_changed()

    def _answers_of(self, group: list[Run]) -> list[Answer]:
        jobs = [self._job_of(run) for run in group]
        answers = {job: outcomes.unreadable(error) for job in jobs if (error := job._read())}
        readable = [run for run, job in zip(group, jobs) if job not in answers]
        for job in jobs:
            self._tell(Tell("claimed", (job,)))
        if readable:
            handled = self._handle(readable)
            answers.update((self._job_of(run), answer) for run, answer in zip(readable, handled))
        return [answers[job] for job in jobs]

    def _job_of(self, run: Run) -> Job:
        if run.job is None:
            run.job = Job(run, self)
        job: Job = run.job
        return job

    def _handle(self, runs: list[Run]) -> list[Answer]:
        raise NotImplementedError


class Worker(_ThreadWorker):
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

    def _handle(self, runs: list[Run]) -> list[Answer]:
        [run] = runs
        try:
            return [outcomes.of_return(self._handler(self._job_of(run)), self.settings.codec)]
        except BaseException as error:  # SystemExit in a thread ends nothing: it is a failure like others
            return [outcomes.of_error(error, run.stop_reason)]


class BulkWorker(_ThreadWorker):
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

    def _handle(self, runs: list[Run]) -> list[Answer]:
        try:
            returned = self._handler([self._job_of(run) for run in runs])
            return outcomes.of_bulk(runs, returned, self.settings.codec)
        except BaseException as error:
            return [outcomes.of_error(error, run.stop_reason) for run in runs]


@contextmanager
def _signals(received: SimpleQueue[bool] | None) -> Iterator[None]:
    """Puts SIGTERM and SIGINT into a queue; afterwards they do what they did before."""
    if received is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: received.put(True)) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

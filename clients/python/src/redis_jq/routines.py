"""What a worker does, written once for threads and asyncio: routines that say what is to be sent and how long to wait.

A routine is a generator. It yields an `Action`; whoever drives it does that, and sends the outcome back into it:

    routine  --Send-->   driver: sends the commands, replies with a list: for each its reply, or the error
             --Pause-->  driver: waits until a condition holds, or a time is over
             --Tell-->   driver: calls a hook of the user

`claims`, `answers`, `heartbeats` and `stopping` run beside each other over one `Ledger`. Between two yields nothing else
touches it: threads hold a lock, asyncio has one thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .actions import Action, Claim, Pause, Routine, Send, Tell, Unblock, Waits
from .ending import Ending
from .errors import Refused, passes
from .ledger import Ledger
from .requests import Claims, Command, jobs
from .runs import ACK, CANCELLED, LOST, NACK, Run
from .slots import NONE, Grant, Slots

GRACE = 1.0
"""Seconds that handlers have between their cancel signal and the moment at which their jobs are handed back."""

LONG = 0.5
"""Seconds for which a claim may block without being ended when the worker stops."""


class Routines:
    """The routines of one part of a worker: of its queues, or of one of its shards. `job_of` makes what hooks and handlers
    get from a run.
    """

    def __init__(
        self,
        number: int,
        slots: Slots,
        claims: Claims,
        ending: Ending,
        now: Callable[[], float],
        job_of: Callable[[Run], Any],
    ) -> None:
        self.ledger = Ledger(slots)
        self.is_over = False
        """Everything was answered or handed back."""
        self._number = number
        self._slots = slots
        self._how = claims
        self._ending = ending
        self._now = now
        self._job_of = job_of
        self._next_queue = claims.order.next_queue if slots.size == 1 else None
        self._claims_ended = False
        self._held_until = math.inf
        self.ledger.start(now())

    def all(self) -> list[Routine]:
        """Those that run beside each other."""
        return [self.claims(), self.answers(), self.heartbeats(), self.stopping()]

    # -- claims

    def claims(self) -> Routine:
        """Claims jobs as long as slots are free."""
        waits = Waits()
        while not self.ledger.is_stopping:
            grant = self._grant()
            self.ledger.is_asking = not grant.count
            if not grant.count:
                yield Pause(lambda: self.ledger.is_stopping or self._grant().count > 0, self._slots.look(self._now()))
                continue
            asked = self._now()
            self.ledger.reserve(grant.count, asked)
            reply = yield self._claim(grant)
            if not isinstance(reply, Exception):
                waits.reset()
                queue, records = self._how.read_claim(reply)
                self.ledger.begin(queue, records, asked + self._how.lease)
                self.ledger.unreserve(grant.count, len(records))
                if not records and grant.wait and self._slots.is_idle:
                    yield Tell("idle", ())
                continue
            self._lost_a_reply(grant.count)
            yield from self._tell_error(reply)
            yield Pause(lambda: self.ledger.is_stopping, waits.next())
        self._claims_ended = True

    def _grant(self) -> Grant:
        return NONE if self.ledger.next_will_ask(self._next_queue) else self.ledger.grant(self._now())

    def _claim(self, grant: Grant) -> Claim:
        block = min(grant.wait, self._how.block)
        return Claim(self._number, self._how.queues[0], self._how.claim(grant.count, block), block > LONG)

    def _lost_a_reply(self, count: int) -> None:
        """HELD at once, and again when the server waits no longer with a claim whose connection is gone."""
        now = self._now()
        self.ledger.lose(count)
        self.ledger.ask_held(now, now + self._how.block + 1)

    # -- answers and HELD

    def answers(self) -> Routine:
        """Sends what handlers answer, together, until it is answered; asks HELD when it is due."""
        waits = Waits()
        while not self.is_over:
            if self.ledger.held_is_due(self._now()):
                yield from self._ask_held(waits)
            elif self.ledger.has_answers():
                yield from self._send_answers(waits)
            else:
                due = self.ledger.next_held()
                yield Pause(self._has_something_to_send, None if due is None else max(0.0, due - self._now()))

    def _has_something_to_send(self) -> bool:
        return self.is_over or self.ledger.has_answers() or self.ledger.held_is_due(self._now())

    def _ask_held(self, waits: Waits) -> Routine:
        queues = self._how.queues
        asked = self._now()
        replies = yield Send([self._how.held(queue) for queue in queues])
        errors = [reply for reply in replies if isinstance(reply, Exception)]
        if not errors:
            waits.reset()
            for queue, reply in zip(queues, replies):
                self.ledger.begin(queue, jobs(reply), asked + self._how.lease, from_held=True)
            self.ledger.held_answered(asked)
            return
        self.ledger.held_failed()
        if self._ending.is_hurried or self._now() > self._held_until:
            self.ledger.held_answered(math.inf)  # the leases end by themselves
        yield from self._tell_error(errors[0])
        yield from self._tell_lost(self.ledger.give_up(self._now()))
        yield Pause(lambda: self._ending.is_hurried, waits.next())

    def _send_answers(self, waits: Waits) -> Routine:
        groups = self.ledger.collect()
        asking = self._asks_next(groups)
        count = 0 if asking is None else self.ledger.room(self._now())
        asked = self._now()
        self.ledger.reserve(count, asked)
        commands = [self._how.answer(runs, count if runs is asking else 0) for runs in groups]
        replies = yield Send(commands)
        failure = None
        got = 0
        for runs, reply in zip(groups, replies):
            if isinstance(reply, Refused):
                yield from self._refused(runs, reply)
            elif isinstance(reply, Exception):
                failure = reply
                self.ledger.unanswered(runs)
            elif runs is asking and count:
                records = jobs(reply[1])
                got = len(records)
                self.ledger.begin(runs[0].queue, records, asked + self._how.lease)
                yield from self._tell_answered(runs, reply[0])
            else:
                yield from self._tell_answered(runs, reply)
        if failure is None:
            self.ledger.unreserve(count, got)
            waits.reset()
            return
        if count:
            self._lost_a_reply(count)
        if self._ending.is_hurried:
            yield from self._tell_lost(self.ledger.drop_answers())
        yield from self._tell_error(failure)
        yield from self._tell_lost(self.ledger.give_up(self._now()))
        yield Pause(lambda: self._ending.is_hurried, waits.next())

    def _asks_next(self, groups: list[list[Run]]) -> list[Run] | None:
        """The last ACK or NACK of the queue whose jobs may be claimed with it."""
        may = [runs for runs in groups if runs[0].queue == self._next_queue and runs[0].answer]
        may = [runs for runs in may if runs[0].answer and runs[0].answer.kind in (ACK, NACK)]
        return may[-1] if may else None

    def _refused(self, runs: list[Run], error: Refused) -> Routine:
        given_up = self.ledger.refused(runs, str(error))
        yield Tell("error", (error,))
        yield from self._tell_lost(given_up)

    # -- heartbeats

    def heartbeats(self) -> Routine:
        """Extends all leases every third of a lease, and gives up what was not extended in time."""
        waits = Waits()
        wait = self._how.lease / 3
        while not self.is_over:
            yield Pause(lambda: self.is_over, wait)
            yield from self._tell_lost(self.ledger.give_up(self._now()))
            held = self.ledger.to_extend()
            asked = self._now()
            replies = (yield Send([self._how.extend(runs) for runs in held])) if held else []
            errors = [reply for reply in replies if isinstance(reply, Exception)]
            for runs, reply in zip(held, replies):
                if not isinstance(reply, Exception):
                    yield from self._tell_lost(self.ledger.extended(runs, reply, asked, self._how.lease))
            if errors:
                yield from self._tell_error(errors[0])
                wait = min(waits.next(), self._how.lease / 3)
            else:
                waits.reset()
                wait = self._how.lease / 3

    def act(self, run: Run, command: Command) -> Routine:
        """Sends a command of a handler about its job until it is answered, or the lease is over: then raises the error."""
        waits = Waits()
        while True:
            [reply] = yield Send([command])
            if not isinstance(reply, Exception):
                return reply
            if not passes(reply) or run.stop_reason is not None or run.lease_ends <= self._now():
                raise reply
            yield Pause(lambda: run.stop_reason is not None, waits.next())

    def extended(self, run: Run, code: int, asked_at: float, lease: float | None) -> Routine:
        """What EXTEND said of one run, or PROGRESS, which renews no lease: then `lease` is None."""
        yield from self._tell_lost(self.ledger.extended([run], [code], asked_at, lease))

    # -- the end

    def stopping(self) -> Routine:
        """When it is asked to: claims no more, waits for handlers, signals those that are left, hands back their jobs."""
        yield Pause(lambda: self._ending.is_asked)
        ledger = self.ledger
        limit = self._ending.limit
        ledger.stop()
        began = self._now()
        self._held_until = began + self._how.lease
        deadline = math.inf if limit is None else began + limit

        def handlers_ended() -> bool:
            return self._ending.is_hurried or not ledger.running()

        while not self._claims_ended and self._now() < deadline and not self._ending.is_hurried:
            yield Unblock(self._number)
            yield Pause(lambda: self._claims_ended or self._ending.is_hurried, 0.05)
        yield Pause(handlers_ended, None if limit is None else max(0.0, deadline - self._now()))
        ledger.signal_all()
        yield Pause(handlers_ended, GRACE)
        ledger.hand_back()
        while not self._claims_ended:
            yield Unblock(self._number)
            yield Pause(lambda: self._claims_ended, 0.05)
        if ledger.next_held() is not None:
            ledger.ask_held(self._now())  # what a lost reply gave meanwhile is handed back, too
        yield Pause(lambda: not ledger.waits_for_answers and not ledger.held_is_due(self._now()))
        self.is_over = True

    # -- what the user is told

    def _tell_answered(self, runs: list[Run], codes: list[int]) -> Iterator[Action]:
        for outcome in self.ledger.answered(runs, codes):
            run, answer = outcome.run, outcome.run.answer
            assert answer is not None
            if not outcome.counts:
                run.stop_reason = CANCELLED if outcome.code == -3 else LOST
                yield from self._tell_lost([run])
            elif answer.kind == ACK:
                yield Tell("completed", (self._job_of(run),))
            elif answer.kind == NACK:
                yield Tell("failed", (self._job_of(run), answer.error, outcome.code != 2))

    def _tell_lost(self, runs: Iterable[Run]) -> Iterator[Action]:
        for run in runs:
            if not run.is_told_lost:
                run.is_told_lost = True
                yield Tell("lost", (self._job_of(run), run.stop_reason or LOST))

    def _tell_error(self, error: Exception) -> Iterator[Action]:
        yield Tell("error", (error,))
        if not passes(error):
            self._ending.fail(error)
            self.ledger.stop()

"""What a worker knows: its jobs, the slots they take, and the answers that are on their way. No I/O and no clock.

    claimed ──► ready ──► running ──► to send ──► sent ──► answered: forgotten
               (begun when a slot is free)  ▲         │
                                            └─────────┘ no reply: sent again, until the lease is over

A job is *known* from its claim until its answer is answered. Claims and `HELD` list jobs; only those that are not known
begin. Times are seconds of a monotonic clock, and are given by the caller.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable

from .runs import ACK, CANCELLED, LOST, NACK, RELEASE, STOPPED, Answer, Outcome, Run
from .slots import MOST, NONE, PATIENCE, Grant, Slots
from .values import Record


class Ledger:
    """The jobs of one worker, or of one of its shards: then those of the others share its slots."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.busy = 0
        """Slots with a handler."""
        self.is_asking = True
        """The next claim waits for slots."""
        self.has_more = False
        """The last claim got all that it asked for."""
        self.asked_at = -random.random()  # shards begin in an order of chance
        """When jobs were asked for last."""
        self._known: dict[tuple[str, int], Run] = {}
        self._ended: set[tuple[str, int]] = set()  # begun by HELD and over, while a claim may still list them
        self._ready: deque[Run] = deque()
        self._to_send: deque[Run] = deque()
        self._in_flight: set[Run] = set()
        self._reserved = 0  # jobs that claims on their way may bring
        self._missing = 0  # jobs that claims may have brought whose replies were lost
        self._held_due: list[float] = []
        self._awaited_until = -math.inf
        self._is_cut = False  # answers got no reply
        self.is_stopping = False
        slots.join(self)

    # -- claims and slots

    @property
    def taken(self) -> int:
        """Slots of handlers, of jobs that wait for one, and of claims."""
        groups = self._slots.groups
        return self.busy + groups(len(self._ready)) + groups(self._reserved) + groups(self._missing)

    def wants_slots(self, now: float) -> bool:
        """Whether slots that are kept for it would be used: not while its server is away."""
        return self.is_asking and not (self.is_stopping or self._is_cut or self.held_is_due(now))

    def room(self, now: float) -> int:
        """How many jobs an answer may ask for. None while `HELD` is due: what it lists comes first."""
        return 0 if self.is_stopping or self.held_is_due(now) else self._slots.room(self, now)

    def grant(self, now: float) -> Grant:
        """What the next claim may ask for."""
        return NONE if self.is_stopping or self.held_is_due(now) else self._slots.grant(self, now)

    def reserve(self, count: int, now: float) -> None:
        """A claim for so many jobs is on its way."""
        self._reserved += count
        if count:
            self.asked_at = now

    def unreserve(self, count: int, got: int) -> None:
        """It has brought `got` jobs."""
        self._over(count)
        if count:
            self.has_more = got >= count

    def lose(self, count: int) -> None:
        """Its reply was lost: the slots stay taken until `HELD` was asked."""
        self._missing += count
        self.has_more = False
        self._over(count)

    def _over(self, count: int) -> None:
        self._reserved -= count
        if not self._reserved:
            self._ended.clear()

    def begin(self, queue: str, records: Iterable[Record], lease_ends: float, from_held: bool = False) -> None:
        """Takes what a claim or HELD lists, if it is not known. A worker that stops hands it back at once."""
        for record in records:
            run = Run(queue, record, lease_ends, from_held)
            key = queue, run.token
            if key in self._known or key in self._ended:
                continue
            self._known[key] = run
            if self.is_stopping:
                self._answer(run, Answer(RELEASE))
            else:
                self._ready.append(run)

    def take(self) -> list[Run]:
        """The jobs for a free slot; none if there is no slot or no job. `free` gives the slot back."""
        if not self._ready or not self._slots.may_begin:
            return []
        self.busy += 1
        queue = self._ready[0].queue
        group: list[Run] = []
        while self._ready and len(group) < self._slots.size and self._ready[0].queue == queue:
            group.append(self._ready.popleft())
        return group

    def free(self) -> None:
        """A slot's handler has ended, and its jobs were finished."""
        self.busy -= 1

    @property
    def is_idle(self) -> bool:
        """No job is known."""
        return not self._known

    def running(self) -> list[Run]:
        """The runs that have no answer yet and are with a handler."""
        waiting = set(map(id, self._ready))
        return [run for run in self._known.values() if run.answer is None and id(run) not in waiting]

    # -- answers

    def finish(self, run: Run, answer: Answer) -> None:
        """The handler of `run` has ended. One whose job was lost is not answered."""
        if self._known.get((run.queue, run.token)) is not run or run.answer is not None:
            return  # it was handed back, or given up, before its handler ended
        if run.stop_reason == LOST:
            self._forget(run)
        else:
            self._answer(run, answer)

    def _answer(self, run: Run, answer: Answer) -> None:
        run.answer = answer
        self._to_send.append(run)

    def has_answers(self) -> bool:
        """Answers wait to be sent."""
        return bool(self._to_send)

    @property
    def waits_for_answers(self) -> bool:
        """Answers wait to be sent, or to be answered."""
        return bool(self._to_send or self._in_flight)

    def next_will_ask(self, queue: str | None) -> bool:
        """An answer that claims the next jobs of `queue` is about to be sent, so a claim leaves the free slots to it."""
        return any(run.queue == queue and run.answer and run.answer.kind != RELEASE for run in self._to_send)

    def collect(self) -> list[list[Run]]:
        """All answers that wait, as one list for each command. They are on their way until `answered` or `unanswered`."""
        by_form: dict[tuple[object, ...], list[Run]] = {}
        for run in self._to_send:
            assert run.answer is not None
            alone = run.token if run.is_alone else None
            by_form.setdefault((run.queue, alone, *run.answer.form), []).append(run)
            run.is_sent = True
        self._in_flight = set(self._to_send)
        self._to_send.clear()
        return _cut(by_form.values())

    def answered(self, runs: list[Run], codes: list[int]) -> list[Outcome]:
        """The server has answered: the jobs are not known any more."""
        self._is_cut = False
        self._in_flight.difference_update(runs)
        for run in runs:
            self._forget(run)
        return [Outcome(run, code) for run, code in zip(runs, codes)]

    def unanswered(self, runs: list[Run]) -> None:
        """No reply came: they are sent again, before the others."""
        self._is_cut = True
        self.has_more = False
        self._in_flight.difference_update(runs)
        for run in runs:
            run.is_sent_again = True
        self._to_send.extendleft(reversed(runs))

    def refused(self, runs: list[Run], error: str) -> list[Run]:
        """The server cannot take a command: a result that is too large, say. Returns the jobs that are given up.

        Of several jobs each is answered alone next, since one of them is the reason. What cannot be completed fails for
        good, and what cannot even fail as it was said fails plainly.
        """
        self._in_flight.difference_update(runs)
        self._is_cut = False
        given_up = []
        for run in runs:
            assert run.answer is not None
            if len(runs) > 1:
                run.is_alone = True
                self._to_send.append(run)
            elif run.answer.kind == ACK:
                self._answer(run, Answer(NACK, error=error, fatal=True))
            elif run.answer != Answer(NACK):
                self._answer(run, Answer(NACK))
            else:
                self._forget(run)
                given_up.append(run)
        return given_up

    def give_up(self, now: float) -> list[Run]:
        """The jobs whose leases are over: those that wait for a handler, are with one, or whose answer got no reply."""
        over = [run for run in self._known.values() if run.lease_ends <= now and run.stop_reason != LOST]
        over = [run for run in over if run.answer is None or (run.is_sent and run in self._to_send)]
        for run in over:
            self._lose(run)
        return over

    def drop_answers(self) -> list[Run]:
        """Gives up the answers that wait to be sent: those jobs run again when their leases are over."""
        dropped = list(self._to_send)
        for run in dropped:
            self._lose(run)
        return dropped

    def _lose(self, run: Run) -> None:
        run.stop_reason = LOST
        if run.answer is not None:
            self._to_send.remove(run)
            self._forget(run)
        elif run in self._ready:
            self._ready.remove(run)
            self._forget(run)
        run.raise_signal(LOST)

    def _forget(self, run: Run) -> None:
        key = run.queue, run.token
        del self._known[key]
        if run.from_held and self._reserved:
            self._ended.add(key)

    # -- HELD

    def start(self, now: float) -> None:
        """HELD is due first: a process of the worker's name may have left jobs."""
        self.ask_held(now)
        self._awaited_until = now + PATIENCE

    def is_awaited(self, now: float) -> bool:
        """It has just begun, and HELD has not been answered: a slot is kept for its first claim."""
        return now < self._awaited_until and not self.is_stopping

    def ask_held(self, *instants: float) -> None:
        """A claim's reply may have been lost: HELD is due at each of these instants."""
        self._held_due.extend(instants)

    def held_is_due(self, now: float) -> bool:
        """HELD is to be asked before anything is claimed."""
        return any(instant <= now for instant in self._held_due)

    def next_held(self) -> float | None:
        """When HELD is due next."""
        return min(self._held_due, default=None)

    def held_answered(self, asked_at: float) -> None:
        """HELD was answered, for what was due when it was asked."""
        self._held_due = [instant for instant in self._held_due if instant > asked_at]
        self._missing = 0
        self._awaited_until = -math.inf

    def held_failed(self) -> None:
        """HELD has got no reply either: others may use the slots meanwhile."""
        self._missing = 0
        self._awaited_until = -math.inf

    # -- leases

    def to_extend(self) -> list[list[Run]]:
        """All known jobs, as one list for each command: also those that wait for a slot, or for the answer to their answer."""
        by_queue: dict[str, list[Run]] = {}
        for run in self._known.values():
            if run.stop_reason in (None, STOPPED):
                by_queue.setdefault(run.queue, []).append(run)
        return _cut(by_queue.values())

    def extended(self, runs: list[Run], codes: list[int], asked_at: float, lease: float | None) -> list[Run]:
        """What EXTEND said, one code for each. Returns the runs that were cancelled or lost by it, with `stop_reason`."""
        ended = []
        for run, code in zip(runs, codes):
            if code >= 1 and lease is not None:
                run.lease_ends = max(run.lease_ends, asked_at + lease) if code == 1 else asked_at + code / 1000
            elif code < 0 and run.answer is None and run.stop_reason is None:
                self._end_early(run, CANCELLED if code == -3 else LOST)
                ended.append(run)
        return ended

    def _end_early(self, run: Run, reason: str) -> None:
        if reason == LOST:
            self._lose(run)
        elif run in self._ready:
            self._ready.remove(run)
            run.stop_reason = reason
            self._answer(run, Answer(RELEASE))
        else:
            run.stop_reason = reason
            run.raise_signal(reason)

    # -- the end

    def stop(self) -> None:
        """Claims no more. Jobs that no handler has begun are handed back."""
        self.is_stopping = True
        while self._ready:
            self._answer(self._ready.popleft(), Answer(RELEASE))

    def signal_all(self) -> None:
        """Tells the handlers to stop."""
        for run in self.running():
            if run.stop_reason is None:
                run.stop_reason = STOPPED
                run.raise_signal(STOPPED)

    def hand_back(self) -> None:
        """Hands back the jobs whose handlers have not ended. What these handlers return later counts no more."""
        for run in self.running():
            if run.stop_reason == LOST:
                self._forget(run)
            else:
                self._answer(run, Answer(RELEASE))


def _cut(groups: Iterable[list[Run]]) -> list[list[Run]]:
    return [runs[first : first + MOST] for runs in groups for first in range(0, len(runs), MOST)]

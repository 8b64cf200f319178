"""The parts of a worker, which share its slots: one part for its queues, or one for each shard. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Union

from .actions import Begin, Pause, Routine, Send, Tell
from .ending import Ending
from .errors import passes
from .requests import Claims, Order
from .routines import Routines
from .runs import Run
from .shards.layout import Shards, shards_said
from .slots import Slots
from .values import raw

Queues = Union[str, Sequence[str], Mapping[str, float], Shards]
"""A name, names in the order of their precedence, names with weights, or the shards of one queue."""

WATCH = 2.0
"""Seconds after which a worker looks whether its queue has more shards."""


class Parts:
    """All parts of one worker. `claims_of` says how a part claims from its queues."""

    def __init__(
        self,
        queues: Queues,
        claims_of: Callable[[Order], Claims],
        slots: Slots,
        now: Callable[[], float],
        job_of: Callable[[Run], Any],
    ) -> None:
        self.ending = Ending()
        """How they end."""
        self._claims_of = claims_of
        self._slots = slots
        self._now = now
        self._job_of = job_of
        self._all: list[Routines] = []
        self._by_queue: dict[str, Routines] = {}
        self._shards = queues if isinstance(queues, Shards) else None
        self._is_watching = self._shards is not None
        self._first = [] if isinstance(queues, Shards) else self._begun(Order(queues))

    @property
    def is_over(self) -> bool:
        """Everything was answered or handed back."""
        return not self._is_watching and all(part.is_over for part in self._all)

    def routines(self) -> list[Routine]:
        """Those that run from the beginning."""
        return [self._watch(self._shards)] if self._shards is not None else self._first

    def of(self, run: Run) -> Routines:
        """The part that a run belongs to."""
        return self._by_queue[run.queue]

    def take(self) -> list[Run]:
        """The jobs for a free slot; none if there is no slot or no job."""
        return next((group for part in self._all if (group := part.ledger.take())), [])

    def _begun(self, order: Order) -> list[Routine]:
        part = Routines(len(self._all), self._slots, self._claims_of(order), self.ending, self._now, self._job_of)
        self._all.append(part)
        self._by_queue.update(dict.fromkeys(order.queues, part))
        return part.all()

    def _watch(self, shards: Shards) -> Routine:
        """Claims from all shards, also from those that the queue gets later."""
        while not self.ending.is_asked:
            [reply] = yield Send([("JQ.CONFIG", raw(shards.key(0)))])
            count = len(self._all) or shards.count
            if not isinstance(reply, Exception):
                count = shards_said(reply) or count
            else:
                yield Tell("error", (reply,))
                if not passes(reply):
                    self.ending.fail(reply)
                    break
            new = [shards.key(number) for number in range(len(self._all), count)]
            yield Begin([routine for key in new for routine in self._begun(Order(key))])
            yield Pause(lambda: self.ending.is_asked, WATCH)
        self._is_watching = False

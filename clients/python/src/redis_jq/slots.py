"""How many handlers run at a time, and how the claims of several shards share them. No I/O and no clock.

One queue has all slots for itself. Shards share them so that none keeps all:

    two slots or more for each   a shard without jobs keeps one, with which its claim waits; those with jobs share the others
    fewer                        the shards take turns, the one that was asked longest ago first: with short waits, and
                                 while some have jobs without any, and those that had none are asked four times a second

As a worker begins, one slot is kept from those that have jobs for each shard that cannot claim yet, but not for long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

MOST = 1000
"""Jobs of one command, which keep a server busy for less than 5 ms."""

ROUND = 0.5
"""Seconds in which all shards are asked once where they take turns."""

LOOK = 0.25
"""Seconds after which a shard that had no jobs is asked again while others have some."""

PATIENCE = 1.0
"""Seconds for which a slot is kept for a shard that has just begun: its server may be away."""


class Taker(Protocol):
    """What takes slots: the jobs and claims of one shard."""

    busy: int
    """Slots with a handler."""
    has_more: bool
    """It got all that it asked for last, so there are probably more."""
    asked_at: float
    """When it was asked last. The smaller of two that were never asked comes first."""

    @property
    def taken(self) -> int:
        """Slots of its handlers, of the jobs that wait for one, and of its claims on their way."""

    @property
    def is_idle(self) -> bool:
        """It has no job."""

    def wants_slots(self, now: float) -> bool:
        """It would use a slot at once."""

    def is_awaited(self, now: float) -> bool:
        """It has just begun, and claims as soon as it has heard what it holds."""


@dataclass(frozen=True)
class Grant:
    """What a claim may ask for."""

    count: int
    """Jobs; 0 for no claim."""
    wait: float
    """Seconds for which it may wait for them at most; 0: it does not wait."""


NONE = Grant(0, 0.0)


class Slots:
    """The slots of one worker, in each of which `size` jobs are handled together."""

    def __init__(self, count: int, size: int = 1) -> None:
        self.size = size
        self._count = count
        self._takers: list[Taker] = []

    def join(self, taker: Taker) -> None:
        """Another one takes slots."""
        self._takers.append(taker)

    @property
    def may_begin(self) -> bool:
        """A handler may begin: one slot has none."""
        return sum(taker.busy for taker in self._takers) < self._count

    @property
    def is_idle(self) -> bool:
        """No job is known."""
        return all(taker.is_idle for taker in self._takers)

    def groups(self, jobs: int) -> int:
        """Slots for so many jobs."""
        return -(-jobs // self.size)

    def room(self, taker: Taker, now: float) -> int:
        """For how many jobs `taker` may ask."""
        return self._jobs(self._free(taker, now))

    def look(self, now: float) -> float | None:
        """Seconds after which a claim that was refused slots asks for them again though nothing has changed."""
        return LOOK if self._are_scarce or any(each.is_awaited(now) for each in self._takers) else None

    def grant(self, taker: Taker, now: float) -> Grant:
        """What the next claim of `taker` may ask for: one slot where it may find nothing, all that are free where it will not."""
        others_have_jobs = any(each.has_more for each in self._takers if each is not taker)
        if others_have_jobs and not self._is_due(taker, now):
            return NONE
        free = self._free(taker, now)
        if free <= 0:
            return NONE
        if len(self._takers) == 1:
            return Grant(self._jobs(free), math.inf)
        if taker.has_more and (free > 1 or self._are_scarce):
            return Grant(self._jobs(free), 0.0)
        if not self._are_scarce:
            return Grant(self.size, math.inf)
        share = min(self._count, len(self._takers)) / len(self._takers)
        return Grant(self.size, 0.0 if others_have_jobs else ROUND * share)

    @property
    def _are_scarce(self) -> bool:
        return len(self._takers) > 1 and self._count < 2 * len(self._takers)

    def _jobs(self, slots: int) -> int:
        return max(0, min(slots, MOST) if self.size == 1 else min(slots, 1) * self.size)

    def _free(self, taker: Taker, now: float) -> int:
        """The slots that `taker` may have: those that are free, but for what the others are to get."""
        free = self._count - sum(each.taken for each in self._takers)
        if free <= 0:
            return 0
        others = [other for other in self._takers if other is not taker and other.wants_slots(now)]
        places = [self._place(other, now) for other in others if not other.taken]
        due = sum(not is_late for is_late, _ in places)
        due += sum(other.is_awaited(now) for other in self._takers if other is not taker)
        taken = taker.taken
        if taken:
            poorer = sum(other.has_more and 0 < other.taken < taken for other in others)
            return free - due - poorer
        mine = self._place(taker, now)
        return max(1, free - due) if free > sum(place < mine for place in places) else 0

    def _place(self, taker: Taker, now: float) -> tuple[bool, float]:
        """Where a shard is in the row: behind the others if it is not its turn."""
        return not self._is_due(taker, now), taker.asked_at

    def _is_due(self, taker: Taker, now: float) -> bool:
        """Where shards take turns, one that was found without jobs just now is passed over."""
        return taker.has_more or not self._are_scarce or now >= taker.asked_at + LOOK

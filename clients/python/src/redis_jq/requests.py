"""The commands that a worker sends, and how their replies are read. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .options import Arg
from .runs import ACK, RELEASE, Run
from .values import Record, pairs, raw, text

Command = tuple[Arg, ...]


class Order:
    """In which order the queues are named in a claim: as given, or anew for each claim by their weights.

    With weights each queue has a clock, which its jobs advance by 1 / weight each, and the one that is behind comes first.
    So the jobs that are claimed have the ratio of the weights exactly, and no queue starves.
    """

    def __init__(self, queues: str | Sequence[str] | Mapping[str, float]) -> None:
        self._weights = dict(queues) if isinstance(queues, Mapping) else None
        self.queues = [queues] if isinstance(queues, str) else list(queues)
        if not self.queues:
            raise ValueError("a worker needs a queue")
        if self._weights and min(self._weights.values()) <= 0:
            raise ValueError("a weight is above 0")
        self._clocks = dict.fromkeys(self.queues, 0.0)
        self._named = self.queues

    @property
    def next_queue(self) -> str | None:
        """The queue whose ACK may claim the next jobs. With weights none: they would all come from where the last came from."""
        return None if self._weights else self.queues[0]

    def draw(self) -> list[str]:
        """The order for the next claim."""
        if self._weights is not None:
            self._named = sorted(self.queues, key=lambda queue: self._clocks[queue])
        return self._named

    def served(self, queue: str, count: int) -> None:
        """The claim that was drawn last got so many jobs of `queue`."""
        if self._weights is None:
            return
        for passed in self._named[: self._named.index(queue)]:  # it had no job, and is not to have all slots once it has
            self._clocks[passed] = max(self._clocks[passed], self._clocks[queue])
        self._clocks[queue] += count / self._weights[queue]


@dataclass(frozen=True)
class Claims:
    """How one worker claims. Durations are in seconds, `minimum` is the MIN of a bulk worker."""

    worker: str
    order: Order
    lease: float
    block: float
    minimum: int = 1

    @property
    def queues(self) -> list[str]:
        """All queues of the worker."""
        return self.order.queues

    def claim(self, count: int, block: float) -> Command:
        """CLAIM of one queue, CLAIMANY of several, which waits for `block` seconds."""
        queues = self.order.draw()
        worker = raw(self.worker)
        wait = (b"BLOCK", max(1, _ms(block))) if block else ()
        options = (b"COUNT", count, b"LEASE", _ms(self.lease), *wait, b"FULL")
        if len(queues) > 1:
            return "JQ.CLAIMANY", len(queues), *map(raw, queues), worker, *options
        least = (b"MIN", min(self.minimum, count)) if wait and self.minimum > 1 else ()
        return "JQ.CLAIM", raw(queues[0]), worker, *options, *least

    def read_claim(self, reply: Any) -> tuple[str, list[Record]]:
        """The queue that gave jobs, and the jobs; none for a null."""
        if reply is None:
            return self.queues[0], []
        queue, records = (text(reply[0]), jobs(reply[1])) if len(self.queues) > 1 else (self.queues[0], jobs(reply))
        self.order.served(queue, len(records))
        return queue, records

    def held(self, queue: str) -> Command:
        """What the worker holds, with its leases renewed."""
        return "JQ.CLAIM", raw(queue), raw(self.worker), b"HELD", b"LEASE", _ms(self.lease), b"FULL"

    def answer(self, runs: list[Run], next_count: int) -> Command:
        """ACK, NACK or RELEASE of runs whose answers have one form; with `next_count` it claims so many jobs, too."""
        answer = runs[0].answer
        assert answer is not None
        words: list[Arg] = []
        if answer.kind == ACK and answer.result is not None:
            words += [b"RESULT", *(run.answer.result for run in runs if run.answer and run.answer.result is not None)]
        if answer.error:
            words += [b"ERROR", raw(answer.error)]
        if answer.delay is not None:
            words += [b"DELAY", answer.delay]
        if answer.fatal:
            words.append(b"FATAL")
        if next_count and answer.kind != RELEASE:
            words += [b"NEXT", raw(self.worker), b"COUNT", next_count, b"LEASE", _ms(self.lease), b"FULL"]
        return f"JQ.{answer.kind}", raw(runs[0].queue), *tokens(runs), *words

    def extend(self, runs: list[Run]) -> Command:
        """One EXTEND for all of them."""
        return "JQ.EXTEND", raw(runs[0].queue), _ms(self.lease), *tokens(runs)


def harmless_write(queue: str) -> Command:
    """A write that changes nothing: no lease has the token 0."""
    return ("JQ.EXTEND", queue, 1, 0, "-")


def tokens(runs: list[Run]) -> list[Arg]:
    """The tokens and ids of runs, as the commands take them."""
    return [word for run in runs for word in (run.token, raw(run.id))]


def jobs(reply: Any) -> list[Record]:
    """The jobs of a claim with FULL. Their payloads stay bytes: one that cannot be read must not hinder the others."""
    return [Record((name, _field(name, value)) for name, value in pairs(item)) for item in reply or []]


def _field(name: str, value: Any) -> Any:
    if name == "fields":
        return {field: text(inner) for field, inner in pairs(value)}
    if name == "history":
        return [Record((inner, _field(inner, part)) for inner, part in pairs(item)) for item in value]
    is_text = isinstance(value, bytes) and name not in ("payload", "progress", "result")
    return text(value) if is_text else value


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

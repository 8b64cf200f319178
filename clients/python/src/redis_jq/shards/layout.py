"""The keys of a queue that is spread over shards, and which of them an id is on. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..calls import Key
from ..values import Codec, pairs, raw
from .placement import shard_of


@dataclass(frozen=True)
class Shards:
    """One queue over `count` keys, `name:0` and so on, as a worker or a reader of events takes them.

    What the queue itself says (its setting `shards`) goes before `count`.
    """

    name: str
    """The name of the queue."""
    count: int
    """How many shards it has."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a queue has 1 shard or more")

    def key(self, number: int) -> str:
        """The key of one shard."""
        return f"{self.name}:{number}"


@dataclass(frozen=True)
class Layout:
    """What a producer knows of the shards of its queue."""

    shards: Shards
    """Its name, and how many there are."""
    before: int
    """How many there were, as long as ids may stand where they were placed then; 0 if none do."""
    codec: Codec
    """How payloads become bytes."""

    def key(self, number: int) -> Key:
        """The queue of one shard."""
        return Key(self.shards.key(number), self.codec)

    @property
    def keys(self) -> list[Key]:
        """The queues of all shards."""
        return [self.key(number) for number in range(self.shards.count)]

    def place(self, id: str | bytes) -> int:
        """The shard of an id."""
        return shard_of(raw(id), self.shards.count)

    def places(self, id: str | bytes) -> list[int]:
        """The shards on which an id may be: where it belongs, and where it belonged before the queue grew."""
        place = self.place(id)
        old = shard_of(raw(id), self.before) if self.before else place
        return [place] if old == place else [place, old]


def shards_said(settings: Any) -> int:
    """What the settings of a queue (the reply of JQ.CONFIG) say of its shards; 0 if nothing."""
    return int(dict(pairs(settings)).get("shards", 0))

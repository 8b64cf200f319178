"""A command as it is sent and read, without sending it: what the queues of threads and of asyncio share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from redis.client import NEVER_DECODE

from .options import AddOptions, Arg
from .values import Codec, Record, optional_record, raw, record, text

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid6 import uuid7

T = TypeVar("T")
RAW: dict[str, Any] = {NEVER_DECODE: True}
"""Replies are bytes, also if the client decodes those of other commands: a payload need not be text."""


class Key(NamedTuple):
    """One queue: its key, and how its payloads become bytes."""

    name: str
    codec: Codec


@dataclass(frozen=True)
class Call(Generic[T]):
    """What is sent, and how its reply is read."""

    args: tuple[Arg, ...]
    read: Callable[[Any], T]


def new_id() -> str:
    """An id that no other job has."""
    return str(uuid7())


class Added(NamedTuple):
    """What became of an ADD: `added`, `duplicate`, `replaced` or `rerun`; the id; the state of the job."""

    outcome: str
    id: str
    state: str


@dataclass(frozen=True)
class NewJob:
    """A job to add. Without an id it gets a UUIDv7. `options` are those of `add`, for this job alone."""

    payload: Any
    """What its handler gets."""
    id: str | None = None
    """Under which it is known, and refused a second time."""
    options: AddOptions = field(default_factory=AddOptions)
    """Those of `add`."""

    def words(self, codec: Codec) -> tuple[bytes, bytes]:
        """Its id and payload as they are sent."""
        return raw(new_id() if self.id is None else self.id), codec.encode(self.payload)

    def added(self, reply: Any) -> Added:
        """What became of it. A new id that is known means that the command was sent twice, and the first one came through."""
        outcome, id, state = (text(part) for part in reply)
        is_repeat = self.id is None and outcome == "duplicate"
        return Added("added" if is_repeat else outcome, id, state)


class Page(NamedTuple):
    """A page of a listing, and the cursor of the next one: `0` after the last."""

    cursor: str
    items: list[Any]


def a_number(reply: Any) -> int:
    """Of commands that reply with one number."""
    return int(reply)


def an_optional_number(reply: Any) -> int | None:
    """The same, None for a null."""
    return None if reply is None else int(reply)


def numbers(reply: Any) -> list[int]:
    """Of commands that reply with one number for each id."""
    return [int(answer) for answer in reply]


def texts(reply: Any) -> list[str]:
    """Of commands that reply with ids or sentences."""
    return [text(item) for item in reply]


def nothing(_reply: Any) -> None:
    """Of commands that reply OK."""


def records(codec: Codec) -> Callable[[Any], list[Record]]:
    """Of commands that reply with maps; a null is none."""
    return lambda reply: [record(item, codec) for item in reply or []]


def optional(codec: Codec) -> Callable[[Any], Record | None]:
    """Of commands that reply with a map or a null."""
    return lambda reply: optional_record(reply, codec)


def page_of(read: Callable[[Any], Any]) -> Callable[[Any], Page]:
    """Of listings; `read` reads one item."""
    return lambda reply: Page(text(reply[0]), [read(item) for item in reply[1]])

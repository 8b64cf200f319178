"""How values travel: text, durations, instants, payloads and replies. No I/O.

Text is UTF-8. Bytes that are not are kept exactly by `surrogateescape`, so that ids and names of any bytes come back
as they were given.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Union

Duration = Union[timedelta, float]
"""A `timedelta`, or seconds. Sent as whole milliseconds, rounded up. `FOREVER` is without end."""

Instant = Union[datetime, float]
"""A `datetime` with a time zone, or seconds since the epoch."""

FOREVER = math.inf
"""The duration without end, where the manual allows −1."""


def raw(value: str | bytes) -> bytes:
    """The bytes that are sent for an id or a name."""
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def text(value: Any) -> str:
    """The text of a reply, or of a number in it."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def milliseconds(duration: Duration) -> int:
    """Whole milliseconds, rounded up; −1 for `FOREVER`. Raises `ValueError` for a negative one."""
    if duration == FOREVER:
        return -1
    if isinstance(duration, timedelta):
        whole = -(-duration // timedelta(milliseconds=1))
    else:
        whole = math.ceil(round(duration * 1000, 6))  # 0.28 s is 280.00000000000006 ms
    if whole < 0:
        raise ValueError(f"a duration is not negative: {duration}")
    return whole


def unix_milliseconds(instant: Instant) -> int:
    """Unix milliseconds. Raises `ValueError` for a `datetime` without a time zone, which would mean another instant elsewhere."""
    if isinstance(instant, datetime):
        if instant.tzinfo is None:
            raise ValueError(f"{instant!r} has no time zone")
        return math.ceil(round(instant.timestamp() * 1000, 3))
    return math.ceil(round(instant * 1000, 3))


class Codec(NamedTuple):
    """How payloads, results and progress become bytes and come back."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


JSON = Codec(lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), json.loads)
"""JSON in UTF-8: what every package does unless told otherwise."""

BYTES = Codec(lambda value: value if isinstance(value, bytes) else raw(value), bytes)
"""The bytes themselves, of any value; text is sent as UTF-8."""


def pairs(reply: Any) -> Iterator[tuple[str, Any]]:
    """The fields of a map, which RESP3 clients get as such and RESP2 clients as a flat array."""
    if isinstance(reply, Mapping):
        return ((text(name), value) for name, value in reply.items())
    flat = iter(reply)
    return ((text(name), value) for name, value in zip(flat, flat))


class Record(dict[str, Any]):
    """A map of the manual under its own names, `record["added-at"]`, which are attributes as well: `record.added_at`.

    A field that has no value is not in the map, and as an attribute it is None. Fields that this version of the package
    does not know are kept.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.get(name.replace("_", "-"))


_MAPS = {"fields"}
_LISTS_OF_MAPS = {"history", "holders", "batches"}
_IN_CODEC = {"payload", "result", "progress"}


def record(reply: Any, codec: Codec) -> Record:
    """A map, with its payload, result and progress read by `codec`, or left as bytes where it cannot."""
    return Record((name, _value(name, value, codec)) for name, value in pairs(reply))


def optional_record(reply: Any, codec: Codec) -> Record | None:
    """The same, None for a null."""
    return None if reply is None else record(reply, codec)


def _value(name: str, value: Any, codec: Codec) -> Any:
    if name in _MAPS:
        return {field: text(inner) for field, inner in pairs(value)}
    if name in _LISTS_OF_MAPS and isinstance(value, list):
        return [record(inner, codec) for inner in value]
    if name in _IN_CODEC and isinstance(value, bytes):
        return decoded(value, codec)
    return text(value) if isinstance(value, bytes) else value


def decoded(value: bytes | None, codec: Codec) -> Any:
    """What `codec` reads; the bytes themselves where it cannot; None for None."""
    try:
        return None if value is None else codec.decode(value)
    except ValueError:
        return value

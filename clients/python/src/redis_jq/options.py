"""The options of the commands: the keywords of the manual, written small.

Each keyword means the same wherever the manual has it, so one table says how its value is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, Union

from .values import Duration, Instant, milliseconds, raw, unix_milliseconds

if TYPE_CHECKING:
    from typing import Literal

Arg = Union[bytes, int, str]
"""What is sent. Only the name of a command is a `str`: redis-py looks at it."""


class AddOptions(TypedDict, total=False):
    """What `JQ.ADD` takes beside id and payload. Without any a job is added once, claimed once, and done."""

    delay: Duration
    at: Instant
    hold: bool
    maxwait: Duration
    priority: int
    front: bool
    attempts: int
    backoff: tuple[Literal["fixed", "exponential"], Duration]
    dedup: Duration | Literal["kept"]
    ondup: Literal["ignore", "replace", "rerun"]
    px: Duration
    keep: Duration
    maxrun: Duration
    group: str
    name: str
    set: Mapping[str, str | bytes]
    batch: str
    after: str
    afterok: str


class OneKeyOptions(AddOptions, total=False):
    """`shards`: on how many shards the producer counts. `ShardedQueue` says it by itself."""

    shards: int


class ScheduleOptions(AddOptions, total=False):
    """When a schedule ticks, beside the options of its jobs. One of `every` and `cron` must be given.

    The jobs of a schedule take no `delay`, `at`, `hold`, `maxwait` and `set`.
    """

    every: Duration
    cron: str
    tz: str
    start: Instant
    until: Instant
    overlap: Literal["allow", "skip"]


class Selectors(TypedDict, total=False):
    """Which jobs. A job has to meet all that are given. `priority` is the lowest and the highest, both included."""

    group: str
    batch: str
    worker: str
    name: str
    priority: tuple[int, int]
    since: Instant
    until: Instant


class AllOptions(Selectors, total=False):
    """Which jobs a command on all of them takes, from which end, and how many at a time (1,000)."""

    rev: bool
    count: int


class ListOptions(AllOptions, total=False):
    """Which page of a listing: `cursor` is the one that the page before replied with."""

    skip: int
    cursor: str
    payload: bool
    full: bool


class PurgeOptions(AllOptions, total=False):
    """`older`: only those that finished, or were added, longer ago than that."""

    older: Duration


class MoveOptions(AllOptions, total=False):
    """`front`: before all others of their priority."""

    front: bool


class FieldOptions(TypedDict, total=False):
    """The fields that a job gets, and those it loses."""

    set: Mapping[str, str | bytes]
    unset: Sequence[str]


class ChangeOptions(FieldOptions, total=False):
    """When, and before whom, a job is to run; its name and fields."""

    name: str
    delay: Duration
    at: Instant
    priority: int
    front: bool


def arguments(options: Mapping[str, Any]) -> list[Arg]:
    """The words that are sent for `options`; those that are None or False are left out.

    Raises `TypeError` for a word that no command has.
    """
    sent: list[Arg] = []
    for name, value in options.items():
        if name not in _KINDS:
            raise TypeError(f"there is no option {name!r}")
        if value is not None and value is not False:
            sent += _KINDS[name](_KEYWORDS.get(name, name.upper()).encode(), value)
    return sent


def by_job(options: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Arg]:
    """`JOB n` with the options of the n-th job, for those that have any."""
    sent: list[Arg] = []
    for number, own in options:
        words = arguments(own)
        sent += [b"JOB", number, *words] if words else []
    return sent


_Kind = Callable[[bytes, Any], "list[Arg]"]


def _flag(word: bytes, _value: Any) -> list[Arg]:
    return [word]


def _number(word: bytes, value: int) -> list[Arg]:
    return [word, int(value)]


def _numbers(word: bytes, value: int | tuple[int, int]) -> list[Arg]:
    return [word, *value] if isinstance(value, tuple) else [word, value]


def _text(word: bytes, value: str | bytes) -> list[Arg]:
    return [word, raw(value)]


def _word(word: bytes, value: str) -> list[Arg]:
    return [word, value.upper().encode()]


def _duration(word: bytes, value: Duration | str) -> list[Arg]:
    return [word, value.upper().encode() if isinstance(value, str) else milliseconds(value)]


def _instant(word: bytes, value: Instant) -> list[Arg]:
    return [word, unix_milliseconds(value)]


def _backoff(word: bytes, value: tuple[str, Duration]) -> list[Arg]:
    return [word, value[0].upper().encode(), milliseconds(value[1])]


def _names(word: bytes, value: Sequence[str]) -> list[Arg]:
    return [part for name in value for part in (word, raw(name))]


def _fields(word: bytes, value: Mapping[str, str | bytes]) -> list[Arg]:
    return [part for field, inner in value.items() for part in (word, raw(field), raw(inner))]


_KEYWORDS = {"start": "FROM"}  # `from` is a word of Python
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(("hold", "front", "full", "rev", "payload"), _flag),
    **dict.fromkeys(("attempts", "count", "skip", "shards"), _number),
    "priority": _numbers,
    **dict.fromkeys(("group", "name", "batch", "after", "afterok", "worker", "cursor", "cron", "tz"), _text),
    **dict.fromkeys(("ondup", "overlap"), _word),
    **dict.fromkeys(("delay", "maxwait", "dedup", "px", "keep", "maxrun", "every", "older", "block", "lease"), _duration),
    **dict.fromkeys(("at", "since", "until", "start"), _instant),
    "backoff": _backoff,
    "set": _fields,
    "unset": _names,
}

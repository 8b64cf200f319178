"""The commands of a queue under the names of the manual, which says more of each. Nothing here sends anything.

`Queue` and `asyncio.Queue` have each of them as a method, without the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .calls import (
    Added,
    Call,
    Key,
    NewJob,
    Page,
    a_number,
    an_optional_number,
    nothing,
    numbers,
    optional,
    page_of,
    records,
    texts,
)  # fmt: skip
from .options import (
    AddOptions,
    AllOptions,
    Arg,
    ChangeOptions,
    FieldOptions,
    ListOptions,
    MoveOptions,
    OneKeyOptions,
    PurgeOptions,
    ScheduleOptions,
    Selectors,
    arguments,
    by_job,
)  # fmt: skip
from .values import Duration, Record, decoded, milliseconds, raw, record, text

if TYPE_CHECKING:
    from typing import Literal

    from typing_extensions import Unpack


UNCHANGED: Any = object()


def add(queue: Key, payload: Any, id: str | None = None, **options: Unpack[OneKeyOptions]) -> Call[Added]:
    """Adds a job. Without an id it gets a UUIDv7, made here, so that a command that is sent again adds no second job."""
    job = NewJob(payload, id)
    sent = ("JQ.ADD", raw(queue.name), *job.words(queue.codec), *arguments(options))
    return Call(sent, job.added)


def add_many(queue: Key, jobs: Iterable[NewJob], **options: Unpack[OneKeyOptions]) -> Call[list[Added]]:
    """Adds up to 10,000 jobs, all or none. The options hold for all; those of a `NewJob` go before them."""
    new = list(jobs)
    words = [word for job in new for word in job.words(queue.codec)]
    own = by_job((number, job.options) for number, job in enumerate(new, 1))
    sent = ("JQ.MADD", raw(queue.name), len(new), *words, *arguments(options), *own)
    return Call(sent, lambda reply: [job.added(item) for job, item in zip(new, reply)])


def get(queue: Key, id: str) -> Call[Record | None]:
    """All that is known of a job or record; None if its id is unknown."""
    return Call(("JQ.GET", raw(queue.name), raw(id)), optional(queue.codec))


def explain(queue: Key, id: str | None = None) -> Call[Record | None]:
    """Why a job, or without an id anything, is not running, and what will change that; None if the id is unknown."""
    named = () if id is None else (raw(id),)
    return Call(("JQ.EXPLAIN", raw(queue.name), *named), optional(queue.codec))


def list_jobs(queue: Key, state: str, **options: Unpack[ListOptions]) -> Call[Page]:
    """A page of the jobs of a state: their ids, with `payload` pairs of id and payload, with `full` records."""

    def item(reply: Any) -> Any:
        if options.get("full"):
            return record(reply, queue.codec)
        if isinstance(reply, list):
            return text(reply[0]), decoded(reply[1], queue.codec)
        return text(reply)

    return Call(("JQ.LIST", raw(queue.name), raw(state.upper()), *arguments(options)), page_of(item))


def count(queue: Key, state: str, **options: Unpack[Selectors]) -> Call[int]:
    """How many jobs of a state there are. Raises `Refused` for selectors that no counter knows."""
    return Call(("JQ.COUNT", raw(queue.name), raw(state.upper()), *arguments(options)), a_number)


def stats(queue: Key) -> Call[Record]:
    """The numbers of the queue, now and since it was made."""
    return Call(("JQ.STATS", raw(queue.name)), lambda reply: record(reply, queue.codec))


def workers(queue: Key, count: int = 100, cursor: str = "0") -> Call[Page]:
    """A page of the workers, as records."""
    return _listing("JQ.WORKERS", queue, count, cursor)


def groups(queue: Key, count: int = 100, cursor: str = "0") -> Call[Page]:
    """A page of the groups, as records."""
    return _listing("JQ.GROUPS", queue, count, cursor)


def names(queue: Key, count: int = 100, cursor: str = "0") -> Call[Page]:
    """A page of the names of jobs, as records: how many there are in which state."""
    return _listing("JQ.NAMES", queue, count, cursor)


def _listing(command: str, queue: Key, count: int, cursor: str) -> Call[Page]:
    sent = (command, raw(queue.name), b"COUNT", count, b"CURSOR", raw(cursor))
    return Call(sent, page_of(lambda item: record(item, queue.codec)))


def series(queue: Key, minutes: int = 60) -> Call[list[tuple[int, int, int, int]]]:
    """What happened in each of the last minutes: its beginning (Unix ms), jobs added, completed and failed."""

    def read(reply: Any) -> list[tuple[int, int, int, int]]:
        return [(int(minute), int(added), int(completed), int(failed)) for minute, added, completed, failed in reply]

    return Call(("JQ.SERIES", raw(queue.name), minutes), read)


def check(queue: Key) -> Call[list[str]]:
    """What a recount of everything finds wrong: nothing, if the queue is sound."""
    return Call(("JQ.CHECK", raw(queue.name)), texts)


def remove(queue: Key, *ids: str) -> Call[list[int]]:
    """Removes jobs that are not active, records, and remembered ids: 1 done, 0 active, -1 unknown, for each."""
    return Call(("JQ.REMOVE", raw(queue.name), *map(raw, ids)), numbers)


def cancel(queue: Key, *ids: str) -> Call[list[int]]:
    """Cancels jobs: 1 done (of an active job its worker learns it), 0 it has ended, -1 unknown, for each."""
    return Call(("JQ.CANCEL", raw(queue.name), *map(raw, ids)), numbers)


def cancel_all(queue: Key, **options: Unpack[AllOptions]) -> Call[int]:
    """Cancels the jobs that are selected, at most `count`: how many. Call again until it says 0."""
    return Call(("JQ.CANCEL", raw(queue.name), b"*", *arguments(options)), a_number)


def cancel_all_ids(queue: Key, **options: Unpack[AllOptions]) -> Call[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return Call(("JQ.CANCEL", raw(queue.name), b"*", *arguments(options), b"IDS"), texts)


def promote(queue: Key, *ids: str, delay: Duration | None = None, front: bool = False) -> Call[list[int]]:
    """Lets delayed jobs and those on hold start now, or after `delay`: 1 done, 0 it is neither, -1 unknown, for each."""
    options = arguments({"delay": delay, "front": front})
    return Call(("JQ.PROMOTE", raw(queue.name), *map(raw, ids), *options), numbers)


def promote_all(queue: Key, **options: Unpack[MoveOptions]) -> Call[int]:
    """Lets the delayed jobs that are selected start now: how many. Call again until it says 0."""
    return Call(("JQ.PROMOTE", raw(queue.name), b"*", *arguments(options)), a_number)


def promote_all_ids(queue: Key, **options: Unpack[MoveOptions]) -> Call[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return Call(("JQ.PROMOTE", raw(queue.name), b"*", *arguments(options), b"IDS"), texts)


def retry(queue: Key, *ids: str, front: bool = False, **options: Unpack[FieldOptions]) -> Call[list[int]]:
    """Gives failed jobs fresh attempts: 1 done, 0 it has not failed, -1 unknown, for each."""
    return Call(("JQ.RETRY", raw(queue.name), *map(raw, ids), *arguments({"front": front, **options})), numbers)


def retry_all(queue: Key, **options: Unpack[MoveOptions]) -> Call[int]:
    """Gives the failed jobs that are selected fresh attempts: how many. Call again until it says 0."""
    return Call(("JQ.RETRY", raw(queue.name), b"*", *arguments(options)), a_number)


def retry_all_ids(queue: Key, **options: Unpack[MoveOptions]) -> Call[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return Call(("JQ.RETRY", raw(queue.name), b"*", *arguments(options), b"IDS"), texts)


def rerun(queue: Key, *ids: str, front: bool = False, **options: Unpack[FieldOptions]) -> Call[list[int]]:
    """Lets completed jobs run once more: 1 done, 0 it was not completed, -1 unknown, for each."""
    return Call(("JQ.RERUN", raw(queue.name), *map(raw, ids), *arguments({"front": front, **options})), numbers)


def release_worker(queue: Key, name: str) -> Call[int]:
    """Hands back all jobs that a worker holds, because it is known to be gone: how many."""
    return Call(("JQ.RELEASE", raw(queue.name), b"WORKER", raw(name)), a_number)


def change(
    queue: Key, id: str, payload: Any = UNCHANGED, progress: Any = UNCHANGED, **options: Unpack[ChangeOptions]
) -> Call[int]:
    """Changes a job: 1 done, 0 its state does not allow it, -1 unknown."""
    data = [(b"PAYLOAD", payload), (b"PROGRESS", progress)]
    words = [part for word, value in data if value is not UNCHANGED for part in (word, queue.codec.encode(value))]
    return Call(("JQ.CHANGE", raw(queue.name), raw(id), *words, *arguments(options)), a_number)


def purge(queue: Key, state: str, **options: Unpack[PurgeOptions]) -> Call[int]:
    """Removes records or remembered ids, or cancels jobs of a state: how many. Call again until it says 0."""
    return Call(("JQ.PURGE", raw(queue.name), raw(state.upper()), *arguments(options)), a_number)


def purge_ids(queue: Key, state: str, **options: Unpack[PurgeOptions]) -> Call[list[str]]:
    """The same: the ids of the jobs in the place of their number. Call again until there are none."""
    return Call(("JQ.PURGE", raw(queue.name), raw(state.upper()), *arguments(options), b"IDS"), texts)


def pause(queue: Key, group: str | None = None, duration: Duration | None = None) -> Call[int]:
    """Stops the claims of the queue, or of one group, until `resume` or for a while: 1, or 0 if it was so before."""
    length = () if duration is None else (b"FOR", milliseconds(duration))
    return Call(("JQ.PAUSE", raw(queue.name), *arguments({"group": group}), *length), a_number)


def resume(queue: Key, group: str | None = None, only: Literal["pause", "for"] | None = None) -> Call[int]:
    """Ends the pauses of the queue or of one group, or only that kind: 1, or 0 if there was none."""
    kind = () if only is None else (b"ONLY", only.upper().encode())
    return Call(("JQ.RESUME", raw(queue.name), *arguments({"group": group}), *kind), a_number)


def config(queue: Key) -> Call[Record]:
    """The settings of the queue, in the notation of the manual."""
    return Call(("JQ.CONFIG", raw(queue.name)), lambda reply: record(reply, queue.codec))


def configure(queue: Key, settings: Mapping[str, str | int]) -> Call[None]:
    """Changes settings, by the names of the manual and in its notation: `{"dedup-window": 0}`."""
    return Call(("JQ.CONFIG", raw(queue.name), *_settings(settings)), nothing)


def group(queue: Key, name: str) -> Call[Record]:
    """The limits and numbers of one group."""
    return Call(("JQ.GROUP", raw(queue.name), raw(name)), lambda reply: record(reply, queue.codec))


def configure_group(queue: Key, name: str, settings: Mapping[str, str | int]) -> Call[None]:
    """Changes the limits of one group: `{"concurrency": 2}`."""
    return Call(("JQ.GROUP", raw(queue.name), raw(name), *_settings(settings)), nothing)


def _settings(settings: Mapping[str, str | int]) -> list[Arg]:
    return [raw(str(part)) for setting in settings.items() for part in setting]


def schedule(queue: Key, name: str, payload: Any, /, **options: Unpack[ScheduleOptions]) -> Call[int | None]:
    """Sets a schedule: the instant of its next tick (Unix ms), None if there is none. To set the same again changes nothing."""
    sent = ("JQ.SCHEDULE", raw(queue.name), raw(name), queue.codec.encode(payload), *arguments(options))
    return Call(sent, an_optional_number)


def unschedule(queue: Key, name: str) -> Call[int]:
    """Removes a schedule: 1, or 0 if there is none."""
    return Call(("JQ.UNSCHEDULE", raw(queue.name), raw(name)), a_number)


def schedules(queue: Key) -> Call[list[Record]]:
    """The schedules of the queue."""
    return Call(("JQ.SCHEDULES", raw(queue.name)), records(queue.codec))


def on_expire(queue: Key, prefix: str, **options: Unpack[AddOptions]) -> Call[None]:
    """Lets the server add a job for each key that expires and whose name begins with `prefix`."""
    return Call(("JQ.ONEXPIRE", raw(queue.name), raw(prefix), *arguments(options)), nothing)


def on_expire_off(queue: Key, prefix: str) -> Call[int]:
    """Ends that: 1, or 0 if there was nothing to end."""
    return Call(("JQ.ONEXPIRE", raw(queue.name), raw(prefix), b"OFF"), a_number)


def on_expires(queue: Key) -> Call[list[Record]]:
    """The prefixes of the queue."""
    return Call(("JQ.ONEXPIRE", raw(queue.name)), records(queue.codec))


def batch(queue: Key, name: str) -> Call[Record | None]:
    """The exact numbers of a batch; None if it is unknown."""
    return Call(("JQ.BATCH", raw(queue.name), raw(name)), optional(queue.codec))


def batches(queue: Key, count: int = 100, cursor: str = "0") -> Call[Page]:
    """A page of the batches: pairs of a name and its record."""
    sent = ("JQ.BATCHES", raw(queue.name), b"COUNT", count, b"CURSOR", raw(cursor))
    return Call(sent, page_of(lambda item: (text(item[0]), record(item[1], queue.codec))))


def seal(queue: Key, batch: str) -> Call[int]:
    """Lets a batch take no more members: 1, or 0 if it was sealed before."""
    return Call(("JQ.SEAL", raw(queue.name), raw(batch)), a_number)


def forget(queue: Key, batch: str) -> Call[int]:
    """Removes a batch: 1, or 0 if it is unknown or something waits for it."""
    return Call(("JQ.FORGET", raw(queue.name), raw(batch)), a_number)


def log(queue: Key, id: str, *lines: str) -> Call[int]:
    """Appends lines to the log of a job: how many it has had, -1 if there is no such job. Sent again, they are there twice."""
    return Call(("JQ.LOG", raw(queue.name), raw(id), *map(raw, lines)), a_number)


def logs(queue: Key, id: str, skip: int = 0, count: int = 100, rev: bool = False) -> Call[list[str]]:
    """Lines of the log of a job, the oldest first, with `rev` the newest; none if there is no job."""
    options = arguments({"skip": skip, "count": count, "rev": rev})
    sent = ("JQ.LOGS", raw(queue.name), raw(id), *options)
    return Call(sent, lambda reply: [] if reply is None else [text(line) for line in reply[1]])


def emit(queue: Key, event: str, id: str | None = None, fields: Mapping[str, str | bytes] | None = None) -> Call[str | None]:
    """Puts an event of yours among those of the queue: its id; None if the queue keeps no events."""
    job = () if id is None else (b"ID", raw(id))
    words = [raw(part) for pair in (fields or {}).items() for part in pair]
    sent = ("JQ.EMIT", raw(queue.name), raw(event), *job, *words)
    return Call(sent, lambda reply: None if reply is None else text(reply))


def trim_events(queue: Key, keep: int) -> Call[int]:
    """Drops the oldest events until `keep` are left: how many were dropped."""
    return Call(("JQ.TRIMEVENTS", raw(queue.name), keep), a_number)


def raw_call(queue: Key, command: str, *args: str | bytes | int) -> Call[Any]:
    """Any command of the queue, `queue.call("JQ.STATS", "JSON")`: the key is put behind its name, the reply is not read."""
    words = [arg if isinstance(arg, int) else raw(arg) for arg in args]
    return Call((command, raw(queue.name), *words), lambda reply: reply)

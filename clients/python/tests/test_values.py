"""How values travel, and in which order queues are asked, without a server."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from redis import exceptions

from redis_jq import BYTES, FOREVER, JSON, NewJob, NoPermission, NotNow, ReadOnly, commands
from redis_jq.actions import Waits
from redis_jq.calls import Key
from redis_jq.connections import Link
from redis_jq.errors import passes, translated
from redis_jq.outcomes import of_bulk, of_error, of_return
from redis_jq.requests import Order
from redis_jq.values import milliseconds, raw, record, text, unix_milliseconds


def test_durations_are_whole_milliseconds_rounded_up() -> None:
    assert [milliseconds(seconds) for seconds in (0, 0.0001, 0.28, 1, 1.0001)] == [0, 1, 280, 1000, 1001]
    assert milliseconds(timedelta(microseconds=1)) == 1 and milliseconds(timedelta(days=365)) == 31_536_000_000
    assert milliseconds(FOREVER) == -1
    with pytest.raises(ValueError, match="not negative"):
        milliseconds(-1)


def test_options_are_the_keywords_of_the_manual() -> None:
    key = Key("q", JSON)
    changed = commands.change(key, "x", payload=None, name="mail", set={"a": b"1"}, unset=["b", "c"], priority=2)
    assert changed.args[:5] == ("JQ.CHANGE", b"q", b"x", b"PAYLOAD", b"null")
    assert changed.args[5:] == (b"NAME", b"mail", b"SET", b"a", b"1", b"UNSET", b"b", b"UNSET", b"c", b"PRIORITY", 2)
    added = commands.add(key, 1, id="x", dedup="kept", keep=FOREVER, ondup="rerun", hold=True, front=False)
    assert added.args[3:] == (b"1", b"DEDUP", b"KEPT", b"KEEP", -1, b"ONDUP", b"RERUN", b"HOLD")
    listed = commands.list_jobs(key, "waiting", priority=(-1, 5), rev=True)
    assert listed.args[2:] == (b"WAITING", b"PRIORITY", -1, 5, b"REV")
    many = commands.add_many(key, [NewJob(1, id="a"), NewJob(2, id="b", options={"delay": 1})], px=60)
    assert many.args[2:] == (2, b"a", b"1", b"b", b"2", b"PX", 60000, b"JOB", 2, b"DELAY", 1000)


def test_instants_need_a_time_zone() -> None:
    assert unix_milliseconds(datetime(2026, 1, 1, tzinfo=timezone.utc)) == 1_767_225_600_000
    assert unix_milliseconds(1_767_225_600.5) == 1_767_225_600_500
    with pytest.raises(ValueError, match="no time zone"):
        unix_milliseconds(datetime(2026, 1, 1))


def test_any_bytes_come_back_as_they_were() -> None:
    every = bytes(range(256))
    assert raw(text(every)) == every
    assert BYTES.decode(BYTES.encode(every)) == every and BYTES.encode("é") == "é".encode()
    assert JSON.encode({"é": 1}) == '{"é":1}'.encode()


def test_maps_are_read_from_both_protocols() -> None:
    flat = [b"id", b"x", b"payload", b"{}", b"fields", [b"a", b"b"], b"new-thing", 7]
    nested = {b"id": b"x", b"payload": b"{}", b"fields": {b"a": b"b"}, b"new-thing": 7}
    assert record(flat, JSON) == record(nested, JSON) == {"id": "x", "payload": {}, "fields": {"a": "b"}, "new-thing": 7}
    assert record(flat, JSON).new_thing == 7 and record(flat, JSON).result is None


def test_errors_say_what_waiting_helps() -> None:
    passing: list[Exception] = [
        exceptions.ConnectionError(),
        exceptions.TimeoutError(),
        OSError(),
        exceptions.BusyLoadingError("x"),
    ]
    passing += [exceptions.ReadOnlyError("x"), exceptions.ClusterDownError("x"), exceptions.ResponseError("BUSY x")]
    passing += [exceptions.RedisClusterException("cannot be connected"), exceptions.SlotNotCoveredError("x")]
    assert all(passes(translated(error)) for error in passing)
    final: list[Exception] = [
        exceptions.NoPermissionError("x"),
        exceptions.ResponseError("WRONGTYPE x"),
        exceptions.ResponseError("x"),
    ]
    final += [exceptions.RedisClusterException("CLAIMANY - all keys must map to the same key slot")]
    final += [exceptions.ResponseError("unknown command 'JQ.CLAIM'"), exceptions.AuthenticationError("x")]
    assert not any(passes(translated(error)) for error in final)
    assert str(translated(exceptions.NoPermissionError("no"))) == "NOPERM no"
    assert isinstance(translated(exceptions.NoPermissionError("no")), NoPermission)
    assert isinstance(translated(exceptions.ReadOnlyError("no")), ReadOnly)


def test_the_end_of_a_handler_becomes_an_answer() -> None:
    assert of_return(None, JSON).result is None and of_return([1], JSON).result == b"[1]"
    assert of_return(object(), JSON).error.startswith("TypeError: ")
    assert of_error(NotNow(1.5), None).delay == 1500
    assert of_error(ValueError("x"), "stopped").kind == "RELEASE"
    assert len(of_error(ValueError("x" * 5000), None).error) == 1024
    assert [answer.error for answer in of_bulk([], None, JSON)] == []


def test_each_queue_gives_as_many_jobs_as_its_weight_says() -> None:
    order = Order({"a": 3, "b": 1, "c": 1})
    given: Counter[str] = Counter()
    for _ in range(5000):
        first = order.draw()[0]
        order.served(first, 1)
        given[first] += 1
    assert given == {"a": 3000, "b": 1000, "c": 1000}
    assert sorted(order.draw()) == ["a", "b", "c"] and order.next_queue is None
    assert Order(["b", "a"]).draw() == ["b", "a"]
    with pytest.raises(ValueError, match="needs a queue"):
        Order([])


def test_a_queue_that_had_no_jobs_does_not_get_all_slots_once_it_has() -> None:
    order = Order({"a": 1, "b": 1})
    for _ in range(100):  # only b has jobs
        order.draw()
        order.served("b", 1)
    given: Counter[str] = Counter()
    for _ in range(10):
        first = order.draw()[0]
        order.served(first, 1)
        given[first] += 1
    assert abs(given["a"] - given["b"]) <= 2


def test_waits_grow_to_two_seconds() -> None:
    waits = Waits()
    lengths = [waits.next() for _ in range(9)]
    assert 0.025 <= lengths[0] <= 0.05 and all(1 <= length <= 2 for length in lengths[6:])
    waits.reset()
    assert waits.next() <= 0.05


def test_what_a_client_raises_beside_its_errors_is_a_broken_connection() -> None:
    def raising(*_args: Any) -> Any:
        raise ValueError("I/O operation on closed file.")

    link = Link(lambda **_options: SimpleNamespace(execute_command=raising))  # type: ignore[arg-type]
    [reply] = link.send([("PING",)])
    assert isinstance(reply, exceptions.ConnectionError) and "I/O operation" in str(reply) and passes(reply)
    assert passes(link.claim(("JQ.CLAIM", b"q"), "q", is_long=False))
    with pytest.raises(TypeError):
        Link(lambda: None).send([("PING",)])  # type: ignore[arg-type, return-value]

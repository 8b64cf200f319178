"""Scenarios about what does not pass by waiting."""

from __future__ import annotations

from typing import Any

import pytest

from redis_jq import BatchSealed, ModuleMissing, NoPermission, Queue, QueueFull, Refused, WrongType

from .harness.server import Server


async def nothing(_job: Any, _tools: Any) -> None:
    pass


def test_wrong_rights(server: Server, work: Any) -> None:
    server.send("ACL", "SETUSER", "limited", "on", ">secret", "~*", "+@all", "-jq.claim")
    worker = work(server.url.replace("//", "//limited:secret@"), "q", nothing)
    worker.ended()
    assert isinstance(worker.error, NoPermission) and "jq.claim" in str(worker.error).lower()
    assert 1 <= worker.seen.count["error"] <= 2  # of HELD, and of a claim that was under way


def test_no_module(private_server: Any, work: Any) -> None:
    server = private_server(has_module=False)
    worker = work(server.url, "q", nothing)
    worker.ended()
    assert isinstance(worker.error, ModuleMissing) and "loadmodule" in str(worker.error)
    with pytest.raises(ModuleMissing, match="loadmodule"):
        Queue(server.client(), "q").add("x")


def test_each_code_has_its_error(server: Server, queue: Queue, work: Any) -> None:
    server.client().set("string", "x")
    worker = work(server.url, "string", nothing)
    worker.ended()
    assert isinstance(worker.error, WrongType)
    with pytest.raises(WrongType, match="^WRONGTYPE "):
        Queue(server.client(), "string").stats()
    queue.configure({"max-jobs": 1})
    queue.add("x", batch="b")
    with pytest.raises(QueueFull, match="^JQFULL "):
        queue.add("x")
    queue.configure({"max-jobs": 0})
    queue.seal("b")
    with pytest.raises(BatchSealed, match="^JQSEALED "):
        queue.add("x", batch="b")
    with pytest.raises(Refused):
        queue.call("JQ.CONFIG", "no-such-field", 1)

"""The methods of a queue of shards, over both clients."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import redis_jq.asyncio
from redis_jq import NewJob, Queue, Refused, ShardedEvents, ShardedQueue, Shards, WrongShards
from redis_jq.shards.placement import shard_of

from .harness.cluster import Cluster


@pytest.fixture
def mail(producer: Any) -> Any:
    """A queue of four shards."""
    return producer(4)


def ids_on(queue: Any, shard: int, count: int) -> list[str]:
    """So many ids of one shard."""
    found = (f"job:{n}" for n in range(100_000) if queue.shard_of(f"job:{n}") == shard)
    return [next(found) for _ in range(count)]


def moving(more: int, count: int) -> list[str]:
    """So many ids that move when there are more shards."""
    found = (f"job:{n}" for n in range(100_000) if shard_of(f"job:{n}".encode(), more) >= 4)
    return [next(found) for _ in range(count)]


def test_jobs_stand_on_the_shards_of_their_ids(cluster: Cluster, mail: Any) -> None:
    assert mail.add({"to": "ada"}, id="a").outcome == "added"
    assert mail.add({"to": "ada"}, id="a").outcome == "duplicate"
    made = mail.add({"to": "bob"})
    assert (made.outcome, made.state) == ("added", "waiting")
    for number, shard in enumerate(mail.shards()):
        assert shard.key.name == f"mail:{number}"
    plain = [Queue(cluster.client(), f"mail:{number}") for number in range(4)]
    assert plain[mail.shard_of("a")].get("a").payload == {"to": "ada"}
    assert plain[mail.shard_of(made.id)].get(made.id).payload == {"to": "bob"}
    assert [queue.config()["shards"] for queue in plain] == [4] * 4
    with pytest.raises(WrongShards, match="one of 4 shards, not of 3"):
        plain[0].add("x", shards=3)


def test_what_the_queue_says_of_its_shards_holds(cluster: Cluster, mail: Any, producer: Any) -> None:
    mail.add("x", id="x")
    other = producer(7)
    assert len(other.shards()) == 4 and other.add("x", id="x").outcome == "duplicate"


def test_many_jobs_by_their_ids(mail: Any) -> None:
    ids = [f"job:{n}" for n in range(40)]
    mail.add_many([NewJob(n, id=id, options={"delay": 60} if n % 2 else {}) for n, id in enumerate(ids)], name="send")
    assert [mail.get(id).payload for id in ids] == list(range(40))
    assert mail.promote(*ids, "unknown") == [0, 1] * 20 + [-1]
    assert mail.cancel(*ids[:10], "unknown") == [1] * 10 + [-1]
    assert mail.remove(*ids[:10]) == [1] * 10 and mail.count("waiting") == 30
    assert mail.change("job:20", payload="new", name="other") == 1 and mail.change("unknown", payload=1) == -1
    assert (mail.get("job:20").payload, mail.get("unknown"), mail.explain("job:20").state) == ("new", None, "waiting")
    assert mail.log("job:20", "one", "two") == 2 and mail.logs("job:20") == ["one", "two"] and mail.logs("unknown") == []
    assert mail.await_job("job:20", 0.01).state == "waiting" and mail.await_job("unknown") is None


def test_numbers_and_pages_over_all_shards(mail: Any) -> None:
    ids = [f"job:{n}" for n in range(100)]
    mail.add_many([NewJob(n, id=id) for n, id in enumerate(ids)], name="send")
    assert mail.stats().waiting == mail.stats().added == mail.count("waiting") == 100
    assert mail.stats()["next-due-ms"] == -1 and mail.stats()["paused"] == 0
    assert sum(row[1] for row in mail.series(2)) == 100 and mail.check() == []
    listed: list[str] = []
    page = mail.list("waiting", count=7)
    while True:
        listed += page.items
        if page.cursor == "0":
            break
        assert len(page.items) == 7
        page = mail.list("waiting", count=7, cursor=page.cursor)
    assert sorted(listed) == sorted(ids) and [mail.shard_of(id) for id in listed] == sorted(map(mail.shard_of, ids))
    assert len(mail.list("waiting", count=1000, payload=True).items) == 100
    assert sum(row.waiting for row in mail.names().items) == 100
    with pytest.raises(ValueError, match="cannot skip"):
        mail.list("waiting", skip=1)


def test_changes_of_many(mail: Any) -> None:
    mail.add_many([NewJob(n, id=f"job:{n}", options={"delay": 60}) for n in range(100)])
    assert mail.promote_all(count=30) == 30 and mail.count("delayed") == 70
    assert len(mail.promote_all_ids()) == 70 and mail.promote_all() == 0
    assert mail.purge("waiting", count=60) == 60 and len(set(mail.purge_ids("waiting"))) == 40
    assert mail.purge_ids("waiting") == []
    assert mail.pause() == 1 and mail.pause() == 0 and mail.stats().paused == 1 and mail.resume() == 1
    mail.configure({"attempts": 7})
    assert {shard.attempts for shard in settings(mail)} == {7} and mail.config().attempts == 7


def settings(mail: Any) -> list[Any]:
    """Those of all shards."""
    queues = mail.shards()
    return [mail._run(queue.config()) if mail._loop else queue.config() for queue in queues]


def test_batches_are_on_one_shard(mail: Any) -> None:
    made = mail.add_many([NewJob(n) for n in range(10)], batch="night")
    assert all(each.id.startswith("{night}:") for each in made)
    mail.add("x", id="{night}:last", batch="night")
    mail.add("sum", id="{night}:sum", after="night")
    assert mail.seal("night") == 1 and mail.batch("night").pending == 11 and mail.batch("unknown") is None
    [elsewhere] = ids_on(mail, mail.shard_of("night"), 1)  # by chance on its shard, and not for ever
    with pytest.raises(ValueError, match=r"begin its id with \{night\}, or give none"):
        mail.add("x", id=elsewhere, batch="night")
    with pytest.raises(ValueError, match="has not the tag of the batch"):
        mail.add_many([NewJob("x", id=elsewhere, options={"after": "night"})])
    assert mail.add("x", batch="{night}:2", id="{night}:other").outcome == "added"
    assert mail.cancel_all() > 0 and mail.await_batch("night", 5).cancelled == 11 and mail.forget("night") in (0, 1)


def test_growing(cluster: Cluster, mail: Any, producer: Any) -> None:
    mail.configure({"attempts": 7})
    [waiting, done, late, new, *_] = moving(8, 10)
    mail.add_many([NewJob("old", id=waiting), NewJob("old", id=done)])
    stale = producer(4)
    assert stale.get(waiting).payload == "old"
    mail.grow(8)
    mail.grow(8)
    assert len(mail.shards()) == 8 and [(each.attempts, each.shards_before) for each in settings(mail)] == [(7, 4)] * 8
    assert mail.add("new", id=waiting).outcome == stale.add("new", id=waiting).outcome == "duplicate"
    assert mail.add("new", id=waiting, ondup="replace").outcome == "replaced"
    assert mail.get(waiting).payload == "new" and mail.cancel(waiting, done) == [1, 1]
    assert mail.add("x", id=late).outcome == "added" and mail.shard_of(late) >= 4
    assert stale.get(late).payload == "x" and stale.add_many([NewJob("x", id=late)])[0].outcome == "duplicate"
    added = stale.add_many([NewJob("x", id=id) for id in (waiting, late, new)])
    assert [each.outcome for each in added] == ["duplicate", "duplicate", "added"]
    with pytest.raises(ValueError, match="call finish_growth first"):
        mail.grow(9)
    with pytest.raises(ValueError, match="does not shrink"):
        mail.grow(4)
    mail.finish_growth()
    assert mail.add("x", id=done).outcome == "added"  # what its old shard refused is forgotten
    mail.grow(9)
    assert len(stale.shards()) == 8 and stale.add("y", id=new).outcome == "duplicate"


def test_batches_and_schedules_while_growing(mail: Any) -> None:
    names = moving(8, 3)
    mail.add("x", batch=names[0])
    mail.schedule(names[1], "tick", every=3600)
    mail.grow(8)
    with pytest.raises(ValueError, match="begun before the queue grew"):
        mail.add("x", batch=names[0])
    assert mail.seal(names[0]) == 1 and mail.batch(names[0]).pending == 1
    assert mail.add("x", batch=names[2]).outcome == "added"
    with pytest.raises(ValueError, match="set the schedule"):
        mail.finish_growth()
    mail.schedule(names[1], "tick", every=3600)
    assert [schedule.name for schedule in mail.schedules()] == [names[1]]
    mail.finish_growth()
    assert mail.unschedule(names[1]) == 1 and mail.schedules() == []


def test_a_shard_that_was_deleted_is_fenced_again(cluster: Cluster, mail: Any, producer: Any) -> None:
    mail.configure({"attempts": 7})
    for number in (0, 2):
        cluster.client().delete(f"mail:{number}")
    producer(5).add("x", id="x")
    assert [(each.shards, each.attempts) for each in settings(mail)] == [(4, 7)] * 4


def test_a_shard_that_refuses_fails_the_call(mail: Any) -> None:
    with pytest.raises(Refused):
        mail.configure({"no-such-setting": 1})


def test_a_queue_of_shards_on_one_server(server: Any) -> None:
    queue = ShardedQueue(server.client(), "mail", 3)
    queue.add_many([NewJob(n) for n in range(100)])
    assert queue.count("waiting") == 100 and len(queue.shards()) == 3


def events_of(flavour: str, cluster: Cluster, count: int, after: str | None) -> tuple[list[Any], Any]:
    """So many events of all shards, and their reader."""
    events: list[Any] = []
    if flavour == "threads":
        reader = ShardedEvents(cluster.connect(flavour), Shards("mail", 4), after)
        for event in reader:
            events.append(event)
            if len(events) == count:
                break
        return events, reader

    async def main() -> Any:
        reader = redis_jq.asyncio.ShardedEvents(cluster.connect(flavour), Shards("mail", 4), after)
        async for event in reader:
            events.append(event)
            if len(events) == count:
                break
        return reader

    return events, asyncio.run(main())


def test_events_of_all_shards(cluster: Cluster, flavour: str, mail: Any) -> None:
    mail.configure({"events-max": 1000})
    mail.add_many([NewJob(n, id=str(n)) for n in range(60)])
    first, reader = events_of(flavour, cluster, 23, None)
    mail.grow(6)
    mail.add_many([NewJob(n, id=str(n)) for n in range(60, 100)])
    second, reader = events_of(flavour, cluster, 50, reader.position)
    third, reader = events_of(flavour, cluster, 27, reader.position)
    assert sorted(int(event.job) for event in first + second + third) == list(range(100)) and reader.missed == 0
    mail.add_many([NewJob(n, id=f"late:{n}") for n in range(60)])
    mail.trim_events(0)
    mail.add("x", id="last")
    [event], reader = events_of(flavour, cluster, 1, reader.position)
    assert event.job == "last" and reader.missed <= 60

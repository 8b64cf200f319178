"""The service with a real PostgreSQL: a mail for each user who has signed up, and one only, whatever dies when."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis_jq import Queue
from tests.harness.server import Server, free_port

from testing.postgres import Postgres
from testing.process import Process, until

HERE = Path(__file__).parent


class Service:
    """`uvicorn app:app`, until it is killed."""

    def __init__(self, postgres: Postgres, redis: Server, log: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = ["-m", "uvicorn", "app:app", "--port", str(port)]
        self.process = Process(HERE, log, *command, DATABASE_URL=postgres.url, REDIS_URL=redis.url)
        until(lambda: self._has_begun(log), f"the service does not answer, see {log}", 60)

    def post(self, path: str, **body: Any) -> int:
        """The status of the reply."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    def accepts(self) -> bool:
        """Whether it takes requests."""
        try:
            return urllib.request.urlopen(self.url + "/openapi.json", timeout=5).status == 200
        except OSError:  # refused, or closed before the reply
            return False

    def _has_begun(self, log: Path) -> bool:
        assert not self.process.has_ended, log.read_text()
        return self.accepts()


Start = Callable[[], Service]


@pytest.fixture
def start(postgres: Postgres, redis: Server, tmp_path: Path) -> Iterator[Start]:
    """Starts services; they are killed at the end."""
    started: list[Service] = []

    def start_one() -> Service:
        started.append(Service(postgres, redis, tmp_path / "log"))
        return started[-1]

    yield start_one
    for service in started:
        service.process.kill()


def sent(postgres: Postgres) -> list[str]:
    """To whom mails were sent."""
    with postgres.connect() as connection:
        return [address for (address,) in connection.execute("SELECT address FROM sent ORDER BY address")]


def rows(postgres: Postgres) -> int:
    """What is in the outbox."""
    return int(postgres.value("SELECT count(*) FROM outbox"))


def is_all_done(redis: Server, postgres: Postgres, added: int) -> bool:
    """Whether so many jobs were added and completed, and the outbox is empty."""
    stats = Queue(redis.client(), "mail").stats()
    return (stats.added, stats.acks, stats.active, stats.waiting, rows(postgres)) == (added, added, 0, 0, 0)


def test_a_job_runs_after_the_commit(start: Start, postgres: Postgres, redis: Server) -> None:
    service = start()
    assert service.post("/users", address="ada") == 201
    until(lambda: is_all_done(redis, postgres, 1), "the mail is not sent")
    assert sent(postgres) == ["ada"]


def test_a_rollback_enqueues_nothing(start: Start, postgres: Postgres, redis: Server) -> None:
    service = start()
    assert service.post("/users", address="ada") == 201
    assert service.post("/users", address="ada") == 409
    assert service.post("/users", address="bob") == 201
    until(lambda: is_all_done(redis, postgres, 2), "the mails are not sent")
    assert sent(postgres) == ["ada", "bob"]


def test_a_job_can_be_added_without_a_transaction(start: Start, postgres: Postgres, redis: Server) -> None:
    assert start().post("/reports", address="ada") == 202
    until(lambda: is_all_done(redis, postgres, 1), "the report is not sent")


def test_killed_between_commit_and_enqueue_while_redis_is_away(start: Start, postgres: Postgres, redis: Server) -> None:
    service = start()
    redis.kill()
    assert service.post("/users", address="ada") == 201, "the database is enough"
    assert rows(postgres) == 1
    service.process.kill()

    redis.restart()
    assert Queue(redis.client(), "mail").stats().added == 0
    start()
    until(lambda: is_all_done(redis, postgres, 1), "the mail is not sent")
    assert sent(postgres) == ["ada"]


def test_killed_between_enqueue_and_delete(start: Start, postgres: Postgres, redis: Server) -> None:
    service = start()
    with postgres.connect() as connection:
        connection.execute("""
            CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN OLD; END';
            CREATE TRIGGER hang BEFORE DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION hang()""")
    assert service.post("/users", address="ada") == 201
    mail = Queue(redis.client(), "mail")
    until(lambda: mail.stats().acks == 1, "the mail is not sent")
    assert rows(postgres) == 1, "its row is still there"
    service.process.kill()
    with postgres.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DELETE FROM outbox%'"
        )
        connection.execute("DROP FUNCTION hang CASCADE")

    start()
    until(lambda: rows(postgres) == 0, "the row stays")
    assert is_all_done(redis, postgres, 1)
    assert mail.stats().duplicates == 1, "it was added again"
    assert sent(postgres) == ["ada"], "and has run once"


def test_sigterm_waits_for_the_job_that_runs(start: Start, postgres: Postgres, redis: Server) -> None:
    service = start()
    mail = Queue(redis.client(), "mail")
    with postgres.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE sent")  # the handler waits for it
        assert service.post("/users", address="ada") == 201
        until(lambda: mail.stats().active == 1, "the job does not run")
        service.process.terminate()
        until(lambda: not service.accepts(), "the service still takes requests")
        until(lambda: mail.stats().waiters == 0, "the worker still claims")
    assert service.process.wait() == -signal.SIGTERM, "uvicorn ends as the signal would have ended it"
    assert is_all_done(redis, postgres, 1)
    assert mail.stats().releases == 0

"""The project with a real PostgreSQL: one mail for each user who has signed up, whatever dies when."""

from __future__ import annotations

import socket
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis_jq import Queue
from tests.harness.server import Server

from testing.postgres import Postgres
from testing.process import Process, until

HERE = Path(__file__).parent

Start = Callable[..., Process]

SIGN_UP = """
    import sys, django
    django.setup()
    from django.test import Client
    for address in sys.argv[1:]:
        reply = Client().post('/users', {'address': address}, 'application/json', headers={'host': '127.0.0.1'})
        print(reply.status_code)
    """
"""A process that serves requests, and ends."""


@pytest.fixture
def start(postgres: Postgres, redis: Server, tmp_path: Path) -> Iterator[Start]:
    """Starts processes of Django on a database that is migrated; they are killed at the end."""
    started: list[Process] = []
    environment = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "DJANGO_SETTINGS_MODULE": "settings"}

    def start_one(*words: str, **changed: str) -> Process:
        started.append(Process(HERE, tmp_path / "log", *words, **{**environment, **changed}))
        return started[-1]

    assert start_one("manage.py", "migrate", "--run-syncdb", "-v0").wait() == 0, (tmp_path / "log").read_text()
    yield start_one
    for process in started:
        process.kill()


def sign_up(start: Start, *addresses: str, **changed: str) -> Process:
    """A process that signs these up."""
    return start("-c", textwrap.dedent(SIGN_UP), *addresses, **changed)


def rows(postgres: Postgres) -> int:
    """What is in the outbox."""
    return int(postgres.value("SELECT count(*) FROM mailer_outbox"))


def sent(postgres: Postgres) -> int:
    """How many mails were sent."""
    return int(postgres.value("SELECT count(*) FROM mailer_sent"))


def test_a_job_is_added_by_the_commit(start: Start, postgres: Postgres, redis: Server) -> None:
    assert sign_up(start, "ada", "bob").wait() == 0
    assert rows(postgres) == 0
    mail = Queue(redis.client(), "mail")
    assert mail.stats().waiting == 2
    worker = start("manage.py", "work")
    until(lambda: mail.stats().acks == 2, "the mails are not sent")
    worker.terminate()
    assert worker.wait() == 0
    assert sent(postgres) == 2


def test_a_rollback_enqueues_nothing(start: Start, postgres: Postgres, redis: Server, tmp_path: Path) -> None:
    assert sign_up(start, "ada", "ada").wait() == 0
    assert (tmp_path / "log").read_text().split()[-2:] == ["201", "409"]
    assert (rows(postgres), Queue(redis.client(), "mail").stats().added) == (0, 1)


def test_killed_between_commit_and_enqueue(start: Start, postgres: Postgres, redis: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a Redis that does not answer
        process = sign_up(start, "ada", REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}")
        until(lambda: rows(postgres) == 1, "the request has not committed")
        process.kill()

    start("manage.py", "work")
    mail = Queue(redis.client(), "mail")
    until(lambda: rows(postgres) == 0 and mail.stats().acks == 1, "the mail is not sent")
    assert (mail.stats().added, sent(postgres)) == (1, 1)


def test_a_request_does_not_need_redis(start: Start, postgres: Postgres, redis: Server, tmp_path: Path) -> None:
    redis.kill()
    assert sign_up(start, "ada").wait() == 0
    assert (tmp_path / "log").read_text().split()[-1] == "201"
    assert rows(postgres) == 1


def test_killed_between_enqueue_and_delete(start: Start, postgres: Postgres, redis: Server) -> None:
    with postgres.connect() as connection:
        connection.execute("""
            CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN OLD; END';
            CREATE TRIGGER hang BEFORE DELETE ON mailer_outbox FOR EACH ROW EXECUTE FUNCTION hang()""")
    process = sign_up(start, "ada")
    mail = Queue(redis.client(), "mail")
    until(lambda: mail.stats().added == 1, "the job is not added")
    process.kill()
    assert rows(postgres) == 1, "its row is still there"
    with postgres.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DELETE FROM%'")
        connection.execute("DROP FUNCTION hang CASCADE")

    start("manage.py", "work")
    until(lambda: rows(postgres) == 0 and mail.stats().acks == 1, "the mail is not sent")
    assert (mail.stats().added, mail.stats().duplicates) == (1, 1)
    assert sent(postgres) == 1

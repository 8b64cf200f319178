"""`manage.py work`: sends mails until SIGTERM, and looks after the outbox meanwhile."""

import logging
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from redis.exceptions import RedisError
from redis_jq import Job, Worker

from mailer.models import Sent
from mailer.outbox import AT_ONCE, relay

LOOK_EVERY = 1.0  # seconds

log = logging.getLogger(__name__)


def send(job: Job) -> None:
    close_old_connections()  # as Django does before each request: one that is broken is not used again
    Sent.objects.create(job=job.id, address=job.payload["to"])  # a row instead of a mail


def relay_until(stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            close_old_connections()
            while relay() == AT_ONCE:
                pass
        except (Error, RedisError) as error:
            log.warning("the outbox waits: %s", error)  # the rows are still there
        stop.wait(LOOK_EVERY)


class Command(BaseCommand):
    help = "Sends mails until SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        relaying = threading.Thread(target=relay_until, args=[stop])
        relaying.start()
        try:
            Worker(settings.REDIS_URL, "mail", send, concurrency=4).run()
        finally:
            stop.set()
            relaying.join()

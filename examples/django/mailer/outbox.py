"""Jobs that are enqueued if, and only if, a transaction commits: the transactional outbox.

`transaction.on_commit` alone would lose the job of a process that dies right after the commit. So the job is a row of
the same transaction; on_commit brings it to its queue at once, and `manage.py work` what dead processes have left.
A job that was added before its row was deleted is added twice; the second time its id is known, and nothing happens.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from redis import Redis
from redis_jq import NewJob, Queue

from .models import Outbox

AT_ONCE = 100
REMEMBERED = timedelta(days=1)  # longer than a row can lie here after its job was added

redis = Redis.from_url(settings.REDIS_URL, socket_timeout=5)


def enqueue(queue: str, payload: Any) -> None:
    """Enqueues a job with the transaction that is open."""
    Outbox.objects.create(queue=queue, payload=payload)
    transaction.on_commit(relay, robust=True)  # robust: a request does not fail because Redis is away


def relay() -> int:
    """Adds the jobs of some rows, and deletes the rows. Any number may run at once: each takes other rows."""
    with transaction.atomic():
        rows = list(Outbox.objects.select_for_update(skip_locked=True).order_by("position")[:AT_ONCE])
        for name in {row.queue for row in rows}:
            jobs = [NewJob(row.payload, id=str(row.job)) for row in rows if row.queue == name]
            Queue(redis, name).add_many(jobs, dedup=REMEMBERED)
        Outbox.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)

"""Queues of the redis-jq module, and workers that are correct when servers, connections and handlers fail.

`Queue`, `Worker`, `BulkWorker` and `Events` are for threads, `ShardedQueue` and `ShardedEvents` for one queue over the
nodes of a cluster; `redis_jq.asyncio` has the same for asyncio.
"""

from .calls import Added, NewJob, Page
from .errors import (
    BatchSealed,
    Fatal,
    JqError,
    ModuleMissing,
    NoPermission,
    NotNow,
    OutOfMemory,
    QueueFull,
    ReadOnly,
    Refused,
    Stopped,
    WrongShards,
    WrongType,
)  # fmt: skip
from .events import Events
from .following import Event
from .queue import Queue
from .settings import Hooks, Settings
from .shards.events import ShardedEvents
from .shards.layout import Shards
from .shards.queue import ShardedQueue
from .values import BYTES, FOREVER, JSON, Codec, Record
from .waiting import Ended
from .worker import BulkWorker, Job, Worker

__all__ = [
    "BYTES", "FOREVER", "JSON", "Added", "BatchSealed", "BulkWorker", "Codec", "Ended", "Event", "Events", "Fatal", "Hooks",
    "Job", "JqError", "ModuleMissing", "NewJob", "NoPermission", "NotNow", "OutOfMemory", "Page", "Queue", "QueueFull",
    "ReadOnly", "Record", "Refused", "Settings", "ShardedEvents", "ShardedQueue", "Shards", "Stopped", "Worker",
    "WrongShards", "WrongType",
]  # fmt: skip

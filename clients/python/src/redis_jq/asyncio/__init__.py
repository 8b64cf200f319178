"""The same for asyncio: queues, workers and readers of events over clients of `redis.asyncio`."""

from .events import Events
from .queue import Queue
from .sharded import ShardedQueue
from .sharded_events import ShardedEvents
from .worker import BulkWorker, Job, Worker

__all__ = ["BulkWorker", "Events", "Job", "Queue", "ShardedEvents", "ShardedQueue", "Worker"]

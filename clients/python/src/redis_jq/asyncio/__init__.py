"""The same for asyncio: `Queue`, `Worker`, `BulkWorker` and `Events` over clients of `redis.asyncio`."""

from .events import Events
from .queue import Queue
from .worker import BulkWorker, Job, Worker

__all__ = ["BulkWorker", "Events", "Job", "Queue", "Worker"]

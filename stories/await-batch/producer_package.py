"""usage: python await-batch/producer_package.py PORT RUN USERS    does the same as producer_jq.py with the package for Python"""

import sys
import tracemalloc

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from redis_jq import NewJob, Queue

from child import report, resident

CHUNK = 500


def main(port, run, users):
    # A command that a restart interrupts is sent again, for half a minute. The ids make that harmless.
    redis = Redis(port=port, retry=Retry(ConstantBackoff(0.1), 300))
    redis.ping()
    queue = Queue(redis, "users")

    tracemalloc.start()
    before, rss = tracemalloc.get_traced_memory()[0], resident()

    for first in range(1, users + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, users + 1))
        queue.add_many([job(run, number) for number in numbers], attempts=3, backoff=("fixed", 0.5), batch=run)
    # The server starts this job when the batch has finished.
    queue.add({"report": run}, id=f"report:{run}", after=run)
    queue.seal(run)

    report(waiting=True)
    batch = queue.await_batch(run)
    peak = tracemalloc.get_traced_memory()[1]
    report(heap=peak - before, rss=resident() - rss, done=True, batch=batch)


def job(run, number):
    payload = {"user": number, "email": f"user-{number}@example.org", "plan": "nightly report"}
    return NewJob(payload, id=f"{run}:{number}")


main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

"""usage: python await-batch/producer_jq.py PORT RUN USERS    enqueues the run, and is told when it is done and how

The same as producer-jq.mjs. Nothing is kept here: no listener, no list of ids. Started twice, it enqueues nothing twice.
"""

import json
import sys
import tracemalloc

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from child import report, resident

CHUNK = 500


def main(port, run, users):
    # A command that meets a restart of the server is sent again, for half a minute; the ids make that harmless. Commands
    # that wait must not run into a time limit of the socket (5 seconds unless told otherwise).
    retry = Retry(ConstantBackoff(0.1), 300)
    redis = Redis(port=port, protocol=3, decode_responses=True, retry=retry, socket_timeout=None)
    redis.ping()

    tracemalloc.start()
    before, rss = tracemalloc.get_traced_memory()[0], resident()

    for first in range(1, users + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, users + 1))
        jobs = [word for number in numbers for word in job(run, number)]
        options = ["ATTEMPTS", 3, "BACKOFF", "FIXED", 500, "BATCH", run]
        redis.execute_command("JQ.MADD", "users", len(numbers), *jobs, *options)
    # It starts by itself when the batch is finished.
    redis.execute_command("JQ.ADD", "users", f"report:{run}", json.dumps({"report": run}), "AFTER", run)
    # No more members: from now on the batch can finish.
    redis.execute_command("JQ.SEAL", "users", run)

    report(waiting=True)
    batch = redis.execute_command("JQ.AWAIT", "users", "BATCH", run, 0)
    peak = tracemalloc.get_traced_memory()[1]
    report(heap=peak - before, rss=resident() - rss, done=True, batch=batch)


def job(run, number):
    """The id and the payload of one user's job."""
    payload = {"user": number, "email": f"user-{number}@example.org", "plan": "nightly report"}
    return f"{run}:{number}", json.dumps(payload)


main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

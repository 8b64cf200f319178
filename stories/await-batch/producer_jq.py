"""usage: python await-batch/producer_jq.py PORT RUN USERS    adds the jobs and waits for the numbers of the batch

It does the same as producer-jq.mjs. It keeps no listener and no list of ids. Started twice, it adds no job twice.
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
    # A command that a restart interrupts is sent again, for half a minute. The ids make that harmless. A blocked command
    # must not run into the timeout of the socket, which is 5 seconds by default.
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
    # The server starts this job when the batch has finished.
    redis.execute_command("JQ.ADD", "users", f"report:{run}", json.dumps({"report": run}), "AFTER", run)
    # A sealed batch takes no more members, so it can finish.
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

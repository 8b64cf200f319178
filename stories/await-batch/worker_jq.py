"""usage: python await-batch/worker_jq.py PORT NAME FILE MS    claims up to 50 jobs at a time and sends ACK or NACK for each

It does the same as worker-jq.mjs.
"""

import json
import sys
import time

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

import child  # this program ends when the story ends


def main(port, name, file, ms):
    retry = Retry(ConstantBackoff(0.1), 300)
    redis = Redis(port=port, protocol=3, decode_responses=True, retry=retry, socket_timeout=None)
    database = open(file, "a", buffering=1)
    while True:
        jobs = redis.execute_command("JQ.CLAIM", "users", name, "COUNT", 50, "LEASE", 3000, "BLOCK", 0)
        done, failed = [], []
        time.sleep(ms / 1000)
        for token, job_id, attempt, payload in jobs or []:
            try:
                work(redis, json.loads(payload), attempt)
                done += [token, job_id]
            except ValueError as error:
                failed.append((token, job_id, str(error)))
            database.write(f"{job_id} {token}\n")
        if done:
            redis.execute_command("JQ.ACK", "users", *done)
        for token, job_id, error in failed:
            redis.execute_command("JQ.NACK", "users", token, job_id, "ERROR", error)


def work(redis, payload, attempt):
    """Raises for each 100th user, and at the first attempt for each 10th."""
    if "report" in payload:
        # This is the follow-up job. JQ.BATCH returns the numbers for its report.
        redis.execute_command("JQ.BATCH", "users", payload["report"])
    elif payload["user"] % 100 == 0:
        raise ValueError("mailbox does not exist")
    elif payload["user"] % 10 == 0 and attempt == 1:
        raise ValueError("mailbox is full")


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))

"""usage: python await-batch/worker_package.py PORT NAME FILE MS    does the same as worker_jq.py with the package for Python"""

import sys
import threading
import time

from redis import Redis
from redis_jq import Queue, Worker

import child  # this program ends when the story ends


def main(port, name, file, ms):
    url = f"redis://127.0.0.1:{port}"
    users = Queue(Redis.from_url(url), "users")
    database, one_at_a_time = open(file, "a", buffering=1), threading.Lock()

    def work(job):
        time.sleep(ms / 1000)
        try:
            send_report(users, job)
        finally:
            with one_at_a_time:
                database.write(f"{job.id} {job.token}\n")

    Worker(url, "users", work, name=name, concurrency=50, lease=3).run()


def send_report(users, job):
    """Raises for each 100th user, and at the first attempt for each 10th."""
    if "report" in job.payload:
        # This is the follow-up job. It reads the numbers for its report.
        users.batch(job.payload["report"])
    elif job.payload["user"] % 100 == 0:
        raise ValueError("mailbox does not exist")
    elif job.payload["user"] % 10 == 0 and job.attempt == 1:
        raise ValueError("mailbox is full")


main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))

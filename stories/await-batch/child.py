"""For the programs that play a part in a story: they end with the story, whatever ends it, and report in lines of JSON."""

import json
import os
import sys
import threading


def report(**fact):
    """Tells the story something."""
    print(json.dumps(fact), flush=True)


def resident():
    """Resident memory of this process, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _leave_with_the_story():
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


threading.Thread(target=_leave_with_the_story, daemon=True).start()

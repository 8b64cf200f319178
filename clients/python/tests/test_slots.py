"""How the shards of a worker share its slots, without a server."""

from __future__ import annotations

import math
from collections import Counter

from redis_jq.ledger import Ledger
from redis_jq.runs import ACK, Answer, Run
from redis_jq.slots import LOOK, NONE, PATIENCE, ROUND, Grant, Slots
from redis_jq.values import Record


def ledgers(shards: int, slots: int, size: int = 1) -> list[Ledger]:
    """The ledgers of some shards, all of which would like to claim."""
    shared = Slots(slots, size)
    made = [Ledger(shared) for _ in range(shards)]
    for ledger in made:
        ledger.is_asking = True
    return made


class Work:
    """Claims for shards, as their routines would, and runs what they have."""

    def __init__(self, shards: int, slots: int, jobs: dict[int, int]) -> None:
        self.ledgers = ledgers(shards, slots)
        self.jobs = Counter(jobs)
        self.done: Counter[int] = Counter()
        self.now = 0.0
        self.token = 0
        self.asked = 0
        self.runs: list[tuple[int, Run]] = []

    def claim(self) -> None:
        """Each shard that gets slots asks once; a claim that finds nothing is over before the next one."""
        for number, ledger in enumerate(self.ledgers):
            grant = ledger.grant(self.now)
            if grant.count and not ledger.next_will_ask(str(number)):
                self.ask(number, grant.count)

    def ask(self, number: int, count: int) -> None:
        ledger = self.ledgers[number]
        ledger.reserve(count, self.now)
        self.asked += 1
        got = min(count, self.jobs[number])
        self.jobs[number] -= got
        tokens = range(self.token + 1, self.token + got + 1)
        self.token += got
        ledger.begin(str(number), [Record({"token": token, "id": str(token)}) for token in tokens], math.inf)
        ledger.unreserve(count, got)
        while group := ledger.take():
            self.runs += [(number, run) for run in group]

    def end_one(self, after: float = 0.001) -> None:
        """The handler that began first ends; its answer asks for the next job."""
        self.now += after
        number, run = self.runs.pop(0)
        ledger = self.ledgers[number]
        ledger.finish(run, Answer(ACK))
        ledger.free()
        self.claim()  # by those that are quicker than the answer
        ledger.collect()
        ledger.answered([run], [1])
        self.done[number] += 1
        if count := ledger.room(self.now):
            self.ask(number, count)


def test_one_queue_has_all_slots() -> None:
    [ledger] = ledgers(1, 7)
    assert ledger.grant(0) == Grant(7, math.inf)
    [bulk] = ledgers(1, 2, size=50)
    assert bulk.grant(0) == Grant(50, math.inf)


def test_each_shard_without_jobs_waits_with_one_slot() -> None:
    shards = ledgers(3, 10)
    for ledger in shards:
        assert ledger.grant(0) == Grant(1, math.inf)
        ledger.is_asking = False
        ledger.reserve(1, 0)
    shards[0].unreserve(1, 1)
    assert shards[0].grant(0) == Grant(8, 0.0)  # what the others do not hold, without waiting
    shards[0].reserve(8, 0)
    shards[1].unreserve(1, 1)  # as if its job was done
    assert shards[1].grant(0) == Grant(1, math.inf)


def test_a_slot_is_kept_for_a_shard_that_has_just_begun() -> None:
    busy, quiet = ledgers(2, 5)
    for ledger in busy, quiet:
        ledger.start(0)
    assert busy.grant(0) == NONE
    busy.held_answered(0)
    for grant in Grant(1, math.inf), Grant(3, 0.0):
        assert busy.grant(0) == grant
        busy.reserve(grant.count, 0)
        busy.has_more = True
    assert busy.grant(0) == NONE and busy._slots.look(0) == LOOK
    assert busy.grant(PATIENCE) == Grant(1, math.inf)  # the server of the other may be away
    quiet.held_failed()
    assert busy.grant(0) == Grant(1, math.inf) and busy._slots.look(0) is None
    quiet.held_answered(0)
    assert busy.grant(0) == NONE and quiet.grant(0) == Grant(1, math.inf)


def test_a_shard_with_many_jobs_leaves_each_other_one_slot() -> None:
    work = Work(3, 6, {0: 10_000, 1: 10, 2: 10})
    for _ in range(100):
        work.claim()
        work.end_one()
    assert work.done[1] == work.done[2] == 10 and work.done[0] == 80


def test_two_shards_with_many_jobs_have_equal_shares() -> None:
    work = Work(2, 10, {0: 10_000})
    for _ in range(20):
        work.claim()
        work.end_one()
    work.jobs[1] = 10_000
    for _ in range(100):
        work.claim()
        work.end_one()
    running = Counter(number for number, _ in work.runs)
    assert running == {0: 5, 1: 5}


def test_fewer_slots_than_shards_take_turns() -> None:
    work = Work(8, 1, dict.fromkeys(range(8), 1000))
    for _ in range(800):
        while not work.runs:
            work.claim()
        work.end_one(LOOK / 10)
    assert len(work.done) == 8 and all(95 <= done <= 105 for done in work.done.values())


def test_shards_without_jobs_cost_a_busy_one_little() -> None:
    work = Work(8, 1, {3: 10_000})
    for _ in range(2000):
        while not work.runs:
            work.claim()
        work.end_one(0.001)
    assert work.done == {3: 2000}
    assert work.asked < 2000 + 8 * (2.0 / LOOK + 2)


def test_a_job_of_another_shard_is_found_within_a_round() -> None:
    work = Work(8, 1, {3: 10_000})
    for _ in range(1000):
        while not work.runs:
            work.claim()
        work.end_one(0.001)
    work.jobs[5] = 1
    begun = work.now
    while not work.done[5]:
        while not work.runs:
            work.claim()
        work.end_one(0.001)
    assert work.now - begun < LOOK + 0.1


def test_idle_shards_wait_shortly_where_they_take_turns() -> None:
    shards = ledgers(8, 2)
    grants = [ledger.grant(0) for ledger in shards]
    assert sorted(grant.count for grant in grants) == [0] * 6 + [1] * 2
    assert {grant.wait for grant in grants if grant.count} == {ROUND * 2 / 8}
    order = sorted(range(8), key=lambda number: shards[number].asked_at)  # drawn by chance
    assert [number for number, grant in enumerate(grants) if grant.count] == sorted(order[:2])


def test_nothing_is_kept_for_a_shard_whose_server_is_away() -> None:
    first, second = ledgers(2, 1)
    first.asked_at, second.asked_at = 0, 1
    assert (first.grant(5).count, second.grant(5).count) == (1, 0)
    first.ask_held(5)
    assert (first.grant(5).count, second.grant(5).count) == (0, 1)
    first.held_answered(5)
    first.is_asking = False  # it waits after an error
    assert second.grant(5).count == 1


def test_the_slots_of_a_lost_claim_stay_taken_until_held_was_asked() -> None:
    first, second = ledgers(2, 10)
    first.reserve(4, 0)
    first.lose(4)
    first.ask_held(0, 6)
    second.has_more = True
    assert second.grant(1).count == 6 and first.grant(1).count == 0
    first.held_answered(1)
    assert second.grant(1).count == 9 and first.grant(1).count == 1
    first.reserve(1, 1)
    first.lose(1)
    first.ask_held(1)
    first.held_failed()
    assert second.grant(2).count == 10 and first.grant(2).count == 0

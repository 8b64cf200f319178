"""What a worker knows, without a server."""

from __future__ import annotations

from typing import Any

from redis_jq.ledger import Ledger
from redis_jq.runs import ACK, CANCELLED, LOST, NACK, RELEASE, STOPPED, Answer, Run
from redis_jq.slots import Slots
from redis_jq.values import Record


def jobs(*tokens: int) -> list[Record]:
    return [Record({"token": token, "id": f"job-{token}", "payload": b"1", "attempt": 1}) for token in tokens]


def ledger_with(*tokens: int, concurrency: int = 10, lease_ends: float = 30) -> tuple[Ledger, list[Run]]:
    """A ledger whose jobs are all with handlers."""
    ledger = Ledger(Slots(concurrency))
    ledger.begin("q", jobs(*tokens), lease_ends)
    runs: list[Run] = []
    while group := ledger.take():
        runs += group
    return ledger, runs


def test_a_claim_asks_for_free_slots_only() -> None:
    ledger, _ = ledger_with(1, 2, concurrency=5)
    assert ledger.room(0) == 3
    ledger.reserve(2, 0)  # a claim is on its way
    assert ledger.room(0) == 1
    ledger.unreserve(2, 0)
    ledger.begin("q", jobs(3, 4, 5, 6, 7), 30)  # HELD may list more than there are slots
    assert ledger.room(0) == 0
    assert [len(ledger.take()) for _ in range(4)] == [1, 1, 1, 0]
    ledger.free()
    assert [run.token for run in ledger.take()] == [6]


def test_nothing_is_claimed_while_held_is_due() -> None:
    ledger, _ = ledger_with(1)
    ledger.ask_held(100.0, 106.0)
    assert ledger.room(99) == 9 and ledger.room(100) == 0
    ledger.held_answered(101)
    assert ledger.room(101) == 9 and ledger.next_held() == 106


def test_a_job_is_known_until_its_answer_is_answered() -> None:
    ledger, [run] = ledger_with(1)
    ledger.begin("q", jobs(1), 30, from_held=True)
    assert ledger.take() == []
    ledger.finish(run, Answer(ACK))
    ledger.free()
    [[sent]] = ledger.collect()
    ledger.begin("q", jobs(1), 30, from_held=True)  # its ACK has not reached the server
    assert sent is run and ledger.take() == []
    ledger.answered([run], [1])
    assert ledger.is_idle


def test_a_claim_that_is_read_late_does_not_begin_again_what_held_has_begun() -> None:
    ledger = Ledger(Slots(10))
    ledger.reserve(1, 0)  # the claim that brings job 1: its reply has been sent, and not been read
    ledger.begin("q", jobs(1), 30, from_held=True)
    [run] = ledger.take()
    ledger.finish(run, Answer(ACK))
    ledger.free()
    ledger.collect()
    ledger.answered([run], [1])
    ledger.begin("q", jobs(1), 30)
    ledger.unreserve(1, 1)
    assert ledger.take() == [] and ledger.is_idle


def test_the_same_token_of_another_queue_is_another_job() -> None:
    ledger, _ = ledger_with(1)
    ledger.begin("other", jobs(1), 30)
    assert len(ledger.take()) == 1


def test_answers_of_one_form_travel_in_one_command() -> None:
    ledger, runs = ledger_with(1, 2, 3, 4, 5, 6, 7)
    answers = [
        Answer(ACK), Answer(NACK, error="a"), Answer(ACK), Answer(ACK, result=b"1"), Answer(NACK, error="b"),
        Answer(ACK, result=b"2"), Answer(ACK, result=b"2" * 1025),
    ]  # fmt: skip
    for run, answer in zip(runs, answers):
        ledger.finish(run, answer)
    assert [[run.token for run in command] for command in ledger.collect()] == [[1, 3], [2], [4, 6], [5], [7]]
    assert not ledger.has_answers() and ledger.waits_for_answers


def test_an_answer_without_reply_is_sent_again_until_the_lease_is_over() -> None:
    ledger, [run] = ledger_with(1)
    ledger.finish(run, Answer(ACK))
    assert ledger.give_up(31) == []  # it has not been sent yet: it may still count
    ledger.collect()
    assert ledger.give_up(31) == []  # it is on its way
    ledger.unanswered([run])
    assert ledger.give_up(29) == [] and ledger.has_answers()
    assert ledger.give_up(30) == [run] and run.stop_reason == LOST
    assert not ledger.has_answers() and ledger.is_idle


def test_leases_are_counted_from_before_the_request() -> None:
    ledger, [run] = ledger_with(1)
    assert ledger.extended([run], [1], asked_at=20, lease=30) == [] and run.lease_ends == 50
    assert ledger.extended([run], [4000], asked_at=30, lease=30) == [] and run.lease_ends == 34  # MAXRUN
    signalled: list[str] = []
    run.raise_signal = signalled.append
    assert ledger.give_up(34) == [run] and signalled == [LOST]
    ledger.finish(run, Answer(ACK))  # the handler ends later: there is nothing to answer
    assert not ledger.has_answers() and ledger.is_idle


def test_extend_tells_who_is_cancelled_and_who_is_lost() -> None:
    ledger, [first, second, third] = ledger_with(1, 2, 3)
    told = ledger.extended([first, second, third], [-3, -2, 1], 10, 30)
    assert told == [first, second]
    assert (first.stop_reason, second.stop_reason, third.stop_reason) == (CANCELLED, LOST, None)
    assert [run.token for runs in ledger.to_extend() for run in runs] == [3]
    ledger.finish(first, Answer(RELEASE))
    assert ledger.has_answers()  # a cancelled job ends with an answer, or only with its lease


def test_jobs_that_wait_for_a_slot_or_an_answer_are_extended() -> None:
    ledger, [run] = ledger_with(1, concurrency=1)
    ledger.begin("q", jobs(2), 30, from_held=True)
    ledger.finish(run, Answer(ACK))
    ledger.collect()
    assert [run.token for runs in ledger.to_extend() for run in runs] == [1, 2]


def test_a_command_that_is_refused_becomes_one_the_server_can_take() -> None:
    ledger, runs = ledger_with(1, 2)
    for run in runs:
        ledger.finish(run, Answer(ACK, result=b"large"))
    [both] = ledger.collect()
    assert ledger.refused(both, "too large") == []
    first, second = ledger.collect()
    assert first == runs[:1] and second == runs[1:]  # each alone
    assert ledger.refused(first, "too large") == []
    assert runs[0].answer == Answer(NACK, error="too large", fatal=True)
    for expected in ([], [runs[0]]):
        [alone] = [command for command in ledger.collect() if command == [runs[0]]]
        assert ledger.refused(alone, "no") == expected


def test_stop_hands_back_what_no_handler_has_begun() -> None:
    ledger, [run] = ledger_with(1, concurrency=1)
    ledger.begin("q", jobs(2), 30)
    ledger.stop()
    ledger.begin("q", jobs(3), 30)  # a claim that was on its way
    [released] = ledger.collect()
    assert [run.token for run in released] == [2, 3] and released[0].answer == Answer(RELEASE)
    assert ledger.room(0) == 0 and ledger.running() == [run]


def test_a_handler_that_ends_after_its_job_was_handed_back_counts_no_more() -> None:
    ledger, [run] = ledger_with(1)
    ledger.stop()
    ledger.signal_all()
    assert run.stop_reason == STOPPED
    ledger.hand_back()
    ledger.finish(run, Answer(ACK))
    [[sent]] = ledger.collect()
    assert sent.answer == Answer(RELEASE)


def test_a_bulk_handler_gets_jobs_of_one_queue_and_takes_one_slot() -> None:
    ledger = Ledger(Slots(2, size=3))
    assert ledger.room(0) == 3  # one group at a time
    ledger.begin("q", jobs(1, 2, 3, 4), 30)
    ledger.begin("other", jobs(5), 30)
    groups: list[Any] = [[run.token for run in ledger.take()] for _ in range(3)]
    assert groups == [[1, 2, 3], [4], []]
    ledger.free()
    assert [run.token for run in ledger.take()] == [5]


def test_a_command_takes_a_thousand_jobs_at_most() -> None:
    ledger, runs = ledger_with(*range(1, 2502), concurrency=5000)
    assert ledger.room(0) == 1000
    assert [len(command) for command in ledger.to_extend()] == [1000, 1000, 501]
    for run in runs:
        ledger.finish(run, Answer(ACK))
    assert [len(command) for command in ledger.collect()] == [1000, 1000, 501]

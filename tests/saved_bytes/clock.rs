//! Queues whose clock was set back, as files hold them.

use redis_jq::codec::replay;
use redis_jq::queue::Queue;

use super::fixture::{load, saved, state, Fixture, START};
use super::invariants::sound;

const HOUR: u64 = 3_600_000_000;
/// One second after 1970 began.
const EARLY: u64 = 1_000_000;

/// What is journalled when the clock is set back to 1970 in the hour after [`START`].
fn set_back() -> Vec<Vec<u8>> {
    let mut later = Fixture::over(Queue::default(), 1, START + HOUR);
    later.script("JQ.PAUSE q\nJQ.RESUME q");
    let mut early = Fixture::over(later.queue, 1, EARLY);
    early.script("JQ.STATS q");
    later.blobs.append(&mut early.blobs);
    later.blobs
}

/// A queue in 1970 with leases, waits for a next attempt and buckets that by the server's clock lie before it: they were
/// long over when the clock was set back.
fn queue() -> Queue {
    let mut fixture = Fixture::over(Queue::default(), 1, START);
    let script = "JQ.CONFIG q rate 9/9000000 group-rate 9/9000000
        JQ.MADD q 6 a 1 b 2 c 3 d 4 e 5 f 6
        JQ.ADD q in-lane p GROUP lane PRIORITY -1
        JQ.CLAIM q w COUNT 4 LEASE 4000
        JQ.CLAIM q w LEASE 3000
        JQ.CLAIM q w LEASE 2000
        JQ.NACK q $a a DELAY 3000
        JQ.NACK q $b b DELAY 2000";
    fixture.script(script);
    let mut queue = fixture.queue;
    for blob in set_back() {
        replay(&mut queue, &blob).expect("it fits any queue");
    }
    queue
}

#[test]
fn what_lies_before_1970_comes_back() {
    assert_eq!(sound(&queue()), Ok(()));
}

#[test]
fn what_lies_before_1970_goes_on_as_on_the_server_that_has_it() {
    let [here, restarted] = [queue(), load(&saved(&queue())).expect("its own file")].map(|queue| {
        let mut fixture = Fixture::over(queue, 1, EARLY + HOUR / 3600);
        fixture.script("JQ.CLAIM q w COUNT 9\nJQ.CLAIM q w COUNT 9");
        state(&fixture.queue)
    });
    assert!(here == restarted);
}

/// A token was taken while the clock was a little behind an instant that no effect of this queue is of.
#[test]
fn a_clock_a_little_behind_stands_still_on_replicas_too() {
    let mut ahead = Fixture::over(Queue::default(), 1, START);
    ahead.script("JQ.CONFIG q rate 1/5000 group-rate 1/7000\nJQ.MADD q 2 a 1 b 2 GROUP lane");
    let mut seen = Fixture::over(ahead.queue, 1, START + HOUR);
    seen.script("JQ.STATS q");
    let mut behind = Fixture::over(seen.queue, 1, START + HOUR - 900_000);
    behind.script("JQ.CLAIM q w LEASE 500\nJQ.NACK q $a a DELAY 700");
    assert_eq!(sound(&behind.queue), Ok(()));
    let mut replica = Queue::default();
    for blob in ahead.blobs.iter().chain(&seen.blobs).chain(&behind.blobs) {
        replay(&mut replica, blob).expect("what its primary did");
    }
    assert!(state(&replica) == state(&behind.queue));
    assert_eq!(replica.heard_at(), behind.queue.heard_at());
}

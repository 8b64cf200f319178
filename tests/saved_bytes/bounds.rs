//! More than a command could say, in bytes that are whole: a queue takes it or not, but what it saves afterwards is read
//! back.

use redis_jq::codec::effects::seal;
use redis_jq::codec::replay;
use redis_jq::queue::Queue;

use super::fixture::{load, saved, Fixture, START};
use super::inconsistent::with_number_after;
use super::invariants::sound;

/// The largest count, and a count of pending duplicates that is just not refused.
const LARGEST_COUNT: u64 = (1 << 52) - 1;
const MOST_DUPLICATES: u64 = (1 << 32) - 1;

fn after(script: &str) -> Fixture {
    let mut fixture = Fixture::over(Queue::default(), 1, START);
    fixture.script(script);
    fixture
}

#[test]
fn an_error_longer_than_a_nack_can_say_is_cut_in_its_event() {
    let mut fixture = after("JQ.CONFIG q events-max 9\nJQ.ADD q a p\nJQ.CLAIM q w\nJQ.NACK q $a a ERROR e");
    let mut nack = fixture.blobs.pop().expect("what the NACK did");
    let mut replica = Queue::default();
    for blob in &fixture.blobs {
        replay(&mut replica, blob).expect("its own journal");
    }
    assert_eq!(nack.split_off(nack.len() - 2), [2, b'e'], "its end is the error");
    // The length and one more, as a number: 20,001.
    nack.extend([0xa1, 0x9c, 0x01]);
    nack.resize(nack.len() + 20_000, b'e');
    seal(&mut nack);
    replay(&mut replica, &nack).expect("an error of any length");
    assert_eq!(sound(&replica), Ok(()));
}

#[test]
fn more_expiry_rules_than_a_queue_can_have_are_refused() {
    let rules = |rules: std::ops::Range<usize>| {
        after(&rules.map(|n| format!("JQ.ONEXPIRE q {n}: KEEP 1")).collect::<Vec<_>>().join("\n"))
    };
    let (mut full, more) = (rules(0..100).queue, rules(100..101).blobs);
    assert!(replay(&mut full, &more[0]).is_err());
    assert_eq!(sound(&full), Ok(()));
}

#[test]
fn what_a_batch_counts_stops_at_the_largest_number() {
    let script = "JQ.CONFIG q max-losses 1
        JQ.ADD q m p BATCH b
        JQ.CLAIM q w LEASE 1
        JQ.CLAIM q w LEASE 1
        JQ.STATS q
        JQ.STATS q";
    // After its name: created, flags, finished, kept until, completed.
    let sections = with_number_after(saved(&after(script).queue), 4, b"\x01b", 4, LARGEST_COUNT);
    let mut fixture = Fixture::over(load(&sections).expect("the largest count"), 1, START + 9000);
    fixture.script("JQ.ACK q $m m");
    assert_eq!(sound(&fixture.queue), Ok(()));
}

#[test]
fn duplicates_are_journaled_before_they_are_too_many_to_be_saved() {
    let mut sections = saved(&after("JQ.ADD q a p").queue);
    // A count, no batch, and an instant that never comes.
    let mut pending = vec![b'S', 1, 7, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    testkit::damage::set_number(&mut pending, 3, MOST_DUPLICATES);
    sections.push(pending);
    let mut fixture = Fixture::over(load(&sections).expect("so many"), 1, START + 9000);
    fixture.script("JQ.ADD q a p\nJQ.ADD q a p");
    assert_eq!(sound(&fixture.queue), Ok(()));
}

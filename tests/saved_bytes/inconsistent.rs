//! Snapshots in which lanes say one thing and jobs another. Each part alone could be; the whole must be
//! refused.

use redis_jq::codec::replay;
use redis_jq::queue::Queue;
use testkit::damage::set_number;

use super::fixture::{load, saved, Fixture};

/// The third byte of a section with lanes.
const LANES: u8 = 8;

/// A queue with holders, lanes and buckets.
fn sections() -> Vec<Vec<u8>> {
    let sections = saved(&Fixture::with_one_of_everything().queue);
    assert!(load(&sections).is_ok());
    sections
}

/// Sets the number of lane `name` that is the `which`-th: 0 its sequence number, then those of its bucket:
/// max, ms, missing, at.
fn with_number(name: &[u8], which: usize, number: u64) -> Vec<Vec<u8>> {
    let mut sections = sections();
    let lanes = sections.iter_mut().find(|section| section[2] == LANES).expect("lanes");
    let name = lanes.windows(name.len()).position(|part| part == name).expect("its name") + name.len();
    let ends = (name..lanes.len()).filter(|at| lanes[*at] < 0x80).map(|at| at + 1);
    let at = [name].into_iter().chain(ends).nth(which).expect("a number");
    set_number(lanes, at, number);
    sections
}

#[test]
fn a_bucket_that_nothing_was_taken_from_is_refused() {
    // The lane would outlive its last job, and what is saved of it then be refused.
    assert!(load(&with_number(b"other", 3, 0)).is_err());
    assert!(load(&with_number(b"other", 3, 1)).is_err(), "less than one token");
    assert!(load(&with_number(b"other", 3, 1 << 40)).is_err(), "more than it holds");
    assert!(load(&with_number(b"other", 4, 5)).is_ok(), "whenever it was");
}

#[test]
fn a_sequence_number_that_is_also_a_place_is_refused() {
    assert!(load(&with_number(b"lane", 0, 0)).is_err());
    assert!(load(&with_number(b"lane", 0, 1 << 51)).is_err());
}

#[test]
fn jobs_that_run_or_hold_in_a_lane_that_gave_none_are_refused() {
    let mut without = sections();
    without.retain(|section| section[2] != LANES);
    assert!(load(&without).is_err());
}

#[test]
fn a_blocked_job_that_holds_its_lane_is_refused() {
    let mut fixture = Fixture::new(1);
    fixture.script("JQ.ADD q a p GROUP lane AFTER b");
    let sections = saved(&fixture.queue);
    // Its flags: 256 a group, 512 it holds its lane.
    let flagged = |flags: [u8; 2]| {
        let mut sections = sections.clone();
        let jobs = sections.iter_mut().find(|section| section[2] == 2).expect("jobs");
        let at = jobs.windows(2).rposition(|part| part == [0x80, 0x02]).expect("the flag of a group");
        jobs[at..at + 2].copy_from_slice(&flags);
        load(&sections).is_ok()
    };
    assert!(flagged([0x80, 0x02]));
    assert!(!flagged([0x80, 0x06]));
}

/// A rewritten append-only file holds a queue section by section. A section that is refused changes nothing.
#[test]
fn a_section_that_contradicts_an_earlier_one_is_refused_and_changes_nothing() {
    let mut queue = Queue::default();
    for section in &sections() {
        replay(&mut queue, section).expect("its own section");
    }
    let another_bucket = with_number(b"faded", 3, 200_000);
    let lanes = another_bucket.into_iter().find(|section| section[2] == LANES).expect("lanes");
    // A worker that was never seen.
    let workers = vec![b'S', 1, 10, 1, b'x', 0];
    for section in [lanes, workers] {
        assert!(replay(&mut queue, &section).is_err());
        assert_eq!(queue.check(), Vec::<String>::new());
    }
}

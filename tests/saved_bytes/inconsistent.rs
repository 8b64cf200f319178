//! Snapshots in which lanes say one thing and jobs another. Each part alone could be; the whole must be
//! refused.

use redis_jq::codec::replay;
use redis_jq::queue::Queue;
use testkit::damage::set_number;

use super::fixture::{load, saved, Fixture, START};

/// The third byte of a section with jobs, batches, lanes.
const JOBS: u8 = 2;
const BATCHES: u8 = 4;
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
    with_number_after(sections(), LANES, name, which, number)
}

/// Sets the `which`-th number after `name` in the section of this kind, from 0 on.
pub(crate) fn with_number_after(
    mut sections: Vec<Vec<u8>>,
    kind: u8,
    name: &[u8],
    which: usize,
    number: u64,
) -> Vec<Vec<u8>> {
    let section = sections.iter_mut().find(|section| section[2] == kind).expect("a section of this kind");
    let name = section.windows(name.len()).position(|part| part == name).expect("its name") + name.len();
    let ends = (name..section.len()).filter(|at| section[*at] < 0x80).map(|at| at + 1);
    let at = [name].into_iter().chain(ends).nth(which).expect("a number");
    set_number(section, at, number);
    sections
}

/// What is saved of a queue after these commands.
fn saved_after(script: &str) -> Vec<Vec<u8>> {
    let mut fixture = Fixture::over(Queue::default(), 1, START);
    fixture.script(script);
    let sections = saved(&fixture.queue);
    assert!(load(&sections).is_ok());
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

#[test]
fn an_id_that_is_there_twice_is_refused() {
    const IDS: u8 = 3;
    let sections = saved_after(
        "JQ.ADD q first p
        JQ.ADD q ended p DEDUP 100
        JQ.CLAIM q w COUNT 2
        JQ.ACK q $ended ended
        JQ.ADD q other p",
    );
    let renamed = |kind: u8, name: &[u8], other: &[u8]| {
        let mut sections = sections.clone();
        let section = sections.iter_mut().find(|section| section[2] == kind).expect("a section of this kind");
        let at = section.windows(name.len()).position(|part| part == name).expect("its name");
        section[at..at + name.len()].copy_from_slice(other);
        load(&sections).is_ok()
    };
    assert!(renamed(JOBS, b"other", b"third"));
    assert!(!renamed(JOBS, b"other", b"first"), "two jobs");
    assert!(!renamed(JOBS, b"other", b"ended"), "a job and an id whose job is gone");
    assert!(!renamed(IDS, b"ended", b"first"), "an id whose job is there");
}

#[test]
fn a_lost_lease_in_a_lane_that_gave_none_is_refused() {
    // Its worker may go on with the job, which then is active in that lane.
    let mut without = saved_after(
        "JQ.CONFIG q group-concurrency 2
        JQ.ADD q a p GROUP lane
        JQ.CLAIM q w LEASE 1
        JQ.PAUSE q
        JQ.STATS q",
    );
    without.retain(|section| section[2] != LANES);
    assert!(load(&without).is_err());
}

#[test]
fn a_batch_that_counts_fewer_failed_members_than_there_are_is_refused() {
    // After its name: created, flags, finished, kept until, completed, failed. One was a life whose lease was lost.
    let with_failed = |count| load(&with_number_after(sections(), BATCHES, b"open", 5, count)).is_ok();
    assert_eq!([0, 1, 2].map(with_failed), [false, true, true]);
}

#[test]
fn a_record_that_is_kept_for_its_result_is_that_of_a_completed_job() {
    // Retried, it would be a job without a payload.
    let sections = saved_after(
        "JQ.CONFIG q keep-completed 0 dedup-window 1000
        JQ.ADD q done p
        JQ.CLAIM q w
        JQ.ACK q $done done RESULT r",
    );
    // After its id: the length of the payload, the state.
    assert!(load(&with_number_after(sections, JOBS, b"done", 1, 4)).is_err());
}

#[test]
fn a_job_that_ran_did_not_fail_because_of_its_batch() {
    let sections = saved_after(
        "JQ.ADD q other p
        JQ.CLAIM q w
        JQ.ADD q member p BATCH b
        JQ.SEAL q b
        JQ.ADD q dependent p AFTEROK b
        JQ.CANCEL q member
        JQ.STATS q",
    );
    // After its id: the length of the payload, the payload, the state, when, the token.
    assert!(load(&with_number_after(sections, JOBS, b"dependent", 4, 1)).is_err());
}

#[test]
fn a_job_was_handed_back_as_often_as_its_history_knows() {
    let sections = saved_after(
        "JQ.ADD q a p
        JQ.CLAIM q w
        JQ.RELEASE q $a a",
    );
    // Its flags: 1 << 13 a history, 1 << 22 runs that were handed back, whose number is the last byte.
    let with_end = |end: fn(&mut Vec<u8>, usize)| {
        let mut sections = sections.clone();
        let jobs = sections.iter_mut().find(|section| section[2] == JOBS).expect("jobs");
        let flags = jobs.windows(4).position(|part| part == [0x80, 0xc0, 0x80, 0x02]).expect("its flags");
        end(jobs, flags);
        load(&sections).is_ok()
    };
    assert!(with_end(|_, _| ()));
    assert!(!with_end(|job, flags| drop(job.splice(flags.., [0x80, 0x80, 0x80, 0x02, 1]))), "no history");
    assert!(!with_end(|job, _| *job.last_mut().expect("a byte") = 2), "more than it has had");
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

//! What is saved comes back; what is damaged is refused, or is a sound queue all the same.
//!
//! ```text
//!   fixture     a rich queue made by random commands, with its snapshot and its journal
//!   invariants    what a queue that was accepted must withstand
//!   bounds        more than a command could say
//!   clock         queues whose clock was set back
//!   inconsistent  snapshots whose parts are right, each alone
//! ```
//!
//! A failure prints the edits that show it; `PROPTEST_CASES` asks for more of them, and for every number at every place.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on may stop")]
#![allow(clippy::indexing_slicing, reason = "places are computed from lengths")]

mod bounds;
mod clock;
mod fixture;
mod inconsistent;
mod invariants;

use std::collections::BTreeSet;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::{RngAlgorithm, TestCaseError, TestRng, TestRunner};
use redis_jq::codec::effects::seal;
use redis_jq::codec::{replay, DecodeError};
use redis_jq::queue::{Direction, JobState, ListStart, PageRange, Queue, Row, Selection};
use testkit::damage::{self, edits, Edit};

use fixture::{load, saved, state, Fixture};
use invariants::{sound, withstands};

/// Queues at whose bytes damage is done.
const SEEDS: [u64; 4] = [1, 2, 3, 4];

#[test]
fn a_saved_queue_comes_back_byte_by_byte() {
    for seed in 0..200 {
        let mut fixture = Fixture::new(seed);
        for steps in [0, 1, 5, 50, 400] {
            fixture.work(steps);
            assert_eq!(sound(&fixture.queue), Ok(()), "seed {seed}");
        }
    }
}

/// Random commands that never meet a limit prove nothing about limits.
#[test]
fn random_commands_meet_every_limit() {
    let limits = [
        "it is behind job",
        "which has started and waits for its next attempt",
        "its group",
        "the rate of its group",
        "the queue is full",
        "the rate of the queue is used up",
    ];
    let mut met = BTreeSet::new();
    for seed in 0..200 {
        let mut fixture = Fixture::new(seed);
        for _ in 0..40 {
            fixture.work(10);
            let page = fixture.queue.list(
                JobState::Waiting,
                &Selection::default(),
                PageRange::new(100, ListStart { direction: Direction::Forward, from: None }),
                Row::Id,
            );
            let whys = page.rows.iter().filter_map(|job| fixture.queue.explain(fixture.queue.id(*job)));
            whys.for_each(|it| met.extend(limits.iter().filter(|limit| it.why.contains(**limit))));
        }
    }
    assert_eq!(met.into_iter().collect::<BTreeSet<_>>(), limits.iter().collect());
}

#[test]
fn a_journal_replayed_makes_the_same_queue() {
    for seed in 0..200 {
        let mut fixture = Fixture::new(seed);
        fixture.work(400);
        let mut replica = Queue::default();
        for blob in &fixture.blobs {
            assert_eq!(replay(&mut replica, blob), Ok(()), "seed {seed}");
        }
        assert!(state(&replica) == state(&fixture.queue), "seed {seed}: the replica differs");
    }
}

#[test]
fn a_truncated_snapshot_is_refused_or_sound() {
    for seed in SEEDS {
        let mut fixture = Fixture::new(seed);
        fixture.work(200);
        let sections = saved(&fixture.queue);
        for (number, section) in sections.iter().enumerate() {
            for end in 0..section.len() {
                let mut cut = sections[..=number].to_vec();
                cut[number].truncate(end);
                if let Ok(queue) = load(&cut) {
                    assert_eq!(sound(&queue), Ok(()), "seed {seed}, section {number} cut at {end}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_snapshot_is_refused_or_sound() {
    let snapshots = SEEDS.map(|seed| {
        let mut fixture = Fixture::new(seed);
        fixture.work(120);
        saved(&fixture.queue)
    });
    run(10_000, |which, edits| {
        let mut sections = snapshots[which].clone();
        damage::apply(&mut sections, edits);
        load(&sections).map_or(Ok(()), |queue| withstands(&queue))
    });
}

/// Every place of a small queue that has one of everything, read as a number, set to limits.
#[test]
fn any_number_at_any_limit_is_refused_or_sound() {
    let sections = saved(&Fixture::with_one_of_everything().queue);
    for (number, section) in sections.iter().enumerate() {
        for at in 0..section.len() {
            for limit in limits_at(at) {
                let mut damaged = sections.clone();
                damage::set_number(&mut damaged[number], at, limit);
                let harm = load(&damaged).map_or(Ok(()), |queue| withstands(&queue));
                assert_eq!(harm, Ok(()), "section {number}, {limit} at {at}");
            }
        }
    }
}

/// The same with what was journalled.
#[test]
fn any_number_of_a_journal_at_any_limit_is_refused_or_leaves_a_sound_queue() {
    let mut before = Queue::default();
    for blob in Fixture::with_one_of_everything().blobs {
        for at in 0..blob.len() {
            for limit in limits_at(at) {
                let (mut queue, mut damaged) = (before.clone(), blob.clone());
                damage::set_number(&mut damaged, at, limit);
                seal(&mut damaged);
                let _ = replay(&mut queue, &damaged);
                assert_eq!(sound(&queue), Ok(()), "{limit} at {at} of {blob:?}");
            }
        }
        replay(&mut before, &blob).expect("its own journal");
    }
}

#[test]
fn a_queue_at_the_end_of_time_comes_back() {
    let mut fixture = Fixture::over(Queue::default(), 1, (1 << 53) - 3000);
    for _ in 0..20 {
        fixture.work(10);
        assert_eq!(sound(&fixture.queue), Ok(()));
    }
}

#[test]
fn a_damaged_journal_is_refused_or_leaves_a_sound_queue() {
    let journals = SEEDS.map(|seed| {
        let mut fixture = Fixture::new(seed);
        fixture.work(60);
        let before = fixture.queue.clone();
        fixture.blobs.clear();
        fixture.work(40);
        (before, fixture.blobs)
    });
    run(1000, |which, edits| {
        let (mut queue, mut blobs) = journals[which].clone();
        damage::apply(&mut blobs, edits);
        for blob in &mut blobs {
            // A blob with a right checksum that is refused half way has done what stands before the damage.
            seal(blob);
            let _ = replay(&mut queue, blob);
        }
        withstands(&queue)
    });
}

/// What was journalled at one moment, done at another: a job it names may have ended, or not have begun.
#[test]
fn a_journal_out_of_order_is_refused_or_leaves_a_sound_queue() {
    for seed in 0..10 {
        let mut fixture = Fixture::new(seed);
        fixture.work(150);
        let mut queue = Queue::default();
        for (number, blob) in fixture.blobs.iter().enumerate() {
            replay(&mut queue, blob).expect("its own journal");
            for other in fixture.blobs[number.saturating_sub(20)..].iter().take(40) {
                let mut queue = queue.clone();
                let _ = replay(&mut queue, other);
                assert_eq!(sound(&queue), Ok(()), "seed {seed}: {other:?} after {blob:?}");
            }
        }
    }
}

#[test]
fn a_truncated_journal_is_refused_or_leaves_a_sound_queue() {
    for seed in SEEDS {
        let mut fixture = Fixture::new(seed);
        fixture.work(60);
        let mut before = fixture.queue.clone();
        fixture.blobs.clear();
        fixture.work(20);
        for blob in &fixture.blobs {
            for end in 0..blob.len() {
                let (mut queue, mut cut) = (before.clone(), blob[..end].to_vec());
                assert!(replay(&mut queue, &cut).is_err(), "seed {seed}, cut at {end} of {blob:?}");
                assert!(state(&queue) == state(&before), "seed {seed}, cut at {end} of {blob:?}");
                seal(&mut cut);
                let _ = replay(&mut queue, &cut);
                assert_eq!(sound(&queue), Ok(()), "seed {seed}, cut at {end} of {blob:?}");
            }
            replay(&mut before, blob).expect("its own journal");
        }
    }
}

/// A header whose numbers are nearly used up, as only damaged or forged bytes have it: what is accepted is accepted
/// again after whatever is done with it, because nothing changes such a queue.
#[test]
fn a_queue_with_no_numbers_left_takes_no_change() {
    let mut fixture = Fixture::with_one_of_everything();
    fixture.sleep(3);
    let sections = saved(&fixture.queue);
    let mut exhausted = 0;
    for at in 0..sections[0].len() {
        for limit in [(1 << 52) - 1, (1 << 53) - (1 << 33) - 1] {
            let mut damaged = sections.clone();
            damage::set_number(&mut damaged[0], at, limit);
            let Ok(queue) = load(&damaged) else { continue };
            assert_eq!(withstands(&queue), Ok(()), "{limit} at {at}");
            exhausted += usize::from(queue.is_exhausted());
        }
    }
    assert!(exhausted > 1, "{exhausted} headers had no numbers left");
}

/// Of a blob in which one effect does not fit, the others are applied and the one is counted.
#[test]
fn a_refused_effect_does_not_take_the_rest_of_its_blob_with_it() {
    let mut fixture = Fixture::over(Queue::default(), 1, 1_704_067_200_000_000);
    fixture.script("JQ.MADD q 3 a 1 b 2 c 3");
    let mut replica = Queue::default();
    replay(&mut replica, &fixture.blobs.remove(0)).expect("its own journal");
    fixture.script("JQ.REMOVE q b");
    let mut other = replica.clone();
    replay(&mut other, &fixture.blobs.remove(0)).expect("its own journal");
    fixture.script("JQ.ADD q b 4");
    fixture.blobs.clear();
    fixture.script("JQ.REMOVE q a b c");
    let refusal = replay(&mut other, &fixture.blobs[0]).expect_err("there is no b");
    assert_eq!((refusal.reason, refusal.refused, refusal.applied), (DecodeError::Diverged, 1, 2));
    assert_eq!((other.view(b"a").is_none(), other.view(b"c").is_none()), (true, true));
    assert_eq!(sound(&other), Ok(()));
}

/// The limits that a place is set to: a third of them, at the next place another third, and all in a long run.
fn limits_at(at: usize) -> impl Iterator<Item = u64> {
    let (first, step) = if is_long_run() { (0, 1) } else { (at % 3, 3) };
    damage::LIMITS.into_iter().skip(first).step_by(step)
}

fn is_long_run() -> bool {
    std::env::var_os("PROPTEST_CASES").is_some()
}

/// Does random damage to one of the things of [`SEEDS`]; stops with the least that does harm. The damage is the same
/// each time, so that a commit has one result; `PROPTEST_CASES` asks for more of it, and for other damage each time.
fn run(cases: u32, harm: impl Fn(usize, &[Edit]) -> Result<(), String>) {
    let cases = ProptestConfig::default().cases.max(cases);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = (0..SEEDS.len(), edits());
    let mut runner = if is_long_run() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let result = runner.run(&strategy, |(which, edits)| harm(which, &edits).map_err(TestCaseError::fail));
    if let Err(found) = result {
        panic!("{found}");
    }
}

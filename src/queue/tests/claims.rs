//! Which jobs a claim gets, its tokens, and the worker that it is known by.

use super::*;

#[test]
fn a_claim_finds_the_job_behind_thousands_that_have_expired() {
    let mut test = TestQueue::at(1000);
    let ids: Vec<String> = (0..20_000).map(|n| format!("x{n}")).collect();
    let mut journal = EffectCounter(&mut test.effects);
    let mut session = Session::begin(&mut test.queue, Now::from_micros(1_000_000), &mut journal);
    for id in &ids {
        session.enqueue(Some(id.as_bytes()), &request(JobSpec { expires: Some(Until::After(500)), ..job() }));
    }
    test.add("one", job());
    test.add("two", job());
    test.ms = 1500;
    assert_eq!(test.claim_many(2, 0).len(), 2);
    assert_eq!(test.ids(JobState::Active), ["one", "two"]);
    assert!(test.queue.is_next_expired(Now::from_micros(1_500_000)), "the others are left to the timer");
    assert_eq!(test.claim(), None);
}

#[test]
fn a_claim_leaves_what_others_were_promised() {
    let mut test = TestQueue::at(1);
    for id in ["a", "b", "c"] {
        test.add(id, job());
    }
    assert_eq!(test.claim_many(3, 2).len(), 1);
    assert_eq!(test.claim_many(3, 2).len(), 0);
    assert_eq!(test.claim_many(3, 0).len(), 2);
}

#[test]
fn tokens_follow_the_clock_and_never_fall_behind_it_or_each_other() {
    let mut test = TestQueue::at(1000);
    for id in ["a", "b", "c", "d"] {
        test.add(id, job());
    }
    assert_eq!(test.claim_many(2, 0), [1_000_000, 1_000_001]);
    test.ms = 5;
    assert_eq!(test.claim(), Some(1_000_002), "the clock was set back");
    test.ms = 2000;
    assert_eq!(test.claim(), Some(2_000_000));
}

#[test]
fn a_worker_that_extends_is_seen_even_where_the_lease_ends_later_anyway() {
    let mut test = TestQueue::at(1000);
    test.add("job", job());
    let token = test.claim().unwrap_or_default();
    test.ms = 1010;
    assert_eq!(test.session(|session| session.extend(token, b"job", 20)), Extended::AsAsked);
    assert_eq!(test.queue.view(b"job").unwrap().lease_until, Some(1100));
    assert_eq!(test.queue.workers_from(b"").map(|worker| worker.last_seen).collect::<Vec<_>>(), [1010]);
}

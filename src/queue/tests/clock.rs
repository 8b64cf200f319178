//! The server's clock is set back: what goes on as if nothing had been, and what waits.

use super::*;
use crate::queue::limits::Rate;

const HOUR: u64 = 3_600_000;

/// An hour after the epoch, with a queue in which something has happened.
fn started() -> TestQueue {
    let mut test = TestQueue::at(HOUR);
    test.add("first", job());
    test.session(|session| session.remove(b"first"));
    test
}

#[test]
fn a_lease_has_no_more_left_than_it_had() {
    let mut test = started();
    test.ms = 9 * HOUR;
    test.add("job", job());
    let token = test.claim_many(1, 0)[0];
    test.ms = HOUR + 5;
    assert!(
        test.session(|session| session.queue().view(b"job").unwrap().lease_until) == Some(HOUR + 5 + 100)
    );
    test.ms += 50;
    assert!(test.session(|session| session.extend(token, b"job", 10)) == Extended::AsAsked);
    assert_eq!(test.due(), Some(HOUR + 5 + 100), "EXTEND shortens nothing");
    test.ms = HOUR + 5 + 100;
    test.session(|_| ());
    assert_eq!(test.queue.count(JobState::Waiting), 1);
}

#[test]
fn a_retry_waits_no_longer_than_its_backoff_and_a_delay_does() {
    let mut test = started();
    test.configure(|settings| settings.backoff = Backoff::Fixed(5000));
    test.ms = 9 * HOUR;
    test.add("job", job());
    test.add("delayed", JobSpec { start: Start::At(9 * HOUR + 1000), ..job() });
    let token = test.claim_many(1, 0)[0];
    test.session(|session| session.nack(token, b"job", &NackOptions::default()));
    test.ms = HOUR;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Delayed), ["job", "delayed"]);
    assert_eq!(test.due(), Some(HOUR + 5000));
    test.ms = HOUR + 5000;
    test.session(|_| ());
    assert_eq!((test.ids(JobState::Waiting), test.due()), (vec!["job".into()], Some(9 * HOUR + 1000)));
}

#[test]
fn refused_adds_are_not_kept_from_replicas_until_the_clock_is_there_again() {
    let mut test = started();
    test.ms = 9 * HOUR;
    test.add("job", job());
    assert_eq!(test.add("job", job()).0, Outcome::Duplicate);
    assert!(test.queue.has_pending_duplicates());
    test.ms = HOUR;
    test.session(|_| ());
    assert!(!test.queue.has_pending_duplicates());
}

#[test]
fn a_bucket_goes_on_with_what_it_has() {
    let mut test = started();
    test.configure(|settings| settings.rate = Rate::new(2, 10_000));
    test.ms = 9 * HOUR;
    for id in ["a", "b", "c"] {
        test.add(id, job());
    }
    assert_eq!(test.claim_many(3, 0).len(), 2);
    test.ms = HOUR;
    test.session(|_| ());
    assert_eq!(test.queue.claimable(), 0);
    test.ms = HOUR + 4999;
    assert_eq!(test.claim_many(3, 0).len(), 0);
    test.ms = HOUR + 5000;
    assert_eq!(test.claim_many(3, 0).len(), 1);
}

#[test]
fn a_lane_that_is_remembered_is_so_no_longer_than_its_bucket_takes() {
    let mut test = started();
    test.configure(|settings| settings.group_rate = Rate::new(1, 10_000));
    test.ms = 9 * HOUR;
    test.add("a", JobSpec { group: Some(b"lane"), ..job() });
    let token = test.claim_many(1, 0)[0];
    test.session(|session| session.ack(token, b"a", &AckOptions::default()));
    test.ms = HOUR;
    test.session(|_| ());
    assert_eq!(test.queue.groups(), 1);
    test.ms = HOUR + 10_000;
    test.session(|_| ());
    assert_eq!(test.queue.groups(), 0);
}

/// An hour later, and 900 ms before that again.
fn a_little_behind() -> TestQueue {
    let mut test = started();
    test.configure(|settings| settings.backoff = Backoff::Fixed(5000));
    test.ms = 9 * HOUR;
    test.session(|_| ());
    test.ms -= 900;
    test
}

#[test]
fn a_lease_that_begins_while_the_clock_is_a_little_behind_does_not_end_early() {
    let mut test = a_little_behind();
    test.add("job", job());
    let token = test.claim_many(1, 0)[0];
    assert_eq!(test.due(), Some(9 * HOUR + 100), "no time passes before the clock is there again");
    test.ms = HOUR;
    test.session(|_| ());
    assert_eq!(test.due(), Some(HOUR + 100));
    test.ms = HOUR - 900;
    assert!(test.session(|session| session.extend(token, b"job", 300)) == Extended::AsAsked);
    test.ms = HOUR - 5000;
    test.session(|_| ());
    assert_eq!(test.due(), Some(HOUR - 5000 + 300));
}

#[test]
fn nor_does_that_of_a_run_that_may_last_no_longer() {
    let mut test = a_little_behind();
    test.add("job", JobSpec { options: JobOptions { max_run: Some(50), ..JobOptions::default() }, ..job() });
    test.claim_many(1, 0);
    test.ms = HOUR;
    test.session(|_| ());
    assert!(test.due() >= Some(HOUR + 50), "{:?}", test.due());
}

#[test]
fn a_retry_that_begins_to_wait_while_the_clock_is_a_little_behind_is_not_early() {
    let mut test = a_little_behind();
    test.add("job", job());
    let token = test.claim_many(1, 0)[0];
    test.session(|session| session.nack(token, b"job", &NackOptions::default()));
    test.ms = HOUR;
    test.session(|_| ());
    assert_eq!(test.due(), Some(HOUR + 5000));
}

#[test]
fn a_token_taken_while_the_clock_is_a_little_behind_comes_back_no_sooner() {
    for of_lane in [false, true] {
        let mut test = a_little_behind();
        test.configure(|settings| {
            let rate = Rate::new(1, 2000);
            (settings.rate, settings.group_rate) = if of_lane { (None, rate) } else { (rate, None) };
            settings.group_concurrency = 0;
        });
        for id in ["a", "b"] {
            test.add(id, JobSpec { group: Some(b"lane"), ..job() });
        }
        assert_eq!(test.claim_many(2, 0).len(), 1);
        test.ms = HOUR;
        test.session(|_| ());
        test.ms = HOUR + 1999;
        assert_eq!(test.claim_many(2, 0).len(), 0);
        test.ms = HOUR + 2000;
        assert_eq!(test.claim_many(2, 0).len(), 1);
    }
}

#[test]
fn a_step_of_up_to_a_second_is_waited_out() {
    let mut test = started();
    test.add("job", job());
    test.claim_many(1, 0);
    test.ms = HOUR - 1000;
    let before = test.effects;
    test.session(|_| ());
    assert_eq!((test.effects, test.due()), (before, Some(HOUR + 100)));
    test.ms = HOUR - 1001;
    test.session(|_| ());
    assert_eq!((test.effects, test.due()), (before + 1, Some(HOUR - 1001 + 100)));
}

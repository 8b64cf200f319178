//! What time does, and when.

use super::*;

#[test]
fn after_downtime_everything_happened_at_its_own_instant() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.max_losses = 0);
    test.add("lost", job());
    test.claim();
    test.add("late", JobSpec { start: Start::After(300), ..job() });
    test.add("later", JobSpec { start: Start::After(400), ..job() });
    test.add("unclaimed", JobSpec { expires: Some(Until::After(50)), ..job() });
    test.ms = 1_000_000;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Waiting), ["late", "later"]);
    assert_eq!(test.queue.view(b"lost").unwrap().finished_at, Some(1100));
    assert!(test.queue.view(b"unclaimed").is_none(), "expired at 1050, forgotten five minutes later");
    assert_eq!(test.queue.oldest_claimable(Now::from_micros(1_000_000_000)), Some(1_000_000 - 1300));
}

#[test]
fn no_span_ends_before_it_is_over() {
    let mut test = TestQueue::default();
    let mut journal = EffectCounter(&mut test.effects);
    let mut at = |micros, act: &mut dyn FnMut(&mut Session<'_>)| {
        act(&mut Session::begin(&mut test.queue, Now::from_micros(micros), &mut journal));
        [JobState::Waiting, JobState::Delayed, JobState::Active].map(|state| test.queue.count(state))
    };
    let claim = ClaimOptions { worker: b"w".as_slice(), count: 1, lease: Some(5), max_bytes: None };
    let mut add = |session: &mut Session<'_>| {
        session.enqueue(Some(b"delayed"), &request(JobSpec { start: Start::After(5), ..job() }));
        session.enqueue(
            Some(b"expiring"),
            &request(JobSpec { expires: Some(Until::After(5)), priority: Some(1), ..job() }),
        );
        session.enqueue(Some(b"leased"), &request(job()));
        session.claim(&claim, 0);
    };
    assert_eq!(at(1_000_001, &mut add), [1, 1, 1]);
    assert_eq!(at(1_005_999, &mut |_| ()), [1, 1, 1], "5 ms, but for what is cut");
    assert_eq!(at(1_006_000, &mut |_| ()), [2, 0, 0], "one is expired, one due, one lost");
}

#[test]
fn no_run_ends_before_its_maxrun_is_over() {
    let mut test = TestQueue::default();
    let mut journal = EffectCounter(&mut test.effects);
    let mut at = |micros, act: &mut dyn FnMut(&mut Session<'_>)| {
        act(&mut Session::begin(&mut test.queue, Now::from_micros(micros), &mut journal));
        ["cut", "extended", "whole"].map(|id| test.queue.view(id.as_bytes()).unwrap().lease_until)
    };
    let claim =
        |lease| ClaimOptions { worker: b"w".as_slice(), count: 1, lease: Some(lease), max_bytes: None };
    let mut begin = |session: &mut Session<'_>| {
        let options = JobOptions { max_run: Some(5), ..JobOptions::default() };
        for id in ["cut", "extended", "whole"] {
            session.enqueue(Some(id.as_bytes()), &request(JobSpec { options, ..job() }));
        }
        session.claim(&claim(100), 0);
        session.claim(&claim(1), 0);
        session.extend(1_000_002, b"extended", 100);
    };
    assert_eq!(at(1_000_001, &mut begin), [Some(1006), Some(1006), None], "5 ms, and what is cut");
    let mut last = |session: &mut Session<'_>| drop(session.claim(&claim(100), 0));
    assert_eq!(at(1_002_000, &mut last), [Some(1006), Some(1006), Some(1007)]);
}

#[test]
fn time_does_a_bounded_part_and_a_named_job_is_brought_up_all_the_same() {
    let mut test = TestQueue::at(1);
    let ids: Vec<String> = (0..5000).map(|n| format!("job{n}")).collect();
    let mut journal = EffectCounter(&mut test.effects);
    let mut session = Session::begin(&mut test.queue, Now::from_micros(1000), &mut journal);
    for id in &ids {
        session.enqueue(Some(id.as_bytes()), &request(JobSpec { start: Start::At(10), ..job() }));
    }
    test.ms = 10;
    test.effects = 0;
    let explained = test.session(|session| session.promote(b"job4999", 0, Place::End));
    assert_eq!(explained, Changed::NotAllowed, "it is not delayed any more as of now");
    assert_eq!(
        (test.queue.count(JobState::Waiting), test.effects),
        (1001, 2),
        "one effect for a thousand jobs"
    );
    assert_eq!(test.due(), Some(10));
    assert_eq!(test.claim_many(3000, 0).len(), 3000, "a claim brings as many into line as it wants");
}

#[test]
fn an_idle_queue_has_nothing_due_and_empty_it_holds_next_to_nothing() {
    let mut test = TestQueue::at(1);
    assert_eq!(test.due(), None);
    let before = test.queue.bytes();
    test.configure(|settings| settings.dedup_window = DedupWindow::NONE);
    for n in 0..600 {
        test.add(&n.to_string(), job());
    }
    assert_eq!(test.due(), None);
    for token in test.claim_many(600, 0) {
        let id = (token - 1000).to_string();
        test.session(|session| session.ack(token, id.as_bytes(), &AckOptions::default()));
    }
    assert_eq!((test.due(), test.queue.known()), (Some(3_600_001), 0), "when the worker is forgotten");
    test.ms = 3_600_001;
    test.session(|_| ());
    assert_eq!((test.due(), test.queue.workers_from(b"").count()), (None, 0));
    assert!(test.queue.bytes() < before + 20_000, "{} bytes", test.queue.bytes());
}

//! Batches: exact numbers, one moment of completion, jobs that wait for it.

use super::*;

fn member(batch: &str) -> BatchRefs<&[u8]> {
    BatchRefs { batch: Some(batch.as_bytes()), after: None }
}

fn after(batch: &str, condition: BatchCondition) -> BatchRefs<&[u8]> {
    BatchRefs { batch: None, after: Some(Dependency { batch: batch.as_bytes(), condition }) }
}

impl TestQueue {
    fn add_with_batches(&mut self, id: &str, batches: BatchRefs<&[u8]>) -> (Outcome, JobState) {
        let added = self.session(|session| {
            session.enqueue(Some(id.as_bytes()), &AddRequest { batches, ..request(job()) })
        });
        (added.outcome, added.state)
    }

    fn seal(&mut self, batch: &str) -> bool {
        self.session(|session| session.seal(batch.as_bytes()))
    }

    fn numbers(&self, batch: &str) -> (u64, u64, u64, bool) {
        let view = self.queue.batch(batch.as_bytes()).unwrap();
        (view.members.pending, view.members.completed, view.members.total(), view.finished_at.is_some())
    }

    /// Claims the next job and acknowledges it, or fails it for good.
    fn finish(&mut self, end_state: EndState) -> String {
        let options = ClaimOptions { worker: b"w".as_slice(), count: 1, lease: Some(100), max_bytes: None };
        let claimed = self.session(|session| session.claim(&options, 0)).first().copied().unwrap();
        let id = String::from_utf8(self.queue.id(claimed.job).to_vec()).unwrap();
        if end_state == EndState::Completed {
            self.session(|session| session.ack(claimed.token, id.as_bytes(), &AckOptions::default()));
        } else {
            self.session(|session| {
                session.nack(
                    claimed.token,
                    id.as_bytes(),
                    &NackOptions { failure: Failure::Fatal, ..NackOptions::default() },
                )
            });
        }
        id
    }

    fn state(&self, id: &str) -> JobState {
        self.queue.view(id.as_bytes()).unwrap().state
    }
}

#[test]
fn a_batch_finishes_once_when_it_is_sealed_and_nothing_is_pending() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    assert_eq!(test.add_with_batches("a", member("x")).0, Outcome::Duplicate);
    test.finish(EndState::Completed);
    assert_eq!(test.numbers("x"), (0, 1, 1, false), "open: more may come");
    test.add_with_batches("b", member("x"));
    assert!(test.seal("x"));
    assert!(!test.seal("x"));
    test.ms = 2000;
    test.finish(EndState::Failed);
    assert_eq!(test.numbers("x"), (0, 1, 2, true));
    test.session(|session| session.revive(&[b"b"], &ReviveOptions::default())).unwrap();
    assert_eq!(test.numbers("x"), (1, 1, 2, true), "what it was stays so");
    test.ms = 3000;
    test.finish(EndState::Completed);
    let view = test.queue.batch(b"x").unwrap();
    assert_eq!((view.finished_at, view.members.completed, view.duplicates), (Some(2000), 2, 1));
}

#[test]
fn every_ending_is_counted_where_it_belongs() {
    let mut test = TestQueue::at(1000);
    for id in ["done", "failed", "cancelled", "removed", "expired"] {
        let expires = (id == "expired").then_some(Until::After(10));
        let new = JobSpec { expires, ..job() };
        test.session(|session| {
            session.enqueue(Some(id.as_bytes()), &AddRequest { batches: member("x"), ..request(new) })
        });
    }
    test.session(|session| session.cancel(b"cancelled"));
    test.session(|session| session.remove(b"removed"));
    test.seal("x");
    test.finish(EndState::Completed);
    test.finish(EndState::Failed);
    test.ms = 1010;
    test.session(|_| ());
    let members = Members { pending: 0, completed: 1, failed: 1, expired: 1, cancelled: 2 };
    let view = test.queue.batch(b"x").unwrap();
    assert_eq!((view.members, view.finished_at), (members, Some(1010)));
}

#[test]
fn jobs_wait_for_a_batch_and_go_on_in_their_order() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    assert_eq!(
        test.add_with_batches("first", after("x", BatchCondition::Finished)),
        (Outcome::Added, JobState::Blocked)
    );
    test.add_with_batches("ok", after("x", BatchCondition::Completed));
    let delayed = JobSpec { start: Start::After(500), ..job() };
    test.session(|session| {
        session.enqueue(
            Some(b"later"),
            &AddRequest { batches: after("x", BatchCondition::Finished), ..request(delayed) },
        )
    });
    assert!(!test.session(|session| session.forget_batch(b"x")), "jobs wait for it");
    test.seal("x");
    test.finish(EndState::Completed);
    assert_eq!(test.ids(JobState::Waiting), ["first", "ok"]);
    assert_eq!(test.ids(JobState::Delayed), ["later"]);
    assert_eq!(
        test.add_with_batches("now", after("x", BatchCondition::Completed)),
        (Outcome::Added, JobState::Waiting)
    );
    assert!(test.session(|session| session.forget_batch(b"x")));
    assert_eq!(test.queue.batch_count(), 0);
}

#[test]
fn what_wanted_all_completed_fails_when_a_member_did_not() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    let both = BatchRefs { batch: member("y").batch, ..after("x", BatchCondition::Completed) };
    test.add_with_batches("b", both);
    test.add_with_batches("c", after("y", BatchCondition::Finished));
    test.seal("x");
    test.seal("y");
    test.finish(EndState::Failed);
    assert_eq!(test.state("b"), JobState::Failed);
    let error = test.queue.view(b"b").unwrap().error.unwrap().to_vec();
    assert_eq!(String::from_utf8(error).unwrap(), "batch 'x' was not all completed: 1 failed of 1");
    assert_eq!(test.state("c"), JobState::Waiting, "its failing finished y");
    assert_eq!(
        test.add_with_batches("late", after("x", BatchCondition::Completed)),
        (Outcome::Added, JobState::Failed)
    );
    test.session(|session| session.revive(&[b"a"], &ReviveOptions::default())).unwrap();
    assert_eq!(test.finish(EndState::Completed), "c");
    assert_eq!(test.finish(EndState::Completed), "a");
    assert_eq!(
        test.add_with_batches("later", after("x", BatchCondition::Completed)).1,
        JobState::Waiting,
        "all completed now"
    );
}

#[test]
fn many_jobs_are_released_in_bounded_steps_and_a_named_one_at_once() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    for n in 0..1500 {
        // Without a recount after each.
        let mut journal = EffectCounter(&mut test.effects);
        let mut session = Session::begin(&mut test.queue, Now::from_micros(1_000_000), &mut journal);
        session.enqueue(
            Some(format!("w{n}").as_bytes()),
            &AddRequest { batches: after("x", BatchCondition::Finished), ..request(job()) },
        );
    }
    test.seal("x");
    test.finish(EndState::Completed);
    assert_eq!(test.queue.count(JobState::Blocked), 500);
    assert_eq!(test.due(), Some(0), "the rest is due");
    assert!(test.session(|session| session.find(b"w1499").is_some()));
    test.session(|_| ());
    assert_eq!(test.queue.count(JobState::Blocked), 0);
}

#[test]
fn a_blocked_job_expires_is_cancelled_and_is_replaced_where_it_stands() {
    let mut test = TestQueue::at(1000);
    let mortal = JobSpec { expires: Some(Until::After(100)), ..job() };
    test.session(|session| {
        session.enqueue(
            Some(b"px"),
            &AddRequest { batches: after("x", BatchCondition::Finished), ..request(mortal) },
        )
    });
    test.add_with_batches("gone", after("x", BatchCondition::Finished));
    test.add_with_batches("new", after("x", BatchCondition::Finished));
    test.session(|session| session.cancel(b"gone"));
    let other = JobSpec { payload: &b"other"[..], ..job() };
    let added = test.session(|session| {
        session.enqueue(Some(b"new"), &AddRequest { on_dup: OnDup::Replace, ..request(other) })
    });
    assert_eq!((added.outcome, added.state), (Outcome::Replaced, JobState::Blocked));
    test.ms = 1100;
    test.session(|_| ());
    assert_eq!(test.ids(JobState::Blocked), ["new"]);
    test.ms = 1200;
    test.seal("x");
    assert_eq!(test.ids(JobState::Waiting), ["new"]);
    assert_eq!(test.queue.view(b"new").unwrap().payload, Some(&b"other"[..]));
}

#[test]
fn a_sealed_batch_takes_no_members_but_counts_duplicates() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    test.seal("x");
    let room = |test: &mut TestQueue, ids: &[&str]| {
        let ids = ids.iter().map(|id| Some(id.as_bytes()));
        test.session(|session| session.room_for(ids.len(), ids, Some(b"x")))
    };
    assert_eq!(room(&mut test, &["a", "b"]), Err(Refusal::Sealed(1)));
    assert_eq!(room(&mut test, &["a", "a"]), Ok(()));
    test.add_with_batches("a", member("x"));
    assert_eq!(test.queue.batch(b"x").unwrap().duplicates, 1);
}

/// A job that waits for `batch` with AFTEROK.
fn dependent(batch: &'static str) -> BatchRefs<&'static [u8]> {
    after(batch, BatchCondition::Completed)
}

#[test]
fn a_dependent_waits_for_a_retried_member() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("m", member("x"));
    test.seal("x");
    test.finish(EndState::Failed);
    test.session(|session| session.revive(&[b"m"], &ReviveOptions::default())).unwrap();
    assert_eq!(test.add_with_batches("dep", dependent("x")).1, JobState::Blocked);
    test.ms = 2000;
    test.finish(EndState::Completed);
    assert_eq!(test.state("dep"), JobState::Waiting);
}

#[test]
fn a_retry_of_all_takes_members_before_those_that_wait_for_them() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("m", member("x"));
    let both = BatchRefs { batch: Some(&b"y"[..]), ..dependent("x") };
    test.add_with_batches("dep", both);
    test.add_with_batches("next", dependent("y"));
    test.seal("x");
    test.seal("y");
    test.finish(EndState::Failed);
    assert_eq!((test.state("dep"), test.state("next")), (JobState::Failed, JobState::Failed));
    assert_eq!(
        test.session(|session| session.revive(&[b"dep"], &ReviveOptions::default())),
        Ok(vec![Changed::NotAllowed]),
        "it would fail again at once"
    );
    // The member fails later than those that failed because of it.
    test.session(|session| session.revive(&[b"m"], &ReviveOptions::default())).unwrap();
    test.ms = 2000;
    test.finish(EndState::Failed);
    assert_eq!(test.revive_all(), Ok(3));
    assert_eq!((test.state("dep"), test.state("next")), (JobState::Blocked, JobState::Blocked));
    assert_eq!(test.finish(EndState::Completed), "m");
    assert_eq!(test.finish(EndState::Completed), "dep");
    assert_eq!(test.finish(EndState::Completed), "next");
}

#[test]
fn a_retry_between_two_steps_of_a_release_leaves_the_others_behind_the_batch() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("m", member("x"));
    for n in 0..3500 {
        test.add_with_batches(&format!("dep{n}"), dependent("x"));
    }
    test.seal("x");
    test.finish(EndState::Failed);
    let failed = test.queue.count(JobState::Failed);
    assert!(failed > 1000 && failed < 3000, "{failed}");
    test.session(|session| session.revive(&[b"m"], &ReviveOptions::default())).unwrap();
    let blocked = test.queue.count(JobState::Blocked);
    assert!(blocked > 500, "{blocked} are not decided yet");
    for _ in 0..5 {
        test.session(|_| ());
    }
    assert_eq!(test.queue.count(JobState::Blocked), blocked);
    assert_eq!(test.finish(EndState::Completed), "m");
    for _ in 0..5 {
        test.session(|_| ());
    }
    assert_eq!((test.queue.count(JobState::Blocked), test.queue.count(JobState::Waiting)), (0, blocked));
}

#[test]
fn a_dependent_whose_batch_is_forgotten_runs_when_it_is_retried() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("m", member("x"));
    test.add_with_batches("dep", dependent("x"));
    test.seal("x");
    test.finish(EndState::Failed);
    assert!(test.session(|session| session.forget_batch(b"x")));
    test.session(|session| session.revive(&[b"dep"], &ReviveOptions::default())).unwrap();
    assert_eq!((test.state("dep"), test.queue.batch_count()), (JobState::Waiting, 0));
}

#[test]
fn a_retry_obeys_max_jobs() {
    let mut test = TestQueue::at(1000);
    for id in ["a", "b", "c"] {
        test.add_with_batches(id, BatchRefs::NONE);
        test.finish(EndState::Failed);
    }
    test.configure(|settings| settings.max_jobs = 2);
    let refused = Err(Refusal::MaxJobs(2));
    assert_eq!(
        test.session(|session| session.revive(&[b"a", b"b", b"c", b"a"], &ReviveOptions::default())),
        refused
    );
    assert_eq!(test.revive_all(), Ok(2));
    assert_eq!(test.revive_all(), Err(Refusal::MaxJobs(2)));
    assert_eq!(test.state("c"), JobState::Failed);
}

#[test]
fn finished_batches_are_kept_for_a_time_and_then_dropped() {
    let mut test = TestQueue::at(1000);
    test.configure(|settings| settings.keep_batches = 50);
    test.add_with_batches("a", member("x"));
    test.seal("x");
    test.finish(EndState::Failed);
    test.seal("empty");
    assert_eq!(test.due(), Some(1050));
    test.ms = 1050;
    test.session(|_| ());
    assert_eq!(test.queue.batch_count(), 0);
    test.session(|session| session.revive(&[b"a"], &ReviveOptions::default())).unwrap();
    assert_eq!(
        test.add_with_batches("b", member("x")).0,
        Outcome::Added,
        "the name is free for another batch"
    );
    assert_eq!(test.numbers("x"), (1, 0, 1, false), "of which a is no member");
}

#[test]
fn who_waits_for_news_hears_them_once() {
    let mut test = TestQueue::at(1000);
    test.add_with_batches("a", member("x"));
    test.add_with_batches("b", member("x"));
    test.seal("x");
    let (batch, job) = (Awaited::Batch((*b"x").into()), Awaited::Job((*b"b").into()));
    test.queue.subscribe(batch.clone());
    test.queue.subscribe(job.clone());
    assert!(!test.session(|session| session.forget_batch(b"x")), "a job waits for it");
    test.finish(EndState::Completed);
    assert_eq!(test.queue.take_await_events(), []);
    test.finish(EndState::Failed);
    let view = test.queue.batch(b"x").unwrap();
    let events = [(job, AwaitEvent::Ended(JobState::Failed, None)), (batch, AwaitEvent::Finished(view))];
    assert_eq!(test.queue.take_await_events(), events);
    assert!(!test.queue.has_subscribers());
    assert!(test.session(|session| session.forget_batch(b"x")));
}

//! Batches: exact numbers, one moment of completion, jobs that wait for it.

use super::*;

fn member(batch: &str) -> BatchRefs<'_> {
    BatchRefs { batch: Some(batch.as_bytes()), after: None }
}

fn after(batch: &str, gate: Gate) -> BatchRefs<'_> {
    BatchRefs { batch: None, after: Some((batch.as_bytes(), gate)) }
}

impl Stage {
    fn add_tied(&mut self, id: &str, batch_refs: &BatchRefs<'_>) -> (Outcome, JobState) {
        let added =
            self.session(|session| session.enqueue(Some(id.as_bytes()), &job(), batch_refs, OnDup::Ignore));
        (added.outcome, added.phase)
    }

    fn seal(&mut self, batch: &str) -> bool {
        self.session(|session| session.seal(batch.as_bytes()))
    }

    fn numbers(&self, batch: &str) -> (u64, u64, u64, bool) {
        let view = self.queue.batch(batch.as_bytes()).unwrap();
        (view.members.pending, view.members.completed, view.members.total(), view.finished_at.is_some())
    }

    /// Claims the next job and acknowledges it, or fails it for good.
    fn finish(&mut self, well: bool) -> String {
        let want = ClaimOptions { worker: b"w", count: 1, lease: Some(100), max_bytes: None };
        let claimed = self.session(|session| session.claim(&want, 0)).first().copied().unwrap();
        let id = String::from_utf8(self.queue.id(claimed.job).to_vec()).unwrap();
        if well {
            self.session(|session| session.ack(claimed.token, id.as_bytes(), None));
        } else {
            self.session(|session| session.nack(claimed.token, id.as_bytes(), None, None, true));
        }
        id
    }

    fn phase(&self, id: &str) -> JobState {
        self.queue.view(id.as_bytes()).unwrap().phase
    }
}

#[test]
fn a_batch_finishes_once_when_it_is_sealed_and_nothing_is_pending() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    assert_eq!(stage.add_tied("a", &member("x")).0, Outcome::Duplicate);
    stage.finish(true);
    assert_eq!(stage.numbers("x"), (0, 1, 1, false), "open: more may come");
    stage.add_tied("b", &member("x"));
    assert!(stage.seal("x"));
    assert!(!stage.seal("x"));
    stage.ms = 2000;
    stage.finish(false);
    assert_eq!(stage.numbers("x"), (0, 1, 2, true));
    stage.session(|session| session.revive(b"b"));
    assert_eq!(stage.numbers("x"), (1, 1, 2, true), "what it was stays so");
    stage.ms = 3000;
    stage.finish(true);
    let view = stage.queue.batch(b"x").unwrap();
    assert_eq!((view.finished_at, view.members.completed, view.duplicates), (Some(2000), 2, 1));
}

#[test]
fn every_ending_is_counted_where_it_belongs() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    for id in ["done", "failed", "cancelled", "removed", "expired"] {
        let expires = (id == "expired").then_some(10);
        let new = NewJob { expires, ..job() };
        stage.session(|session| session.enqueue(Some(id.as_bytes()), &new, &member("x"), OnDup::Ignore));
    }
    stage.session(|session| session.cancel(b"cancelled"));
    stage.session(|session| session.remove(b"removed"));
    stage.seal("x");
    stage.finish(true);
    stage.finish(false);
    stage.ms = 1010;
    stage.session(|_| ());
    let members = Members { pending: 0, completed: 1, failed: 1, expired: 1, cancelled: 2 };
    let view = stage.queue.batch(b"x").unwrap();
    assert_eq!((view.members, view.finished_at), (members, Some(1010)));
}

#[test]
fn jobs_wait_for_a_batch_and_go_on_in_their_order() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    assert_eq!(stage.add_tied("first", &after("x", Gate::Finished)), (Outcome::Added, JobState::Blocked));
    stage.add_tied("ok", &after("x", Gate::Completed));
    let delayed = NewJob { start: Start::After(500), ..job() };
    stage.session(|session| {
        session.enqueue(Some(b"later"), &delayed, &after("x", Gate::Finished), OnDup::Ignore)
    });
    assert!(!stage.session(|session| session.forget_batch(b"x")), "jobs wait for it");
    stage.seal("x");
    stage.finish(true);
    assert_eq!(stage.ids(JobState::Waiting), ["first", "ok"]);
    assert_eq!(stage.ids(JobState::Delayed), ["later"]);
    assert_eq!(stage.add_tied("now", &after("x", Gate::Completed)), (Outcome::Added, JobState::Waiting));
    assert!(stage.session(|session| session.forget_batch(b"x")));
    assert_eq!(stage.queue.batch_count(), 0);
}

#[test]
fn what_wanted_all_completed_fails_when_a_member_did_not() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    let both = BatchRefs { batch: Some(b"y"), after: Some((b"x", Gate::Completed)) };
    stage.add_tied("b", &both);
    stage.add_tied("c", &after("y", Gate::Finished));
    stage.seal("x");
    stage.seal("y");
    stage.finish(false);
    assert_eq!(stage.phase("b"), JobState::Failed);
    let error = stage.queue.view(b"b").unwrap().error.unwrap().to_vec();
    assert_eq!(String::from_utf8(error).unwrap(), "batch 'x' was not all completed: 1 failed of 1");
    assert_eq!(stage.phase("c"), JobState::Waiting, "its failing finished y");
    assert_eq!(stage.add_tied("late", &after("x", Gate::Completed)), (Outcome::Added, JobState::Failed));
    stage.session(|session| session.revive(b"a"));
    assert_eq!(stage.finish(true), "c");
    assert_eq!(stage.finish(true), "a");
    assert_eq!(
        stage.add_tied("later", &after("x", Gate::Completed)).1,
        JobState::Waiting,
        "all completed now"
    );
}

#[test]
fn many_jobs_are_released_in_bounded_steps_and_a_named_one_at_once() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    for n in 0..1500 {
        // Without a recount after each.
        let mut journal = Counting(&mut stage.effects);
        let mut session = Session::begin(&mut stage.queue, Now::from_micros(1_000_000), &mut journal);
        session.enqueue(Some(format!("w{n}").as_bytes()), &job(), &after("x", Gate::Finished), OnDup::Ignore);
    }
    stage.seal("x");
    stage.finish(true);
    assert_eq!(stage.queue.count(JobState::Blocked), 500);
    assert_eq!(stage.queue.next_due(), Some(0), "the rest is due");
    assert!(stage.session(|session| session.find(b"w1499").is_some()));
    stage.session(|_| ());
    assert_eq!(stage.queue.count(JobState::Blocked), 0);
}

#[test]
fn a_blocked_job_expires_is_cancelled_and_is_replaced_where_it_stands() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    let mortal = NewJob { expires: Some(100), ..job() };
    stage
        .session(|session| session.enqueue(Some(b"px"), &mortal, &after("x", Gate::Finished), OnDup::Ignore));
    stage.add_tied("gone", &after("x", Gate::Finished));
    stage.add_tied("new", &after("x", Gate::Finished));
    stage.session(|session| session.cancel(b"gone"));
    let other = NewJob { payload: b"other", ..job() };
    let added =
        stage.session(|session| session.enqueue(Some(b"new"), &other, &BatchRefs::default(), OnDup::Replace));
    assert_eq!((added.outcome, added.phase), (Outcome::Replaced, JobState::Blocked));
    stage.ms = 1100;
    stage.session(|_| ());
    assert_eq!(stage.ids(JobState::Blocked), ["new"]);
    stage.ms = 1200;
    stage.seal("x");
    assert_eq!(stage.ids(JobState::Waiting), ["new"]);
    assert_eq!(stage.queue.view(b"new").unwrap().payload, Some(&b"other"[..]));
}

#[test]
fn a_sealed_batch_takes_no_members_but_counts_duplicates() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    stage.seal("x");
    let room = |stage: &mut Stage, ids: &[&str]| {
        let ids = ids.iter().map(|id| Some(id.as_bytes()));
        stage.session(|session| session.room_for(ids.len(), ids, &member("x")))
    };
    assert_eq!(room(&mut stage, &["a", "b"]), Err(Refusal::Sealed));
    assert_eq!(room(&mut stage, &["a", "a"]), Ok(()));
    stage.add_tied("a", &member("x"));
    assert_eq!(stage.queue.batch(b"x").unwrap().duplicates, 1);
}

#[test]
fn finished_batches_are_kept_for_a_time_and_then_dropped() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.configure(|settings| settings.keep_batches = 50);
    stage.add_tied("a", &member("x"));
    stage.seal("x");
    stage.finish(false);
    stage.seal("empty");
    assert_eq!(stage.queue.next_due(), Some(1050));
    stage.ms = 1050;
    stage.session(|_| ());
    assert_eq!(stage.queue.batch_count(), 0);
    stage.session(|session| session.revive(b"a"));
    assert_eq!(stage.add_tied("b", &member("x")).0, Outcome::Added, "the name is free for another batch");
    assert_eq!(stage.numbers("x"), (1, 0, 1, false), "of which a is no member");
}

#[test]
fn who_waits_for_news_hears_them_once() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add_tied("a", &member("x"));
    stage.add_tied("b", &member("x"));
    stage.seal("x");
    let (batch, job) = (Awaited::Batch((*b"x").into()), Awaited::Job((*b"b").into()));
    stage.queue.subscribe(batch.clone());
    stage.queue.subscribe(job.clone());
    assert!(!stage.session(|session| session.forget_batch(b"x")), "somebody waits for it");
    stage.finish(true);
    assert_eq!(stage.queue.take_news(), []);
    stage.finish(false);
    let view = stage.queue.batch(b"x").unwrap();
    let news = [(job, AwaitEvent::Ended(JobState::Failed, None)), (batch, AwaitEvent::Finished(view))];
    assert_eq!(stage.queue.take_news(), news);
    assert!(!stage.queue.has_subscribers());
    assert!(stage.session(|session| session.forget_batch(b"x")));
}

//! The rules of a queue one at a time, with every invariant recounted after every step. What random commands
//! do to it is tested against the naive twin under `tests/`.

mod batching;
mod limits;
mod schedules;

use super::stats::Count;
use super::*;

/// A queue at an instant that the test sets.
#[derive(Default)]
struct Stage {
    queue: Queue,
    ms: u64,
    effects: usize,
}

/// Counts what would be replicated.
struct Counting<'a>(&'a mut usize);

impl Journal for Counting<'_> {
    fn record(&mut self, _: &Queue, _: &Effect<'_>) {
        *self.0 += 1;
    }
}

impl Stage {
    fn session<R>(&mut self, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        let mut journal = Counting(&mut self.effects);
        let result =
            act(&mut Session::begin(&mut self.queue, Now::from_micros(self.ms * 1000), &mut journal));
        assert_eq!(self.queue.check(), Vec::<String>::new());
        result
    }

    fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = *self.queue.settings();
        change(&mut settings);
        self.session(|session| session.configure(settings));
    }

    fn add(&mut self, id: &str, new: NewJob<'_>) -> (Outcome, JobState) {
        let added = self.session(|session| {
            session.enqueue(Some(id.as_bytes()), &new, &BatchRefs::default(), OnDup::Ignore)
        });
        (added.outcome, added.phase)
    }

    /// The token of the one job claimed.
    fn claim(&mut self) -> Option<u64> {
        self.claim_many(1, 0).first().copied()
    }

    fn claim_many(&mut self, count: usize, promised: usize) -> Vec<u64> {
        let want = ClaimOptions { worker: b"w", count, lease: Some(100), max_bytes: None };
        self.session(|session| session.claim(&want, promised)).iter().map(|claimed| claimed.token).collect()
    }

    fn ids(&self, phase: JobState) -> Vec<String> {
        let (jobs, _) = self.queue.list(phase, None, None, 100);
        jobs.iter().map(|job| String::from_utf8_lossy(self.queue.id(*job)).into_owned()).collect()
    }
}

fn job() -> NewJob<'static> {
    NewJob {
        payload: b"x",
        start: Start::Now,
        after: None,
        priority: 0,
        recipe: JobOptions::default(),
        group: None,
        expires: None,
    }
}

#[test]
fn after_downtime_everything_happened_at_its_own_instant() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.configure(|settings| settings.max_losses = 0);
    stage.add("lost", job());
    stage.claim();
    stage.add("late", NewJob { start: Start::After(300), ..job() });
    stage.add("later", NewJob { start: Start::After(400), ..job() });
    stage.add("unclaimed", NewJob { expires: Some(50), ..job() });
    stage.ms = 1_000_000;
    stage.session(|_| ());
    assert_eq!(stage.ids(JobState::Waiting), ["late", "later"]);
    assert_eq!(stage.queue.view(b"lost").unwrap().finished_at, Some(1100));
    assert!(stage.queue.view(b"unclaimed").is_none(), "expired at 1050, forgotten five minutes later");
    assert_eq!(stage.queue.oldest_claimable(Now::from_micros(1_000_000_000)), Some(1_000_000 - 1300));
}

#[test]
fn time_does_a_bounded_part_and_a_named_job_is_brought_up_all_the_same() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    let ids: Vec<String> = (0..5000).map(|n| format!("job{n}")).collect();
    let mut journal = Counting(&mut stage.effects);
    let mut session = Session::begin(&mut stage.queue, Now::from_micros(1000), &mut journal);
    for id in &ids {
        session.enqueue(
            Some(id.as_bytes()),
            &NewJob { start: Start::At(10), ..job() },
            &BatchRefs::default(),
            OnDup::Ignore,
        );
    }
    stage.ms = 10;
    stage.effects = 0;
    let explained = stage.session(|session| session.promote(b"job4999"));
    assert!(!explained, "it is not delayed any more as of now");
    assert_eq!(
        (stage.queue.count(JobState::Waiting), stage.effects),
        (1001, 2),
        "one effect for a thousand jobs"
    );
    assert_eq!(stage.queue.next_due(), Some(10));
    assert_eq!(stage.claim_many(3000, 0).len(), 3000, "a claim brings as many into line as it wants");
}

#[test]
fn a_claim_leaves_what_others_were_promised() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    for id in ["a", "b", "c"] {
        stage.add(id, job());
    }
    assert_eq!(stage.claim_many(3, 2).len(), 1);
    assert_eq!(stage.claim_many(3, 2).len(), 0);
    assert_eq!(stage.claim_many(3, 0).len(), 2);
}

#[test]
fn tokens_follow_the_clock_and_never_fall_behind_it_or_each_other() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    for id in ["a", "b", "c", "d"] {
        stage.add(id, job());
    }
    assert_eq!(stage.claim_many(2, 0), [1_000_000, 1_000_001]);
    stage.ms = 5;
    assert_eq!(stage.claim(), Some(1_000_002), "the clock was set back");
    stage.ms = 2000;
    assert_eq!(stage.claim(), Some(2_000_000));
}

#[test]
fn records_over_the_limit_go_oldest_first_and_leave_their_windows() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    stage.configure(|settings| (settings.keep_completed, settings.keep_completed_max) = (FOREVER, 2));
    for id in ["a", "b", "c"] {
        stage.add(id, job());
        stage.ms += 1;
        let token = stage.claim().unwrap();
        assert_eq!(stage.session(|session| session.ack(token, id.as_bytes(), None)), Acked::Done);
    }
    assert_eq!(stage.ids(JobState::Completed), ["b", "c"]);
    assert_eq!(stage.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    assert_eq!(stage.queue.remembered(), 1);
}

#[test]
fn a_window_is_exact_to_the_millisecond_and_a_record_outlives_it() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    let recipe = JobOptions { dedup: Some(100), keep: Some(1000), ..JobOptions::default() };
    stage.add("a", NewJob { recipe, ..job() });
    let token = stage.claim().unwrap();
    stage.session(|session| session.ack(token, b"a", Some(b"result")));
    stage.ms = 100;
    assert_eq!(stage.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    stage.ms = 101;
    assert_eq!(stage.queue.view(b"a").unwrap().result, Some(&b"result"[..]));
    assert_eq!(stage.add("a", job()), (Outcome::Added, JobState::Waiting));
    assert_eq!(stage.queue.view(b"a").unwrap().result, None, "the new job has taken the record's place");
}

#[test]
fn an_id_the_queue_makes_is_new_and_not_remembered() {
    let mut stage = Stage { ms: 7, ..Stage::default() };
    stage.add("7-1", job());
    let recipe = JobOptions { dedup: Some(0), ..JobOptions::default() };
    let added = stage.session(|session| {
        session.enqueue(None, &NewJob { recipe, ..job() }, &BatchRefs::default(), OnDup::Ignore)
    });
    assert_eq!(added.made_id.as_deref(), Some(&b"7-2"[..]), "7-1 is taken");
    stage.claim();
    let token = stage.claim().unwrap();
    assert_eq!(stage.session(|session| session.ack(token, b"7-2", None)), Acked::Done);
    assert_eq!((stage.queue.known(), stage.queue.remembered()), (1, 0));
}

#[test]
fn limits_count_new_ids_only_and_are_asked_before_anything_changes() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    stage.configure(|settings| settings.max_jobs = 2);
    stage.add("a", job());
    let room = |stage: &mut Stage, ids: &[&'static str]| {
        stage.session(|session| {
            session.room_for(ids.len(), ids.iter().map(|id| Some(id.as_bytes())), &BatchRefs::default())
        })
    };
    assert_eq!(room(&mut stage, &["a", "b", "b", "a"]), Ok(()));
    assert_eq!(room(&mut stage, &["b", "c"]), Err(Refusal::MaxJobs(2)));
    assert_eq!(
        stage.session(|session| session.room_for(2, [None, None].into_iter(), &BatchRefs::default())),
        Err(Refusal::MaxJobs(2))
    );
    stage.configure(|settings| (settings.max_jobs, settings.max_ids) = (0, 1));
    assert_eq!(room(&mut stage, &["a"]), Ok(()));
    assert_eq!(room(&mut stage, &["b"]), Err(Refusal::MaxIds(1)));
}

#[test]
fn an_idle_queue_has_nothing_due_and_empty_it_holds_next_to_nothing() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    assert_eq!(stage.queue.next_due(), None);
    let before = stage.queue.bytes();
    stage.configure(|settings| settings.dedup_window = 0);
    for n in 0..600 {
        stage.add(&n.to_string(), job());
    }
    assert_eq!(stage.queue.next_due(), None);
    for token in stage.claim_many(600, 0) {
        let id = (token - 1000).to_string();
        stage.session(|session| session.ack(token, id.as_bytes(), None));
    }
    assert_eq!(
        (stage.queue.next_due(), stage.queue.known()),
        (Some(3_600_001), 0),
        "when the worker is forgotten"
    );
    stage.ms = 3_600_001;
    stage.session(|_| ());
    assert_eq!((stage.queue.next_due(), stage.queue.workers().count()), (None, 0));
    assert!(stage.queue.bytes() < before + 20_000, "{} bytes", stage.queue.bytes());
}

#[test]
fn refused_adds_are_counted_at_once_and_journaled_together() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add("a", job());
    for _ in 0..5 {
        stage.add("a", job());
    }
    assert_eq!((stage.effects, stage.queue.counters().get(Count::Duplicates)), (1, 5));
    assert_eq!(stage.queue.clone().counters().get(Count::Duplicates), 0, "a copy has what replicas have");
    stage.add("b", job());
    assert_eq!(stage.effects, 3, "told with the next change");
    stage.add("a", job());
    assert_eq!(stage.queue.next_due(), Some(1100));
    stage.ms = 1100;
    stage.session(|_| ());
    assert_eq!((stage.effects, stage.queue.clone().counters().get(Count::Duplicates)), (4, 6));
    assert_eq!(stage.queue.next_due(), None);
}

fn rerun(job: NewJob<'static>) -> Addition<'static> {
    Addition { job: NewJob { payload: b"", ..job }, batch_refs: BatchRefs::default(), on_dup: OnDup::Rerun }
}

#[test]
fn an_expired_key_is_a_job_by_its_longest_prefix_whatever_the_limits_say() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    stage.configure(|settings| (settings.max_jobs, settings.max_ids) = (1, 1));
    let template = |priority| rerun(NewJob { priority, ..job() });
    for (prefix, priority) in [(&b"t:"[..], 1), (b"t:long", 2), (b"t:long", 3)] {
        assert!(stage.session(|session| session.watch(prefix, &template(priority))));
    }
    let effects = stage.effects;
    assert!(stage.session(|session| session.watch(b"t:", &template(1))));
    assert_eq!(stage.effects, effects, "set again to the same, nothing changes");
    let hear = |stage: &mut Stage, name: &[u8]| stage.session(|session| session.hear(name));
    assert_eq!(hear(&mut stage, b"s"), None);
    assert_eq!(hear(&mut stage, b"t:longer"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(hear(&mut stage, b"t:lo"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(hear(&mut stage, b"t:lo"), Some(ExpiryOutcome::Coalesced));
    assert_eq!(hear(&mut stage, &[b"t:", &[b'x'; MAX_ID][..]].concat()), Some(ExpiryOutcome::Dropped));
    assert_eq!(stage.queue.view(b"t:longer").unwrap().priority, Some(3));
    assert_eq!(stage.queue.view(b"t:lo").unwrap().payload, Some(&b"t:lo"[..]));
    stage.claim();
    assert_eq!(hear(&mut stage, b"t:lo"), Some(ExpiryOutcome::Enqueued), "it is active: a rerun");
    let tallies: Vec<ExpiryCounts> = stage.queue.expiries().iter().map(|(_, watch)| watch.tally).collect();
    let expected = [(2, 1, 1), (1, 0, 0)];
    let expected =
        expected.map(|(enqueued, coalesced, dropped)| ExpiryCounts { enqueued, coalesced, dropped });
    assert_eq!(tallies, expected);
    assert!(
        stage.session(|session| session.unwatch(b"t:long"))
            && !stage.session(|session| session.unwatch(b"t:long"))
    );
}

#[test]
fn a_queue_listens_for_so_many_prefixes_and_no_more() {
    let mut stage = Stage { ms: 1, ..Stage::default() };
    let template = rerun(job());
    let mut journal = Counting(&mut stage.effects);
    let mut session = Session::begin(&mut stage.queue, Now::from_micros(1000), &mut journal);
    assert!((0..MAX_PREFIXES).all(|n| session.watch(n.to_string().as_bytes(), &template)));
    assert!(!session.watch(b"more", &template));
    assert!(session.watch(b"0", &Addition { on_dup: OnDup::Ignore, ..template }), "one it has may change");
    assert_eq!(stage.queue.check(), Vec::<String>::new());
}

#[test]
fn a_worker_that_extends_is_seen_even_where_the_lease_ends_later_anyway() {
    let mut stage = Stage { ms: 1000, ..Stage::default() };
    stage.add("job", job());
    let token = stage.claim().unwrap_or_default();
    stage.ms = 1010;
    assert_eq!(stage.session(|session| session.extend(token, b"job", 20)), Lease::Yours);
    assert_eq!(stage.queue.view(b"job").unwrap().lease_until, Some(1100));
    assert_eq!(stage.queue.workers().map(|worker| worker.last_seen).collect::<Vec<_>>(), [1010]);
}

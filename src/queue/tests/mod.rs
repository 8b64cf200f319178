//! The rules of a queue one at a time, with every invariant recounted after every step. What random commands
//! do to it is tested against the naive model in `tests/model`.

mod batches;
mod clock;
mod events;
mod limits;
mod pages;
mod schedules;

use super::session::Changed;
use super::stats::Count;
use super::store::Direction;
use super::views::{ListStart, PageRange, Row, Selection};
use super::*;

/// A queue at an instant that the test sets.
#[derive(Default)]
struct TestQueue {
    queue: Queue,
    ms: u64,
    effects: usize,
}

/// Counts what would be replicated.
struct EffectCounter<'a>(&'a mut usize);

impl Journal for EffectCounter<'_> {
    fn record(&mut self, _: &Queue, _: &Effect<'_>) {
        *self.0 += 1;
    }
}

/// The first so many of a listing.
fn first_page(count: usize) -> PageRange {
    PageRange::new(count, ListStart { direction: Direction::Forward, from: None })
}

impl TestQueue {
    fn at(ms: u64) -> Self {
        TestQueue { ms, ..TestQueue::default() }
    }

    fn session<R>(&mut self, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        self.session_with(MemoryPressure::Normal, act)
    }

    fn session_with<R>(&mut self, memory: MemoryPressure, act: impl FnOnce(&mut Session<'_>) -> R) -> R {
        let now = Now::from_micros(self.ms * 1000);
        let mut journal = EffectCounter(&mut self.effects);
        let result = act(&mut Session::begin_with(memory, &mut self.queue, now, &mut journal));
        assert_eq!(self.queue.check(), Vec::<String>::new());
        result
    }

    fn configure(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = *self.queue.settings();
        change(&mut settings);
        self.session(|session| session.configure(settings));
    }

    fn add(&mut self, id: &str, job: JobSpec<&[u8]>) -> (Outcome, JobState) {
        let added = self.session(|session| session.enqueue(Some(id.as_bytes()), &request(job)));
        (added.outcome, added.state)
    }

    /// When the queue is due next, Unix ms.
    fn due(&self) -> Option<u64> {
        self.queue.next_due().map(|UnixMs(at)| at)
    }

    /// The token of the one job claimed.
    fn claim(&mut self) -> Option<u64> {
        self.claim_many(1, 0).first().copied()
    }

    fn claim_many(&mut self, count: usize, reserved: usize) -> Vec<u64> {
        let options = ClaimOptions { worker: b"w".as_slice(), count, lease: Some(100), max_bytes: None };
        self.session(|session| session.claim(&options, reserved))
            .iter()
            .map(|claimed| claimed.token)
            .collect()
    }

    /// How many failed jobs get fresh attempts.
    fn revive_all(&mut self) -> Result<usize, Refusal> {
        let revived = self.session(|session| {
            session.revive_selected(&Selection::default(), first_page(100), Report::Number, Place::End)
        });
        revived.map(|selected| selected.changed.len())
    }

    fn ids(&self, state: JobState) -> Vec<String> {
        let page = self.queue.list(state, &Selection::default(), first_page(100), Row::Id);
        page.rows.iter().map(|job| String::from_utf8_lossy(self.queue.id(*job)).into_owned()).collect()
    }
}

fn job() -> JobSpec<&'static [u8]> {
    JobSpec {
        payload: b"x",
        start: Start::Now,
        priority: None,
        place: Place::End,
        options: JobOptions::default(),
        group: None,
        expires: None,
        max_wait: None,
        fields: None,
        name: None,
    }
}

/// An ADD of `job` that names no batch.
fn request(job: JobSpec<&[u8]>) -> AddRequest<&[u8]> {
    AddRequest { job, batches: BatchRefs::NONE, on_dup: OnDup::Ignore }
}

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
fn records_over_the_limit_go_oldest_first_and_leave_their_windows() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| (settings.keep_completed, settings.keep_completed_max) = (FOREVER, 2));
    for id in ["a", "b", "c"] {
        test.add(id, job());
        test.ms += 1;
        let token = test.claim().unwrap();
        assert_eq!(
            test.session(|session| session.ack(token, id.as_bytes(), &AckOptions::default())),
            Acked::Done
        );
    }
    assert_eq!(test.ids(JobState::Completed), ["b", "c"]);
    assert_eq!(test.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    assert_eq!(test.queue.remembered(), 1);
}

#[test]
fn a_window_is_exact_to_the_millisecond_and_a_record_outlives_it() {
    let mut test = TestQueue::at(1);
    let options =
        JobOptions { dedup: Some(DedupWindow::For(100)), keep: Some(1000), ..JobOptions::default() };
    test.add("a", JobSpec { options, ..job() });
    let token = test.claim().unwrap();
    test.session(|session| {
        session.ack(token, b"a", &AckOptions { result: Some(b"result"), ..AckOptions::default() })
    });
    test.ms = 100;
    assert_eq!(test.add("a", job()), (Outcome::Duplicate, JobState::Completed));
    test.ms = 101;
    assert_eq!(test.queue.view(b"a").unwrap().result, Some(&b"result"[..]));
    assert_eq!(test.add("a", job()), (Outcome::Added, JobState::Waiting));
    assert_eq!(test.queue.view(b"a").unwrap().result, None, "the new job has taken the record's place");
}

#[test]
fn an_id_the_queue_makes_is_new_and_not_remembered() {
    let mut test = TestQueue::at(7);
    test.add("7-1", job());
    let options = JobOptions { dedup: Some(DedupWindow::NONE), ..JobOptions::default() };
    let added = test.session(|session| session.enqueue(None, &request(JobSpec { options, ..job() })));
    assert_eq!(added.made_id.as_deref(), Some(&b"7-2"[..]), "7-1 is taken");
    test.claim();
    let token = test.claim().unwrap();
    assert_eq!(test.session(|session| session.ack(token, b"7-2", &AckOptions::default())), Acked::Done);
    assert_eq!((test.queue.known(), test.queue.remembered()), (1, 0));
}

#[test]
fn limits_count_new_ids_only_and_are_asked_before_anything_changes() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| settings.max_jobs = 2);
    test.add("a", job());
    let room = |test: &mut TestQueue, ids: &[&'static str]| {
        test.session(|session| session.room_for(ids.len(), ids.iter().map(|id| Some(id.as_bytes())), None))
    };
    assert_eq!(room(&mut test, &["a", "b", "b", "a"]), Ok(()));
    assert_eq!(room(&mut test, &["b", "c"]), Err(Refusal::MaxJobs(2)));
    assert_eq!(
        test.session(|session| session.room_for(2, [None, None].into_iter(), None)),
        Err(Refusal::MaxJobs(2))
    );
    test.configure(|settings| (settings.max_jobs, settings.max_ids) = (0, 1));
    assert_eq!(room(&mut test, &["a"]), Ok(()));
    assert_eq!(room(&mut test, &["b"]), Err(Refusal::MaxIds(1)));
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

#[test]
fn refused_adds_are_counted_at_once_and_journaled_together() {
    let mut test = TestQueue::at(1000);
    test.add("a", job());
    for _ in 0..5 {
        test.add("a", job());
    }
    assert_eq!((test.effects, test.queue.counters().get(Count::Duplicates)), (1, 5));
    assert_eq!(test.queue.clone().counters().get(Count::Duplicates), 0, "a copy has what replicas have");
    test.add("b", job());
    assert_eq!(test.effects, 3, "journaled with the next change");
    test.add("a", job());
    assert_eq!(test.due(), Some(1100));
    test.ms = 1100;
    test.session(|_| ());
    assert_eq!((test.effects, test.queue.clone().counters().get(Count::Duplicates)), (4, 6));
    assert_eq!(test.due(), None);
}

fn rerun(job: JobSpec<&'static [u8]>) -> AddRequest<&'static [u8]> {
    AddRequest { on_dup: OnDup::Rerun, ..request(JobSpec { payload: b"", ..job }) }
}

#[test]
fn an_expired_key_is_a_job_by_its_longest_prefix_whatever_the_limits_say() {
    let mut test = TestQueue::at(1);
    test.configure(|settings| (settings.max_jobs, settings.max_ids) = (1, 1));
    let template = |priority| rerun(JobSpec { priority: Some(priority), ..job() });
    for (prefix, priority) in [(&b"t:"[..], 1), (b"t:long", 2), (b"t:long", 3)] {
        assert!(test.session(|session| session.set_expiry_rule(prefix, &template(priority))));
    }
    let effects = test.effects;
    assert!(test.session(|session| session.set_expiry_rule(b"t:", &template(1))));
    assert_eq!(test.effects, effects, "set again to the same, nothing changes");
    let key_expired = |test: &mut TestQueue, name: &[u8]| test.session(|session| session.key_expired(name));
    assert_eq!(key_expired(&mut test, b"s"), None);
    assert_eq!(key_expired(&mut test, b"t:longer"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Enqueued));
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Coalesced));
    assert_eq!(key_expired(&mut test, &[b"t:", &[b'x'; MAX_ID][..]].concat()), Some(ExpiryOutcome::Dropped));
    assert_eq!(test.queue.view(b"t:longer").unwrap().priority, Some(3));
    assert_eq!(test.queue.view(b"t:lo").unwrap().payload, Some(&b"t:lo"[..]));
    test.claim();
    assert_eq!(key_expired(&mut test, b"t:lo"), Some(ExpiryOutcome::Enqueued), "it is active: a rerun");
    let tallies: Vec<ExpiryCounts> = test.queue.expiry_rules().iter().map(|(_, rule)| rule.counts).collect();
    let expected = [(2, 1, 1), (1, 0, 0)];
    let expected =
        expected.map(|(enqueued, coalesced, dropped)| ExpiryCounts { enqueued, coalesced, dropped });
    assert_eq!(tallies, expected);
    assert!(
        test.session(|session| session.remove_expiry_rule(b"t:long"))
            && !test.session(|session| session.remove_expiry_rule(b"t:long"))
    );
}

#[test]
fn a_queue_listens_for_so_many_prefixes_and_no_more() {
    let mut test = TestQueue::at(1);
    let template = rerun(job());
    let mut journal = EffectCounter(&mut test.effects);
    let mut session = Session::begin(&mut test.queue, Now::from_micros(1000), &mut journal);
    assert!((0..MAX_PREFIXES).all(|n| session.set_expiry_rule(n.to_string().as_bytes(), &template)));
    assert!(!session.set_expiry_rule(b"more", &template));
    assert!(
        session.set_expiry_rule(b"0", &AddRequest { on_dup: OnDup::Ignore, ..template }),
        "one it has may change"
    );
    assert_eq!(test.queue.check(), Vec::<String>::new());
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

//! What time alone does: delays, leases, expiries, ends of lives and what comes after them.

use super::job::{until, How, Job, Rerun, State};
use super::model::Model;
use super::request::Keep;
use super::spec::{JobSpec, Place, WHILE_KEPT};

/// What time does to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Due,
    /// Its batch had finished at that instant.
    Release(u64),
    Lapse,
    Expire,
    IdFree,
    RecordOver,
}

impl Model {
    /// Does everything that is due by `now`, one thing after the other, as of the instant it was due: first
    /// in the lives of jobs, then what is only remembered.
    pub(super) fn advance(&mut self, now: u64) {
        let lives = |job: &Job| job.is_live();
        let memories = |job: &Job| !job.is_live();
        // What time does happens as of its own instant.
        let late = std::mem::take(&mut self.late);
        while self.advance_once(now, lives) {}
        self.end_pauses(now);
        while self.advance_once(now, memories) {}
        self.trim(now);
        self.drop_batches(now);
        self.forget_lanes(now);
        self.forget_workers(now);
        self.late = late;
    }

    /// The clock shows `now`. Where that is more than a second before what it has shown, it was set back: what counts
    /// from what a worker did happened so much earlier.
    pub(super) fn hear(&mut self, now: u64) {
        if self.created_at.is_none() {
            return;
        }
        let by = self.heard_at.saturating_sub(now);
        if by <= 1000 {
            self.heard_at = self.heard_at.max(now);
            return;
        }
        for job in &mut self.jobs {
            match &mut job.state {
                State::Active { until, .. } => *until = until.saturating_sub(by),
                State::Delayed { due, retry: true } => *due = due.saturating_sub(by),
                _ => {}
            }
        }
        self.claims.iter_mut().for_each(|claim| claim.at = claim.at.saturating_sub(by));
        self.heard_at = now;
    }

    /// Where the clock stands for leases, waits for a next attempt and buckets when the server's shows `at`: after a
    /// small step back it stands still until the server's is there again.
    pub(super) fn clock_at(&self, at: u64) -> u64 {
        at.max(self.heard_at)
    }

    /// The next thing that is due of such jobs; false if nothing is.
    fn advance_once(&mut self, now: u64, such: fn(&Job) -> bool) -> bool {
        let jobs = self.jobs.iter().filter(|job| such(job));
        let all = jobs.flat_map(|job| events(job).into_iter().map(move |it| (it, job)));
        // Even if the clock was set back since the batch finished.
        let released = self.next_release().filter(|(_, job)| such(job));
        let released = released.map(|(at, job)| ((at.min(now), Event::Release(at)), job));
        let all = all.chain(released).map(|((instant, event), job)| (instant, job.seq, &job.id, event));
        let next = all.min_by_key(|(instant, seq, ..)| (*instant, *seq));
        let Some((instant, _, id, event)) = next.filter(|(instant, ..)| *instant <= now) else {
            return false;
        };
        self.happen(&id.clone(), event, instant);
        true
    }

    fn happen(&mut self, id: &[u8], event: Event, instant: u64) {
        match event {
            Event::Due => {
                let place = self.job(id).map_or(Place::End, |job| job.place());
                self.join(id, place, instant);
                self.log_move("due", id, Some("delayed"), instant);
            }
            Event::Release(at) => self.unblock(id, at),
            Event::Lapse => self.lapse(id, instant),
            Event::Expire => self.end(id, How::Expired, None, None, instant),
            Event::IdFree => self.forget(id, |job| {
                if let State::Ended { refused, .. } = &mut job.state {
                    *refused = None;
                }
            }),
            Event::RecordOver => self.drop_record(id, instant),
        }
    }

    /// The lease of `id` ran out at `instant`.
    fn lapse(&mut self, id: &[u8], instant: u64) {
        let limit = self.settings.max_losses;
        let Some(job) = self.job(id) else { return };
        let State::Active { token, cancel, .. } = job.state else { return };
        if cancel {
            return self.end(id, How::Cancelled, Some(token), None, instant);
        }
        job.end_run("lost", None, instant);
        job.losses += 1;
        let (losses, all) = (job.losses, job.losses + job.earlier_losses);
        let fails = job.rerun.is_some() || losses > limit || all > 4 * limit;
        self.log_loss(id, if fails { "failed" } else { "waiting" }, instant);
        if fails {
            self.fail_after_loss(id, token, instant);
        } else {
            let seq = if losses > 1 { Some(self.next_seq()) } else { None };
            if let Some(job) = self.job(id) {
                job.state = State::Waiting { since: instant, late: Some(token) };
                job.seq = seq.unwrap_or(job.seq);
            }
        }
        self.count("losses");
    }

    /// The run under `token` was lost, and is not tried again.
    pub(super) fn fail_after_loss(&mut self, id: &[u8], token: u64, at: u64) {
        let Some(job) = self.job(id) else { return };
        job.error = Some(format!("lease lost {} times", job.losses + job.earlier_losses).into_bytes());
        let (member, has_rerun) = (job.member, job.rerun.is_some());
        self.end(id, How::Failed, Some(token), None, at);
        // Unless the time of the rerun was over already.
        if let Some(job) = self.job(id).filter(|job| has_rerun && job.is_live()) {
            job.lost = Some((token, member));
        }
    }

    /// Ends a life at `at`: a set-aside rerun begins, or the id is remembered and the record kept.
    pub(super) fn end(&mut self, id: &[u8], how: How, token: Option<u64>, result: Option<&Vec<u8>>, at: u64) {
        self.end_kept(id, how, token, result, None, at);
    }

    /// The same; the worker may have said how long the record is kept.
    pub(super) fn end_kept(
        &mut self,
        id: &[u8],
        how: How,
        token: Option<u64>,
        result: Option<&Vec<u8>>,
        keep: Option<Keep>,
        at: u64,
    ) {
        let ending = match how {
            How::Completed => "acks",
            How::Failed => "failures",
            How::Expired => "expirations",
            How::Cancelled => "cancellations",
        };
        self.count(ending);
        self.happened.push((ending, at));
        self.log_end(id, how, result, at);
        let (settings, from) = (self.settings.clone(), at + self.late);
        let Some(job) = self.job(id) else { return };
        let member = job.member;
        if let Some(Rerun { spec, expires_at, latest_due }) = job.rerun.take() {
            let done_under = token.filter(|_| how == How::Completed);
            let error = job.error.clone().filter(|_| how == How::Failed);
            let runs = std::mem::take(&mut job.runs);
            self.begin(id, spec, at);
            if let Some(job) = self.job(id) {
                (job.done_under, job.earlier_error, job.runs) = (done_under, error, runs);
                (job.expires_at, job.latest_due) = (expires_at, latest_due);
                if let (State::Delayed { due, .. }, Some(latest)) = (&mut job.state, latest_due) {
                    *due = latest.min(*due);
                    if *due <= at {
                        job.state = State::Waiting { since: at, late: None };
                    }
                }
            }
            self.log_move("rerun-begun", id, Some(name_of(how)), at);
            self.expire_if_over(id, at);
            return self.set_end(member, Some(how), at);
        }
        let window = job.spec.dedup.unwrap_or(settings.dedup_window);
        job.window_is_kept = window == WHILE_KEPT;
        let refused = if job.window_is_kept { None } else { until(from, window) };
        let keep = keep.map(|keep| keep.span);
        let span = match how {
            How::Completed => keep.or(job.spec.keep).unwrap_or(settings.keep_completed),
            How::Failed => keep.unwrap_or(settings.keep_failed),
            How::Expired | How::Cancelled => 0,
        };
        let kept = until(from, span).max(refused.filter(|_| result.is_some()));
        let refused = if job.window_is_kept { kept } else { refused };
        if kept.is_some() && span == 0 {
            (job.result_only, job.spec.payload) = (true, Vec::new());
            job.fields.clear();
            (job.log, job.log_lines) = (Vec::new(), 0);
        }
        job.state = State::Ended { how, at, token, result: result.cloned(), refused, kept };
        (job.done_under, job.earlier_error, job.lost, job.latest_due) = (None, None, None, None);
        job.holds = false;
        // A failed job that is retried was not asked for in time, but again.
        job.expires_at = None;
        let seq = self.next_seq();
        self.forget(id, |job| job.seq = seq);
        self.log_if_drained(at);
        if kept.is_some() {
            self.trim(at);
        }
        self.set_end(member, Some(how), at);
    }

    /// The time of a rerun may be over when it begins.
    fn expire_if_over(&mut self, id: &[u8], at: u64) {
        let expires_at = self.job(id).and_then(|job| job.expires_at);
        if let Some(expired) = expires_at.filter(|expired| *expired <= at) {
            let late = std::mem::take(&mut self.late);
            self.end(id, How::Expired, None, None, expired);
            self.late = late;
        }
    }

    /// Begins a life at `at`, in the place of whatever was known of `id`.
    pub(super) fn begin(&mut self, id: &[u8], spec: JobSpec, at: u64) {
        let seq = self.next_seq_at(spec.place);
        self.jobs.retain(|job| job.id != id);
        self.jobs.push(Job::new(id, spec, seq, at, self.late));
    }

    /// Makes `id` wait behind or before all of its priority.
    pub(super) fn join(&mut self, id: &[u8], place: Place, at: u64) {
        let seq = self.next_seq_at(place);
        if let Some(job) = self.job(id) {
            job.seq = seq;
            job.state = State::Waiting { since: at, late: None };
        }
    }
}

fn name_of(how: How) -> &'static str {
    match how {
        How::Completed => "completed",
        How::Failed => "failed",
        How::Expired => "expired",
        How::Cancelled => "cancelled",
    }
}

/// What will happen to `job`, and when.
fn events(job: &Job) -> Vec<(u64, Event)> {
    let expiry = job.expires_at.map(|at| (at, Event::Expire));
    match job.state {
        State::Waiting { .. } | State::Blocked { .. } | State::Held => expiry.into_iter().collect(),
        State::Delayed { due, .. } => {
            let is_in_time = job.expires_at.is_none_or(|expires| due < expires);
            [(due, Event::Due)].into_iter().filter(|_| is_in_time).chain(expiry).collect()
        }
        State::Active { until, .. } => vec![(until, Event::Lapse)],
        State::Ended { refused, kept: None, .. } => {
            refused.map(|at| (at, Event::IdFree)).into_iter().collect()
        }
        State::Ended { kept: Some(at), .. } => vec![(at, Event::RecordOver)],
    }
}

//! What a worker says about a job it holds: done, failed, handed back, still at it.

use super::access::Session;
use super::fields::FieldTerms;
use super::lease::Lease;
use crate::queue::effect::{Effect, JobEffect, ReleasedTo};
use crate::queue::jobs::{FieldChanges, Job, Place, RunEnd, Start};
use crate::queue::names::MAX_ERROR;
use crate::queue::store::{EndState, Handle, IdEntry};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What a RELEASE says beside the job.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReleaseOptions<'a> {
    /// What it waits for.
    pub start: Start,
    /// Where it joins its priority; at the end, if it does not wait, is its old place.
    pub place: Place,
    /// What becomes of its fields.
    pub changes: Option<FieldChanges<'a>>,
}

/// The answer to an ACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acked {
    /// The job is done now.
    Done,
    /// It was done under this very token before.
    Already,
    /// It is not this worker's to finish.
    No(Lease),
}

/// Whether another attempt could help.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Failure {
    /// It could: the job is tried again while it has attempts left.
    #[default]
    Retryable,
    /// It could not (NACK FATAL): the job fails at once.
    Fatal,
}

/// What an ACK says beside the jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct AckOptions<'a> {
    /// What came of it.
    pub result: Option<&'a [u8]>,
    /// How long the record is kept, ms or FOREVER, whatever the job and the queue say.
    pub keep: Option<u64>,
    /// About the fields of the job.
    pub terms: FieldTerms<'a>,
}

/// What a NACK says beside the jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct NackOptions<'a> {
    /// What was wrong.
    pub error: Option<&'a [u8]>,
    /// So many milliseconds in the place of the backoff.
    pub delay: Option<u64>,
    /// Whether another attempt could help.
    pub failure: Failure,
    /// Where the job joins its priority for the next attempt.
    pub place: Place,
    /// How long the record is kept of a job that fails for good, ms or FOREVER.
    pub keep: Option<u64>,
    /// About the fields of the job.
    pub terms: FieldTerms<'a>,
}

/// The answer to a NACK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nacked {
    /// It will be tried again.
    Again,
    /// It has failed for good.
    Failed,
    /// It is not this worker's.
    No(Lease),
}

/// The answer to an EXTEND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// The lease ends no earlier than was asked for.
    AsAsked,
    /// It ends with the run, which may last only so many ms more.
    UntilRunEnds(u64),
    /// It is not this worker's.
    No(Lease),
}

impl Session<'_> {
    /// `token` has done `id`. O(log n).
    pub fn ack(&mut self, token: u64, id: &[u8], options: &AckOptions<'_>) -> Acked {
        let keep_until = self.kept_until(options.keep);
        let entry = self.find(id);
        let matched = self.match_lease(token, entry);
        match (matched.lease, matched.job) {
            (Lease::Valid, Some(handle)) => {
                let change = JobEffect::Completed { result: options.result, keep_until };
                self.finish(handle, &options.terms, change)
            }
            (Lease::Unknown, _) => self.refuse_ack(Lease::Unknown),
            (Lease::Lost, _) => self.ack_late(token, entry, options, keep_until),
            (lease, _) => Acked::No(self.end_if_cancelled(lease, matched.job)),
        }
    }

    /// The ACK of a worker that has no lease any more. Where the job was neither claimed nor retried since the lease
    /// was lost, the work counts.
    fn ack_late(
        &mut self,
        token: u64,
        entry: Option<IdEntry>,
        options: &AckOptions<'_>,
        keep_until: Option<u64>,
    ) -> Acked {
        let AckOptions { result, ref terms, .. } = *options;
        if let Some(job) = entry.and_then(|entry| self.ended_by_loss_under(token, entry)) {
            // What has begun since is another life: its fields are not of this one.
            self.change_job(job, JobEffect::LifeCompletedLate);
            return Acked::Done;
        }
        let late = [
            (
                entry.and_then(|entry| self.waiting_under(token, entry)),
                JobEffect::Completed { result, keep_until },
            ),
            (self.failed_by_loss(token, entry), JobEffect::CompletedLate { result, keep_until }),
        ];
        for (job, change) in late {
            if let Some(job) = job {
                return self.finish(job, terms, change);
            }
        }
        if entry.and_then(|entry| self.end_under(token, entry)) == Some(RunEnd::Completed) {
            return Acked::Already;
        }
        self.refuse_ack(Lease::Lost)
    }

    /// The worker has done the job, unless it has the field that must not be there.
    fn finish(&mut self, handle: Handle, terms: &FieldTerms<'_>, change: JobEffect<'_>) -> Acked {
        if self.has_field(handle, terms.unless) {
            return Acked::No(Lease::HasField);
        }
        self.change_fields(handle, terms.changes);
        self.change_job(handle, change);
        Acked::Done
    }

    fn refuse_ack(&mut self, lease: Lease) -> Acked {
        if self.queue.created_at != 0 {
            self.change(&Effect::StaleAck);
        }
        Acked::No(lease)
    }

    /// Until when a record is kept that a worker wants to be kept so long from now; 0: not at all.
    fn kept_until(&self, keep: Option<u64>) -> Option<u64> {
        keep.map(|ms| if ms == 0 { 0 } else { self.in_ms(ms) })
    }

    /// Leaves the newest `most` records of jobs that ended so. At most a thousand more go than the call has ended: the
    /// next calls go on. O(log n) each.
    pub fn trim_records(&mut self, ended: EndState, most: u64, by_this_call: usize) {
        const TRIMMED_AT_MOST: usize = 1000;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let surplus = self.queue.record_count(ended).saturating_sub(most);
        let count = surplus.min(TRIMMED_AT_MOST.saturating_add(by_this_call)) as u64;
        if count > 0 {
            self.change(&Effect::RecordsDropped { ended, count });
        }
    }

    /// `token` has failed at `id`. O(log n).
    pub fn nack(&mut self, token: u64, id: &[u8], options: &NackOptions<'_>) -> Nacked {
        let NackOptions { error, delay, failure, place, keep, ref terms } = *options;
        let entry = self.find(id);
        let (error, keep_until) = (error.map(cut), self.kept_until(keep));
        if let Some(handle) = self.failed_by_loss(token, entry) {
            if self.has_field(handle, terms.unless) {
                return Nacked::No(Lease::HasField);
            }
            self.change_fields(handle, terms.changes);
            self.change_job(handle, JobEffect::FailedLate { error, keep_until });
            return Nacked::Failed;
        }
        let matched = self.match_run(token, entry, RunEnd::Failed);
        let (Lease::Valid, Some(handle)) = (matched.lease, matched.job) else {
            return Nacked::No(self.end_if_cancelled(matched.lease, matched.job));
        };
        if self.has_field(handle, terms.unless) {
            return Nacked::No(Lease::HasField);
        }
        self.change_fields(handle, terms.changes);
        let Some(job) = self.queue.job(handle) else { return Nacked::No(Lease::Unknown) };
        if failure == Failure::Fatal || self.queue.failures_left(job) == 0 {
            self.change_job(handle, JobEffect::Failed { error, keep_until });
            return Nacked::Failed;
        }
        let (settings, options) = (self.queue.settings(), self.queue.options(job));
        let nack = job.nacks.saturating_add(1);
        let wait = delay.unwrap_or_else(|| {
            let wait = options.backoff.unwrap_or(settings.backoff).wait(nack).min(settings.max_backoff);
            spread(wait, settings.jitter, id, nack)
        });
        let due = (wait > 0).then(|| self.in_queue_ms(wait));
        self.change_job(handle, JobEffect::Retried { due, error, place });
        Nacked::Again
    }

    /// `token` hands `id` back unharmed: to its old place, or to what START says, and then to its `place`. O(log n).
    pub fn release(&mut self, token: u64, id: &[u8], options: &ReleaseOptions<'_>) -> Lease {
        let entry = self.find(id);
        let matched = self.match_run(token, entry, RunEnd::Released);
        let (Lease::Valid, Some(handle)) = (matched.lease, matched.job) else {
            return self.end_if_cancelled(matched.lease, matched.job);
        };
        self.change_fields(handle, options.changes);
        let (start, place) = (options.start, options.place);
        let to = match (start, start.due(self.now()), place) {
            (Start::Hold, ..) => ReleasedTo::Hold,
            (_, Some(due), place) => ReleasedTo::Later(due, place),
            (_, None, Place::Front) => ReleasedTo::Front,
            (_, None, Place::End) => ReleasedTo::OldPlace,
        };
        self.change_job(handle, JobEffect::Released { to });
        Lease::Valid
    }

    /// Hands back everything `worker` holds; how many jobs that were. O(log n) per job.
    pub fn release_all(&mut self, worker: &[u8]) -> usize {
        let handles = self.handles_of(worker);
        for &handle in &handles {
            if self.queue.job(handle).is_some_and(Job::cancel_asked) {
                self.change_job(handle, JobEffect::Cancelled);
            } else {
                self.change_job(handle, JobEffect::Released { to: ReleasedTo::OldPlace });
            }
        }
        handles.len()
    }

    /// The lease of `id` ends no earlier than `ms` from now, but not after its run must. O(log n). Even where it ends
    /// later anyway its worker was seen. A job whose lease was lost goes back to its worker, if it was not claimed
    /// since, the limits of the queue and of its lane leave room for it, and its run may go on.
    pub fn extend(&mut self, token: u64, id: &[u8], ms: u64) -> Extended {
        let entry = self.find(id);
        let asked_until = self.in_queue_ms(ms);
        if let Some((handle, run_until)) = self.resumable(token, entry) {
            let lease_until = asked_until.min(run_until);
            self.change_job(handle, JobEffect::TakenBack { lease_until });
            return self.extended(asked_until, lease_until);
        }
        let matched = self.match_lease(token, entry);
        if let (Lease::Valid, Some(handle)) = (matched.lease, matched.job) {
            let Some(job) = self.queue.job(handle) else { return Extended::No(Lease::Unknown) };
            let ends = job.due(self.queue.lead);
            let lease_until = asked_until.min(self.queue.present_run_until(job)).max(ends);
            self.change_job(handle, JobEffect::Leased { lease_until });
            return self.extended(asked_until, lease_until);
        }
        Extended::No(self.ended_or(token, entry, matched.lease))
    }

    fn extended(&self, asked_until: u64, lease_until: u64) -> Extended {
        if lease_until >= asked_until {
            Extended::AsAsked
        } else {
            Extended::UntilRunEnds(lease_until.saturating_sub(self.at()))
        }
    }

    /// The job whose last lease, that of `token`, was lost, if that worker may go on with it, and until when.
    fn resumable(&self, token: u64, entry: Option<IdEntry>) -> Option<(Handle, u64)> {
        let handle = self.waiting_by_loss(token, entry).filter(|job| self.queue.has_slot_for(*job))?;
        let job = self.queue.job(handle)?;
        let run_until = self.queue.run_until(job, job.lost_run()?.claimed_at, token);
        (run_until > self.at()).then_some((handle, run_until))
    }

    /// Keeps `data` with the job. O(log n).
    pub fn progress(&mut self, token: u64, id: &[u8], data: &[u8]) -> Lease {
        let entry = self.find(id);
        let matched = self.match_lease(token, entry);
        if let (Lease::Valid, Some(handle)) = (matched.lease, matched.job) {
            self.change_job(handle, JobEffect::Progressed { data });
        }
        self.ended_or(token, entry, matched.lease)
    }
}

/// `text` up to [`MAX_ERROR`] bytes, and to the end of a character where it is UTF-8.
fn cut(text: &[u8]) -> &[u8] {
    let Some(start) = text.get(..MAX_ERROR) else { return text };
    match std::str::from_utf8(start) {
        Err(broken) if broken.error_len().is_none() => start.get(..broken.valid_up_to()).unwrap_or(start),
        Ok(_) | Err(_) => start,
    }
}

/// Shortens `wait` by up to `jitter` percent. A hash of the id and the attempt takes the place of chance.
fn spread(wait: u64, jitter: u32, id: &[u8], attempt: u32) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id, attempt).hash(&mut hasher);
    let most = u128::from(wait) * u128::from(jitter.min(100)) / 100;
    let less = (most * u128::from(hasher.finish() >> 32)) >> 32;
    wait.saturating_sub(u64::try_from(less).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{cut, spread};

    #[test]
    fn an_error_is_cut_between_characters() {
        let long = |start: &str| [start.as_bytes(), "\u{20ac}".repeat(400).as_bytes()].concat();
        assert_eq!([cut(&long("")).len(), cut(&long("a")).len(), cut(&long("ab")).len()], [1023, 1024, 1022]);
        assert_eq!(cut(&[0xff; 1030]).len(), 1024, "no text");
        assert_eq!(cut(b"short"), b"short");
    }

    #[test]
    fn jitter_shortens_within_its_bounds_and_differs_by_id() {
        let waits: Vec<_> = (0u32..100).map(|n| spread(1000, 50, &n.to_le_bytes(), 1)).collect();
        assert!(waits.iter().all(|w| (500..=1000).contains(w)), "{waits:?}");
        assert!(waits.iter().max() > waits.iter().min());
        assert_eq!(spread(1000, 0, b"x", 1), 1000);
    }
}

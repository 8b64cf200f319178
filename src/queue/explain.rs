//! Why a job is not running.

use super::job::{Job, State};
use super::view::unless_endless;
use super::{After, Entry, Phase, Queue, FOREVER};

/// Why a job is not running, and when that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Where it stands.
    pub phase: Phase,
    /// In words.
    pub why: String,
    /// The instant (Unix ms) that changes it, if time alone does.
    pub until: Option<u64>,
}

impl Queue {
    /// Why `id` is not running, and what will change that. O(log n).
    #[must_use]
    pub fn explain(&self, id: &[u8]) -> Option<Why> {
        match self.find(id)? {
            Entry::Job(handle) => self.job(handle).map(|job| self.explain_job(job)),
            Entry::Remembered(handle) => self.record(handle).map(|r| Why {
                phase: r.ending.into(),
                why: "the job has ended; its id is refused until its dedup window closes".into(),
                until: unless_endless(r.until),
            }),
        }
    }

    fn explain_job(&self, job: &Job) -> Why {
        let (why, until) = match job.state {
            State::Waiting { .. } if self.paused => {
                ("the queue is paused; JQ.RESUME lets it go on", job.expires())
            }
            State::Waiting { lapsed: 1.., .. } => {
                ("its lease ran out; it is claimable again, unless a late ACK comes first", job.expires())
            }
            State::Waiting { .. } if job.expires() != FOREVER => {
                ("it is claimable until it expires; jobs before it in line come first", job.expires())
            }
            State::Waiting { .. } => ("it is claimable; jobs before it in line come first", FOREVER),
            State::Delayed { due } if job.nacks > 0 => ("it waits for its next attempt", due),
            State::Delayed { due } => ("it is delayed", due),
            State::Blocked { after, .. } => return self.explain_blocked(job, after),
            State::Active { lease_until, .. } if job.cancel_asked() => {
                ("a worker has it and will be told that it is cancelled", lease_until)
            }
            State::Active { lease_until, .. } => ("a worker has it", lease_until),
            State::Completed { .. } => ("it is done; its record is kept", job.due()),
            State::Failed { .. } => ("it failed for good; JQ.RETRY gives it fresh attempts", job.due()),
        };
        Why { phase: job.phase(), why: why.into(), until: unless_endless(until) }
    }

    fn explain_blocked(&self, job: &Job, after: After) -> Why {
        let batch = self.batches.get(after.batch);
        let name = batch.map(|batch| String::from_utf8_lossy(&batch.name).into_owned()).unwrap_or_default();
        let why = match batch {
            Some(batch) if batch.sealed => {
                format!("it waits for batch '{name}', which has {} pending", batch.members.pending)
            }
            _ => {
                let pending = batch.map_or(0, |batch| batch.members.pending);
                format!("it waits for batch '{name}', which is not sealed and has {pending} pending")
            }
        };
        Why { phase: job.phase(), why, until: unless_endless(job.expires()) }
    }
}

//! A journal that writes each effect down as it happens, in blobs of bounded size.

use super::blob;
use super::encode::encode_effect;
use crate::codec::wire::Encoder;
use crate::queue::{Effect, JobEffect, Journal, Now, Queue};

/// A new blob begins when one has this many bytes: the effects of one command may take many times what one argument
/// of a command can hold.
const BLOB_BYTES: usize = 1 << 20;

/// Most effects on jobs that are known take no more bytes.
const LONGEST_USUAL: usize = 64;
/// Some fifty of these.
const MANY_BYTES: usize = 2048;

/// A journal that encodes what it records, in blobs of bounded size.
#[derive(Debug)]
pub struct JournalWriter {
    now: Now,
    full: Vec<Vec<u8>>,
    blob: Vec<u8>,
}

impl JournalWriter {
    /// A journal of what happens at `now`.
    #[must_use]
    pub fn new(now: Now) -> Self {
        JournalWriter { now, full: Vec::new(), blob: Vec::new() }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty() && self.full.is_empty()
    }

    /// The effects in blobs, each of which becomes one command for the replicas.
    pub fn into_blobs(self) -> impl Iterator<Item = Vec<u8>> {
        let all = self.full.into_iter().chain(Some(self.blob).filter(|blob| !blob.is_empty()));
        all.map(|mut blob| {
            blob::seal(&mut blob);
            blob
        })
    }
}

impl Journal for JournalWriter {
    fn record(&mut self, queue: &Queue, effect: &Effect<'_>) {
        if self.blob.len() >= BLOB_BYTES {
            self.full.push(std::mem::take(&mut self.blob));
        }
        if self.blob.is_empty() {
            // The blob of one effect takes one allocation: a third of what a small command costs is allocations.
            self.blob.reserve(64 + payload_len(effect));
            blob::begin(&mut self.blob);
            self.blob.number(self.now.written());
            if let Some(until) = queue.stands_until(self.now) {
                encode_effect(&mut self.blob, queue, &Effect::ClockStands { until });
            }
        } else if self.blob.capacity() - self.blob.len() < LONGEST_USUAL {
            // Where there are two there may be fifty: the blob is not to grow in small steps.
            self.blob.reserve(MANY_BYTES);
        }
        encode_effect(&mut self.blob, queue, effect);
    }
}

/// How many bytes an effect carries beside numbers and the id of a known job, where they may be many.
fn payload_len(effect: &Effect<'_>) -> usize {
    match effect {
        Effect::Added { id, job, .. } => id.len() + job.payload.len() + job.fields.map_or(0, <[u8]>::len),
        Effect::Job { change, .. } => job_payload_len(change),
        Effect::Scheduled { name, plan, .. } => name.len() + plan.request.job.payload.len(),
        Effect::Emitted { fields, .. } => fields.packed().len(),
        Effect::Purged { .. }
        | Effect::RecordsDropped { .. }
        | Effect::Removed { .. }
        | Effect::NumberTaken { .. }
        | Effect::Duplicates { .. }
        | Effect::BatchOpened { .. }
        | Effect::BatchMentioned { .. }
        | Effect::BatchSealed { .. }
        | Effect::BatchForgotten { .. }
        | Effect::StaleAck
        | Effect::Paused { .. }
        | Effect::Resumed
        | Effect::GroupPaused { .. }
        | Effect::GroupResumed { .. }
        | Effect::GroupLimited { .. }
        | Effect::Configured(_)
        | Effect::Advanced(_)
        | Effect::ClockSetBack { .. }
        | Effect::ClockStands { .. }
        | Effect::Rewound { .. }
        | Effect::Unscheduled { .. }
        | Effect::PassedOver { .. }
        | Effect::Ticked { .. }
        | Effect::EventsTrimmed { .. }
        | Effect::ExpiryRuleSet { .. }
        | Effect::ExpiryRuleRemoved { .. }
        | Effect::KeyExpired { .. } => 0,
    }
}

fn job_payload_len(change: &JobEffect<'_>) -> usize {
    match change {
        JobEffect::Replaced { by } => by.payload.len(),
        JobEffect::PayloadReplaced { payload } => payload.len(),
        JobEffect::FieldsChanged { changes } => changes.packed().len(),
        JobEffect::Logged { lines } => lines.packed().len(),
        JobEffect::Rerun { next } => next.payload.len(),
        JobEffect::Changed { to } => to.payload.or(to.progress).map_or(0, <[u8]>::len),
        JobEffect::Progressed { data } => data.len(),
        JobEffect::Completed { result, .. } | JobEffect::CompletedLate { result, .. } => {
            result.map_or(0, <[u8]>::len)
        }
        JobEffect::Claimed { .. }
        | JobEffect::LifeCompletedLate
        | JobEffect::Leased { .. }
        | JobEffect::Retried { .. }
        | JobEffect::Failed { .. }
        | JobEffect::Released { .. }
        | JobEffect::FailedLate { .. }
        | JobEffect::TakenBack { .. }
        | JobEffect::Cancelled
        | JobEffect::CancelRequested
        | JobEffect::Promoted { .. }
        | JobEffect::Revived { .. }
        | JobEffect::RunAgain { .. }
        | JobEffect::Advanced => 0,
    }
}

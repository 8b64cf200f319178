//! Encoding: a journal that writes each effect down as it happens.

use super::{tag, VERSION};
use crate::codec::fields::batch::encode_optional_batch;
use crate::codec::fields::job::{encode_addition, encode_new_job};
use crate::codec::fields::outcome::{encode_expiry_outcome, encode_tick_outcome};
use crate::codec::fields::schedule::encode_plan;
use crate::codec::fields::settings::encode_settings;
use crate::codec::wire::Encoder;
use crate::queue::{Effect, Journal, Now, Queue, Steps, Target};

/// A new blob begins when one has this many bytes: the effects of one command may take many times what one argument
/// of a command can hold.
const BLOB_BYTES: usize = 1 << 20;

/// A journal that encodes what it records, in blobs of bounded size.
#[derive(Debug)]
pub struct JournalWriter {
    at: u64,
    full: Vec<Vec<u8>>,
    blob: Vec<u8>,
}

impl JournalWriter {
    /// A journal of what happens at `now`.
    #[must_use]
    pub fn new(now: Now) -> Self {
        JournalWriter { at: now.millis(), full: Vec::new(), blob: Vec::new() }
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blob.is_empty() && self.full.is_empty()
    }

    /// The effects in blobs, each of which becomes one command for the replicas.
    pub fn into_blobs(self) -> impl Iterator<Item = Vec<u8>> {
        self.full.into_iter().chain(Some(self.blob).filter(|blob| !blob.is_empty()))
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
            self.blob.push(VERSION);
            self.blob.number(self.at);
        }
        encode_effect(&mut self.blob, queue, effect);
    }
}

/// How many bytes an effect carries beside numbers and the id of a known job.
fn payload_len(effect: &Effect<'_>) -> usize {
    match effect {
        Effect::Added { id, new } => id.len() + new.payload.len(),
        Effect::Replaced { new, .. } | Effect::Rerun { new, .. } => new.payload.len(),
        Effect::Progressed { data, .. } | Effect::Completed { result: Some(data), .. } => data.len(),
        Effect::Scheduled { name, plan, .. } => name.len() + plan.addition.job.payload.len(),
        _ => 0,
    }
}

#[allow(clippy::too_many_lines, reason = "a table: an arm for each effect")]
fn encode_effect(out: &mut Vec<u8>, queue: &Queue, effect: &Effect<'_>) {
    let about = |out: &mut Vec<u8>, tag: u8, target: Target| {
        out.push(tag);
        out.bytes(queue.id_of(target.0));
    };
    match *effect {
        Effect::Added { id, ref new } => {
            out.push(tag::ADDED);
            out.bytes(id);
            encode_new_job(out, new);
        }
        Effect::Replaced { job, ref new } => {
            about(out, tag::REPLACED, job);
            encode_new_job(out, new);
        }
        Effect::Rerun { job, ref new } => {
            about(out, tag::RERUN, job);
            encode_new_job(out, new);
        }
        Effect::Duplicates { count, batch } => {
            out.push(tag::DUPLICATES);
            out.number(count);
            encode_optional_batch(out, batch);
        }
        Effect::BatchOpened { name } => {
            out.push(tag::BATCH_OPENED);
            out.bytes(name);
        }
        Effect::BatchSealed { batch } => {
            out.push(tag::BATCH_SEALED);
            out.number(batch.0);
        }
        Effect::BatchForgotten { batch } => {
            out.push(tag::BATCH_FORGOTTEN);
            out.number(batch.0);
        }
        Effect::Claimed { job, token, worker, lease_until } => {
            about(out, tag::CLAIMED, job);
            out.number(token);
            out.bytes(worker);
            out.number(lease_until);
        }
        Effect::Leased { job, lease_until } => {
            about(out, tag::LEASED, job);
            out.number(lease_until);
        }
        Effect::Progressed { job, data } => {
            about(out, tag::PROGRESSED, job);
            out.bytes(data);
        }
        Effect::Completed { job, result } => {
            about(out, tag::COMPLETED, job);
            out.optional(result);
        }
        Effect::Retried { job, due, error } => {
            about(out, tag::RETRIED, job);
            encode_due(out, due);
            out.optional(error);
        }
        Effect::Failed { job, error } => {
            about(out, tag::FAILED, job);
            out.optional(error);
        }
        Effect::Released { job, due } => {
            about(out, tag::RELEASED, job);
            encode_due(out, due);
        }
        Effect::Cancelled { job } => about(out, tag::CANCELLED, job),
        Effect::CancelAsked { job } => about(out, tag::CANCEL_REQUESTED, job),
        Effect::Purged { record } => about(out, tag::PURGED, record),
        Effect::Removed { target } => about(out, tag::REMOVED, target),
        Effect::Promoted { job } => about(out, tag::PROMOTED, job),
        Effect::Revived { job } => about(out, tag::REVIVED, job),
        Effect::JobAdvanced { job } => about(out, tag::JOB_ADVANCED, job),
        Effect::StaleAck => out.push(tag::STALE_ACK),
        Effect::Paused => out.push(tag::PAUSED),
        Effect::Resumed => out.push(tag::RESUMED),
        Effect::Configured(ref settings) => {
            out.push(tag::CONFIGURED);
            encode_settings(out, settings);
        }
        Effect::Advanced(Steps { jobs, forgotten }) => {
            out.push(tag::ADVANCED);
            out.number(jobs.into());
            out.number(forgotten.into());
        }
        Effect::Scheduled { name, ref plan, next } => {
            out.push(tag::SCHEDULED);
            out.bytes(name);
            encode_plan(out, plan);
            out.number(next);
        }
        Effect::Unscheduled { name } => {
            out.push(tag::UNSCHEDULED);
            out.bytes(name);
        }
        Effect::Ticked { name, at, next, fate } => {
            out.push(tag::TICKED);
            out.bytes(name);
            out.number(at);
            encode_due(out, next);
            encode_tick_outcome(out, fate);
        }
        Effect::ExpiryRuleSet { prefix, ref addition } => {
            out.push(tag::EXPIRY_RULE_SET);
            out.bytes(prefix);
            encode_addition(out, addition);
        }
        Effect::ExpiryRuleRemoved { prefix } => {
            out.push(tag::EXPIRY_RULE_REMOVED);
            out.bytes(prefix);
        }
        Effect::KeyExpired { prefix, heard } => {
            out.push(tag::KEY_EXPIRED);
            out.bytes(prefix);
            encode_expiry_outcome(out, heard);
        }
    }
}

/// Appends an instant that is never 0 when there is one.
fn encode_due(out: &mut Vec<u8>, due: Option<u64>) {
    out.number(due.unwrap_or(0));
}

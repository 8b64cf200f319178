//! Encoding: one effect as bytes.

use super::{moved, tag};
use crate::codec::fields::batch::encode_optional_batch;
use crate::codec::fields::change::encode_change;
use crate::codec::fields::job::{encode_add_request, encode_job_spec};
use crate::codec::fields::outcome::{encode_expiry_outcome, encode_tick_outcome};
use crate::codec::fields::replacement::encode_replacement;
use crate::codec::fields::schedule::encode_plan;
use crate::codec::fields::settings::{encode_group_limits, encode_more_settings, encode_settings};
use crate::codec::wire::Encoder;
use crate::queue::{BatchRefs, Effect, EndState, IdEntry, JobEffect, Pause, Place, Queue, ReleasedTo, Steps};

/// Appends one effect; `queue` has the id of the job that it is about.
pub(super) fn encode_effect(out: &mut Vec<u8>, queue: &Queue, effect: &Effect<'_>) {
    match *effect {
        Effect::Added { id, ref job, ref batches, .. } => {
            encode_named(out, tag::ADDED, id);
            encode_job_spec(out, job, batches);
        }
        Effect::Job { job, ref change } => encode_job_effect(out, queue.id_of(IdEntry::Job(job)), change),
        Effect::Purged { record } => encode_named(out, tag::PURGED, queue.id_of(IdEntry::Job(record))),
        Effect::RecordsDropped { ended, count } => encode_records_dropped(out, ended, count),
        Effect::Removed { entry } => encode_named(out, tag::REMOVED, queue.id_of(entry)),
        Effect::NumberTaken { number } => encode_numbered(out, tag::NUMBER_TAKEN, number),
        Effect::Duplicates { count, batch } => {
            out.push(tag::DUPLICATES);
            out.number(count);
            encode_optional_batch(out, batch);
        }
        Effect::BatchOpened { name } => encode_named(out, tag::BATCH_OPENED, name),
        Effect::BatchMentioned { batch } => encode_numbered(out, tag::BATCH_MENTIONED, batch.0),
        Effect::BatchSealed { batch } => encode_numbered(out, tag::BATCH_SEALED, batch.0),
        Effect::BatchForgotten { batch } => encode_numbered(out, tag::BATCH_FORGOTTEN, batch.0),
        Effect::StaleAck => out.push(tag::STALE_ACK),
        Effect::Paused { pause } => encode_paused(out, pause),
        Effect::Resumed => out.push(tag::RESUMED),
        Effect::GroupPaused { name, pause } => encode_group_paused(out, name, pause),
        Effect::GroupLimited { name, ref limits } => {
            encode_named(out, tag::GROUP_LIMITED, name);
            encode_group_limits(out, limits);
        }
        Effect::GroupResumed { name } => encode_named(out, tag::GROUP_RESUMED, name),
        Effect::Configured(ref settings) => {
            out.push(tag::CONFIGURED);
            encode_settings(out, settings);
            encode_more_settings(out, settings);
        }
        Effect::Advanced(Steps { jobs, forgotten }) => {
            out.push(tag::ADVANCED);
            out.number(jobs.into());
            out.number(forgotten.into());
        }
        Effect::Scheduled { name, ref plan, next } => {
            encode_named(out, tag::SCHEDULED, name);
            encode_plan(out, plan);
            out.number(next);
        }
        Effect::PassedOver { name, first, last } => {
            encode_named(out, tag::PASSED_OVER, name);
            out.number(first);
            out.number(last);
        }
        Effect::Unscheduled { name } => encode_named(out, tag::UNSCHEDULED, name),
        Effect::Ticked { name, at, missed, next, outcome } => {
            encode_named(out, if missed.count == 0 { tag::TICKED } else { tag::TICKED_LATE }, name);
            out.number(at);
            encode_due(out, next);
            encode_tick_outcome(out, outcome);
            if missed.count != 0 {
                out.number(missed.count);
                out.number(missed.last);
            }
        }
        Effect::Emitted { event, job, fields } => {
            encode_named(out, tag::EMITTED, event);
            out.optional(job);
            out.bytes(fields.packed());
        }
        Effect::EventsTrimmed { keep } => encode_numbered(out, tag::EVENTS_TRIMMED, keep),
        Effect::Rewound { name, next, last, regained } => {
            encode_named(out, tag::REWOUND, name);
            out.number(next);
            encode_due(out, last);
            out.number(regained);
        }
        Effect::ClockSetBack { by } => encode_numbered(out, tag::CLOCK_SET_BACK, by),
        Effect::ClockStands { until } => encode_numbered(out, tag::CLOCK_STANDS, until),
        Effect::ExpiryRuleSet { prefix, ref request } => {
            encode_named(out, tag::EXPIRY_RULE_SET, prefix);
            encode_add_request(out, request);
        }
        Effect::ExpiryRuleRemoved { prefix } => encode_named(out, tag::EXPIRY_RULE_REMOVED, prefix),
        Effect::KeyExpired { prefix, outcome } => {
            encode_named(out, tag::KEY_EXPIRED, prefix);
            encode_expiry_outcome(out, outcome);
        }
    }
}

fn encode_job_effect(out: &mut Vec<u8>, id: &[u8], change: &JobEffect<'_>) {
    match *change {
        JobEffect::Replaced { ref by } => {
            encode_named(out, tag::REPLACED, id);
            encode_replacement(out, by);
        }
        JobEffect::PayloadReplaced { payload } => {
            encode_named(out, tag::PAYLOAD_REPLACED, id);
            out.bytes(payload);
        }
        JobEffect::FieldsChanged { changes } => {
            encode_named(out, tag::FIELDS_CHANGED, id);
            out.bytes(changes.packed());
        }
        JobEffect::Logged { lines } => {
            encode_named(out, tag::LOGGED, id);
            out.bytes(lines.packed());
        }
        JobEffect::Changed { ref to } => {
            encode_named(out, tag::CHANGED, id);
            encode_change(out, to);
        }
        JobEffect::LifeCompletedLate => encode_named(out, tag::LIFE_COMPLETED_LATE, id),
        JobEffect::Rerun { ref next } => {
            encode_named(out, tag::RERUN, id);
            encode_job_spec(out, next, &BatchRefs::NONE);
        }
        JobEffect::Claimed { token, worker, lease_until } => {
            encode_named(out, tag::CLAIMED, id);
            out.number(token);
            out.bytes(worker);
            out.number(lease_until);
        }
        JobEffect::Leased { lease_until } => {
            encode_named(out, tag::LEASED, id);
            out.number(lease_until);
        }
        JobEffect::Progressed { data } => {
            encode_named(out, tag::PROGRESSED, id);
            out.bytes(data);
        }
        JobEffect::Completed { result, keep_until } => {
            encode_end(out, [tag::COMPLETED, tag::COMPLETED_KEPT], id, result, keep_until);
        }
        JobEffect::Retried { due, error, place } => {
            match place {
                Place::End => {
                    encode_named(out, tag::RETRIED, id);
                    encode_due(out, due);
                }
                Place::Front => encode_moved(out, id, moved::RETRIED | moved::FRONT, due),
            }
            out.optional(error);
        }
        JobEffect::Failed { error, keep_until } => {
            encode_end(out, [tag::FAILED, tag::FAILED_KEPT], id, error, keep_until);
        }
        JobEffect::Released { to } => encode_released(out, id, to),
        JobEffect::CompletedLate { result, keep_until } => {
            encode_end(out, [tag::COMPLETED_LATE, tag::COMPLETED_LATE_KEPT], id, result, keep_until);
        }
        JobEffect::FailedLate { error, keep_until } => {
            encode_end(out, [tag::FAILED_LATE, tag::FAILED_LATE_KEPT], id, error, keep_until);
        }
        JobEffect::TakenBack { lease_until } => {
            encode_named(out, tag::TAKEN_BACK, id);
            out.number(lease_until);
        }
        JobEffect::Cancelled => encode_named(out, tag::CANCELLED, id),
        JobEffect::CancelRequested => encode_named(out, tag::CANCEL_REQUESTED, id),
        JobEffect::Promoted { due: None, place: Place::End } => encode_named(out, tag::PROMOTED, id),
        JobEffect::Promoted { due, place: Place::End } => encode_moved(out, id, moved::PROMOTED, due),
        JobEffect::Promoted { due, place: Place::Front } => {
            encode_moved(out, id, moved::PROMOTED | moved::FRONT, due);
        }
        JobEffect::Revived { place: Place::End } => encode_named(out, tag::REVIVED, id),
        JobEffect::Revived { place: Place::Front } => {
            encode_moved(out, id, moved::REVIVED | moved::FRONT, None);
        }
        JobEffect::RunAgain { place } => {
            encode_named(out, tag::RUN_AGAIN, id);
            out.push(u8::from(place == Place::Front));
        }
        JobEffect::Advanced => encode_named(out, tag::JOB_ADVANCED, id),
    }
}

fn encode_released(out: &mut Vec<u8>, id: &[u8], to: ReleasedTo) {
    match to {
        ReleasedTo::OldPlace => {
            encode_named(out, tag::RELEASED, id);
            encode_due(out, None);
        }
        ReleasedTo::Later(due, Place::End) => {
            encode_named(out, tag::RELEASED, id);
            encode_due(out, Some(due));
        }
        ReleasedTo::Front => encode_moved(out, id, moved::RELEASED | moved::FRONT, None),
        ReleasedTo::Later(due, Place::Front) => {
            encode_moved(out, id, moved::RELEASED | moved::FRONT, Some(due));
        }
        ReleasedTo::Hold => encode_moved(out, id, moved::RELEASED | moved::HOLD, None),
    }
}

fn encode_moved(out: &mut Vec<u8>, id: &[u8], how: u8, due: Option<u64>) {
    encode_named(out, tag::MOVED, id);
    out.push(how);
    encode_due(out, due);
}

fn encode_paused(out: &mut Vec<u8>, pause: Pause) {
    match pause {
        Pause::Endless => out.push(tag::PAUSED),
        Pause::Until(end) => {
            out.push(tag::PAUSED_UNTIL);
            out.number(end);
        }
        Pause::Both(end) => {
            out.push(tag::PAUSED_TWICE);
            out.number(end);
        }
    }
}

fn encode_group_paused(out: &mut Vec<u8>, name: &[u8], pause: Pause) {
    match pause {
        Pause::Endless | Pause::Until(_) => {
            encode_named(out, tag::GROUP_PAUSED, name);
            out.instant(pause.end());
        }
        Pause::Both(end) => {
            encode_named(out, tag::GROUP_PAUSED_TWICE, name);
            out.number(end);
        }
    }
}

/// Appends a tag and the name or id that the effect is about.
fn encode_named(out: &mut Vec<u8>, tag: u8, name: &[u8]) {
    out.push(tag);
    out.bytes(name);
}

fn encode_records_dropped(out: &mut Vec<u8>, ended: EndState, count: u64) {
    out.push(tag::RECORDS_DROPPED);
    out.push(u8::from(ended == EndState::Failed));
    out.number(count);
}

/// Appends the end of a job: under the first tag, or under the second where it says how long the record is kept.
fn encode_end(
    out: &mut Vec<u8>,
    [plain, kept]: [u8; 2],
    id: &[u8],
    text: Option<&[u8]>,
    keep_until: Option<u64>,
) {
    encode_named(out, if keep_until.is_some() { kept } else { plain }, id);
    out.optional(text);
    if let Some(until) = keep_until {
        out.instant(until);
    }
}

/// Appends a tag and the number that the effect is about.
fn encode_numbered(out: &mut Vec<u8>, tag: u8, number: u64) {
    out.push(tag);
    out.number(number);
}

/// Appends an instant that is never 0 when there is one.
fn encode_due(out: &mut Vec<u8>, due: Option<u64>) {
    out.number(due.unwrap_or(0));
}

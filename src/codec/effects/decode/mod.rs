//! Decoding: a journal that was written elsewhere is read back and applied.
//!
//! A blob is not trusted. An effect that cannot be, or that is about a job or batch that is not there or not in that
//! state, is refused before it changes anything. All its bytes are read before the queue is asked, so that the effects
//! after it can be applied.
//!
//! They are applied, because each is about another job: the refusal means that this copy of the queue differs already,
//! and of an acknowledged ADD that shares a blob with it nothing else is left. What was refused is counted and logged.
//!
//! - Here: a blob, and which effect it is. [`jobs`], [`records`], [`groups`], [`triggers`]: the fields of each kind.
//! - [`known`]: what an effect names and the queue must have.

mod groups;
mod jobs;
mod known;
mod records;
mod triggers;

use super::ahead::foresee;
use super::{blob, tag};
use crate::codec::fields::job::decode_job_without_batches;
use crate::codec::fields::outcome::decode_expiry_outcome;
use crate::codec::fields::replacement::decode_replacement;
use crate::codec::fields::settings::{decode_more_settings, decode_settings};
use crate::codec::wire::Decoder;
use crate::codec::{DecodeError, Refusal};
use crate::queue::schedules::Missed;
use crate::queue::{Effect, JobEffect, JobState, Now, Pause, Place, Queue, ReleasedTo, Steps};
use groups::{decode_batch_opened, decode_group_limited, decode_group_paused, decode_twice};
use jobs::{
    decode_added, decode_changed, decode_claimed, decode_duplicates, decode_fields_changed, decode_logged,
    decode_moved, decode_number_taken, on_job, on_lost_job,
};
use known::{decode_due, decode_known_batch, known, known_prefix, known_schedule};
use records::decode_about_records;
use triggers::{
    decode_clock_stands, decode_emitted, decode_expiry_rule_set, decode_passed_over, decode_rewound,
    decode_scheduled, decode_ticked,
};

/// Applies the effects of a blob to `queue`.
pub(in crate::codec) fn replay(queue: &mut Queue, bytes: &[u8]) -> Result<(), Refusal> {
    let mut from = blob::open(bytes).map_err(Refusal::whole)?;
    let now = Now::from_written(from.number().map_err(Refusal::whole)?);
    queue.hear_of_primary(now);
    let mut refusal = None::<Refusal>;
    let mut applied = 0;
    for nth in 0.. {
        if from.is_empty() {
            break;
        }
        foresee(queue, nth, from);
        // Not moved, here and below: an effect takes some 400 bytes.
        match &decode_effect(&mut from, queue) {
            Ok(effect) => {
                queue.apply(effect, now);
                applied += 1;
            }
            Err(reason) => {
                refusal.get_or_insert(Refusal { refused: 0, ..Refusal::whole(*reason) }).refused += 1;
                if *reason != DecodeError::Diverged {
                    break;
                }
            }
        }
    }
    refusal.map_or(Ok(()), |refusal| Err(Refusal { applied, ..refusal }))
}

/// One effect, if the queue can take it.
fn decode_effect<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let effect = decode_any(from, queue);
    if effect.is_ok() && queue.is_beyond_replay() {
        return Err(DecodeError::Diverged);
    }
    effect
}

fn decode_any<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    match from.byte()? {
        tag::ADDED => decode_added(from, queue),
        tag::REPLACED => {
            let (id, by) = (from.bytes()?, decode_replacement(from)?);
            let job = known(queue.unstarted_job(id))?;
            Ok(Effect::Job { job, change: JobEffect::Replaced { by } })
        }
        tag::PAYLOAD_REPLACED => {
            on_job(from, queue, |from| Ok(JobEffect::PayloadReplaced { payload: from.bytes()? }))
        }
        tag::FIELDS_CHANGED => decode_fields_changed(from, queue),
        tag::LOGGED => decode_logged(from, queue),
        tag::LIFE_COMPLETED_LATE => on_job(from, queue, |_| Ok(JobEffect::LifeCompletedLate)),
        tag::RERUN => {
            on_job(from, queue, |from| Ok(JobEffect::Rerun { next: decode_job_without_batches(from)? }))
        }
        tag::NUMBER_TAKEN => decode_number_taken(from, queue),
        tag::DUPLICATES => decode_duplicates(from, queue),
        tag::CLAIMED => decode_claimed(from, queue),
        tag::LEASED => on_job(from, queue, |from| Ok(JobEffect::Leased { lease_until: from.number()? })),
        tag::PROGRESSED => on_job(from, queue, |from| Ok(JobEffect::Progressed { data: from.bytes()? })),
        tag::COMPLETED => on_job(from, queue, |from| {
            Ok(JobEffect::Completed { result: from.optional()?, keep_until: None })
        }),
        tag::RETRIED => on_job(from, queue, |from| {
            Ok(JobEffect::Retried { due: decode_due(from)?, error: from.optional()?, place: Place::End })
        }),
        tag::FAILED => {
            on_job(from, queue, |from| Ok(JobEffect::Failed { error: from.optional()?, keep_until: None }))
        }
        tag::RELEASED => on_job(from, queue, |from| {
            let later = decode_due(from)?.map(|due| ReleasedTo::Later(due, Place::End));
            Ok(JobEffect::Released { to: later.unwrap_or(ReleasedTo::OldPlace) })
        }),
        tag::MOVED => decode_moved(from, queue),
        tag::CHANGED => decode_changed(from, queue),
        tag::CANCELLED => on_job(from, queue, |_| Ok(JobEffect::Cancelled)),
        tag::CANCEL_REQUESTED => on_job(from, queue, |_| Ok(JobEffect::CancelRequested)),
        tag::REMOVED => {
            let entry = known(queue.find(from.bytes()?))?;
            Ok(Effect::Removed { entry })
        }
        tag::PROMOTED => on_job(from, queue, |_| Ok(JobEffect::Promoted { due: None, place: Place::End })),
        tag::REVIVED => {
            let job = known(queue.failed_job(from.bytes()?))?;
            Ok(Effect::Job { job, change: JobEffect::Revived { place: Place::End } })
        }
        tag::TAKEN_BACK => on_lost_job(from, queue, JobState::Waiting, |from| {
            Ok(JobEffect::TakenBack { lease_until: from.number()? })
        }),
        tag::STALE_ACK => Ok(Effect::StaleAck),
        tag::PAUSED => Ok(Effect::Paused { pause: Pause::Endless }),
        tag::PAUSED_UNTIL => Ok(Effect::Paused { pause: Pause::to(from.number()?) }),
        tag::PAUSED_TWICE => decode_twice(from).map(|pause| Effect::Paused { pause }),
        tag::RESUMED => Ok(Effect::Resumed),
        tag::GROUP_PAUSED => decode_group_paused(from, queue, |from| from.instant().map(Pause::to)),
        tag::GROUP_PAUSED_TWICE => decode_group_paused(from, queue, decode_twice),
        tag::GROUP_LIMITED => decode_group_limited(from, queue),
        tag::GROUP_RESUMED => {
            let name = from.bytes()?;
            known(queue.group_pause(name).map(|_| Effect::GroupResumed { name }))
        }
        tag::CONFIGURED => {
            let mut settings = decode_settings(from)?;
            decode_more_settings(from, &mut settings)?;
            Ok(Effect::Configured(settings))
        }
        tag::ADVANCED => {
            Ok(Effect::Advanced(Steps { jobs: from.number_as()?, forgotten: from.number_as()? }))
        }
        tag::JOB_ADVANCED => on_job(from, queue, |_| Ok(JobEffect::Advanced)),
        tag::BATCH_OPENED => decode_batch_opened(from, queue),
        tag::BATCH_SEALED => Ok(Effect::BatchSealed { batch: decode_known_batch(from, queue)? }),
        tag::BATCH_MENTIONED => Ok(Effect::BatchMentioned { batch: decode_known_batch(from, queue)? }),
        tag::BATCH_FORGOTTEN => {
            let batch = decode_known_batch(from, queue)?;
            known(queue.may_be_forgotten(batch).then_some(Effect::BatchForgotten { batch }))
        }
        tag::SCHEDULED => decode_scheduled(from),
        tag::PASSED_OVER => decode_passed_over(from, queue),
        tag::UNSCHEDULED => Ok(Effect::Unscheduled { name: known_schedule(from.bytes()?, queue)? }),
        tag::TICKED => decode_ticked(from, queue, |_| Ok(Missed::default())),
        tag::TICKED_LATE => {
            decode_ticked(from, queue, |from| Ok(Missed { count: from.number()?, last: from.number()? }))
        }
        tag::CLOCK_SET_BACK => Ok(Effect::ClockSetBack { by: from.number()? }),
        tag::CLOCK_STANDS => decode_clock_stands(from, queue),
        tag::REWOUND => decode_rewound(from, queue),
        tag::EXPIRY_RULE_SET => decode_expiry_rule_set(from, queue),
        tag::EXPIRY_RULE_REMOVED => {
            Ok(Effect::ExpiryRuleRemoved { prefix: known_prefix(from.bytes()?, queue)? })
        }
        tag::KEY_EXPIRED => {
            let (prefix, outcome) = (from.bytes()?, decode_expiry_outcome(from)?);
            Ok(Effect::KeyExpired { prefix: known_prefix(prefix, queue)?, outcome })
        }
        tag::EMITTED => decode_emitted(from),
        tag::EVENTS_TRIMMED => Ok(Effect::EventsTrimmed { keep: from.number()? }),
        tag => decode_about_records(tag, from, queue),
    }
}

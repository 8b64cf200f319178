//! Decoding: a journal that was written elsewhere is read back and applied.
//!
//! A blob is not trusted. An effect that cannot be, or that is about a job or batch that is not there or not in that
//! state, is refused before it changes anything. All its bytes are read before the queue is asked, so that the effects
//! after it can be applied.
//!
//! They are applied, because each is about another job: the refusal means that this copy of the queue differs already,
//! and of an acknowledged ADD that shares a blob with it nothing else is left. What was refused is counted and logged.

use super::ahead::foresee;
use super::{blob, moved, tag};
use crate::codec::fields::batch::decode_optional_batch;
use crate::codec::fields::change::decode_change;
use crate::codec::fields::job::{decode_add_request, decode_job_spec, decode_job_without_batches};
use crate::codec::fields::outcome::{decode_expiry_outcome, decode_tick_outcome};
use crate::codec::fields::replacement::decode_replacement;
use crate::codec::fields::schedule::decode_plan;
use crate::codec::fields::settings::{decode_group_limits, decode_more_settings, decode_settings};
use crate::codec::wire::Decoder;
use crate::codec::{DecodeError, Refusal};
use crate::queue::schedules::{valid_schedule, Missed, LATEST_TICK};
use crate::queue::{
    is_emitted_name, is_valid_rule, plausible_duplicates, valid_batch_name, valid_group, valid_id,
    BatchNumber, Effect, EmittedFields, EndState, FieldChanges, JobEffect, JobState, LogLines, Now, Pause,
    Place, Queue, ReleasedTo, Steps, FOREVER, MAX_WORKER,
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
        match decode_effect(&mut from, queue) {
            Ok(effect) => {
                queue.apply(&effect, now);
                applied += 1;
            }
            Err(reason) => {
                refusal.get_or_insert(Refusal { refused: 0, ..Refusal::whole(reason) }).refused += 1;
                if reason != DecodeError::Diverged {
                    break;
                }
            }
        }
    }
    refusal.map_or(Ok(()), |refusal| Err(Refusal { applied, ..refusal }))
}

/// One effect, if the queue can take it.
fn decode_effect<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let effect = decode_any(from, queue)?;
    known(Some(effect).filter(|_| !queue.is_beyond_replay()))
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

/// An effect that says what becomes of jobs that have ended.
fn decode_about_records<'a>(
    tag: u8,
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    match tag {
        tag::COMPLETED_LATE => on_lost_job(from, queue, JobState::Failed, |from| {
            Ok(JobEffect::CompletedLate { result: from.optional()?, keep_until: None })
        }),
        tag::FAILED_LATE => on_lost_job(from, queue, JobState::Failed, |from| {
            Ok(JobEffect::FailedLate { error: from.optional()?, keep_until: None })
        }),
        tag::PURGED => {
            let record = known(queue.finished_job(from.bytes()?))?;
            Ok(Effect::Purged { record })
        }
        tag::COMPLETED_KEPT => on_job(from, queue, |from| {
            Ok(JobEffect::Completed { result: from.optional()?, keep_until: Some(from.instant()?) })
        }),
        tag::FAILED_KEPT => on_job(from, queue, |from| {
            Ok(JobEffect::Failed { error: from.optional()?, keep_until: Some(from.instant()?) })
        }),
        tag::COMPLETED_LATE_KEPT => on_lost_job(from, queue, JobState::Failed, |from| {
            Ok(JobEffect::CompletedLate { result: from.optional()?, keep_until: Some(from.instant()?) })
        }),
        tag::FAILED_LATE_KEPT => on_lost_job(from, queue, JobState::Failed, |from| {
            Ok(JobEffect::FailedLate { error: from.optional()?, keep_until: Some(from.instant()?) })
        }),
        tag::RUN_AGAIN => {
            let (id, place) = (from.bytes()?, decode_place(from)?);
            let job = known(queue.repeatable_job(id))?;
            Ok(Effect::Job { job, change: JobEffect::RunAgain { place } })
        }
        tag::RECORDS_DROPPED => {
            let ended = match from.byte()? {
                0 => EndState::Completed,
                1 => EndState::Failed,
                _ => return Err(DecodeError::Damaged("records that cannot be")),
            };
            Ok(Effect::RecordsDropped { ended, count: from.number()? })
        }
        _ => Err(DecodeError::Damaged("unknown effect")),
    }
}

/// An effect on a job that is not finished: its id, then the fields that `decode` reads.
fn on_job<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    decode: fn(&mut Decoder<'a>) -> Result<JobEffect<'a>, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (id, change) = (from.bytes()?, decode(from)?);
    Ok(Effect::Job { job: known(queue.unfinished_job(id))?, change })
}

/// An effect on a job that is in this state because its lease was lost: its id, then the fields that `decode` reads.
fn on_lost_job<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    state: JobState,
    decode: fn(&mut Decoder<'a>) -> Result<JobEffect<'a>, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (id, change) = (from.bytes()?, decode(from)?);
    Ok(Effect::Job { job: known(queue.lost_job(id, state))?, change })
}

fn decode_changed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, to) = (from.bytes()?, decode_change(from)?);
    let job = known(queue.changeable_job(id, &to))?;
    Ok(Effect::Job { job, change: JobEffect::Changed { to } })
}

fn decode_number_taken<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let number = from.number()?;
    known(queue.may_take_number(number).then_some(Effect::NumberTaken { number }))
}

fn decode_moved<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, how, due) = (from.bytes()?, from.byte()?, decode_due(from)?);
    const HELD: u8 = moved::RELEASED | moved::HOLD;
    let place = if how & moved::FRONT == 0 { Place::End } else { Place::Front };
    let change = match how & !moved::FRONT {
        moved::RETRIED => JobEffect::Retried { due, error: from.optional()?, place },
        moved::RELEASED => JobEffect::Released {
            to: match (due, place) {
                (Some(due), place) => ReleasedTo::Later(due, place),
                (None, Place::Front) => ReleasedTo::Front,
                (None, Place::End) => ReleasedTo::OldPlace,
            },
        },
        moved::PROMOTED => JobEffect::Promoted { due, place },
        HELD if due.is_none() && place == Place::End => JobEffect::Released { to: ReleasedTo::Hold },
        moved::REVIVED if due.is_none() => {
            let job = known(queue.failed_job(id))?;
            return Ok(Effect::Job { job, change: JobEffect::Revived { place } });
        }
        _ => return Err(DecodeError::Damaged("unknown move of a job")),
    };
    Ok(Effect::Job { job: known(queue.unfinished_job(id))?, change })
}

fn decode_fields_changed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, changes) = (from.bytes()?, from.bytes()?);
    let changes = FieldChanges::new(changes).ok_or(DecodeError::Damaged("fields that cannot be"))?;
    let job = known(queue.job_or_record(id))?;
    Ok(Effect::Job { job, change: JobEffect::FieldsChanged { changes } })
}

fn decode_logged<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, lines) = (from.bytes()?, from.bytes()?);
    let lines = LogLines::new(lines).ok_or(DecodeError::Damaged("lines of a log that cannot be"))?;
    let job = known(queue.job_or_record(id))?;
    Ok(Effect::Job { job, change: JobEffect::Logged { lines } })
}

fn decode_added<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let id = from.bytes()?;
    if !valid_id(id) {
        return Err(DecodeError::Damaged("an id that cannot be"));
    }
    let (job, batches) = decode_job_spec(from)?;
    let unknown = queue.look_up(id).err();
    if !queue.has_batches(&batches) || (unknown.is_none() && queue.unfinished_job(id).is_some()) {
        return Err(DecodeError::Diverged);
    }
    Ok(Effect::Added { id, unknown, job, batches })
}

fn decode_duplicates<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (count, batch) = (from.number()?, decode_optional_batch(from)?);
    if !plausible_duplicates(count) {
        return Err(DecodeError::Damaged("refusals that cannot be"));
    }
    Ok(Effect::Duplicates { count, batch: batch.map(|batch| known_batch(batch, queue)).transpose()? })
}

fn decode_claimed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, token, worker, lease_until) = (from.bytes()?, from.number()?, from.bytes()?, from.number()?);
    if worker.is_empty() || worker.len() > MAX_WORKER {
        return Err(DecodeError::Damaged("a claim that cannot be"));
    }
    let job = known(queue.job_to_claim(id).filter(|_| queue.may_be_claimed_with(token)))?;
    Ok(Effect::Job { job, change: JobEffect::Claimed { token, worker, lease_until } })
}

fn decode_batch_opened<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let name = from.bytes()?;
    if !valid_batch_name(name) {
        return Err(DecodeError::Damaged("a batch that cannot be"));
    }
    known(queue.find_batch(name).is_none().then_some(Effect::BatchOpened { name }))
}

/// One pause without end, and one that ends.
fn decode_twice(from: &mut Decoder<'_>) -> Result<Pause, DecodeError> {
    match from.number()? {
        FOREVER => Err(DecodeError::Damaged("a pause that cannot be")),
        end => Ok(Pause::Both(end)),
    }
}

fn decode_group_paused<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    decode_pause: fn(&mut Decoder<'a>) -> Result<Pause, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (name, pause) = (from.bytes()?, decode_pause(from)?);
    if !valid_group(name) {
        return Err(DecodeError::Damaged("a group that cannot be"));
    }
    known(queue.may_have_rules(name).then_some(Effect::GroupPaused { name, pause }))
}

fn decode_group_limited<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (name, limits) = (from.bytes()?, decode_group_limits(from)?);
    if !valid_group(name) {
        return Err(DecodeError::Damaged("a group that cannot be"));
    }
    known(queue.may_have_rules(name).then_some(Effect::GroupLimited { name, limits }))
}

fn decode_scheduled<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (name, plan, next) = (from.bytes()?, decode_plan(from)?, from.number()?);
    if valid_schedule(name, &plan, next).is_none() {
        return Err(DecodeError::Damaged("a schedule that cannot be"));
    }
    Ok(Effect::Scheduled { name, plan, next })
}

/// A tick; `missed` reads which instants before it were missed, where that is written.
fn decode_ticked<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    missed: fn(&mut Decoder<'a>) -> Result<Missed, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (name, at, next) = (from.bytes()?, from.number()?, decode_due(from)?);
    let (outcome, missed) = (decode_tick_outcome(from)?, missed(from)?);
    if at > LATEST_TICK {
        return Err(DecodeError::Damaged("a tick that cannot be"));
    }
    let name = known_schedule(name, queue)?;
    known(queue.may_tick_next(name, next).then_some(Effect::Ticked { name, at, missed, next, outcome }))
}

fn decode_clock_stands<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let until = from.number()?;
    known(queue.may_stand_until(until).then_some(Effect::ClockStands { until }))
}

fn decode_passed_over<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (name, first, last) = (from.bytes()?, from.number()?, from.number()?);
    known(queue.may_pass_over(name, first, last).then_some(Effect::PassedOver { name, first, last }))
}

fn decode_rewound<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (name, next, last) = (from.bytes()?, from.number()?, decode_due(from)?);
    let regained = from.number()?;
    let name = known_schedule(name, queue)?;
    known(queue.may_tick_next(name, Some(next)).then_some(Effect::Rewound { name, next, last, regained }))
}

fn decode_expiry_rule_set<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (prefix, request) = (from.bytes()?, decode_add_request(from)?);
    if !is_valid_rule(prefix, &request) {
        return Err(DecodeError::Damaged("a prefix that cannot be"));
    }
    let has_room = queue.expiry_rules().has_room_for(prefix);
    known(has_room.then_some(Effect::ExpiryRuleSet { prefix, request }))
}

fn decode_emitted<'a>(from: &mut Decoder<'a>) -> Result<Effect<'a>, DecodeError> {
    let (event, job, fields) = (from.bytes()?, from.optional()?, EmittedFields::new(from.bytes()?));
    match fields {
        Some(fields) if is_emitted_name(event) && job.is_none_or(valid_id) => {
            Ok(Effect::Emitted { event, job, fields })
        }
        _ => Err(DecodeError::Damaged("an event that cannot be")),
    }
}

fn decode_place(from: &mut Decoder<'_>) -> Result<Place, DecodeError> {
    match from.byte()? {
        0 => Ok(Place::End),
        1 => Ok(Place::Front),
        _ => Err(DecodeError::Damaged("a place that cannot be")),
    }
}

fn decode_due(from: &mut Decoder<'_>) -> Result<Option<u64>, DecodeError> {
    Ok(Some(from.number()?).filter(|due| *due != 0))
}

/// What was found, or that it should have been.
fn known<T>(found: Option<T>) -> Result<T, DecodeError> {
    found.ok_or(DecodeError::Diverged)
}

fn decode_known_batch(from: &mut Decoder<'_>, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    known_batch(BatchNumber(from.number()?), queue)
}

/// `batch`, if this queue has it.
fn known_batch(batch: BatchNumber, queue: &Queue) -> Result<BatchNumber, DecodeError> {
    known(queue.batch_name(batch).map(|_| batch))
}

/// The name of a schedule, if this queue has it.
fn known_schedule<'a>(name: &'a [u8], queue: &Queue) -> Result<&'a [u8], DecodeError> {
    known(queue.schedule(name).map(|_| name))
}

/// A prefix, if this queue has an expiry rule for it.
fn known_prefix<'a>(prefix: &'a [u8], queue: &Queue) -> Result<&'a [u8], DecodeError> {
    known(Some(prefix).filter(|prefix| queue.expiry_rules().has(prefix)))
}

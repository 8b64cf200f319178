//! Effects on jobs: they are added, claimed, moved and changed.

use super::super::moved;
use super::known::{decode_due, known, known_batch};
use crate::codec::fields::batch::decode_optional_batch;
use crate::codec::fields::change::decode_change;
use crate::codec::fields::job::decode_job_spec;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::{
    plausible_duplicates, valid_id, valid_worker, Effect, FieldChanges, JobEffect, JobState, LogLines, Place,
    Queue, ReleasedTo,
};

/// An effect on a job that is not finished: its id, then the fields that `decode` reads.
pub(super) fn on_job<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    decode: fn(&mut Decoder<'a>) -> Result<JobEffect<'a>, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (id, change) = (from.bytes()?, decode(from)?);
    Ok(Effect::Job { job: known(queue.unfinished_job(id))?, change })
}

/// An effect on a job that is in this state because its lease was lost: its id, then the fields that `decode` reads.
pub(super) fn on_lost_job<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    state: JobState,
    decode: fn(&mut Decoder<'a>) -> Result<JobEffect<'a>, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (id, change) = (from.bytes()?, decode(from)?);
    Ok(Effect::Job { job: known(queue.lost_job(id, state))?, change })
}

pub(super) fn decode_changed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, to) = (from.bytes()?, decode_change(from)?);
    let job = known(queue.changeable_job(id, &to))?;
    Ok(Effect::Job { job, change: JobEffect::Changed { to } })
}

pub(super) fn decode_number_taken<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let number = from.number()?;
    known(queue.may_take_number(number).then_some(Effect::NumberTaken { number }))
}

pub(super) fn decode_moved<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
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

pub(super) fn decode_fields_changed<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let (id, changes) = (from.bytes()?, from.bytes()?);
    let changes = FieldChanges::new(changes).ok_or(DecodeError::Damaged("fields that cannot be"))?;
    let job = known(queue.job_or_record(id))?;
    Ok(Effect::Job { job, change: JobEffect::FieldsChanged { changes } })
}

pub(super) fn decode_logged<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, lines) = (from.bytes()?, from.bytes()?);
    let lines = LogLines::new(lines).ok_or(DecodeError::Damaged("lines of a log that cannot be"))?;
    let job = known(queue.job_or_record(id))?;
    Ok(Effect::Job { job, change: JobEffect::Logged { lines } })
}

pub(super) fn decode_added<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
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

pub(super) fn decode_duplicates<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let (count, batch) = (from.number()?, decode_optional_batch(from)?);
    if !plausible_duplicates(count) {
        return Err(DecodeError::Damaged("refusals that cannot be"));
    }
    Ok(Effect::Duplicates { count, batch: batch.map(|batch| known_batch(batch, queue)).transpose()? })
}

pub(super) fn decode_claimed<'a>(from: &mut Decoder<'a>, queue: &Queue) -> Result<Effect<'a>, DecodeError> {
    let (id, token, worker, lease_until) = (from.bytes()?, from.number()?, from.bytes()?, from.number()?);
    if !valid_worker(worker) {
        return Err(DecodeError::Damaged("a claim that cannot be"));
    }
    let job = known(queue.job_to_claim(id).filter(|_| queue.may_be_claimed_with(token)))?;
    Ok(Effect::Job { job, change: JobEffect::Claimed { token, worker, lease_until } })
}

pub(super) fn decode_place(from: &mut Decoder<'_>) -> Result<Place, DecodeError> {
    match from.byte()? {
        0 => Ok(Place::End),
        1 => Ok(Place::Front),
        _ => Err(DecodeError::Damaged("a place that cannot be")),
    }
}

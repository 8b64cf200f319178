//! Effects that say what becomes of jobs that have ended.

use super::super::tag;
use super::jobs::{decode_place, on_job, on_lost_job};
use super::known::known;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::{Effect, EndState, JobEffect, JobState, Queue};

/// An effect that says what becomes of jobs that have ended.
pub(super) fn decode_about_records<'a>(
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

//! A job or kept record in a snapshot, drawn in the module above.

use crate::codec::fields::batch::{
    decode_dependency, decode_optional_batch, encode_dependency, encode_optional_batch,
};
use crate::codec::fields::job::{decode_job_without_batches, encode_job_spec};
use crate::codec::fields::options::{decode_group, decode_options, encode_group, encode_options};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{
    BatchNumber, BatchRefs, LostLife, Run, RunEnd, SavedJob, SavedState, UnmetDependency, FOREVER,
};

mod flag {
    pub(super) const EXPIRES: u32 = 1;
    pub(super) const CANCEL_ASKED: u32 = 2;
    pub(super) const RECORD: u32 = 4;
    pub(super) const ERROR: u32 = 8;
    pub(super) const PROGRESS: u32 = 16;
    pub(super) const RESULT: u32 = 32;
    pub(super) const RERUN: u32 = 64;
    pub(super) const DONE_UNDER: u32 = 128;
    pub(super) const GROUP: u32 = 256;
    pub(super) const HOLDS_LANE: u32 = 512;
    pub(super) const EARLIER_ERROR: u32 = 1 << 10;
    pub(super) const LOST_LIFE: u32 = 1 << 11;
    pub(super) const LATEST_DUE: u32 = 1 << 12;
    pub(super) const HISTORY: u32 = 1 << 13;
    pub(super) const WORKER: u32 = 1 << 14;
    pub(super) const EARLIER_LOSSES: u32 = 1 << 15;
    pub(super) const UNMET: u32 = 1 << 17;
    pub(super) const RESULT_ONLY: u32 = 1 << 18;
    pub(super) const WINDOW_KEPT: u32 = 1 << 23;
    pub(super) const FRONT: u32 = 1 << 19;
    pub(super) const FIELDS: u32 = 1 << 20;
    pub(super) const LOG: u32 = 1 << 21;
    pub(super) const RELEASES: u32 = 1 << 22;
    pub(super) const NAME: u32 = 1 << 24;
    /// All that have a meaning.
    pub(super) const KNOWN: u32 = 8191
        | HISTORY
        | WORKER
        | EARLIER_LOSSES
        | UNMET
        | RESULT_ONLY
        | FRONT
        | FIELDS
        | LOG
        | RELEASES
        | NAME
        | WINDOW_KEPT;
}

pub(super) fn encode_job(out: &mut Vec<u8>, job: &SavedJob<'_>) {
    out.bytes(job.id);
    out.bytes(job.payload);
    encode_state(out, &job.state);
    out.number(job.seq.unsigned_abs());
    out.number(job.added_at);
    out.signed(job.priority.into());
    encode_options(out, &job.options, job.batch);
    out.number(job.nacks.into());
    out.number(job.losses.into());
    let is_record = job.window_until != Some(0) || job.keep_until != 0;
    let flags = [
        (job.expires != FOREVER, flag::EXPIRES),
        (job.cancel_asked, flag::CANCEL_ASKED),
        (is_record, flag::RECORD),
        (job.error.is_some(), flag::ERROR),
        (job.progress.is_some(), flag::PROGRESS),
        (job.result.is_some(), flag::RESULT),
        (job.rerun.is_some(), flag::RERUN),
        (job.done_under != 0, flag::DONE_UNDER),
        (job.group.is_some(), flag::GROUP),
        (job.holds_lane, flag::HOLDS_LANE),
        (job.earlier_error.is_some(), flag::EARLIER_ERROR),
        (job.lost_life.is_some(), flag::LOST_LIFE),
        (job.latest_due != FOREVER, flag::LATEST_DUE),
        (!job.history.is_empty(), flag::HISTORY),
        (job.worker.is_some(), flag::WORKER),
        (job.unmet.is_some(), flag::UNMET),
        (job.earlier_losses != 0, flag::EARLIER_LOSSES),
        (job.result_only, flag::RESULT_ONLY),
        (job.window_until.is_none(), flag::WINDOW_KEPT),
        (job.seq < 0, flag::FRONT),
        (job.fields.is_some(), flag::FIELDS),
        (job.name.is_some(), flag::NAME),
        (job.log.is_some(), flag::LOG),
        (job.releases != 0, flag::RELEASES),
    ];
    out.number(flags.into_iter().filter(|(is, _)| *is).fold(0, |flags, (_, flag)| flags | u64::from(flag)));
    if job.expires != FOREVER {
        out.instant(job.expires);
    }
    if is_record {
        out.instant(job.window_until.unwrap_or(0));
        out.instant(job.keep_until);
    }
    for text in [job.error, job.progress, job.result].into_iter().flatten() {
        out.bytes(text);
    }
    if let Some(rerun) = &job.rerun {
        encode_job_spec(out, rerun, &BatchRefs::NONE);
    }
    if job.done_under != 0 {
        out.number(job.done_under);
    }
    if job.group.is_some() {
        encode_group(out, job.group);
    }
    if let Some(error) = job.earlier_error {
        out.bytes(error);
    }
    if let Some(LostLife { token, batch }) = job.lost_life {
        out.number(token);
        encode_optional_batch(out, batch);
    }
    if job.latest_due != FOREVER {
        out.instant(job.latest_due);
    }
    if !job.history.is_empty() {
        encode_history(out, &job.history);
    }
    if let Some(worker) = job.worker {
        out.bytes(worker);
    }
    if let Some(UnmetDependency { batch, due }) = job.unmet {
        out.number(batch.0);
        out.number(due);
    }
    if job.earlier_losses != 0 {
        out.number(job.earlier_losses.into());
    }
    for bytes in [job.fields, job.name].into_iter().flatten() {
        out.bytes(bytes);
    }
    if let Some((total, lines)) = job.log {
        out.number(total);
        out.bytes(lines);
    }
    if job.releases != 0 {
        out.number(job.releases.into());
    }
}

pub(super) fn decode_job<'a>(from: &mut Decoder<'a>) -> Result<SavedJob<'a>, DecodeError> {
    let (id, payload) = (from.bytes()?, from.bytes()?);
    let state = decode_state(from)?;
    let (number, added_at) = (from.number_as::<i64>()?, from.number()?);
    let priority = from.priority()?;
    let (options, batch) = decode_options(from)?;
    let (nacks, losses) = (from.number_as()?, from.number_as()?);
    let flags: u32 = from.number_as()?;
    if flags & !flag::KNOWN != 0 {
        return Err(DecodeError::Damaged("unknown job flags"));
    }
    let has = |flag| flags & flag != 0;
    let seq = if has(flag::FRONT) { -number } else { number };
    if has(flag::FRONT) && number == 0 {
        return Err(DecodeError::Damaged("a sequence number of the front that cannot be"));
    }
    Ok(SavedJob {
        id,
        payload,
        state,
        seq,
        added_at,
        priority,
        options,
        batch,
        nacks,
        losses,
        expires: if has(flag::EXPIRES) { from.instant()? } else { FOREVER },
        cancel_asked: has(flag::CANCEL_ASKED),
        result_only: has(flag::RESULT_ONLY),
        window_until: decode_window(from, flags)?,
        keep_until: if has(flag::RECORD) { from.instant()? } else { 0 },
        error: if has(flag::ERROR) { Some(from.bytes()?) } else { None },
        progress: if has(flag::PROGRESS) { Some(from.bytes()?) } else { None },
        result: if has(flag::RESULT) { Some(from.bytes()?) } else { None },
        rerun: if has(flag::RERUN) { Some(decode_job_without_batches(from)?) } else { None },
        done_under: if has(flag::DONE_UNDER) { from.number()? } else { 0 },
        group: if has(flag::GROUP) { decode_group(from)? } else { None },
        holds_lane: has(flag::HOLDS_LANE),
        earlier_error: if has(flag::EARLIER_ERROR) { Some(from.bytes()?) } else { None },
        lost_life: if has(flag::LOST_LIFE) { Some(decode_lost_life(from)?) } else { None },
        latest_due: if has(flag::LATEST_DUE) { from.instant()? } else { FOREVER },
        history: if has(flag::HISTORY) { decode_history(from)? } else { Vec::new() },
        worker: if has(flag::WORKER) { Some(from.bytes()?) } else { None },
        unmet: if has(flag::UNMET) {
            Some(UnmetDependency { batch: BatchNumber(from.number()?), due: from.number()? })
        } else {
            None
        },
        earlier_losses: if has(flag::EARLIER_LOSSES) { from.number_as()? } else { 0 },
        fields: if has(flag::FIELDS) { Some(from.bytes()?) } else { None },
        name: if has(flag::NAME) { Some(from.bytes()?) } else { None },
        log: if has(flag::LOG) { Some((from.number()?, from.bytes()?)) } else { None },
        releases: if has(flag::RELEASES) { from.number_as()? } else { 0 },
    })
}

/// Until when the id of a record is refused; None: as long as the record is kept.
fn decode_window(from: &mut Decoder<'_>, flags: u32) -> Result<Option<u64>, DecodeError> {
    let until = if flags & flag::RECORD != 0 { from.instant()? } else { 0 };
    match (flags & flag::WINDOW_KEPT != 0, until) {
        (true, 0) => Ok(None),
        (true, _) => Err(DecodeError::Damaged("a window of two kinds")),
        (false, until) => Ok(Some(until)),
    }
}

fn encode_history(out: &mut Vec<u8>, runs: &[Run<&[u8]>]) {
    out.number(runs.len() as u64);
    for run in runs {
        out.number(run.token);
        out.number(run.attempt);
        out.bytes(run.worker);
        out.number(run.claimed_at);
        out.number(run.ended_at);
        out.push(run.end.code());
        out.optional(run.error);
    }
}

fn decode_history<'a>(from: &mut Decoder<'a>) -> Result<Vec<Run<&'a [u8]>>, DecodeError> {
    let mut runs = Vec::new();
    for _ in 0..from.number()? {
        runs.push(Run {
            token: from.number()?,
            attempt: from.number()?,
            worker: from.bytes()?,
            claimed_at: from.number()?,
            ended_at: from.number()?,
            end: RunEnd::from_code(from.byte()?).ok_or(DecodeError::Damaged("unknown end of a run"))?,
            error: from.optional()?,
        });
    }
    if runs.is_empty() {
        return Err(DecodeError::Damaged("a history without runs"));
    }
    Ok(runs)
}

fn decode_lost_life(from: &mut Decoder<'_>) -> Result<LostLife, DecodeError> {
    match (from.number()?, decode_optional_batch(from)?) {
        // No claim has this token.
        (0, _) => Err(DecodeError::Damaged("a lost life without a token")),
        (token, batch) => Ok(LostLife { token, batch }),
    }
}

fn encode_state(out: &mut Vec<u8>, state: &SavedState<'_>) {
    match *state {
        SavedState::Waiting { since, lapsed } => {
            out.push(0);
            out.number(since);
            out.number(lapsed);
        }
        SavedState::Delayed { due } => {
            out.push(1);
            out.number(due);
        }
        SavedState::Retrying { due } => {
            out.push(6);
            out.number(due);
        }
        SavedState::Active { token, since, lease_until, worker } => {
            out.push(2);
            out.number(token);
            out.number(since);
            out.number(lease_until);
            out.bytes(worker);
        }
        SavedState::Completed { at, token } => {
            out.push(3);
            out.number(at);
            out.number(token);
        }
        SavedState::Failed { at, token } => {
            out.push(4);
            out.number(at);
            out.number(token);
        }
        SavedState::Blocked { after, due } => {
            out.push(5);
            encode_dependency(out, Some(after));
            out.number(due);
        }
        SavedState::Held => out.push(7),
    }
}

fn decode_state<'a>(from: &mut Decoder<'a>) -> Result<SavedState<'a>, DecodeError> {
    Ok(match from.byte()? {
        0 => SavedState::Waiting { since: from.number()?, lapsed: from.number()? },
        1 => SavedState::Delayed { due: from.number()? },
        2 => SavedState::Active {
            token: from.number()?,
            since: from.number()?,
            lease_until: from.number()?,
            worker: from.bytes()?,
        },
        3 => SavedState::Completed { at: from.number()?, token: from.number()? },
        4 => SavedState::Failed { at: from.number()?, token: from.number()? },
        5 => match decode_dependency(from)? {
            Some(after) => SavedState::Blocked { after, due: from.number()? },
            None => return Err(DecodeError::Damaged("a blocked job that waits for nothing")),
        },
        6 => SavedState::Retrying { due: from.number()? },
        7 => SavedState::Held,
        _ => return Err(DecodeError::Damaged("unknown state")),
    })
}

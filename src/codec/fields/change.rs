//! What a CHANGE makes of a job, as bytes, drawn in the table of effects.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{valid_job_name, Change, NewDue, Place};

mod flag {
    pub(super) const PAYLOAD: u8 = 1;
    pub(super) const PROGRESS: u8 = 2;
    pub(super) const DUE_NOW: u8 = 4;
    pub(super) const DUE_AT: u8 = 8;
    pub(super) const PRIORITY: u8 = 16;
    pub(super) const FRONT: u8 = 32;
    pub(super) const NAME: u8 = 64;
    /// This bit has no meaning yet.
    pub(super) const UNKNOWN: u8 = 128;
}

pub(crate) fn encode_change(out: &mut Vec<u8>, change: &Change<'_>) {
    let flag_if = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let due = match change.due {
        // A job is put on hold by other commands.
        NewDue::Unchanged | NewDue::Hold => 0,
        NewDue::Now => flag::DUE_NOW,
        NewDue::At(_) => flag::DUE_AT,
    };
    out.push(
        due | flag_if(change.payload.is_some(), flag::PAYLOAD)
            | flag_if(change.progress.is_some(), flag::PROGRESS)
            | flag_if(change.priority.is_some(), flag::PRIORITY)
            | flag_if(change.place == Place::Front, flag::FRONT)
            | flag_if(change.name.is_some(), flag::NAME),
    );
    for bytes in [change.payload, change.progress].into_iter().flatten() {
        out.bytes(bytes);
    }
    if let NewDue::At(due) = change.due {
        out.number(due);
    }
    if let Some(priority) = change.priority {
        out.signed(priority.into());
    }
    if let Some(name) = change.name {
        out.bytes(name);
    }
}

pub(crate) fn decode_change<'a>(from: &mut Decoder<'a>) -> Result<Change<'a>, DecodeError> {
    let flags = from.byte()?;
    let has = |flag| flags & flag != 0;
    if flags >= flag::UNKNOWN || (has(flag::DUE_NOW) && has(flag::DUE_AT)) {
        return Err(DecodeError::Damaged("a change that cannot be"));
    }
    let payload = if has(flag::PAYLOAD) { Some(from.bytes()?) } else { None };
    let progress = if has(flag::PROGRESS) { Some(from.bytes()?) } else { None };
    let due = if has(flag::DUE_AT) {
        NewDue::At(from.number()?)
    } else if has(flag::DUE_NOW) {
        NewDue::Now
    } else {
        NewDue::Unchanged
    };
    let priority = if has(flag::PRIORITY) { Some(from.priority()?) } else { None };
    let place = if has(flag::FRONT) { Place::Front } else { Place::End };
    let name = if has(flag::NAME) { Some(from.bytes()?) } else { None };
    if !name.is_none_or(valid_job_name) {
        return Err(DecodeError::Damaged("the name of a job is too long"));
    }
    Ok(Change { payload, progress, due, priority, place, name })
}

//! What a REPLACE makes of a job, as bytes.
//!
//! ```text
//!   replacement  payload bytes, options (without a batch), flags (1 due at once, 2 due, 1 and 2 on hold, 4 priority, 8
//!                group, 16 expires, 32 latest due, 64 FRONT, 128 name), then what is flagged from 2 on, but for FRONT: due number, priority
//!                signed, group bytes, expires number, latest due number, name bytes
//! ```

use super::options::{decode_group, decode_options, encode_group, encode_options};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{valid_job_name, NewDue, Place, Replacement};

mod flag {
    pub(super) const DUE_NOW: u8 = 1;
    pub(super) const DUE_AT: u8 = 2;
    pub(super) const PRIORITY: u8 = 4;
    pub(super) const GROUP: u8 = 8;
    pub(super) const EXPIRES: u8 = 16;
    pub(super) const LATEST_DUE: u8 = 32;
    pub(super) const FRONT: u8 = 64;
    pub(super) const NAME: u8 = 128;
}

/// Both of them: it is on hold.
const HOLD: u8 = flag::DUE_NOW | flag::DUE_AT;

pub(crate) fn encode_replacement(out: &mut Vec<u8>, by: &Replacement<'_>) {
    let flag_if = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.bytes(by.payload);
    encode_options(out, &by.options, None);
    let due = match by.due {
        NewDue::Unchanged => 0,
        NewDue::Now => flag::DUE_NOW,
        NewDue::At(_) => flag::DUE_AT,
        NewDue::Hold => HOLD,
    };
    out.push(
        due | flag_if(by.priority.is_some(), flag::PRIORITY)
            | flag_if(by.group.is_some(), flag::GROUP)
            | flag_if(by.expires.is_some(), flag::EXPIRES)
            | flag_if(by.latest_due.is_some(), flag::LATEST_DUE)
            | flag_if(by.place == Place::Front, flag::FRONT)
            | flag_if(by.name.is_some(), flag::NAME),
    );
    if let NewDue::At(due) = by.due {
        out.number(due);
    }
    if let Some(priority) = by.priority {
        out.signed(priority.into());
    }
    if by.group.is_some() {
        encode_group(out, by.group);
    }
    for instant in [by.expires, by.latest_due].into_iter().flatten() {
        out.number(instant);
    }
    if let Some(name) = by.name {
        out.bytes(name);
    }
}

pub(crate) fn decode_replacement<'a>(from: &mut Decoder<'a>) -> Result<Replacement<'a>, DecodeError> {
    let payload = from.bytes()?;
    let (options, batch) = decode_options(from)?;
    let flags = from.byte()?;
    if batch.is_some() {
        return Err(DecodeError::Damaged("a replacement that cannot be"));
    }
    let has = |flag| flags & flag != 0;
    let due = if flags & HOLD == HOLD {
        NewDue::Hold
    } else if has(flag::DUE_AT) {
        NewDue::At(from.number()?)
    } else if has(flag::DUE_NOW) {
        NewDue::Now
    } else {
        NewDue::Unchanged
    };
    let priority = if has(flag::PRIORITY) { Some(from.priority()?) } else { None };
    Ok(Replacement {
        payload,
        options,
        due,
        priority,
        place: if has(flag::FRONT) { Place::Front } else { Place::End },
        group: if has(flag::GROUP) { decode_group(from)? } else { None },
        expires: if has(flag::EXPIRES) { Some(from.number()?) } else { None },
        latest_due: if has(flag::LATEST_DUE) { Some(from.number()?) } else { None },
        name: if has(flag::NAME) { Some(decode_name(from)?) } else { None },
    })
}

fn decode_name<'a>(from: &mut Decoder<'a>) -> Result<&'a [u8], DecodeError> {
    let name = from.bytes()?;
    if valid_job_name(name) {
        Ok(name)
    } else {
        Err(DecodeError::Damaged("the name of a job is too long"))
    }
}

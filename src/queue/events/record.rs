//! One event as bytes in a page.
//!
//! ```text
//!   record   length of the rest (4) | ms of its id (8) | at (8) | name | job: length (2), bytes; 0 = none
//!            | fields until the end
//!   name     code of the event (1), or EMITTED (1), length (1), bytes
//!   field    fact and kind of the value (1), or EMITTED and kind (1), length (1), bytes; then the value
//!   value    state (1) | number (8) | length (4), bytes
//! ```
//!
//! Numbers have their lowest byte first. The number of an event follows from its place.

use super::event_id::EventId;
use super::field::{EventField, EventName, EventValue, Fact, FieldName, LoggedEvent};
use crate::queue::jobs::JobState;
use crate::queue::stats::Event;

/// Stands where the code of an event or a fact does not.
const EMITTED: u8 = 63;
/// The kind of a value, in the upper two bits of the byte that says what it is about.
const STATE: u8 = 0;
const NUMBER: u8 = 1 << 6;
const BYTES: u8 = 2 << 6;
const KINDS: u8 = 3 << 6;

/// How many bytes the length takes that a record begins with.
pub(super) const LENGTH: usize = 4;

/// What is about to be appended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewEvent<'a> {
    pub(crate) at: u64,
    pub(crate) name: EventName<'a>,
    pub(crate) job: Option<&'a [u8]>,
    pub(crate) fields: &'a [EventField<'a>],
}

impl NewEvent<'_> {
    /// At least as many bytes as its record takes.
    pub(super) fn size(&self) -> usize {
        let name = |name: &FieldName<'_>| if let FieldName::Emitted(bytes) = name { bytes.len() } else { 0 };
        let value =
            |value: &EventValue<'_>| if let EventValue::Bytes(bytes) = value { bytes.len() } else { 0 };
        let fields = self.fields.iter().map(|field| 10 + name(&field.name) + value(&field.value));
        32 + self.name.bytes().len() + self.job.map_or(0, <[u8]>::len) + fields.sum::<usize>()
    }

    /// Appends its record.
    pub(super) fn write(&self, ms: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; LENGTH]);
        out.extend_from_slice(&ms.to_le_bytes());
        out.extend_from_slice(&self.at.to_le_bytes());
        match self.name {
            EventName::Own(event) => out.push(event.code()),
            EventName::Emitted(name) => {
                out.push(EMITTED);
                write_name(name, out);
            }
        }
        let job = self.job.unwrap_or_default();
        out.extend_from_slice(&u16::try_from(job.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(job);
        self.fields.iter().for_each(|field| write_field(field, out));
        let length = u32::try_from(out.len() - start - LENGTH).unwrap_or(u32::MAX);
        if let Some(first) = out.get_mut(start..start + LENGTH) {
            first.copy_from_slice(&length.to_le_bytes());
        }
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name);
}

fn write_field(field: &EventField<'_>, out: &mut Vec<u8>) {
    let kind = match field.value {
        EventValue::State(_) => STATE,
        EventValue::Number(_) => NUMBER,
        EventValue::Bytes(_) => BYTES,
    };
    match field.name {
        FieldName::Own(fact) => out.push(kind | fact.code()),
        FieldName::Emitted(name) => {
            out.push(kind | EMITTED);
            write_name(name, out);
        }
    }
    match field.value {
        EventValue::State(state) => out.push(state.code()),
        EventValue::Number(number) => out.extend_from_slice(&number.to_le_bytes()),
        EventValue::Bytes(bytes) => {
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }
}

/// A record, of which only as much is read as is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventRecord<'a> {
    pub(crate) id: EventId,
    pub(crate) at: u64,
    pub(crate) name: EventName<'a>,
    pub(crate) job: Option<&'a [u8]>,
    fields: &'a [u8],
}

impl<'a> EventRecord<'a> {
    /// The record at the start of `bytes`, and what follows it.
    pub(super) fn read(n: u64, bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
        let (mut record, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let from = &mut record;
        let (ms, at) = (take_u64(from)?, take_u64(from)?);
        let name = match take_byte(from)? {
            EMITTED => EventName::Emitted(take_name(from)?),
            code => EventName::Own(Event::from_code(code)?),
        };
        let (length, after) = from.split_first_chunk::<2>()?;
        let (job, fields) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let job = (!job.is_empty()).then_some(job);
        Some((EventRecord { id: EventId { ms, n }, at, name, job, fields }, rest))
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.name.bytes().len() + self.job.map_or(0, <[u8]>::len) + self.fields.len()
    }

    /// All that it says.
    pub(crate) fn event(self) -> LoggedEvent<'a> {
        let EventRecord { id, at, name, job, fields: mut left } = self;
        let mut fields = Vec::with_capacity(8);
        while let Some(field) = take_field(&mut left) {
            fields.push(field);
        }
        LoggedEvent { id, at, name, job, fields }
    }
}

/// The instant in the id of the record at the start of `bytes`.
pub(super) fn ms_of(bytes: &[u8]) -> Option<u64> {
    take_u64(&mut bytes.get(LENGTH..)?)
}

/// How many bytes the record at the start of `bytes` takes.
pub(super) fn size_of_record(bytes: &[u8]) -> usize {
    let length = bytes.first_chunk::<LENGTH>().map_or(0, |length| u32::from_le_bytes(*length));
    LENGTH + usize::try_from(length).unwrap_or(0)
}

fn take_byte(from: &mut &[u8]) -> Option<u8> {
    let (first, rest) = from.split_first()?;
    *from = rest;
    Some(*first)
}

fn take_u64(from: &mut &[u8]) -> Option<u64> {
    let (first, rest) = from.split_first_chunk::<8>()?;
    *from = rest;
    Some(u64::from_le_bytes(*first))
}

fn take_name<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_byte(from)?;
    let (name, rest) = from.split_at_checked(usize::from(length))?;
    *from = rest;
    Some(name)
}

fn take_field<'a>(from: &mut &'a [u8]) -> Option<EventField<'a>> {
    let first = take_byte(from)?;
    let name = match first & !KINDS {
        EMITTED => FieldName::Emitted(take_name(from)?),
        code => FieldName::Own(Fact::from_code(code)?),
    };
    let value = match first & KINDS {
        STATE => EventValue::State(JobState::from_code(take_byte(from)?)?),
        NUMBER => EventValue::Number(take_u64(from)?),
        _ => {
            let (length, rest) = from.split_first_chunk::<4>()?;
            let (bytes, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
            *from = rest;
            EventValue::Bytes(bytes)
        }
    };
    Some(EventField { name, value })
}

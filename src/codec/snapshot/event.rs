//! An event of the log in a snapshot, drawn in the module above.

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{
    Event, EventField, EventId, EventName, EventValue, Fact, FieldName, JobState, LoggedEvent, SavedEvent,
};

/// What an entry of the section is, or whose name it has.
const NO_EVENT: u8 = 0;
const EMITTED: u8 = 1;
/// An event of the queue: its code follows after these.
const OWN: u8 = 2;

/// The kind of a value.
const STATE: u8 = 0;
const NUMBER: u8 = 1;
const BYTES: u8 = 2;

pub(super) fn encode_event(out: &mut Vec<u8>, saved: &SavedEvent<'_>) {
    let id = match saved {
        SavedEvent::None(last) => last,
        SavedEvent::Kept(event) => &event.id,
    };
    out.number(id.ms);
    out.number(id.n);
    let SavedEvent::Kept(event) = saved else { return out.push(NO_EVENT) };
    match event.name {
        EventName::Own(event) => out.push(OWN + event.code()),
        EventName::Emitted(name) => {
            out.push(EMITTED);
            out.bytes(name);
        }
    }
    out.number(event.at);
    out.optional(event.job);
    out.number(event.fields.len() as u64);
    event.fields.iter().for_each(|field| encode_field(out, field));
}

fn encode_field(out: &mut Vec<u8>, field: &EventField<'_>) {
    match field.name {
        FieldName::Own(fact) => out.push(OWN + fact.code()),
        FieldName::Emitted(name) => {
            out.push(EMITTED);
            out.bytes(name);
        }
    }
    match field.value {
        EventValue::State(state) => out.extend([STATE, state.code()]),
        EventValue::Number(number) => {
            out.push(NUMBER);
            out.number(number);
        }
        EventValue::Bytes(bytes) => {
            out.push(BYTES);
            out.bytes(bytes);
        }
    }
}

pub(super) fn decode_event<'a>(from: &mut Decoder<'a>) -> Result<SavedEvent<'a>, DecodeError> {
    let id = EventId { ms: from.number()?, n: from.number()? };
    let name = match from.byte()? {
        NO_EVENT => return Ok(SavedEvent::None(id)),
        EMITTED => EventName::Emitted(from.bytes()?),
        code => EventName::Own(known(code.checked_sub(OWN).and_then(Event::from_code))?),
    };
    let (at, job) = (from.number()?, from.optional()?);
    let fields = (0..from.number()?).map(|_| decode_field(from)).collect::<Result<Vec<_>, _>>()?;
    Ok(SavedEvent::Kept(LoggedEvent { id, at, name, job, fields }))
}

fn decode_field<'a>(from: &mut Decoder<'a>) -> Result<EventField<'a>, DecodeError> {
    let name = match from.byte()? {
        EMITTED => FieldName::Emitted(from.bytes()?),
        code => FieldName::Own(known(code.checked_sub(OWN).and_then(Fact::from_code))?),
    };
    let value = match from.byte()? {
        STATE => EventValue::State(known(JobState::from_code(from.byte()?))?),
        NUMBER => EventValue::Number(from.number()?),
        BYTES => EventValue::Bytes(from.bytes()?),
        _ => return Err(DecodeError::Damaged("unknown value of an event")),
    };
    Ok(EventField { name, value })
}

fn known<T>(found: Option<T>) -> Result<T, DecodeError> {
    found.ok_or(DecodeError::Damaged("unknown code in an event"))
}

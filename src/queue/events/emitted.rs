//! What an application may say in an event of its own, and that as bytes: JQ.EMIT and its effect hand it on as one
//! piece.
//!
//! ```text
//!   fields   until the end: length of the name (1), name, length of the value (2, the lower byte first), value
//! ```

use super::field::{EventField, EventValue, FieldName, MAX_EVENT_VALUE};
use crate::queue::stats::Event;

/// The longest name of an event, and of a field, in bytes.
pub const MAX_EVENT_NAME: usize = 128;
/// The most fields of one event.
pub const MAX_EMITTED_FIELDS: usize = 64;
/// The most bytes of all of them.
pub const MAX_EMITTED_BYTES: usize = 64 << 10;

/// Whether an application may name an event so: not like one of the queue's own, and so that it can stand in a list.
#[must_use]
pub fn is_emitted_name(name: &[u8]) -> bool {
    (1..=MAX_EVENT_NAME).contains(&name.len())
        && !name.contains(&b',')
        && Event::all().all(|event| !event.name().as_bytes().eq_ignore_ascii_case(name))
}

/// Fields as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmittedFields<'a>(&'a [u8]);

impl<'a> EmittedFields<'a> {
    /// The bytes of these fields. Each name and value has a permitted length.
    pub(crate) fn pack<'f>(fields: impl IntoIterator<Item = (&'f [u8], &'f [u8])>) -> Vec<u8> {
        let mut packed = Vec::new();
        for (name, value) in fields {
            packed.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            packed.extend_from_slice(name);
            packed.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
            packed.extend_from_slice(value);
        }
        packed
    }

    /// Packed fields. None: they can't be.
    pub(crate) fn new(packed: &'a [u8]) -> Option<Self> {
        let (mut left, mut count) = (packed, 0);
        while !left.is_empty() {
            let (field, rest) = split_field(left)?;
            left = rest;
            count += 1;
            if !is_field(field) {
                return None;
            }
        }
        (count <= MAX_EMITTED_FIELDS && packed.len() <= MAX_EMITTED_BYTES).then_some(EmittedFields(packed))
    }

    /// Them as bytes.
    pub(crate) fn packed(self) -> &'a [u8] {
        self.0
    }

    /// Name and value of each.
    pub(crate) fn iter(self) -> impl Iterator<Item = EventField<'a>> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let ((name, value), rest) = split_field(left)?;
            left = rest;
            Some(EventField { name: FieldName::Emitted(name), value: EventValue::Bytes(value) })
        })
    }
}

fn is_field((name, value): Pair<'_>) -> bool {
    (1..=MAX_EVENT_NAME).contains(&name.len()) && value.len() <= MAX_EVENT_VALUE
}

/// A name and its value.
type Pair<'a> = (&'a [u8], &'a [u8]);

/// The first of packed fields, and the others.
fn split_field(packed: &[u8]) -> Option<(Pair<'_>, &[u8])> {
    let (length, rest) = packed.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    Some(((name, value), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_may_not_name_its_events_like_those_of_the_queue() {
        assert!(is_emitted_name(b"order-paid"));
        assert!(!is_emitted_name(b"completed") && !is_emitted_name(b"Drained") && !is_emitted_name(b""));
        assert!(!is_emitted_name(b"a,b") && !is_emitted_name(&[b'x'; 129]));
    }

    #[test]
    fn packed_fields_come_back_and_others_are_refused() {
        let large = vec![7; MAX_EVENT_VALUE];
        let packed = EmittedFields::pack([(&b"a"[..], &b"1"[..]), (b"b", b""), (b"c", &large)]);
        let fields = EmittedFields::new(&packed).map(|fields| fields.iter().count());
        assert_eq!(fields, Some(3));
        assert_eq!(EmittedFields::new(&packed[..packed.len() - 1]), None);
        assert_eq!(EmittedFields::new(b"\0\0\0"), None, "a field without a name");
        let many = EmittedFields::pack(vec![(&b"a"[..], &b""[..]); MAX_EMITTED_FIELDS + 1]);
        assert_eq!(EmittedFields::new(&many), None);
        assert!(EmittedFields::new(&[]).is_some());
    }
}

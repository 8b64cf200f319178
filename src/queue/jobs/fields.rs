//! The fields of a job, names with values that applications keep with it, and changes of them: as bytes, in the order
//! of the names.
//!
//! ```text
//!   fields   until the end: length of the name (1), name, length of the value (4, the lowest byte first), value
//!   changes  the same; UNSET as the length of a value: the field goes
//! ```

use std::cmp::Ordering;

/// The most fields of one job, and of one change.
pub const MAX_FIELDS: usize = 64;
/// The longest name of a field in bytes.
pub const MAX_FIELD_NAME: usize = 128;
/// The most bytes of names and values that `max-field-bytes` can allow a job.
pub const MAX_FIELD_BYTES: u64 = 1 << 20;

/// Stands where the length of a value does not.
const UNSET: u32 = u32::MAX;

/// A name, and what becomes of its value. None: the field goes.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// Fields to set, and fields that go, each named once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldChanges<'a>(&'a [u8]);

impl<'a> FieldChanges<'a> {
    /// These changes as bytes. Err: the field that is named twice.
    pub fn pack<'f>(mut changes: Vec<(&'f [u8], Option<&'f [u8]>)>) -> Result<Box<[u8]>, &'f [u8]> {
        changes.sort_unstable_by_key(|(name, _)| *name);
        let twice = changes.iter().zip(changes.iter().skip(1)).find(|((one, _), (other, _))| one == other);
        match twice {
            Some(((name, _), _)) => Err(name),
            None => Ok(packed(changes.into_iter())),
        }
    }

    /// Packed changes. None: they can't be.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (mut left, mut last, mut count) = (bytes, &[][..], 0);
        while !left.is_empty() {
            let ((name, _), rest) = split(left)?;
            count += 1;
            // The empty name is the first, and no name.
            if name <= last || name.len() > MAX_FIELD_NAME || count > MAX_FIELDS {
                return None;
            }
            (left, last) = (rest, name);
        }
        Some(FieldChanges(bytes))
    }

    /// Them as bytes.
    pub(crate) fn packed(self) -> &'a [u8] {
        self.0
    }

    /// How many bytes the names and values of packed fields have, and how many they will have. O(their bytes).
    #[must_use]
    pub fn sizes(self, fields: &[u8]) -> (usize, usize) {
        (size_of_fields(fields).1, size_of_fields(&self.of(fields)).1)
    }

    fn iter(self) -> impl Iterator<Item = Change<'a>> {
        changes_in(self.0)
    }

    /// What becomes of packed fields.
    pub(crate) fn of(self, fields: &[u8]) -> Box<[u8]> {
        let (mut old, mut new) = (changes_in(fields).peekable(), self.iter().peekable());
        let merged = std::iter::from_fn(|| {
            let order = match (old.peek(), new.peek()) {
                (Some((one, _)), Some((other, _))) => one.cmp(other),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            match order {
                Ordering::Less => old.next(),
                Ordering::Equal => old.next().and(new.next()),
                Ordering::Greater => new.next(),
            }
        });
        packed(merged.filter(|(_, value)| value.is_some()))
    }
}

/// The names and values of packed fields, by name.
pub fn fields_in(fields: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    changes_in(fields).filter_map(|(name, value)| Some((name, value?)))
}

/// How many fields there are, and how many bytes their names and values have.
pub(crate) fn size_of_fields(fields: &[u8]) -> (usize, usize) {
    fields_in(fields)
        .fold((0, 0), |(count, bytes), (name, value)| (count + 1, bytes + name.len() + value.len()))
}

/// Whether these bytes are fields that a job can have.
pub(crate) fn are_fields(fields: &[u8]) -> bool {
    let is_set = |changes: FieldChanges<'_>| changes.iter().all(|(_, value)| value.is_some());
    fields.len() <= usize::try_from(2 * MAX_FIELD_BYTES).unwrap_or(usize::MAX)
        && FieldChanges::new(fields).is_some_and(is_set)
}

fn packed<'f>(changes: impl Iterator<Item = Change<'f>>) -> Box<[u8]> {
    let mut packed = Vec::new();
    for (name, value) in changes {
        packed.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        packed.extend_from_slice(name);
        let length = value.map_or(UNSET, |value| u32::try_from(value.len()).unwrap_or(UNSET));
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(value.unwrap_or_default());
    }
    packed.into_boxed_slice()
}

fn changes_in(mut bytes: &[u8]) -> impl Iterator<Item = Change<'_>> {
    std::iter::from_fn(move || {
        let (change, rest) = split(bytes)?;
        bytes = rest;
        Some(change)
    })
}

/// The first of packed changes, and the others.
fn split(bytes: &[u8]) -> Option<(Change<'_>, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    match u32::from_le_bytes(*length) {
        UNSET => Some(((name, None), rest)),
        length => {
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some(((name, Some(value)), rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(changes: &[Change<'_>]) -> Box<[u8]> {
        FieldChanges::pack(changes.to_vec()).unwrap()
    }

    fn shown(fields: &[u8]) -> String {
        fields_in(fields)
            .map(|(n, v)| String::from_utf8_lossy(n) + "=" + String::from_utf8_lossy(v))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn changes_set_and_unset_and_leave_the_rest() {
        let fields = pack(&[(b"b", Some(b"2")), (b"a", Some(b"1")), (b"d", Some(b""))]);
        assert_eq!(shown(&fields), "a=1 b=2 d=");
        let changes = pack(&[(b"c", Some(b"3")), (b"b", None), (b"a", Some(b"9")), (b"z", None)]);
        let changed = FieldChanges::new(&changes).unwrap().of(&fields);
        assert_eq!(shown(&changed), "a=9 c=3 d=");
        assert!(are_fields(&changed) && !are_fields(&changes));
        assert_eq!(shown(&FieldChanges::new(&changes).unwrap().of(&[])), "a=9 c=3");
    }

    #[test]
    fn what_names_a_field_twice_is_refused() {
        assert_eq!(FieldChanges::pack(vec![(b"a", None), (b"b", None), (b"a", Some(b"1"))]), Err(&b"a"[..]));
    }

    #[test]
    fn bytes_that_can_not_be_are_refused() {
        let fields = pack(&[(b"a", Some(b"1")), (b"b", Some(b"2"))]);
        assert!((1..fields.len())
            .filter(|end| *end != 7)
            .all(|end| FieldChanges::new(&fields[..end]).is_none()));
        assert_eq!(FieldChanges::new(b"\0\0\0\0\0"), None, "a field without a name");
        assert_eq!(FieldChanges::new(b"\x01b\0\0\0\0\x01a\0\0\0\0"), None, "out of order");
        assert_eq!(FieldChanges::new(b"\x01a\0\0\0\0\x01a\0\0\0\0"), None, "twice");
        let names: Vec<[u8; 1]> = (0..65).map(|n| [n]).collect();
        let many = pack(&names.iter().map(|name| (&name[..], None)).collect::<Vec<_>>());
        assert_eq!(FieldChanges::new(&many), None);
        assert!(FieldChanges::new(&[]).is_some());
    }
}

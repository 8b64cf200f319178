//! Damage to bytes, in steps small enough that the least harmful one can be found.

use proptest::collection::vec;
use proptest::prelude::{any, prop_oneof, Strategy};
use proptest::sample::{select, Index};

/// Where numbers of some kind end.
pub const LIMITS: [u64; 14] = [
    0,
    1,
    127,
    128,
    1 << 31,
    (1 << 48) - 2,
    (1 << 52) - 1,
    (1 << 53) - (1 << 33) - 1,
    (1 << 53) - 1,
    1 << 53,
    1 << 56,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// One change of one of several byte strings.
#[derive(Debug, Clone)]
pub struct Edit {
    part: Index,
    at: Index,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Flip(u8),
    Set(u8),
    Remove(usize),
    Insert(Vec<u8>),
    /// Puts a number, as the codec writes it, in the place of one byte.
    Number(u64),
    /// Copies so many bytes from elsewhere in the same string.
    Repeat(Index, usize),
    Cut,
    Drop,
    Double,
    Swap(Index),
}

/// One to six changes.
pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let small = (0..8_u32).prop_map(|bit| What::Flip(1 << bit));
    let what = prop_oneof![
        6 => small,
        6 => any::<u8>().prop_map(What::Set),
        2 => (1..20_usize).prop_map(What::Remove),
        2 => vec(any::<u8>(), 1..8).prop_map(What::Insert),
        6 => select(LIMITS.to_vec()).prop_map(What::Number),
        1 => any::<u64>().prop_map(What::Number),
        2 => (any::<Index>(), 1..200_usize).prop_map(|(from, len)| What::Repeat(from, len)),
        1 => select(vec![What::Cut, What::Drop, What::Double]),
        1 => any::<Index>().prop_map(What::Swap),
    ];
    let edit = (any::<Index>(), any::<Index>(), what).prop_map(|(part, at, what)| Edit { part, at, what });
    vec(edit, 1..6)
}

/// Does `edits` to `parts`.
pub fn apply(parts: &mut Vec<Vec<u8>>, edits: &[Edit]) {
    for Edit { part, at, what } in edits {
        if parts.is_empty() {
            return;
        }
        let number = part.index(parts.len());
        match what {
            What::Drop => drop(parts.remove(number)),
            What::Double => parts.insert(number, parts[number].clone()),
            What::Swap(other) => {
                let other = other.index(parts.len());
                parts.swap(number, other);
            }
            _ if parts[number].is_empty() => {}
            what => change(&mut parts[number], at, what),
        }
    }
}

fn change(bytes: &mut Vec<u8>, at: &Index, what: &What) {
    let at = at.index(bytes.len());
    let end = |len: usize| (at + len).min(bytes.len());
    match what {
        What::Flip(mask) => bytes[at] ^= mask,
        What::Set(byte) => bytes[at] = *byte,
        What::Remove(len) => drop(bytes.drain(at..end(*len))),
        What::Insert(more) => drop(bytes.splice(at..at, more.iter().copied())),
        What::Number(number) => drop(bytes.splice(at..=at, number_bytes(*number))),
        What::Repeat(from, len) => {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + len).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        What::Cut => bytes.truncate(at),
        What::Drop | What::Double | What::Swap(_) => {}
    }
}

/// Puts `number` in the place of the one that begins at `at`, if one does.
pub fn set_number(bytes: &mut Vec<u8>, at: usize, number: u64) {
    let more = bytes[at..].iter().take_while(|byte| **byte >= 0x80).count();
    let end = (at + more + 1).min(bytes.len());
    bytes.splice(at..end, number_bytes(number));
}

/// LEB128.
fn number_bytes(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f).to_le_bytes()[0];
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

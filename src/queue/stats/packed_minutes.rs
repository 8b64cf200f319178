//! Minutes that are only read any more, packed by hours of the clock.
//!
//! ```text
//!   hour    its minutes in which something happened, in their order, each:
//!           which one of the hour byte (0 to 59), added, completed, failed numbers (7 bits a byte, low bits first)
//! ```

use super::minute::{Minute, MINUTE};
use std::collections::VecDeque;

const HOUR: u64 = 60 * MINUTE;

/// Minutes in which something happened, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct PackedMinutes {
    hours: VecDeque<Hour>,
    /// How many minutes all hours have, and how many bytes.
    len: u64,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Hour {
    /// Its beginning, Unix ms.
    at: u64,
    len: u64,
    packed: Vec<u8>,
}

impl PackedMinutes {
    /// Adds a minute behind all that are here.
    pub(super) fn push(&mut self, minute: &Minute) {
        let at = minute.at - minute.at % HOUR;
        if self.hours.back().is_none_or(|last| last.at != at) {
            self.hours.push_back(Hour { at, len: 0, packed: Vec::new() });
        }
        let Some(hour) = self.hours.back_mut() else { return };
        let before = hour.packed.capacity();
        hour.push(minute);
        self.bytes = self.bytes + hour.packed.capacity() - before;
        self.len += 1;
    }

    /// Drops the hours that end before `at`, or then.
    pub(super) fn drop_before(&mut self, at: u64) {
        while self.hours.front().is_some_and(|hour| hour.at.saturating_add(HOUR) <= at) {
            let first = self.hours.pop_front();
            self.forget(first.as_ref());
        }
    }

    /// Takes the last hour out if it ends after `at`: its minutes.
    pub(super) fn pop_if_after(&mut self, at: u64) -> Option<Vec<Minute>> {
        self.hours.back().filter(|hour| hour.at.saturating_add(HOUR) > at)?;
        let last = self.hours.pop_back();
        self.forget(last.as_ref());
        last.map(|hour| hour.minutes())
    }

    fn forget(&mut self, hour: Option<&Hour>) {
        self.len -= hour.map_or(0, |hour| hour.len);
        self.bytes -= hour.map_or(0, |hour| hour.packed.capacity());
    }

    /// How many minutes there are.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Minute> + '_ {
        self.hours.iter().flat_map(Hour::minutes)
    }

    /// All of them, the last one first.
    pub(super) fn iter_back(&self) -> impl Iterator<Item = Minute> + '_ {
        self.hours.iter().rev().flat_map(|hour| hour.minutes().into_iter().rev())
    }

    /// Heap bytes held.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.hours.capacity() * size_of::<Hour>() + self.bytes
    }
}

impl Hour {
    fn push(&mut self, minute: &Minute) {
        let mut packed = vec![u8::try_from((minute.at - self.at) / MINUTE).unwrap_or(0)];
        for n in [minute.added, minute.completed, minute.failed] {
            push_number(&mut packed, n);
        }
        // There are sixty of these at most, and then it stays as it is.
        self.packed.reserve_exact(packed.len());
        self.packed.extend(packed);
        self.len += 1;
    }

    fn minutes(&self) -> Vec<Minute> {
        let mut bytes = self.packed.iter().copied();
        std::iter::from_fn(|| {
            let at = self.at + u64::from(bytes.next()?) * MINUTE;
            let [added, completed, failed] = [(); 3].map(|()| next_number(&mut bytes));
            Some(Minute { at, added, completed, failed })
        })
        .collect()
    }
}

fn push_number(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

fn next_number(bytes: &mut impl Iterator<Item = u8>) -> u64 {
    let mut n = 0;
    for (place, byte) in bytes.enumerate() {
        n |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    n
}

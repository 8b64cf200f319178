//! The ids that stay refused after their jobs ended: the memory of the dedup window.
//!
//! There may be far more of them than jobs, so a record is packed: no pointer, no allocation of its own. A
//! page holds up to 64 records of about the same length, and goes back to the allocator when the last one
//! lapses.
//!
//! ```text
//!   record   | head 3 | ended-at 6 | window | token | seq | id | up to 3 unused |      (little endian)
//!
//!   head     length of the id 10 bits, ending 2 bits, then how many bytes the numbers have: window 3 bits (7: none,
//!            the id is remembered for ever), token 3 bits, seq 3 bits
//!
//!   window   until - ended-at
//!
//!   handle   page number * 64 + place in the page, below 2^31
//! ```

use super::keys::InstantKey;
use super::seldom::Empty;
use super::slab::Slab;
use std::collections::{BTreeMap, BTreeSet};

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndState {
    /// A worker acknowledged it.
    Completed,
    /// No attempt was left, or it could not succeed.
    Failed,
    /// Its time ran out before it was done.
    Expired,
    /// It was called off before it ended by itself.
    Cancelled,
}

impl EndState {
    /// The word for it in replies.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// The number for it in saved bytes, 0 to 3.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Completed => 0,
            Self::Failed => 1,
            Self::Expired => 2,
            Self::Cancelled => 3,
        }
    }

    /// The ending with this [`code`](Self::code).
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Completed),
            1 => Some(Self::Failed),
            2 => Some(Self::Expired),
            3 => Some(Self::Cancelled),
            _ => None,
        }
    }
}

/// What is known of a job that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// At most 512 bytes.
    pub id: &'a [u8],
    /// Until when it is remembered: Unix milliseconds, or `u64::MAX` for ever. Instants from 2^48 - 2 on,
    /// which is ten thousand years away, are kept as 2^48 - 2.
    pub until: u64,
    /// When it ended, Unix milliseconds, not after `until`; 0: that is not known.
    pub ended_at: u64,
    /// Token of its last claim, below 2^53.
    pub token: u64,
    /// Its place among the records, below 2^56.
    pub seq: u64,
    /// How it ended.
    pub end_state: EndState,
}

impl Record<'_> {
    /// Its sequence number as indexes compare it with those of jobs.
    pub(crate) fn key_seq(&self) -> i64 {
        i64::try_from(self.seq).unwrap_or(i64::MAX)
    }

    /// Sorts remembered ids by when they are dropped: the same before a record is packed and after.
    pub(crate) fn forget_key(&self) -> InstantKey {
        let at = if self.until == u64::MAX { self.until } else { self.until.min(LATEST) };
        InstantKey { at, seq: self.key_seq() }
    }
}

const HEAD_BYTES: usize = 3;
const INSTANT_BYTES: usize = 6;
/// Of a record without its id at most 30 are used; up to eight are written and read at once.
const PACKED_BYTES: usize = 32;
const LATEST: u64 = (1 << 48) - 2;
/// In the place of how many bytes the window has.
const FOR_EVER: usize = 7;
const MOST_ID_BYTES: usize = 512;
const PAGE_RECORDS: u32 = 64;
/// RecordPage numbers are below this, so that handles are below 2^31.
const MOST_PAGES: u32 = 1 << 25;

/// Packed records: O(1) insert (O(log n) when a page is full), look-up and removal; nothing is copied but a
/// page.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    pages: Slab<RecordPage>,
    /// By stride, the pages with a free place. The lowest fills first, so that high pages drain.
    room: BTreeMap<u16, BTreeSet<u32>>,
    len: usize,
    /// Memory of all pages.
    page_bytes: usize,
}

#[derive(Debug)]
struct RecordPage {
    /// Records of `stride` bytes each, up to the highest place used so far.
    bytes: Vec<u8>,
    /// One bit a place; places that the page does not have count as taken.
    taken: u64,
    stride: u16,
}

/// The largest size not above `bytes` that allocators (jemalloc: four sizes for each doubling) serve without
/// waste.
const fn snug(bytes: usize) -> usize {
    let step = bytes.next_power_of_two() / if bytes.is_power_of_two() { 4 } else { 8 };
    bytes - bytes % step
}

impl RecordPage {
    fn new(stride: u16) -> Self {
        let records = Self::size(stride) / usize::from(stride);
        let missing = u64::MAX.checked_shl(u32::try_from(records).unwrap_or(PAGE_RECORDS)).unwrap_or(0);
        Self { bytes: Vec::new(), taken: missing, stride }
    }

    /// Bytes of a whole page: as many records as fill the memory that is spent on them.
    fn size(stride: u16) -> usize {
        snug(usize::from(stride) * PAGE_RECORDS as usize)
    }

    fn is_full(&self) -> bool {
        self.taken == u64::MAX
    }

    fn is_empty(&self) -> bool {
        self.taken == Self::new(self.stride).taken
    }

    /// Writes into the lowest free place; the caller knows that there is one.
    fn put(&mut self, packed: &[u8], id: &[u8]) -> u32 {
        let place = self.taken.trailing_ones();
        let stride = usize::from(self.stride);
        let start = place as usize * stride;
        if start >= self.bytes.capacity() {
            // In three steps: many queues remember only a few.
            let size = Self::size(self.stride);
            let capacity = [4, 16].map(|n| n * stride).into_iter().find(|&c| c > start && c < size);
            self.bytes.reserve_exact(capacity.unwrap_or(size) - self.bytes.len());
        }
        if start >= self.bytes.len() {
            self.bytes.resize(start + stride, 0);
        }
        if let Some(bytes) = self.bytes.get_mut(start..start + stride) {
            write(bytes, packed, id);
        }
        self.taken |= 1 << place;
        place
    }

    fn holds(&self, place: u32) -> bool {
        // The places a page does not have have no bytes either.
        self.taken >> place & 1 == 1 && (place as usize) < self.bytes.len() / usize::from(self.stride)
    }

    fn get(&self, place: u32) -> Option<Record<'_>> {
        if !self.holds(place) {
            return None;
        }
        read(self.bytes.get(place as usize * usize::from(self.stride)..)?)
    }
}

/// Keeps the capacity, which a vector's own clone would cut to the length.
impl Clone for RecordPage {
    fn clone(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.capacity());
        bytes.extend_from_slice(&self.bytes);
        Self { bytes, taken: self.taken, stride: self.stride }
    }
}

/// A record as it is packed, without its id.
#[derive(Debug, Clone, Copy)]
struct Packed {
    bytes: [u8; PACKED_BYTES],
    len: usize,
}

impl Packed {
    fn of(record: &Record) -> Self {
        let until = record.until.min(LATEST);
        let ended_at = record.ended_at.min(until);
        let (window, token, seq) = (sized(until - ended_at), sized(record.token), sized(record.seq));
        let (window, window_code) =
            if record.until == u64::MAX { ((0, 0), FOR_EVER) } else { (window, window.1) };
        let head = record.id.len()
            | usize::from(record.end_state.code()) << 10
            | window_code << 12
            | token.1 << 15
            | seq.1 << 18;
        let mut packed = Self { bytes: [0; PACKED_BYTES], len: 0 };
        for (number, bytes) in [(head as u64, HEAD_BYTES), (ended_at, INSTANT_BYTES), window, token, seq] {
            packed.push(number, bytes);
        }
        packed
    }

    /// Appends a number of at most seven bytes. Eight are written, and the next number takes the place of those
    /// beyond: that is one instruction where copying just as many as there are is a call.
    fn push(&mut self, number: u64, bytes: usize) {
        if let Some(eight) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *eight = number.to_le_bytes();
        }
        self.len += bytes;
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// A number below 2^56, and how many bytes it takes.
fn sized(number: u64) -> (u64, usize) {
    (number, (64 - number.leading_zeros()).div_ceil(8).min(7) as usize)
}

/// `into` is long enough: the stride was chosen for this record.
fn write(into: &mut [u8], packed: &[u8], id: &[u8]) {
    if let Some((numbers, rest)) = into.split_at_mut_checked(packed.len()) {
        numbers.copy_from_slice(packed);
        if let Some(to) = rest.get_mut(..id.len()) {
            to.copy_from_slice(id);
        }
    }
}

/// The numbers of a packed record, one by one, read as [`Packed::push`] writes them.
struct Numbers {
    bytes: [u8; PACKED_BYTES],
    at: usize,
}

impl Numbers {
    fn of(record: &[u8]) -> Self {
        let whole = record.first_chunk().copied();
        let bytes = whole.unwrap_or_else(|| {
            let mut bytes = [0; PACKED_BYTES];
            bytes.iter_mut().zip(record).for_each(|(to, from)| *to = *from);
            bytes
        });
        Self { bytes, at: 0 }
    }

    fn next(&mut self, bytes: usize) -> u64 {
        let eight = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        self.at += bytes;
        u64::from_le_bytes(eight) & !(u64::MAX << (8 * bytes))
    }
}

fn read(from: &[u8]) -> Option<Record<'_>> {
    let mut numbers = Numbers::of(from);
    let head = usize::try_from(numbers.next(HEAD_BYTES)).ok()?;
    let part = |shift: u32, bits: u32| head >> shift & ((1 << bits) - 1);
    let ended_at = numbers.next(INSTANT_BYTES);
    let until = match part(12, 3) {
        FOR_EVER => u64::MAX,
        bytes => ended_at + numbers.next(bytes),
    };
    let (token, seq) = (numbers.next(part(15, 3)), numbers.next(part(18, 3)));
    Some(Record {
        id: from.get(numbers.at..)?.get(..part(0, 10))?,
        until,
        ended_at,
        token,
        seq,
        end_state: EndState::from_code(u8::try_from(part(10, 2)).ok()?)?,
    })
}

impl Empty for Remembered {
    const EMPTY: &'static Self =
        &Remembered { pages: Slab::new(), room: BTreeMap::new(), len: 0, page_bytes: 0 };

    /// O(strides in use), which are at most 134; the sets of pages with room are estimated.
    fn heap_bytes(&self) -> usize {
        let room = self.room.values().map(|pages| 96 + pages.len() * 8).sum::<usize>();
        self.page_bytes + self.pages.bytes() + room
    }
}

impl Remembered {
    /// How many records there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Stores a record; `None` when its id is longer than 512 bytes or all handles are in use.
    pub(crate) fn insert(&mut self, record: Record) -> Option<u32> {
        if record.id.len() > MOST_ID_BYTES {
            return None;
        }
        let packed = Packed::of(&record);
        let packed = packed.bytes();
        let stride = u16::try_from((packed.len() + record.id.len()).next_multiple_of(4)).ok()?;
        let room = self.room.get(&stride).and_then(BTreeSet::first).copied();
        let number = match room {
            Some(number) => number,
            None => self.new_page(stride)?,
        };
        let page = self.pages.get_mut(number)?;
        let before = page.bytes.capacity();
        let place = page.put(packed, record.id);
        self.page_bytes += page.bytes.capacity() - before;
        self.len += 1;
        if page.is_full() {
            self.close(stride, number);
        }
        Some(number * PAGE_RECORDS + place)
    }

    /// The record of `handle`, if it is in use.
    #[must_use]
    pub(crate) fn get(&self, handle: u32) -> Option<Record<'_>> {
        self.pages.get(handle / PAGE_RECORDS)?.get(handle % PAGE_RECORDS)
    }

    /// Forgets a record; false when there is none of this handle.
    pub(crate) fn remove(&mut self, handle: u32) -> bool {
        let (number, place) = (handle / PAGE_RECORDS, handle % PAGE_RECORDS);
        let Some(page) = self.pages.get_mut(number).filter(|page| page.holds(place)) else { return false };
        let (was_full, stride) = (page.is_full(), page.stride);
        page.taken &= !(1 << place);
        self.len -= 1;
        if page.is_empty() {
            self.page_bytes -= page.bytes.capacity();
            self.pages.remove(number);
            self.close(stride, number);
        } else if was_full {
            self.room.entry(stride).or_default().insert(number);
        }
        true
    }

    /// All records by ascending handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, Record<'_>)> {
        self.pages.iter().flat_map(|(number, page)| {
            let handle = number * PAGE_RECORDS;
            (0..PAGE_RECORDS).filter_map(move |place| Some((handle + place, page.get(place)?)))
        })
    }

    fn new_page(&mut self, stride: u16) -> Option<u32> {
        let number = self.pages.insert(RecordPage::new(stride))?;
        if number >= MOST_PAGES {
            self.pages.remove(number);
            return None;
        }
        self.room.entry(stride).or_default().insert(number);
        Some(number)
    }

    /// Takes a page out of those with room.
    fn close(&mut self, stride: u16, number: u32) {
        if let Some(pages) = self.room.get_mut(&stride) {
            pages.remove(&number);
            if pages.is_empty() {
                self.room.remove(&stride);
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! From an id to its job: a hash table that holds 4-byte entries and grows in parts.
//!
//! A table that doubles moves everything it holds, which at millions of ids stops the server for tenths of a
//! second. Here a directory leads to parts of at most 256 places, and only the part that is full splits:
//!
//! ```text
//!   hash   63    57         56 .. 32         31 .. 0
//!          └─tag─┘        └─directory─┘    └─place in the part─┘
//!
//!   directory  [0 1 0 2]        two bits in use; both entries ending in 0 lead to part 0, which has used one
//!               │ │   │
//!               0 1   2         parts: tables of handles, numbers as in a slab
//! ```
//!
//! The ids themselves stand in what the entries name, so callers say what equals and what an entry hashes to.
//! The order of entries depends on the secret below and must never reach a reply, a digest or a file.

#![allow(clippy::non_std_lazy_statics, reason = "one way of making statics in the whole crate")]

pub(super) mod list;

use super::slab::{Handle, Slab};
use ahash::RandomState;
use hashbrown::HashTable;
use lazy_static::lazy_static;
use std::mem::{replace, size_of, swap, take};

lazy_static! {
    /// Clients choose the ids: without a secret they could choose ids that collide. One for the whole
    /// process, so that a queue can be copied with its index.
    static ref SECRET: RandomState = RandomState::new();
}

/// The hash of an id; the same in all queues of this process, another one in the next.
#[must_use]
pub(crate) fn hash(id: &[u8]) -> u64 {
    SECRET.hash_one(id)
}

/// Entries that a part of 256 places takes: seven eighths. Larger parts would save nothing, and a split, which
/// fetches every id of the part from far memory, would take longer than a command should.
const FULL: usize = 224;
/// Entries with which the first parts split. See [`full`].
const SPLITS_FROM: usize = 128;
/// From this many on a part that ran out of untouched places splits; below, it is swept.
const CROWDED: usize = FULL / 4 * 3;
/// Two parts that together hold no more become one.
const SPARSE: usize = FULL / 4;
/// A place is an entry and a one-byte tag.
const PLACE_BYTES: usize = 5;
/// Bits of a hash that may lead through the directory.
const MOST_DEPTH: u8 = 24;
/// The directory stops growing when it is so many times larger than there are parts: hashes that agree in
/// many bits would double it to no end. A part that may not split grows.
const DIRECTORY_SLACK: usize = 4;
/// What an emptied index may keep, so that a queue that swings between no job and a few does not allocate.
const KEPT_BYTES: usize = 1024;

/// An index from hashes to entries: O(1), and no operation moves more than one part.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdIndex {
    /// Empty, or 2^depth part numbers.
    directory: Vec<Handle>,
    parts: Slab<Part>,
    /// How many parts there are of each depth, up to the deepest there has been.
    depths: Vec<u32>,
    len: usize,
    /// Memory of all tables.
    table_bytes: usize,
}

#[derive(Debug, Clone)]
struct Part {
    table: HashTable<u32>,
    /// Its entries agree in so many low directory bits.
    depth: u8,
}

impl Part {
    fn new(depth: u8, capacity: usize) -> Self {
        Self { table: HashTable::with_capacity(capacity), depth }
    }

    fn bytes(&self) -> usize {
        self.table.allocation_size()
    }

    /// Moves in all entries of `from`.
    fn take_all(&mut self, from: HashTable<u32>, hashes: &impl IdHashes) {
        for (hash, entry) in hashed(from, hashes) {
            self.table.insert_unique(hash, entry, |&e| hashes.of(e));
        }
    }
}

/// What an index asks about its entries.
pub(crate) trait IdHashes {
    /// The hash of the id that an entry leads to.
    fn of(&self, entry: u32) -> u64;

    /// Those of many, in their order. Nearly every id is in memory that is far away: who knows the way there can let
    /// the processor wait for many at once.
    fn of_all(&self, entries: &[u32]) -> Vec<u64> {
        entries.iter().map(|entry| self.of(*entry)).collect()
    }
}

impl<F: Fn(u32) -> u64> IdHashes for F {
    fn of(&self, entry: u32) -> u64 {
        self(entry)
    }
}

/// The entries with their hashes.
fn hashed(table: HashTable<u32>, hashes: &impl IdHashes) -> impl Iterator<Item = (u64, u32)> {
    let entries = table.into_iter().collect::<Vec<_>>();
    hashes.of_all(&entries).into_iter().zip(entries)
}

/// The directory's part of a hash; tables use the lowest and the highest bits.
fn path(hash: u64) -> usize {
    usize::try_from(hash >> 32 & ((1 << MOST_DEPTH) - 1)).unwrap_or(0)
}

/// With how many entries a part splits, by the path of its entries. Hashes spread evenly, so if this were the same for
/// all, all parts would be full at the same time, and whenever the index has doubled nearly every command would split
/// one. By the lowest bits of the path, which its halves inherit, they come in turn, from one doubling to the next, and the
/// memory for an entry is about the same at any size.
fn full(path: usize) -> usize {
    const TURNS: usize = 64;
    SPLITS_FROM + (FULL - SPLITS_FROM) * (path % TURNS) / TURNS
}

impl IdIndex {
    /// How many entries there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Heap bytes held. O(1).
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.table_bytes
            + self.parts.bytes()
            + self.directory.capacity() * size_of::<Handle>()
            + self.depths.capacity() * size_of::<u32>()
    }

    /// The entry with this hash for which `eq` holds.
    #[must_use]
    pub(crate) fn find(&self, hash: u64, eq: impl Fn(u32) -> bool) -> Option<u32> {
        self.parts.get(self.part_of(hash)?)?.table.find(hash, |&entry| eq(entry)).copied()
    }

    /// The entries that these hashes seem to lead to. To find out means to read what look-ups of them read: first
    /// their parts, then their tags, then their places, so that the processor waits for many at once. Of each hash the
    /// first entry with its tag is taken, which one time in twenty is another.
    pub(crate) fn likely(&self, hashes: &[u64]) -> Vec<u32> {
        let part_of = |hash: u64| Some((hash, self.parts.get(self.part_of(hash)?)?));
        let mut parts = Vec::with_capacity(hashes.len());
        parts.extend(hashes.iter().filter_map(|hash| part_of(*hash)));
        let mut places = Vec::with_capacity(hashes.len());
        places.extend(parts.into_iter().filter_map(|(hash, part)| part.table.find(hash, |_| true)));
        places.into_iter().copied().collect()
    }

    /// Adds an entry that the caller knows is not in here. `hashes` is asked about entries that are.
    pub(crate) fn insert(&mut self, hash: u64, entry: u32, hashes: &impl IdHashes) {
        self.make_room(hash, hashes);
        let Some(part) = self.part_of(hash).and_then(|number| self.parts.get_mut(number)) else { return };
        let before = part.bytes();
        part.table.insert_unique(hash, entry, |&e| hashes.of(e));
        // Sweeping out removed entries can make a table smaller.
        self.table_bytes = self.table_bytes + part.bytes() - before;
        self.len += 1;
    }

    /// Puts `entry` in the place of the one with this hash for which `eq` holds, and gives that one back.
    /// Nothing changes when there is none.
    pub(crate) fn replace(&mut self, hash: u64, eq: impl Fn(u32) -> bool, entry: u32) -> Option<u32> {
        let number = self.part_of(hash)?;
        let found = self.parts.get_mut(number)?.table.find_mut(hash, |&e| eq(e))?;
        Some(replace(found, entry))
    }

    /// Takes out the entry with this hash for which `eq` holds. `hashes` is asked about other entries only,
    /// when a sparse part shrinks or joins another.
    pub(crate) fn remove(
        &mut self,
        hash: u64,
        eq: impl Fn(u32) -> bool,
        hashes: &impl IdHashes,
    ) -> Option<u32> {
        let part = self.parts.get_mut(self.part_of(hash)?)?;
        let (entry, _) = part.table.find_entry(hash, |&e| eq(e)).ok()?.remove();
        self.len -= 1;
        let is_sparse = part.table.len() * 8 * PLACE_BYTES <= part.bytes();
        if self.len == 0 && self.bytes() > KEPT_BYTES {
            *self = Self::default();
        } else if is_sparse {
            self.shrink(hash, hashes);
        }
        Some(entry)
    }

    fn part_of(&self, hash: u64) -> Option<Handle> {
        self.directory.get(path(hash) & self.directory.len().wrapping_sub(1)).copied()
    }

    fn depth(&self) -> u8 {
        u8::try_from(self.directory.len().trailing_zeros()).unwrap_or(0)
    }

    fn count(&mut self, depth: u8, change: i32) {
        let depth = usize::from(depth);
        if self.depths.len() <= depth {
            self.depths.resize(depth + 1, 0);
        }
        if let Some(parts) = self.depths.get_mut(depth) {
            *parts = parts.saturating_add_signed(change);
        }
    }

    /// Splits or sweeps the part of `hash` if an insertion would otherwise grow it beyond 256 places.
    fn make_room(&mut self, hash: u64, hashes: &impl IdHashes) {
        if self.directory.is_empty() {
            self.directory.extend(self.parts.insert(Part::new(0, 0)));
            self.count(0, 1);
        }
        for _ in 0..MOST_DEPTH {
            let Some(part) = self.part_of(hash).and_then(|number| self.parts.get_mut(number)) else { return };
            let places = part.bytes() / PLACE_BYTES;
            let has_room = part.table.len() < part.table.capacity();
            let is_full = part.table.len() >= full(path(hash));
            if places < FULL || (has_room && !is_full) {
                return;
            }
            if !has_room && part.table.len() < CROWDED.min(full(path(hash))) && places < 2 * FULL {
                // Full of places whose entries were removed. The table itself would double.
                let full = replace(part, Part::new(part.depth, FULL));
                part.take_all(full.table, hashes);
                return;
            }
            if !self.split(hash, hashes) {
                return;
            }
        }
    }

    /// Splits the part of `hash` by its next directory bit; false when that may not be.
    fn split(&mut self, hash: u64, hashes: &impl IdHashes) -> bool {
        let Some(number) = self.part_of(hash) else { return false };
        let Some(depth) = self.parts.get(number).map(|part| part.depth) else { return false };
        if depth == self.depth() {
            if depth == MOST_DEPTH || self.directory.len() > DIRECTORY_SLACK * self.parts.len() {
                return false;
            }
            self.directory.extend_from_within(..);
        }
        let bit = 1_usize << depth;
        let mut low = Part::new(depth + 1, FULL);
        let mut high = Part::new(depth + 1, FULL);
        let Some(part) = self.parts.get_mut(number) else { return false };
        let before = part.bytes();
        for (hash, entry) in hashed(take(&mut part.table), hashes) {
            let half = if path(hash) & bit == 0 { &mut low } else { &mut high };
            half.table.insert_unique(hash, entry, |&e| hashes.of(e));
        }
        self.table_bytes = self.table_bytes + low.bytes() + high.bytes() - before;
        *part = low;
        let Some(new) = self.parts.insert(high) else { return false };
        for at in self.directory.iter_mut().skip((path(hash) & (bit - 1)) | bit).step_by(bit * 2) {
            *at = new;
        }
        self.count(depth, -1);
        self.count(depth + 1, 2);
        true
    }

    /// Gives back memory of the part of `hash`: by joining it with its other half while both are sparse, or
    /// by a smaller table.
    fn shrink(&mut self, hash: u64, hashes: &impl IdHashes) {
        let mut merged = false;
        while self.merge(hash, hashes) {
            merged = true;
        }
        if merged {
            return;
        }
        let Some(part) = self.part_of(hash).and_then(|number| self.parts.get_mut(number)) else { return };
        let before = part.bytes();
        part.table.shrink_to(part.table.len() * 2, |&e| hashes.of(e));
        self.table_bytes = self.table_bytes + part.bytes() - before;
    }

    fn merge(&mut self, hash: u64, hashes: &impl IdHashes) -> bool {
        let Some((number, other, depth)) = self.sparse_pair(hash) else { return false };
        let Some(mut small) = self.parts.remove(other) else { return false };
        let Some(part) = self.parts.get_mut(number) else { return false };
        let before = part.bytes() + small.bytes();
        if small.table.len() > part.table.len() {
            swap(&mut small.table, &mut part.table);
        }
        part.take_all(small.table, hashes);
        part.depth = depth - 1;
        self.table_bytes = self.table_bytes + part.bytes() - before;
        let bit = 1_usize << (depth - 1);
        for at in self.directory.iter_mut().skip(path(hash) & (bit - 1)).step_by(bit) {
            *at = number;
        }
        self.count(depth, -2);
        self.count(depth - 1, 1);
        self.trim_directory();
        true
    }

    /// Halves the directory while no part needs its last bit.
    fn trim_directory(&mut self) {
        while self.depth() > 0 && self.depths.get(usize::from(self.depth())).is_none_or(|parts| *parts == 0) {
            self.directory.truncate(self.directory.len() / 2);
            self.directory.shrink_to_fit();
        }
    }

    /// The part of `hash`, its other half and their depth, if both together hold little.
    fn sparse_pair(&self, hash: u64) -> Option<(Handle, Handle, u8)> {
        let number = self.part_of(hash)?;
        let part = self.parts.get(number)?;
        let bit = 1_usize.checked_shl(u32::from(part.depth.checked_sub(1)?))?;
        let other = *self.directory.get((path(hash) & (bit * 2 - 1)) ^ bit)?;
        let half = self.parts.get(other)?;
        let fits = part.table.len() + half.table.len() <= SPARSE;
        (half.depth == part.depth && fits).then_some((number, other, part.depth))
    }
}

#[cfg(test)]
mod tests;

//! Many ids at once: an index made at its final size.
//!
//! A queue that is loaded knows all its ids before any of them is looked up. Put into an index one by one, each would
//! wait for memory three times to learn that it is not there yet, and all of them would be fetched again whenever a part
//! splits: that was more than half the cost of loading. Here they are sorted by the bits that lead through the
//! directory, lowest bit first. Then the entries of a part stand side by side, and so do equal hashes, so the ids of
//! two entries are compared only when their hashes are equal.

use super::{full, IdIndex, Part, FULL};

/// Entries with the hashes of their ids, of which an index can be made.
#[derive(Debug, Clone, Default)]
pub(crate) struct IdList {
    /// By [`turned`] hashes, once sorted.
    entries: Vec<(u64, u32)>,
}

/// A hash whose highest bit is the directory's lowest: sorted, what shares a part is together.
fn turned(hash: u64) -> u64 {
    hash.rotate_right(32).reverse_bits()
}

/// The hash again.
fn turned_back(turned: u64) -> u64 {
    turned.reverse_bits().rotate_left(32)
}

impl IdList {
    /// Adds an entry whose id has this hash.
    pub(crate) fn push(&mut self, hash: u64, entry: u32) {
        self.entries.push((turned(hash), entry));
    }

    /// The index of all entries. None: two entries have one id. `are_equal` compares the ids of two entries. O(n log n).
    pub(crate) fn into_index(mut self, are_equal: impl Fn(u32, u32) -> bool) -> Option<IdIndex> {
        self.entries.sort_unstable();
        let of_one_hash = self.entries.chunk_by(|(one, _), (other, _)| one == other);
        for same in of_one_hash.filter(|same| same.len() > 1) {
            let entries = || same.iter().map(|(_, entry)| *entry);
            let has_twin = |(at, one)| entries().skip(at + 1).any(|other| are_equal(one, other));
            if entries().enumerate().any(has_twin) {
                return None;
            }
        }
        let mut index = IdIndex::default();
        if !self.entries.is_empty() {
            // Entries spread evenly fill half a part at most at this depth; the directory is no larger, whatever they do.
            let most_depth = (self.entries.len() / FULL + 1).next_power_of_two().trailing_zeros() + 1;
            index.directory.resize(1 << most_depth, 0);
            index.add_parts(&self.entries, most_depth, 0, 0);
            index.trim_directory();
        }
        Some(index)
    }
}

impl IdIndex {
    /// Makes parts of sorted entries whose hashes agree in `depth` bits of the directory, which are `path`.
    fn add_parts(&mut self, entries: &[(u64, u32)], most_depth: u32, depth: u8, path: usize) {
        if entries.len() <= full(path) || u32::from(depth) == most_depth {
            return self.add_part(entries, depth, path);
        }
        let bit = 1 << (u64::BITS - 1) >> depth;
        let (low, high) = entries.split_at(entries.partition_point(|(turned, _)| turned & bit == 0));
        self.add_parts(low, most_depth, depth + 1, path);
        self.add_parts(high, most_depth, depth + 1, path | 1 << depth);
    }

    fn add_part(&mut self, entries: &[(u64, u32)], depth: u8, path: usize) {
        // As large as a split leaves it: a part that grows fetches all its ids.
        let capacity = if depth == 0 { entries.len() } else { entries.len().max(FULL) };
        let mut part = Part::new(depth, capacity);
        for &(turned, entry) in entries {
            // Never asked about others: there is room for all.
            part.table.insert_unique(turned_back(turned), entry, |_| 0);
        }
        self.table_bytes += part.bytes();
        let Some(number) = self.parts.insert(part) else { return };
        for at in self.directory.iter_mut().skip(path).step_by(1 << depth) {
            *at = number;
        }
        self.len += entries.len();
        self.count(depth, 1);
    }
}

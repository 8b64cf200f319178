//! A sorted index of handles; the keys are in what the handles name.
//!
//! A tree of (key, handle) pairs would store every key twice. Here a tree holds leaves of up to 128 handles,
//! and a key is asked for only where a leaf must be searched: about 4.6 bytes an entry when entries come in
//! order.
//!
//! ```text
//!   bound of leaf     10            52            90
//!                     │             │             │
//!   handles       [a b c … d]   [e f g … h]   [i j]
//! ```
//!
//! A bound is above all keys of the leaf before, and not above any key of its own leaf. The first leaf alone
//! may break the latter: what is below every bound belongs to it, so a new lowest key moves no bound.

mod entries;

pub(crate) use entries::pass_both;
pub use entries::{Direction, Entries};
use std::collections::BTreeMap;
use std::mem::size_of;
use std::ops::Bound::{Excluded, Unbounded};

/// Handles in a leaf at most.
const LEAF: usize = 128;

/// An ordered index: O(log n) for each operation, and nothing is ever copied but a leaf.
///
/// Keys are unique, and the key of an entry must not change while it is in here. `key_of` returns the key of
/// a handle that is in here; it is never asked about the one being inserted.
#[derive(Debug)]
pub struct Order<K: Ord + Copy> {
    /// No leaf is empty.
    leaves: BTreeMap<K, Vec<u32>>,
    len: usize,
    /// Handles the leaves have memory for.
    places: usize,
}

/// Where an entry was: what now stands at its place of its leaf.
struct Gap {
    next: Option<u32>,
}

/// For how many handles a leaf of this length has memory; allocators serve these sizes without waste.
const fn places_for(len: usize) -> usize {
    match len {
        0..=4 => 4,
        5..=8 => 8,
        9..=16 => 16,
        17..=32 => 32,
        33..=64 => 64,
        65..=96 => 96,
        _ => LEAF,
    }
}

/// Inserts into a leaf that is not full; how much memory, in handles, that took.
fn put(leaf: &mut Vec<u32>, at: usize, handle: u32) -> usize {
    let before = leaf.capacity();
    if leaf.len() == before {
        leaf.reserve_exact(places_for(before + 1) - before);
    }
    leaf.insert(at, handle);
    leaf.capacity() - before
}

impl<K: Ord + Copy> Order<K> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes held. O(1); the tree above the leaves is estimated, at five elevenths full.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let in_tree = (size_of::<K>() + size_of::<Vec<u32>>()) * 11 / 5;
        self.places * size_of::<u32>() + self.leaves.len() * in_tree
    }

    /// The handle with the lowest key. O(log leaves), and no key is asked for.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.leaves.first_key_value()?.1.first().copied()
    }

    /// Adds an entry. The key must not be in here yet. At the end it costs at most one call of `key_of`,
    /// elsewhere up to ten.
    pub fn insert(&mut self, key: K, handle: u32, key_of: impl Fn(u32) -> K) {
        self.len += 1;
        if let Some(mut last) = self.leaves.last_entry() {
            let leaf = last.get_mut();
            if leaf.len() < LEAF && leaf.last().is_some_and(|&last| key_of(last) < key) {
                self.places += put(leaf, leaf.len(), handle);
                return;
            }
        }
        let Some((bound, leaf)) = leaf_for(&mut self.leaves, key) else {
            return self.start_leaf(key, handle);
        };
        // Asked first because whole classes of keys are appended to: a priority's end is not the end of all.
        let is_last = leaf.last().is_some_and(|&last| key_of(last) < key);
        let at = if is_last { leaf.len() } else { leaf.partition_point(|&h| key_of(h) < key) };
        if leaf.len() < LEAF {
            self.places += put(leaf, at, handle);
        } else {
            self.split(bound, at, key, handle, key_of);
        }
    }

    /// Takes the entry out; false when it was not in here. No key is asked for: scanning half a kilobyte of
    /// handles is cheaper than fetching the few keys a search would need.
    pub fn remove(&mut self, key: K, handle: u32) -> bool {
        self.take_out(key, handle).is_some()
    }

    /// The same; the entry that was behind it, if both were in one leaf.
    pub(crate) fn remove_and_follow(&mut self, key: K, handle: u32) -> Option<u32> {
        self.take_out(key, handle)?.next
    }

    fn take_out(&mut self, key: K, handle: u32) -> Option<Gap> {
        let (bound, leaf) = leaf_for(&mut self.leaves, key)?;
        let at = leaf.iter().position(|&h| h == handle)?;
        leaf.remove(at);
        self.len -= 1;
        let gap = Gap { next: leaf.get(at).copied() };
        let (len, before) = (leaf.len(), leaf.capacity());
        if len == 0 {
            self.places -= before;
            self.leaves.remove(&bound);
            return Some(gap);
        }
        if len * 4 <= before && before > 4 {
            leaf.shrink_to(places_for(len * 2));
            self.places -= before - leaf.capacity();
        }
        // Not at every removal: looking at the neighbours costs more than the removal.
        if len % 8 == 0 && len < LEAF / 2 {
            self.merge(bound);
        }
        Some(gap)
    }

    /// All handles by ascending key.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.leaves.values().flatten().copied()
    }

    /// The handles whose key is `key` or above, by ascending key. O(log n) to the first.
    pub fn iter_from(&self, key: K, key_of: impl Fn(u32) -> K) -> Entries<'_, K> {
        Entries::of(&self.leaves, Direction::Forward, key, key_of)
    }

    /// The handles whose key is `key` or below, by descending key. O(log n) to the first.
    pub fn iter_back_from(&self, key: K, key_of: impl Fn(u32) -> K) -> Entries<'_, K> {
        Entries::of(&self.leaves, Direction::Backward, key, key_of)
    }

    /// How many have a key from `lowest` to `highest`. O(log n + leaves between).
    #[must_use]
    pub fn count(&self, lowest: K, highest: K, key_of: impl Fn(u32) -> K) -> usize {
        if lowest > highest {
            return 0;
        }
        let mut entries = self.iter_from(lowest, &key_of);
        let mut count = 0;
        while entries.end().is_some_and(|end| end <= highest) {
            count += entries.at_hand();
            entries.pass_leaf();
        }
        // What comes behind this leaf is above.
        count + entries.in_leaf().partition_point(|&h| key_of(h) <= highest)
    }

    fn start_leaf(&mut self, bound: K, handle: u32) {
        let mut leaf = Vec::new();
        self.places += put(&mut leaf, 0, handle);
        self.leaves.insert(bound, leaf);
    }

    /// Makes two leaves of a full one and inserts. At either end the full leaf stays full, because more is
    /// likely to come there; in the middle it halves.
    fn split(&mut self, bound: K, at: usize, key: K, handle: u32, key_of: impl Fn(u32) -> K) {
        let Some(leaf) = self.leaves.get_mut(&bound) else { return };
        let Some(lowest) = leaf.first().map(|&h| key_of(h)) else { return };
        if at == 0 {
            self.move_leaf(bound, lowest);
            return self.start_leaf(bound.min(key), handle);
        }
        let cut = if at < LEAF { LEAF / 2 } else { LEAF };
        let mut right = leaf.split_off(cut);
        leaf.shrink_to(places_for(leaf.len()));
        self.places -= LEAF - leaf.capacity() - right.capacity();
        let (half, at) = if at < cut { (leaf, at) } else { (&mut right, at - cut) };
        self.places += put(half, at, handle);
        // First, because the bound of the first leaf may be above what moves out of it, or equal to it.
        if lowest < bound {
            self.move_leaf(bound, lowest);
        }
        let right_bound = right.first().map_or(key, |&h| if h == handle { key } else { key_of(h) });
        self.leaves.insert(right_bound, right);
    }

    fn move_leaf(&mut self, from: K, to: K) {
        if let Some(leaf) = self.leaves.remove(&from) {
            self.leaves.insert(to, leaf);
        }
    }

    /// Joins a sparse leaf with a neighbour if both together fill at most half a leaf.
    fn merge(&mut self, bound: K) {
        let next = self.leaves.range((Excluded(bound), Unbounded)).next();
        let previous = self.leaves.range(..bound).next_back();
        let Some(len) = self.leaves.get(&bound).map(Vec::len) else { return };
        let fits = |leaf: &Vec<u32>| len + leaf.len() <= LEAF / 2;
        let pair = match (previous, next) {
            (_, Some((&next, leaf))) if fits(leaf) => (bound, next),
            (Some((&previous, leaf)), _) if fits(leaf) => (previous, bound),
            _ => return,
        };
        let Some(right) = self.leaves.remove(&pair.1) else { return };
        let Some(left) = self.leaves.get_mut(&pair.0) else { return };
        let before = left.capacity() + right.capacity();
        let needed = places_for(left.len() + right.len());
        if needed > left.capacity() {
            left.reserve_exact(needed - left.len());
        }
        left.extend(right);
        self.places = self.places + left.capacity() - before;
    }
}

/// The leaf where a key is or belongs, with its bound.
fn leaf_for<K: Ord + Copy>(leaves: &mut BTreeMap<K, Vec<u32>>, key: K) -> Option<(K, &mut Vec<u32>)> {
    let first = *leaves.first_key_value()?.0;
    leaves.range_mut(..=key.max(first)).next_back().map(|(&bound, leaf)| (bound, leaf))
}

impl<K: Ord + Copy> Default for Order<K> {
    fn default() -> Self {
        Self { leaves: BTreeMap::new(), len: 0, places: 0 }
    }
}

/// O(n).
impl<K: Ord + Copy> Clone for Order<K> {
    fn clone(&self) -> Self {
        let leaves = self.leaves.clone();
        let places = leaves.values().map(Vec::capacity).sum();
        Self { leaves, len: self.len, places }
    }
}

#[cfg(test)]
mod tests;

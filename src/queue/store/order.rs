//! A sorted index of handles; the keys are in what the handles name.
//!
//! A tree of (key, handle) pairs would store every key twice. Here a tree holds leaves of up to 128 handles,
//! and a key is asked for only where a leaf must be searched: about 4.6 bytes an entry when entries come in
//! order.
//!
//! ```text
//!   bound of leaf                   52            90
//!                                   │             │
//!   handles       [a b c … d]   [e f g … h]   [i j]
//!                 the first         the tree
//! ```
//!
//! A bound is above all keys of the leaf before, and not above any key of its own leaf. The first leaf needs none: what
//! is below every bound belongs to it. It stands outside of the tree, so that an index of up to 128 entries, which is
//! nearly every one, needs no tree: half a kilobyte each.

mod entries;

use super::seldom::Empty;
pub(crate) use entries::pass_both;
pub use entries::Direction;
pub(crate) use entries::Entries;
use std::collections::btree_map::{BTreeMap, OccupiedEntry};
use std::mem::{size_of, take};
use std::ops::Bound::{Excluded, Unbounded};

/// Handles in a leaf at most.
const LEAF: usize = 128;

/// An ordered index: O(log n) for each operation, and nothing is ever copied but a leaf.
///
/// Keys are unique, and the key of an entry must not change while it is in here. `key_of` returns the key of
/// a handle that is in here; it is never asked about the one being inserted.
#[derive(Debug)]
pub(crate) struct Order<K: Ord + Copy> {
    /// The lowest entries. Empty: there are none at all.
    first: Vec<u32>,
    /// The leaves behind it by their bounds; none is empty.
    leaves: BTreeMap<K, Vec<u32>>,
    /// Counted in 4 bytes, as handles are: every queue has a dozen of these indexes, most of them empty.
    len: u32,
    /// Handles the leaves have memory for.
    places: u32,
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

/// For how many handles leaves have memory.
fn places_of<'l>(leaves: impl IntoIterator<Item = &'l Vec<u32>>) -> u32 {
    u32::try_from(leaves.into_iter().map(Vec::capacity).sum::<usize>()).unwrap_or(u32::MAX)
}

/// Inserts into a leaf that is not full; how much memory, in handles, that took.
fn put(leaf: &mut Vec<u32>, at: usize, handle: u32) -> u32 {
    let before = places_of([&*leaf]);
    if leaf.len() == leaf.capacity() {
        leaf.reserve_exact(places_for(leaf.len() + 1) - leaf.len());
    }
    leaf.insert(at, handle);
    places_of([&*leaf]) - before
}

impl<K: Ord + Copy> Order<K> {
    /// An empty one.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self { first: Vec::new(), leaves: BTreeMap::new(), len: 0, places: 0 }
    }

    /// How many entries there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes held. O(1); the tree above the leaves is estimated, at five elevenths full.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        let in_tree = (size_of::<K>() + size_of::<Vec<u32>>()) * 11 / 5;
        self.places as usize * size_of::<u32>() + self.leaves.len() * in_tree
    }

    /// The handle with the lowest key. O(1).
    #[must_use]
    pub(crate) fn first(&self) -> Option<u32> {
        self.first.first().copied()
    }

    /// Adds an entry. The key must not be in here yet. At the end it costs at most one call of `key_of`,
    /// elsewhere up to ten.
    pub(crate) fn insert(&mut self, key: K, handle: u32, key_of: impl Fn(u32) -> K) {
        self.len += 1;
        let mut last = self.leaves.last_entry();
        let leaf = last.as_mut().map_or(&mut self.first, OccupiedEntry::get_mut);
        if leaf.len() < LEAF && leaf.last().is_some_and(|&last| key_of(last) < key) {
            self.places += put(leaf, leaf.len(), handle);
            return;
        }
        let (bound, leaf) = leaf_for(&mut self.first, &mut self.leaves, key);
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
    pub(crate) fn remove(&mut self, key: K, handle: u32) -> bool {
        self.take_out(key, handle).is_some()
    }

    /// The same; the entry that was behind it, if both were in one leaf.
    pub(crate) fn remove_and_follow(&mut self, key: K, handle: u32) -> Option<u32> {
        self.take_out(key, handle)?.next
    }

    fn take_out(&mut self, key: K, handle: u32) -> Option<Gap> {
        let (bound, leaf) = leaf_for(&mut self.first, &mut self.leaves, key);
        let at = leaf.iter().position(|&h| h == handle)?;
        leaf.remove(at);
        let gap = Gap { next: leaf.get(at).copied() };
        let (len, capacity, before) = (leaf.len(), leaf.capacity(), places_of([&*leaf]));
        if len > 0 && len * 4 <= capacity && capacity > 4 {
            leaf.shrink_to(places_for(len * 2));
        }
        self.places = self.places + places_of([&*leaf]) - before;
        self.len -= 1;
        if len == 0 {
            self.places -= before;
            self.remove_leaf(bound);
        } else if len % 8 == 0 && len < LEAF / 2 {
            // Not at every removal: looking at the neighbours costs more than the removal.
            self.merge(bound);
        }
        Some(gap)
    }

    /// All handles by ascending key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.first.iter().chain(self.leaves.values().flatten()).copied()
    }

    /// The handles whose key is `key` or above, by ascending key. O(log n) to the first.
    pub(crate) fn iter_from(&self, key: K, key_of: impl Fn(u32) -> K) -> Entries<'_, K> {
        Entries::of(&self.first, &self.leaves, Direction::Forward, key, key_of)
    }

    /// The handles whose key is `key` or below, by descending key. O(log n) to the first.
    pub(crate) fn iter_back_from(&self, key: K, key_of: impl Fn(u32) -> K) -> Entries<'_, K> {
        Entries::of(&self.first, &self.leaves, Direction::Backward, key, key_of)
    }

    /// How many have a key from `lowest` to `highest`. O(log n + leaves between).
    #[must_use]
    pub(crate) fn count(&self, lowest: K, highest: K, key_of: impl Fn(u32) -> K) -> usize {
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

    fn remove_leaf(&mut self, bound: Option<K>) {
        match bound {
            None => self.first = self.leaves.pop_first().map_or_else(Vec::new, |(_, leaf)| leaf),
            Some(bound) => drop(self.leaves.remove(&bound)),
        }
    }

    /// Makes two leaves of a full one and inserts. At either end the full leaf stays full, because more is
    /// likely to come there; in the middle it halves.
    fn split(&mut self, bound: Option<K>, at: usize, key: K, handle: u32, key_of: impl Fn(u32) -> K) {
        let Some(leaf) = leaf_at(&mut self.first, &mut self.leaves, bound) else { return };
        let cut = match at {
            0 => 0,
            LEAF => LEAF,
            _ => LEAF / 2,
        };
        let before = places_of([&*leaf]);
        let mut right = if cut == 0 { take(leaf) } else { leaf.split_off(cut) };
        if right.is_empty() {
            // More is likely to come there.
            right.reserve_exact(LEAF / 4);
        }
        leaf.shrink_to(places_for(leaf.len()));
        self.places = self.places + places_of([&*leaf, &right]) - before;
        let goes_left = at < cut || at == 0;
        let (half, at) = if goes_left { (leaf, at) } else { (&mut right, at - cut) };
        self.places += put(half, at, handle);
        let right_bound = right.first().map_or(key, |&h| if h == handle { key } else { key_of(h) });
        self.leaves.insert(right_bound, right);
    }

    /// Joins a sparse leaf with a neighbour if both together fill at most half a leaf.
    fn merge(&mut self, bound: Option<K>) {
        let Some(len) = leaf_at(&mut self.first, &mut self.leaves, bound).map(|leaf| leaf.len()) else {
            return;
        };
        let fits = |leaf: &Vec<u32>| len + leaf.len() <= LEAF / 2;
        let next = match bound {
            None => self.leaves.first_key_value(),
            Some(bound) => self.leaves.range((Excluded(bound), Unbounded)).next(),
        };
        let (left, right) = match (next.filter(|(_, leaf)| fits(leaf)), bound) {
            (Some((&next, _)), _) => (bound, next),
            (None, Some(bound)) => match self.leaves.range(..bound).next_back() {
                Some((&previous, leaf)) if fits(leaf) => (Some(previous), bound),
                None if fits(&self.first) => (None, bound),
                _ => return,
            },
            (None, None) => return,
        };
        let Some(right) = self.leaves.remove(&right) else { return };
        let Some(left) = leaf_at(&mut self.first, &mut self.leaves, left) else { return };
        let before = places_of([&*left, &right]);
        let needed = places_for(left.len() + right.len());
        if needed > left.capacity() {
            left.reserve_exact(needed - left.len());
        }
        left.extend(right);
        self.places = self.places + places_of([&*left]) - before;
    }
}

/// The leaf where a key is or belongs, with its bound. None: that is the first.
fn leaf_for<'o, K: Ord + Copy>(
    first: &'o mut Vec<u32>,
    leaves: &'o mut BTreeMap<K, Vec<u32>>,
    key: K,
) -> (Option<K>, &'o mut Vec<u32>) {
    let below = leaves.range_mut(..=key).next_back();
    below.map_or((None, first), |(&bound, leaf)| (Some(bound), leaf))
}

/// The leaf of this bound.
fn leaf_at<'o, K: Ord>(
    first: &'o mut Vec<u32>,
    leaves: &'o mut BTreeMap<K, Vec<u32>>,
    bound: Option<K>,
) -> Option<&'o mut Vec<u32>> {
    match bound {
        None => Some(first),
        Some(bound) => leaves.get_mut(&bound),
    }
}

impl<K: Ord + Copy> Default for Order<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Ord + Copy + 'static> Empty for Order<K> {
    const EMPTY: &'static Self = &Self::new();

    fn heap_bytes(&self) -> usize {
        self.bytes()
    }
}

/// O(n).
impl<K: Ord + Copy> Clone for Order<K> {
    fn clone(&self) -> Self {
        let (first, leaves) = (self.first.clone(), self.leaves.clone());
        let places = places_of([&first].into_iter().chain(leaves.values()));
        Self { first, leaves, len: self.len, places }
    }
}

#[cfg(test)]
mod tests;

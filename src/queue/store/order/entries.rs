//! Going through an order from a key on, entry by entry or leaf by leaf.

use std::collections::btree_map::{BTreeMap, Range};
use std::ops::Bound::{Excluded, Unbounded};

/// Which way one goes through an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// By ascending key: the order in which jobs run, or have finished.
    Forward,
    /// By descending key.
    Backward,
}

/// The entries that are still to come.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'o, K> {
    direction: Direction,
    /// What is left of the leaf that was reached, and its bound; None: the first leaf has none.
    leaf: &'o [u32],
    bound: Option<K>,
    /// The leaves of the tree behind it.
    beyond: Range<'o, K, Vec<u32>>,
    /// The first leaf, if it is still to come: backward it is the last.
    first: Option<&'o [u32]>,
}

impl<'o, K: Ord + Copy> Entries<'o, K> {
    /// Those of an order that has these leaves, the first one and the others by their bounds, from `key` on. O(log n).
    pub(super) fn of(
        first: &'o [u32],
        leaves: &'o BTreeMap<K, Vec<u32>>,
        direction: Direction,
        key: K,
        key_of: impl Fn(u32) -> K,
    ) -> Entries<'o, K> {
        let below = leaves.range(..=key).next_back();
        let (bound, leaf) = below.map_or((None, first), |(&bound, leaf)| (Some(bound), leaf.as_slice()));
        let beyond = match (direction, bound) {
            (Direction::Forward, None) => leaves.range(..),
            (Direction::Forward, Some(bound)) => leaves.range((Excluded(bound), Unbounded)),
            // There are none below the first leaf.
            (Direction::Backward, None) => leaves.range(..=key),
            (Direction::Backward, Some(bound)) => leaves.range(..bound),
        };
        let leaf = match direction {
            Direction::Forward => leaf.split_at(leaf.partition_point(|&h| key_of(h) < key)).1,
            Direction::Backward => leaf.split_at(leaf.partition_point(|&h| key_of(h) <= key)).0,
        };
        let first = Some(first).filter(|_| direction == Direction::Backward && bound.is_some());
        Entries { direction, leaf, bound, beyond, first }
    }

    /// What is left of the present leaf, by ascending key.
    pub(super) fn in_leaf(&self) -> &'o [u32] {
        self.leaf
    }

    /// How many entries that is.
    pub(crate) fn at_hand(&self) -> usize {
        self.leaf.len()
    }

    /// The key between those and what comes behind them: neither of the two has a key on the other's side. None:
    /// nothing comes behind them.
    pub(crate) fn end(&self) -> Option<K> {
        match self.direction {
            Direction::Forward => self.beyond.clone().next().map(|(bound, _)| *bound),
            // Behind every other leaf comes the first.
            Direction::Backward => self.bound,
        }
    }

    /// Passes by what is left of the present leaf. False: nothing comes behind it.
    pub(crate) fn pass_leaf(&mut self) -> bool {
        let next = match self.direction {
            Direction::Forward => self.beyond.next(),
            Direction::Backward => self.beyond.next_back(),
        };
        let next = match next {
            Some((&bound, leaf)) => Some((Some(bound), leaf.as_slice())),
            None => self.first.take().map(|first| (None, first)),
        };
        (self.bound, self.leaf) = next.unwrap_or((None, &[]));
        next.is_some()
    }

    /// Passes by `count` entries. O(log n + leaves).
    pub(crate) fn pass(&mut self, mut count: usize) {
        while count > 0 && count >= self.at_hand() {
            count -= self.at_hand();
            if !self.pass_leaf() {
                return;
            }
        }
        self.leaf = match self.direction {
            Direction::Forward => self.leaf.split_at(count).1,
            Direction::Backward => self.leaf.split_at(self.leaf.len() - count).0,
        };
    }
}

impl<K: Ord + Copy> Iterator for Entries<'_, K> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            let split = match self.direction {
                Direction::Forward => self.leaf.split_first(),
                Direction::Backward => self.leaf.split_last(),
            };
            if let Some((&handle, rest)) = split {
                self.leaf = rest;
                return Some(handle);
            }
            if !self.pass_leaf() {
                return None;
            }
        }
    }
}

/// Passes by the first `count` entries of two orders whose keys are compared as `place` says. O(leaves): while both
/// present leaves together have no more than are to be passed by, the one that ends first is passed by as a whole.
/// All that could come before its last entry is in those two.
pub(crate) fn pass_both<K: Ord + Copy, L: Ord + Copy, P: Ord>(
    one: (&mut Entries<'_, K>, impl Fn(K) -> P),
    other: (&mut Entries<'_, L>, impl Fn(L) -> P),
    mut count: usize,
) -> usize {
    let ((one, place_of_one), (other, place_of_other)) = (one, other);
    while count > 0 && count >= one.at_hand() + other.at_hand() {
        let ends = (one.end().map(&place_of_one), other.end().map(&place_of_other));
        let one_ends_first = match (ends, one.direction) {
            ((None, None), _) => {
                count -= one.at_hand() + other.at_hand();
                one.pass_leaf();
                other.pass_leaf();
                return count;
            }
            ((Some(_), None), _) => true,
            ((None, Some(_)), _) => false,
            ((Some(one), Some(other)), Direction::Forward) => one <= other,
            ((Some(one), Some(other)), Direction::Backward) => one >= other,
        };
        if one_ends_first {
            count -= one.at_hand();
            one.pass_leaf();
        } else {
            count -= other.at_hand();
            other.pass_leaf();
        }
    }
    count
}

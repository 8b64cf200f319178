//! Which of many prefixes a name begins with.
//!
//! In an ordered map every prefix of a name stands before it, a longer one behind a shorter one. So a walk
//! back from the name finds the longest first, and a neighbour that is no prefix shows how much of the name
//! can still matter.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};

/// The entries of `map` whose key `name` begins with, the longest first. O(log n) for each of them, and at
/// most one step for each byte of the name.
pub(crate) fn prefixes_of<'m, 'n, V>(
    map: &'m BTreeMap<Box<[u8]>, V>,
    name: &'n [u8],
) -> impl Iterator<Item = (&'m [u8], &'m V)> + use<'m, 'n, V> {
    let mut left = Some(name);
    std::iter::from_fn(move || loop {
        let head = left?;
        let (found, value) = map.range::<[u8], _>((Unbounded, Included(head))).next_back()?;
        let common = found.iter().zip(head).take_while(|(one, other)| one == other).count();
        if common == found.len() {
            left = common.checked_sub(1).and_then(|shorter| name.get(..shorter));
            return Some((&**found, value));
        }
        left = name.get(..common);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    proptest! {
        /// Few letters, so that prefixes meet.
        #[test]
        fn all_of_them_are_found_the_longest_first(
            prefixes in btree_set(vec(0..3u8, 0..6), 0..40),
            name in vec(0..3u8, 0..8),
        ) {
            let map: BTreeMap<Box<[u8]>, usize> = prefixes.iter().map(|p| (p.as_slice().into(), p.len())).collect();
            let found: Vec<&[u8]> = prefixes_of(&map, &name).map(|(prefix, _)| prefix).collect();
            let mut expected: Vec<&[u8]> =
                prefixes.iter().map(Vec::as_slice).filter(|p| name.starts_with(p)).collect();
            expected.sort_by_key(|prefix| std::cmp::Reverse(prefix.len()));
            prop_assert_eq!(found, expected);
        }
    }
}

//! What the ordered index promises, beside a naive map under random operations.

use super::*;
use proptest::prelude::*;

/// Keys of handles, as a slab of jobs would know them.
type Keys = Vec<(u8, u64)>;

fn check(order: &Order<(u8, u64)>, keys: &Keys) {
    let leaves = || [&order.first].into_iter().chain(order.leaves.values());
    assert_eq!(order.places as usize, leaves().map(Vec::capacity).sum::<usize>());
    assert_eq!(order.len(), order.iter().count());
    let handles: Vec<_> = order.iter().collect();
    assert!(handles.is_sorted_by_key(|&h| keys[h as usize]));
    let key_of = |h: u32| keys[h as usize];
    for bound in
        handles.iter().step_by(handles.len() / 7 + 1).map(|&h| key_of(h)).chain([(0, 0), (u8::MAX, u64::MAX)])
    {
        let back: Vec<_> = order.iter_back_from(bound, key_of).collect();
        let expected = handles.iter().rev().copied().filter(|&h| key_of(h) <= bound);
        assert_eq!(back, expected.collect::<Vec<_>>());
        for count in [0, 1, 127, 128, 300, handles.len()] {
            for direction in [Direction::Forward, Direction::Backward] {
                let mut entries = Entries::of(&order.first, &order.leaves, direction, bound, key_of);
                let expected: Vec<_> = entries.clone().skip(count).collect();
                entries.pass(count);
                assert!(entries.eq(expected), "{count} passed by {direction:?} from {bound:?}");
            }
        }
        let up_to = |highest| handles.iter().filter(|&&h| (bound..=highest).contains(&key_of(h))).count();
        for highest in [bound, (1, 500), (u8::MAX, u64::MAX)] {
            assert_eq!(order.count(bound, highest, key_of), up_to(highest), "{bound:?} to {highest:?}");
        }
    }
    assert!(leaves().all(|leaf| leaf.len() <= LEAF && leaf.capacity() <= LEAF));
    assert!(!order.first.is_empty() || order.leaves.is_empty());
    for (bound, leaf) in &order.leaves {
        assert!(!leaf.is_empty() && leaf.iter().all(|&h| key_of(h) >= *bound), "below its leaf's bound");
    }
    let mut pairs = leaves().zip(order.leaves.keys());
    assert!(pairs.all(|(leaf, next)| leaf.iter().all(|&h| key_of(h) < *next)));
}

fn appended(n: u64) -> (Order<(u8, u64)>, Keys) {
    let keys: Keys = (0..n).map(|n| (0, n)).collect();
    let mut order = Order::default();
    for (handle, key) in (0..).zip(&keys) {
        order.insert(*key, handle, |h| keys[h as usize]);
    }
    (order, keys)
}

#[test]
fn appended_entries_take_less_than_five_bytes() {
    let (order, keys) = appended(100_000);
    check(&order, &keys);
    assert!(order.bytes() <= 5 * 100_000, "{} bytes for 100,000 entries", order.bytes());
}

#[test]
fn descending_entries_are_packed_as_tightly() {
    let keys: Keys = (0..100_000).map(|n| (0, 100_000 - n)).collect();
    let mut order = Order::default();
    for (handle, key) in (0..).zip(&keys) {
        order.insert(*key, handle, |h| keys[h as usize]);
    }
    check(&order, &keys);
    assert!(order.bytes() <= 5 * 100_000, "{} bytes for 100,000 entries", order.bytes());
}

#[test]
fn appending_asks_for_one_key_only() {
    let (mut order, keys) = appended(1000);
    let asked = std::cell::Cell::new(0);
    order.insert((1, 0), 1000, |h| {
        asked.set(asked.get() + 1);
        keys[h as usize]
    });
    assert_eq!(asked.get(), 1);
}

/// Passes by `count` entries of both, and compares what comes then with what would have come.
fn check_both(
    orders: [&Order<(u8, u64)>; 2],
    keys: &Keys,
    direction: Direction,
    from: (u8, u64),
    count: usize,
) {
    let key_of = |h: u32| keys[h as usize];
    let [mut one, mut other] =
        orders.map(|order| Entries::of(&order.first, &order.leaves, direction, from, key_of));
    let merged = |one: Entries<'_, _>, other: Entries<'_, _>| {
        let mut both: Vec<_> = one.chain(other).collect();
        both.sort_unstable_by_key(|&h| key_of(h));
        if direction == Direction::Backward {
            both.reverse();
        }
        both
    };
    let expected = merged(one.clone(), other.clone()).into_iter().skip(count);
    let left = pass_both((&mut one, |key| key), (&mut other, |key| key), count);
    let rest = merged(one, other);
    assert!(left < 2 * LEAF || rest.is_empty(), "{left} of {count} are left to be passed by one by one");
    assert!(rest.into_iter().skip(left).eq(expected), "{count} {direction:?} from {from:?}");
}

#[test]
fn memory_comes_back_as_entries_go() {
    let (mut order, keys) = appended(100_000);
    let full = order.bytes();
    for handle in (0..100_000_u32).filter(|h| h % 50 != 0) {
        assert!(order.remove(keys[handle as usize], handle));
    }
    check(&order, &keys);
    assert!(order.bytes() < full / 10, "{} of {full} bytes held by a fiftieth", order.bytes());
    for handle in (0..100_000_u32).step_by(50) {
        assert_eq!(order.first(), Some(handle));
        assert!(order.remove(keys[handle as usize], handle));
    }
    assert_eq!((order.first(), order.bytes()), (None, 0));
}

#[test]
fn the_first_leaf_may_fill_from_below() {
    let keys: Keys = (0..400).map(|n| (0, if n == 0 { 1000 } else { n })).collect();
    let mut order = Order::default();
    order.insert(keys[0], 0, |h| keys[h as usize]);
    order.insert(keys[1], 1, |h| keys[h as usize]);
    assert!(order.remove(keys[0], 0));
    for handle in 2..400 {
        order.insert(keys[handle as usize], handle, |h| keys[h as usize]);
        check(&order, &keys);
    }
}

#[derive(Debug, Clone)]
enum OrderStep {
    /// This many, in a class of keys, ascending from a start by a stride of either sign.
    Insert {
        count: usize,
        class: u8,
        start: u64,
        stride: i64,
    },
    RemoveSome {
        every: usize,
        from: usize,
        count: usize,
    },
    IterFrom(u8, u64),
    /// So many of two orders into which every `nth` is divided.
    PassBoth {
        nth: usize,
        from: (u8, u64),
        count: usize,
    },
    Clone,
}

fn step() -> impl Strategy<Value = OrderStep> {
    let count = prop_oneof![1_usize..5, 1_usize..400];
    prop_oneof![
        4 => (count, 0_u8..4, 0_u64..1000, -7_i64..8)
            .prop_map(|(count, class, start, stride)| OrderStep::Insert { count, class, start, stride }),
        3 => (1_usize..5, 0_usize..900, 0_usize..700)
            .prop_map(|(every, from, count)| OrderStep::RemoveSome { every, from, count }),
        2 => (0_u8..5, 0_u64..1100).prop_map(|(class, start)| OrderStep::IterFrom(class, start)),
        2 => (1_usize..200, (0_u8..5, 0_u64..1100), 0_usize..1500)
            .prop_map(|(nth, from, count)| OrderStep::PassBoth { nth, from, count }),
        1 => Just(OrderStep::Clone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_like_a_sorted_map(steps in prop::collection::vec(step(), 1..40)) {
        let (mut order, mut keys, mut model) = (Order::default(), Keys::new(), BTreeMap::new());
        for step in steps {
            match step {
                OrderStep::Insert { count, class, start, stride } => for n in 0..count {
                    let at = start.saturating_add_signed(stride * i64::try_from(n).unwrap());
                    let handle = u32::try_from(keys.len()).unwrap();
                    if model.contains_key(&(class, at)) { continue }
                    model.insert((class, at), handle);
                    order.insert((class, at), handle, |h| keys[h as usize]);
                    keys.push((class, at));
                },
                OrderStep::RemoveSome { every, from, count } => {
                    let gone: Vec<_> = model.keys().copied().skip(from).step_by(every).take(count).collect();
                    for key in gone {
                        let handle = model.remove(&key).unwrap();
                        prop_assert!(order.remove(key, handle));
                        prop_assert!(!order.remove(key, handle));
                    }
                }
                OrderStep::IterFrom(class, start) => {
                    let found = order.iter_from((class, start), |h| keys[h as usize]);
                    prop_assert!(found.eq(model.range((class, start)..).map(|(_, h)| *h)));
                }
                OrderStep::PassBoth { nth, from, count } => {
                    let (mut one, mut other) = (Order::default(), Order::default());
                    for (place, (&key, &handle)) in model.iter().enumerate() {
                        let order = if place % nth == 0 { &mut one } else { &mut other };
                        order.insert(key, handle, |h| keys[h as usize]);
                    }
                    check_both([&one, &other], &keys, Direction::Forward, from, count);
                    check_both([&other, &one], &keys, Direction::Backward, from, count);
                }
                OrderStep::Clone => order = order.clone(),
            }
            check(&order, &keys);
            prop_assert!(order.iter().eq(model.values().copied()));
            prop_assert_eq!(order.first(), model.values().next().copied());
        }
    }
}

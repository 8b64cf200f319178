//! What the slab promises, beside a naive map under random operations.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[test]
fn a_slot_is_as_large_as_its_value() {
    assert_eq!(size_of::<Slot<Box<[u8]>>>(), size_of::<Box<[u8]>>());
    assert_eq!(size_of::<Slot<(u64, Vec<u8>, u64)>>(), size_of::<(u64, Vec<u8>, u64)>());
    assert_eq!(size_of::<Page<u64>>(), 32);
}

#[test]
fn memory_comes_back_after_a_burst() {
    let mut slab = Slab::default();
    let handles: Vec<_> = (0..200_000_u64).map(|n| slab.insert((n, Box::new(n))).unwrap()).collect();
    let full = slab.bytes();
    assert!(full < 200_000 * 17, "{full} bytes for 200,000 slots of 16");
    for handle in &handles[..199_900] {
        slab.remove(*handle).unwrap();
    }
    assert!(slab.bytes() < full / 50, "{} of {full} bytes held by 100 values", slab.bytes());
    for handle in &handles[199_900..] {
        slab.remove(*handle).unwrap();
    }
    assert_eq!(slab.bytes(), 0);
    assert_eq!(slab.insert((1, Box::new(1))), Some(0));
    assert!(slab.bytes() < 200, "{} bytes for one value", slab.bytes());
}

#[test]
fn freed_page_numbers_are_used_again() {
    let mut slab = Slab::default();
    let handles: Vec<_> = (0..70_000_u32).map(|n| slab.insert(n).unwrap()).collect();
    for handle in &handles[256..66_000] {
        slab.remove(*handle);
    }
    for n in 0..65_000 {
        assert!(slab.insert(n).unwrap() < 70_144);
    }
}

#[test]
fn a_handle_never_given_out_finds_nothing() {
    let mut slab = Slab::default();
    slab.insert(1_u8);
    for handle in [1, 255, 256, 65_536, u32::MAX] {
        assert_eq!(slab.get(handle), None);
        assert_eq!(slab.remove(handle), None);
    }
}

#[derive(Debug, Clone)]
enum SlabStep {
    Insert(u16),
    RemoveSome { every: usize, from: usize },
    Remove(usize),
    Clone,
}

fn step() -> impl Strategy<Value = SlabStep> {
    prop_oneof![
        4 => (1_u16..700).prop_map(SlabStep::Insert),
        3 => (1_usize..4, 0_usize..3000).prop_map(|(every, from)| SlabStep::RemoveSome { every, from }),
        4 => any::<usize>().prop_map(SlabStep::Remove),
        1 => Just(SlabStep::Clone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_like_a_map(steps in prop::collection::vec(step(), 1..30)) {
        let mut slab = Slab::default();
        let mut model: BTreeMap<Handle, Box<u64>> = BTreeMap::new();
        let mut next = 0_u64;
        for step in steps {
            match step {
                SlabStep::Insert(n) => for _ in 0..n {
                    next += 1;
                    let handle = slab.insert(Box::new(next)).unwrap();
                    prop_assert!(model.insert(handle, Box::new(next)).is_none());
                },
                SlabStep::RemoveSome { every, from } => {
                    let gone: Vec<_> = model.keys().copied().skip(from).step_by(every).collect();
                    for handle in gone {
                        prop_assert_eq!(slab.remove(handle), model.remove(&handle));
                        prop_assert_eq!(slab.remove(handle), None);
                    }
                }
                SlabStep::Remove(nth) => if let Some((&handle, _)) = model.iter().nth(nth % (model.len() + 1)) {
                    **slab.get_mut(handle).unwrap() += 1;
                    prop_assert_eq!(slab.remove(handle), model.remove(&handle).map(|b| Box::new(*b + 1)));
                },
                SlabStep::Clone => slab = slab.clone(),
            }
            prop_assert_eq!(slab.len(), model.len());
            prop_assert_eq!(slab.bytes, slab.count_bytes());
            prop_assert!(slab.iter().eq(model.iter().map(|(h, v)| (*h, v))));
            for (handle, value) in &model {
                prop_assert_eq!(slab.get(*handle), Some(value));
            }
        }
    }
}

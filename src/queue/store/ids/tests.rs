//! What the id index promises, beside a naive map under random operations.

use super::list::IdList;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Spreads numbers over all bits, the same way in every run.
fn mix(n: u32) -> u64 {
    let n = (u64::from(n) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ n >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    n ^ n >> 32
}

fn check(index: &IdIndex) {
    let parts = || index.parts.iter().map(|(_, part)| part);
    assert_eq!(index.len, parts().map(|part| part.table.len()).sum::<usize>());
    assert_eq!(index.table_bytes, parts().map(Part::bytes).sum::<usize>());
    for depth in 0..=MOST_DEPTH {
        let counted = parts().filter(|part| part.depth == depth).count();
        let noted = index.depths.get(usize::from(depth)).copied().unwrap_or(0);
        assert_eq!(noted as usize, counted);
    }
    for (at, number) in index.directory.iter().enumerate() {
        let part = index.parts.get(*number).unwrap();
        assert_eq!(*number, index.directory[at & ((1 << part.depth) - 1)], "entries of one part differ");
    }
}

fn filled(n: u32, hash_of: impl Fn(u32) -> u64) -> IdIndex {
    let mut index = IdIndex::default();
    for entry in 0..n {
        index.insert(hash_of(entry), entry, &hash_of);
    }
    check(&index);
    for entry in 0..n {
        assert_eq!(index.find(hash_of(entry), |e| e == entry), Some(entry));
    }
    index
}

#[test]
fn equal_ids_hash_equally() {
    assert_eq!(hash(b"mail-1"), hash(b"mail-1"));
    assert_ne!(hash(b"mail-1"), hash(b"mail-2"));
}

#[test]
fn what_hashes_seem_to_lead_to_is_nearly_always_right() {
    let index = filled(10_000, mix);
    let hashes: Vec<_> = (9000..10_000).map(mix).collect();
    let likely = index.likely(&hashes);
    assert_eq!(likely.len(), hashes.len());
    let right = likely.iter().zip(9000..).filter(|(entry, known)| **entry == *known).count();
    assert!(right > 900, "{right} of 1000");
    let unknown: Vec<_> = (10_000..11_000).map(mix).collect();
    assert!(index.likely(&unknown).len() < 200);
    assert!(IdIndex::default().likely(&hashes).is_empty());
}

#[test]
fn an_entry_takes_about_twelve_bytes_at_any_size() {
    assert_eq!(IdIndex::default().bytes(), 0);
    for n in [10_000, 30_000, 60_000, 80_000, 100_000, 150_000, 200_000] {
        let index = filled(n, mix);
        let each = index.bytes() / n as usize;
        assert!(each < 13, "{each} bytes an entry at {n}");
    }
    assert!(filled(1, mix).bytes() < 400);
}

#[test]
fn parts_split_in_turn_as_it_grows() {
    let mut index = filled(50_000, mix);
    let mut splits = Vec::new();
    for step in 0..30 {
        let before = index.parts.len();
        for entry in 50_000 + step * 5000..55_000 + step * 5000 {
            index.insert(mix(entry), entry, &mix);
        }
        splits.push(index.parts.len() - before);
    }
    splits.sort_unstable();
    // Were all parts full at the same time, it would be none in some steps and three times as many in others.
    assert!(splits[29] <= splits[15] * 2 && splits[0] > 0, "{splits:?}");
}

#[test]
fn a_steady_coming_and_going_does_not_grow_it() {
    let mut index = filled(60_000, mix);
    for entry in 60_000..600_000_u32 {
        let gone = entry - 60_000;
        assert_eq!(index.remove(mix(gone), |e| e == gone, &mix), Some(gone));
        index.insert(mix(entry), entry, &mix);
    }
    check(&index);
    assert!(index.bytes() < 60_000 * 14, "{} bytes for 60,000 entries", index.bytes());
}

#[test]
fn memory_comes_back_as_entries_go() {
    let mut index = filled(200_000, mix);
    let full = index.bytes();
    for entry in 0..200_000_u32 {
        assert_eq!(index.remove(mix(entry), |e| e == entry, &mix), Some(entry));
        if entry == 199_900 {
            check(&index);
            assert!(index.len() == 99 && index.directory.len() <= 8, "{} parts", index.parts.len());
        }
        if entry == 190_000 {
            check(&index);
            assert!(index.bytes() < full / 4, "{} of {full} bytes held by a twentieth", index.bytes());
        }
    }
    assert!(index.len() == 0 && index.bytes() <= KEPT_BYTES);
}

#[test]
fn equal_hashes_neither_loop_nor_blow_up_the_directory() {
    for same in [0, u64::MAX, 0x00ff_0000_0000] {
        let index = filled(3000, |_| same);
        assert!(index.directory.len() <= 64, "{} in the directory", index.directory.len());
    }
    filled(5000, |n| u64::from(n % 3) << 55);
}

fn listed(entries: impl Iterator<Item = u32>, hash_of: impl Fn(u32) -> u64) -> IdList {
    let mut list = IdList::default();
    entries.for_each(|entry| list.push(hash_of(entry), entry));
    list
}

#[test]
fn made_at_once_it_is_like_one_that_has_grown() {
    for n in [0, 1, 5, 224, 225, 1000, 30_000, 60_000, 100_000] {
        let mut index = listed(0..n, mix).into_index(|_, _| false).unwrap();
        check(&index);
        let grown = filled(n, mix);
        let (bytes, bytes_of_grown) = (index.bytes(), grown.bytes());
        let allowed = bytes_of_grown * 9 / 8 + 256;
        assert!(bytes <= allowed, "{bytes} bytes for {n} entries, grown {bytes_of_grown}");
        for entry in 0..n {
            assert_eq!(index.find(mix(entry), |e| e == entry), Some(entry));
        }
        for entry in n..2 * n {
            index.insert(mix(entry), entry, &mix);
        }
        for entry in 0..2 * n {
            assert_eq!(index.remove(mix(entry), |e| e == entry, &mix), Some(entry));
        }
        check(&index);
    }
}

#[test]
fn an_id_that_is_listed_twice_is_found() {
    let are_equal = |one, other| one % 1000 == other % 1000;
    let with = |last: u32| listed((0..1000).chain([last]), |entry| mix(entry % 1000));
    assert!(with(1007).into_index(are_equal).is_none());
    // The hashes of two ids may be equal.
    let index = with(1007).into_index(|_, _| false).unwrap();
    check(&index);
    assert_eq!([7, 1007].map(|entry| index.find(mix(7), |e| e == entry)), [Some(7), Some(1007)]);
}

#[test]
fn equal_hashes_do_not_blow_up_the_directory_of_a_list() {
    for same in [0, u64::MAX, 0x00ff_0000_0000] {
        let index = listed(0..3000, |_| same).into_index(|_, _| false).unwrap();
        check(&index);
        assert!(index.directory.len() <= 64, "{} in the directory", index.directory.len());
        assert_eq!(index.find(same, |e| e == 2999), Some(2999));
    }
}

#[derive(Debug, Clone)]
enum IdStep {
    Insert(u32),
    RemoveSome { every: usize, from: usize, count: usize },
    Replace(usize),
    Clone,
}

fn step() -> impl Strategy<Value = IdStep> {
    prop_oneof![
        4 => (1_u32..2500).prop_map(IdStep::Insert),
        3 => (1_usize..4, 0_usize..3000, 0_usize..4000)
            .prop_map(|(every, from, count)| IdStep::RemoveSome { every, from, count }),
        1 => any::<usize>().prop_map(IdStep::Replace),
        1 => Just(IdStep::Clone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_like_a_map(steps in prop::collection::vec(step(), 1..30), kept_bits in prop::sample::select(
        vec![u64::MAX, 0xffff_0000_0000_ffff, 0xff00_0003_0000_00ff],
    )) {
        // The entry of an id is not the id itself, so that it can be replaced.
        let mut entries: Vec<u32> = Vec::new();
        let (mut index, mut model) = (IdIndex::default(), BTreeMap::new());
        for step in steps {
            let hash_of_id = |id: u32| mix(id) & kept_bits;
            let hash_of = |e: u32| mix(entries[e as usize]) & kept_bits;
            match step {
                IdStep::Insert(n) => for _ in 0..n {
                    let entry = u32::try_from(entries.len()).unwrap();
                    entries.push(entry);
                    index.insert(hash_of_id(entry), entry, &|e: u32| mix(entries[e as usize]) & kept_bits);
                    model.insert(entry, entry);
                },
                IdStep::RemoveSome { every, from, count } => {
                    let gone: Vec<_> = model.keys().copied().skip(from).step_by(every).take(count).collect();
                    for id in gone {
                        let is_it = |e: u32| entries[e as usize] == id;
                        prop_assert_eq!(index.remove(hash_of_id(id), is_it, &hash_of), model.remove(&id));
                        prop_assert_eq!(index.remove(hash_of_id(id), is_it, &hash_of), None);
                    }
                }
                IdStep::Replace(nth) => {
                    let Some((&id, known)) = model.iter_mut().nth(nth % 3000) else { continue };
                    let entry = u32::try_from(entries.len()).unwrap();
                    let old = index.replace(hash_of_id(id), |e| entries[e as usize] == id, entry);
                    entries.push(id);
                    prop_assert_eq!(old, Some(replace(known, entry)));
                }
                IdStep::Clone => index = index.clone(),
            }
            check(&index);
            for (id, entry) in &model {
                prop_assert_eq!(index.find(hash_of_id(*id), |e| entries[e as usize] == *id), Some(*entry));
            }
        }
    }
}

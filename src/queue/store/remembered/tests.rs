//! What the store of remembered ids promises, beside a naive map under random operations.

use super::*;
use proptest::prelude::*;

fn record(id: &[u8], n: u64) -> Record<'_> {
    let end_state = EndState::from_code(u8::try_from(n % 4).unwrap()).unwrap();
    Record { id, until: n, ended_at: n / 2, token: n + 1, seq: n + 2, end_state }
}

#[test]
fn endings_are_told_by_name_and_code() {
    for code in 0..4 {
        assert_eq!(EndState::from_code(code).unwrap().code(), code);
    }
    assert_eq!(EndState::from_code(4), None);
    assert_eq!(EndState::Cancelled.name(), "cancelled");
}

#[test]
fn an_id_of_twenty_bytes_takes_at_most_46() {
    let mut all = Remembered::EMPTY.clone();
    for n in 0..100_000_u64 {
        let ended_at = 1_700_000_000_000 + n;
        let (until, token, seq) = (ended_at + 300_000, ended_at * 1000, 1_000_000_000 + n);
        let id = format!("{n:020}");
        let record = Record { until, ended_at, token, seq, ..record(id.as_bytes(), 0) };
        all.insert(record).unwrap();
    }
    assert!(all.heap_bytes() <= 46 * 100_000, "{} bytes for 100,000 records", all.heap_bytes());
}

#[test]
fn the_limits_of_every_field_survive() {
    let mut all = Remembered::EMPTY.clone();
    let id = [7; 512];
    let most = Record {
        id: &id,
        until: u64::MAX,
        ended_at: (1 << 48) - 2,
        token: (1 << 53) - 1,
        seq: (1 << 56) - 1,
        end_state: EndState::Cancelled,
    };
    let late = Record { until: u64::MAX - 1, ..most };
    let least = Record { id: b"", until: 0, ended_at: 0, token: 0, seq: 0, end_state: EndState::Completed };
    let handles = [most, late, least].map(|record| all.insert(record).unwrap());
    assert_eq!(all.get(handles[0]), Some(most));
    assert_eq!(all.get(handles[1]), Some(Record { until: (1 << 48) - 2, ..most }));
    assert_eq!(all.get(handles[2]), Some(least));
    for (record, handle) in [most, late, least].into_iter().zip(handles) {
        assert_eq!(all.get(handle).map(|packed| packed.forget_key()), Some(record.forget_key()));
    }
    assert_eq!(all.insert(Record { id: &[7; 513], ..most }), None);
    assert_eq!(all.get(u32::MAX), None);
    assert!(!all.remove(u32::MAX));
}

#[test]
fn memory_comes_back_as_records_lapse() {
    let mut all = Remembered::EMPTY.clone();
    let handles: Vec<_> = (0..100_000).map(|n| all.insert(record(b"some-id", n)).unwrap()).collect();
    let full = all.heap_bytes();
    for (n, handle) in handles.iter().enumerate() {
        assert!(all.remove(*handle) && !all.remove(*handle));
        assert!(n < 95_000 || all.heap_bytes() < full / 10, "{} of {full} bytes held", all.heap_bytes());
    }
    assert_eq!((all.len(), all.page_bytes), (0, 0));
}

#[test]
fn pages_fill_a_size_that_allocators_have() {
    for stride in (12..=544).step_by(4) {
        let size = RecordPage::size(stride);
        assert_eq!(snug(size), size);
        assert!((48..=64).contains(&(size / usize::from(stride))));
    }
}

#[derive(Debug, Clone)]
enum RecordStep {
    Insert(usize, u8),
    RemoveSome { every: usize, from: usize, count: usize },
    Clone,
}

fn step() -> impl Strategy<Value = RecordStep> {
    let id = prop_oneof![4 => 0_usize..40, 1 => 0_usize..513];
    prop_oneof![
        4 => (id, 0_u8..200).prop_map(|(id, count)| RecordStep::Insert(id, count)),
        3 => (1_usize..4, 0_usize..900, 0_usize..900)
            .prop_map(|(every, from, count)| RecordStep::RemoveSome { every, from, count }),
        1 => Just(RecordStep::Clone),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn behaves_like_a_map(steps in prop::collection::vec(step(), 1..40)) {
        let (mut all, mut model, mut next) = (Remembered::EMPTY.clone(), BTreeMap::new(), 0_u64);
        for step in steps {
            match step {
                RecordStep::Insert(id, count) => for n in 0..count {
                    next += 1;
                    let id = vec![n; id];
                    let handle = all.insert(record(&id, next)).unwrap();
                    prop_assert!(model.insert(handle, (id, next)).is_none());
                },
                RecordStep::RemoveSome { every, from, count } => {
                    let gone: Vec<_> = model.keys().copied().skip(from).step_by(every).take(count).collect();
                    for handle in gone {
                        model.remove(&handle);
                        prop_assert!(all.remove(handle));
                        prop_assert_eq!(all.get(handle), None);
                    }
                }
                RecordStep::Clone => all = all.clone(),
            }
            prop_assert_eq!(all.len(), model.len());
            let held = all.pages.iter().map(|(_, page)| page.bytes.capacity()).sum::<usize>();
            prop_assert_eq!(all.page_bytes, held);
            prop_assert!(all.iter().eq(model.iter().map(|(h, (id, n))| (*h, record(id, *n)))));
            for (handle, (id, n)) in &model {
                prop_assert_eq!(all.get(*handle), Some(record(id, *n)));
            }
        }
    }
}

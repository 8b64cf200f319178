//! What lanes take: nothing while there are none.

use super::{LaneRules, Lanes};
use crate::queue::store::{Empty, Handle, Order, PriorityKey, Slab};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Lanes {
    const fn new() -> Self {
        Lanes {
            numbers: BTreeMap::new(),
            list: Slab::new(),
            name_bytes: 0,
            waiting: Order::new(),
            ready: BTreeMap::new(),
            refills: BTreeMap::new(),
            left: Vec::new(),
            left_refills: Vec::new(),
            expiring: BTreeSet::new(),
            pauses: BTreeSet::new(),
            ruled: 0,
            paused: 0,
            rated: 0,
            wanted: 0,
            room: 0,
            touched: Vec::new(),
            round: 0,
            revisit: None,
        }
    }
}

impl Empty for Lanes {
    const EMPTY: &'static Self = &Lanes::new();

    fn heap_bytes(&self) -> usize {
        let per_entry = size_of::<(PriorityKey, Handle)>() * 2;
        self.list.bytes()
            + self.waiting.bytes()
            + self.name_bytes
            + self.len() * size_of::<(Arc<[u8]>, Handle)>() * 2
            + (self.ready.len() + self.refills.len() + self.expiring.len() + self.pauses.len()) * per_entry
            + self.ruled * size_of::<LaneRules>()
            + self.touched.capacity() * size_of::<Handle>()
    }
}

//! Parts that few queues use: a pointer each until then.
//!
//! Most queues have no GROUPs, batches, names, options or schedules, and no job that is delayed, blocked or kept; many
//! have never had a worker. The parts for all that are empty, and would still be more than half of what a queue without
//! jobs takes.

use std::ops::Deref;

/// A part of a queue that takes memory from the first change on. Reading it before that reads an empty one.
#[derive(Debug, Clone)]
pub(crate) struct Seldom<T>(Option<Box<T>>);

/// What can be read before it is there.
pub(crate) trait Empty: Clone + 'static {
    const EMPTY: &'static Self;

    /// Heap bytes behind it, itself not among them.
    fn heap_bytes(&self) -> usize;
}

impl<T> Seldom<T> {
    /// One that takes no memory yet.
    pub(crate) const fn new() -> Self {
        Seldom(None)
    }
}

impl<T: Empty> Seldom<T> {
    /// The part, to be changed. It takes memory from now on.
    pub(crate) fn make(&mut self) -> &mut T {
        match self.0 {
            Some(ref mut part) => part,
            None => begin(&mut self.0),
        }
    }

    /// The part, to be changed if it is there: what takes out, or looks after what is in it.
    pub(crate) fn if_there(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// The part, if it is there: one question where an empty part would be asked several.
    pub(crate) fn there(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// Heap bytes held, the part itself among them.
    pub(crate) fn bytes(&self) -> usize {
        self.0.as_deref().map_or(0, |part| size_of::<T>() + part.heap_bytes())
    }
}

/// Out of the way: nearly always the part is there.
#[cold]
fn begin<T: Empty>(part: &mut Option<Box<T>>) -> &mut T {
    part.insert(Box::new(T::EMPTY.clone()))
}

impl<T: Empty> Deref for Seldom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::EMPTY)
    }
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::store::Order;

    #[test]
    fn a_part_takes_memory_from_its_first_change_on() {
        let mut part = Seldom::<Order<u64>>::default();
        assert_eq!((part.len(), part.first(), part.bytes()), (0, None, 0));
        assert!(part.if_there().is_none() && size_of::<Seldom<Order<u64>>>() == size_of::<usize>());
        part.make().insert(7, 1, |_| 7);
        assert_eq!((part.len(), part.first()), (1, Some(1)));
        assert_eq!(part.bytes(), size_of::<Order<u64>>() + 4 * size_of::<u32>());
        assert!(part.if_there().is_some_and(|part| part.remove(7, 1)));
        assert!(part.is_empty());
    }
}

//! Where the jobs of a queue live: a slab whose pages never move.
//!
//! A vector that doubles copies everything it holds, and one command would pay for it. Here growth is one
//! more page of up to 256 slots, and a page that empties goes back to the allocator, so a burst leaves
//! nothing behind.
//!
//! ```text
//!   handle, 31 bits:   chunk (15)  |  page in the chunk (8)  |  slot in the page (8)
//! ```
//!
//! The indexes of a queue ([`order`](super::order), [`ids`](super::ids)) hold the 4-byte handles given out
//! here. A handle is reused after its value is gone; code that keeps one longer must check what it finds.

use super::seldom::{Empty, Seldom};
use std::collections::BTreeSet;
use std::mem::{replace, size_of};

/// Names one value in a [`Slab`]; below 2^31.
pub type Handle = u32;

/// Jobs a queue can hold at all: handles have 31 bits.
pub(crate) const MAX_HANDLES: usize = 1 << 31;
const PAGE_SLOTS: usize = 256;
const CHUNK_PAGES: usize = 256;
const MOST_CHUNKS: usize = 1 << 15;
/// Ends a page's list of free slots.
const NO_SLOT: u16 = u16::MAX;
/// No page takes inserts yet.
const NO_PAGE: u32 = u32::MAX;
/// What an emptied slab may keep, so that a queue that swings between no job and a few does not allocate.
const KEPT_BYTES: usize = 4096;

/// A paged slab: O(1) insert, look-up and removal, and no growth that copies more than half a page.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    chunks: Vec<Chunk<T>>,
    /// The page that takes inserts until it is full.
    open: u32,
    gaps: Seldom<Gaps>,
    len: usize,
    bytes: usize,
}

/// Where values were taken out.
#[derive(Debug, Clone)]
struct Gaps {
    /// All pages with a free slot but the open one. The lowest is opened next, so that high pages drain.
    room: BTreeSet<u32>,
    /// Chunks with a page number that is not in use; the last one only if that was in use once.
    holes: BTreeSet<u32>,
}

/// What the sets take is estimated.
impl Empty for Gaps {
    const EMPTY: &'static Self = &Gaps { room: BTreeSet::new(), holes: BTreeSet::new() };

    fn heap_bytes(&self) -> usize {
        (self.room.len() + self.holes.len()) * 8
    }
}

/// The page numbers of 256 pages; exists so that the list of pages need not be copied as it grows either.
#[derive(Debug, Clone)]
struct Chunk<T> {
    pages: Vec<Page<T>>,
    /// How many of them hold memory.
    live: usize,
}

/// The bookkeeping stands beside the slots and not among them, so that a page is exactly a size that
/// allocators serve without waste.
#[derive(Debug)]
struct Page<T> {
    slots: Vec<Slot<T>>,
    /// First slot of the list of free ones among `slots`.
    free: u16,
    used: u16,
}

/// As large as `T` alone when `T` has a niche (a box, a vector, an enum).
#[derive(Debug, Clone)]
enum Slot<T> {
    Taken(T),
    Free { next: u16 },
}

impl<T> Page<T> {
    /// As many slots, 256 at most, as fill a size class of the allocator: there are four to each power of
    /// two. 256 slots of 88 bytes would take a ninth more than they need.
    const SLOTS: usize = {
        let bytes = PAGE_SLOTS * size_of::<Slot<T>>();
        let step = (1 << bytes.ilog2()) / 4;
        bytes / step * step / size_of::<Slot<T>>()
    };

    const fn new() -> Self {
        Self { slots: Vec::new(), free: NO_SLOT, used: 0 }
    }

    fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>()
    }

    fn is_full(&self) -> bool {
        usize::from(self.used) == Self::SLOTS
    }

    /// `None` when the page is full.
    fn insert(&mut self, value: T) -> Option<u16> {
        let at = if self.free == NO_SLOT {
            let at = u16::try_from(self.slots.len()).ok().filter(|&at| usize::from(at) < Self::SLOTS)?;
            self.slots.push(Slot::Taken(value));
            at
        } else {
            let at = self.free;
            let slot = self.slots.get_mut(usize::from(at))?;
            if let Slot::Free { next } = *slot {
                self.free = next;
            }
            *slot = Slot::Taken(value);
            at
        };
        self.used += 1;
        Some(at)
    }

    fn remove(&mut self, at: u16) -> Option<T> {
        let slot = self.slots.get_mut(usize::from(at))?;
        if matches!(slot, Slot::Free { .. }) {
            return None;
        }
        let Slot::Taken(value) = replace(slot, Slot::Free { next: self.free }) else { return None };
        self.free = at;
        self.used -= 1;
        Some(value)
    }
}

/// Keeps the capacity, which a vector's own clone would cut to the length.
impl<T: Clone> Clone for Page<T> {
    fn clone(&self) -> Self {
        let mut slots = Vec::with_capacity(self.slots.capacity());
        slots.extend_from_slice(&self.slots);
        Self { slots, free: self.free, used: self.used }
    }
}

/// Doubles a full vector exactly, from one element on: small queues are many.
fn grow<T>(vec: &mut Vec<T>) {
    if vec.len() == vec.capacity() {
        vec.reserve_exact(vec.len().max(1));
    }
}

/// The parts of a handle as indexes: chunk, page in it, slot in that.
fn split(handle: Handle) -> (usize, usize, u16) {
    let page = handle >> 8;
    ((page >> 8) as usize, (page & 0xff) as usize, u16::from(handle.to_le_bytes()[0]))
}

impl<T> Slab<T> {
    /// An empty one.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), open: NO_PAGE, gaps: Seldom::new(), len: 0, bytes: 0 }
    }

    /// How many values there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Heap bytes held, without what the values themselves own. O(1); the sets of page numbers are estimated.
    #[must_use]
    pub(crate) fn bytes(&self) -> usize {
        self.bytes + self.gaps.bytes()
    }

    /// Stores `value`; `None` (and the value is dropped) when all 2^31 handles are in use.
    pub(crate) fn insert(&mut self, value: T) -> Option<Handle> {
        if self.page(self.open).is_none_or(Page::is_full) {
            self.open = match self.gaps.if_there().and_then(|gaps| gaps.room.pop_first()) {
                Some(page) => page,
                None => self.new_page()?,
            };
        }
        let number = self.open;
        let page = self.page_mut(number)?;
        let before = page.bytes();
        if page.slots.len() == page.slots.capacity() && page.free == NO_SLOT {
            // Only the first page starts small: it is all that most queues ever need.
            let most = Page::<T>::SLOTS - page.slots.len();
            let more = if number == 0 { page.slots.len().max(1) } else { most };
            page.slots.reserve_exact(more.min(most));
        }
        let slot = page.insert(value)?;
        let grown = page.bytes() - before;
        self.bytes += grown;
        self.len += 1;
        Some(number << 8 | u32::from(slot))
    }

    /// The value of `handle`, if it is in use.
    #[must_use]
    pub(crate) fn get(&self, handle: Handle) -> Option<&T> {
        let (chunk, page, slot) = split(handle);
        match self.chunks.get(chunk)?.pages.get(page)?.slots.get(usize::from(slot))? {
            Slot::Taken(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// The value of `handle`, to be changed.
    pub(crate) fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let (chunk, page, slot) = split(handle);
        match self.chunks.get_mut(chunk)?.pages.get_mut(page)?.slots.get_mut(usize::from(slot))? {
            Slot::Taken(value) => Some(value),
            Slot::Free { .. } => None,
        }
    }

    /// Takes the value of `handle` out. At most one page is freed.
    pub(crate) fn remove(&mut self, handle: Handle) -> Option<T> {
        let number = handle >> 8;
        let page = self.page_mut(number)?;
        let was_full = page.is_full();
        let value = page.remove(split(handle).2)?;
        let is_empty = page.used == 0;
        self.len -= 1;
        if self.len == 0 && self.bytes > KEPT_BYTES {
            *self = Self::default();
        } else if number == self.open {
            // Kept even when empty: the next insert goes there.
        } else if is_empty {
            if let Some(gaps) = self.gaps.if_there() {
                gaps.room.remove(&number);
            }
            self.free_page(number);
        } else if was_full {
            self.gaps.make().room.insert(number);
        }
        Some(value)
    }

    /// All values by ascending handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Handle, &T)> {
        (0_u32..).zip(&self.chunks).flat_map(|(chunk, c)| {
            (chunk << 8..).zip(&c.pages).flat_map(|(page, p)| {
                (page << 8..).zip(&p.slots).filter_map(|(handle, slot)| match slot {
                    Slot::Taken(value) => Some((handle, value)),
                    Slot::Free { .. } => None,
                })
            })
        })
    }

    fn page(&self, number: u32) -> Option<&Page<T>> {
        self.chunks.get((number >> 8) as usize)?.pages.get((number & 0xff) as usize)
    }

    fn page_mut(&mut self, number: u32) -> Option<&mut Page<T>> {
        self.chunks.get_mut((number >> 8) as usize)?.pages.get_mut((number & 0xff) as usize)
    }

    /// The lowest page number that can be had; the page itself has no memory yet.
    fn new_page(&mut self) -> Option<u32> {
        let number = match self.gaps.holes.first() {
            Some(&number) => number,
            None => self.last_chunk()?,
        };
        let is_last = number as usize + 1 == self.chunks.len();
        let chunk = self.chunks.get_mut(number as usize)?;
        let freed = chunk.pages.iter().position(|page| page.slots.capacity() == 0);
        let at = freed.unwrap_or(chunk.pages.len());
        if freed.is_none() {
            let before = chunk.pages.capacity();
            grow(&mut chunk.pages);
            self.bytes += (chunk.pages.capacity() - before) * size_of::<Page<T>>();
            chunk.pages.push(Page::new());
        }
        chunk.live += 1;
        let is_full = chunk.live == CHUNK_PAGES || (is_last && chunk.live == chunk.pages.len());
        if let Some(gaps) = self.gaps.if_there().filter(|_| is_full) {
            gaps.holes.remove(&number);
        }
        u32::try_from(at).ok().map(|at| number << 8 | at)
    }

    /// The number of the last chunk, or of one more if all its page numbers were in use already.
    fn last_chunk(&mut self) -> Option<u32> {
        if self.chunks.last().is_none_or(|chunk| chunk.pages.len() == CHUNK_PAGES) {
            if self.chunks.len() == MOST_CHUNKS {
                return None;
            }
            let before = self.chunks.capacity();
            grow(&mut self.chunks);
            self.bytes += (self.chunks.capacity() - before) * size_of::<Chunk<T>>();
            self.chunks.push(Chunk { pages: Vec::new(), live: 0 });
        }
        u32::try_from(self.chunks.len() - 1).ok()
    }

    fn free_page(&mut self, number: u32) {
        let chunk_number = number >> 8;
        let Some(chunk) = self.chunks.get_mut(chunk_number as usize) else { return };
        let Some(page) = chunk.pages.get_mut((number & 0xff) as usize) else { return };
        self.bytes -= page.bytes();
        *page = Page::new();
        chunk.live -= 1;
        if chunk.live == 0 {
            self.bytes -= chunk.pages.capacity() * size_of::<Page<T>>();
            chunk.pages = Vec::new();
        }
        self.gaps.make().holes.insert(chunk_number);
    }

    /// What `bytes` must be: the sum over all that is held.
    fn count_bytes(&self) -> usize {
        let pages = self.chunks.iter().flat_map(|chunk| &chunk.pages).map(Page::bytes).sum::<usize>();
        let chunks = self.chunks.iter().map(|c| c.pages.capacity() * size_of::<Page<T>>()).sum::<usize>();
        pages + chunks + self.chunks.capacity() * size_of::<Chunk<T>>()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The clone has the same handles. O(n).
impl<T: Clone> Clone for Slab<T> {
    fn clone(&self) -> Self {
        let mut clone = Self {
            chunks: self.chunks.clone(),
            open: self.open,
            gaps: self.gaps.clone(),
            len: self.len,
            bytes: 0,
        };
        clone.bytes = clone.count_bytes();
        clone
    }
}

#[cfg(test)]
mod tests;

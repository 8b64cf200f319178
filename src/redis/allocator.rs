//! The module's memory is the server's, so `used_memory`, `maxmemory` and MEMORY USAGE see it.
//!
//! Without a server (unit tests) the system's allocator does the work. The two never mix: the table is filled
//! in before the module allocates anything, and stays.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

#[global_allocator]
static MEMORY: ServerMemory = ServerMemory;

struct ServerMemory;

/// What `RM_Alloc` aligns to on every server, even one built without `malloc_usable_size`, which puts a
/// length before each block. Anything stricter is aligned here.
const ALIGNED: usize = align_of::<usize>();

// SAFETY: every block comes from `RM_Alloc`, `RM_Calloc` or `RM_Realloc` and goes back to `RM_Free`, or,
// without a server, does the same with `System`; layouts that need more than ALIGNED are served from inside a
// larger block whose start is kept in the word before them.
unsafe impl GlobalAlloc for ServerMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(alloc) = api!(RedisModule_Alloc) else {
            // SAFETY: the caller's promise is the same.
            return unsafe { System.alloc(layout) };
        };
        let Some(size) = block_size(layout) else { return ptr::null_mut() };
        // SAFETY: (1) any size will do; the server never returns null but ends itself.
        let block = unsafe { alloc(size) }.cast();
        // SAFETY: `block` has `block_size(layout)` bytes.
        unsafe { place(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(calloc) = api!(RedisModule_Calloc) else {
            // SAFETY: the caller's promise is the same.
            return unsafe { System.alloc_zeroed(layout) };
        };
        let Some(size) = block_size(layout) else { return ptr::null_mut() };
        // SAFETY: (1) as above.
        let block = unsafe { calloc(1, size) }.cast();
        // SAFETY: `block` has `block_size(layout)` bytes.
        unsafe { place(block, layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let Some(free) = api!(RedisModule_Free) else {
            // SAFETY: the caller's promise is the same, and `at` came from `System`.
            return unsafe { System.dealloc(at, layout) };
        };
        // SAFETY: `at` was returned by `place` for this layout.
        let block = unsafe { start(at, layout) };
        // SAFETY: (1) `block` came from the server's allocator and is freed once.
        unsafe { free(block.cast()) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match (api!(RedisModule_Realloc), layout.align() <= ALIGNED) {
            // SAFETY: the caller's promise is the same, and `at` came from `System`.
            (None, _) => unsafe { System.realloc(at, layout, new_size) },
            // SAFETY: (1) `at` is the start of its block.
            (Some(realloc), true) => unsafe { realloc(at.cast(), new_size) }.cast(),
            // SAFETY: the caller's promise is the same.
            (Some(_), false) => unsafe { moved(at, layout, new_size) },
        }
    }
}

/// Bytes to ask the server for; None when they cannot be counted.
fn block_size(layout: Layout) -> Option<usize> {
    if layout.align() <= ALIGNED {
        // A small block is aligned to its own size at most.
        Some(layout.size().max(layout.align()))
    } else {
        layout.size().checked_add(layout.align())
    }
}

/// Where in `block` the layout begins: at the next multiple of its alignment, the block's start noted before
/// it.
///
/// # Safety
/// `block` has `block_size(layout)` bytes.
unsafe fn place(block: *mut u8, layout: Layout) -> *mut u8 {
    if layout.align() <= ALIGNED || block.is_null() {
        return block;
    }
    // At least ALIGNED, at most the alignment: room for the note, and for the size behind it.
    let skip = layout.align() - (block.addr() & (layout.align() - 1));
    // SAFETY: `skip` is at most the alignment, which was added to the size.
    let at = unsafe { block.add(skip) };
    // SAFETY: `skip` is at least ALIGNED, the size of a pointer.
    let note = note_at(unsafe { at.sub(ALIGNED) });
    // SAFETY: inside the block, and aligned like the block itself.
    unsafe { note.write(block) };
    at
}

/// The start of the block that `place` put `at` into.
///
/// # Safety
/// `at` was returned by `place` for this layout.
unsafe fn start(at: *mut u8, layout: Layout) -> *mut u8 {
    if layout.align() <= ALIGNED {
        return at;
    }
    // SAFETY: `place` left the note there.
    let note = note_at(unsafe { at.sub(ALIGNED) });
    // SAFETY: the same.
    unsafe { note.read() }
}

/// The word at `at`, which is aligned to a word: the block is, and so is every stricter alignment.
#[allow(clippy::cast_ptr_alignment)]
fn note_at(at: *mut u8) -> *mut *mut u8 {
    at.cast()
}

/// A larger or smaller copy; the old block is freed.
///
/// # Safety
/// As for `GlobalAlloc::realloc`.
unsafe fn moved(at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
    let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else { return ptr::null_mut() };
    // SAFETY: the size is not zero, says the caller of `realloc`.
    let new = unsafe { MEMORY.alloc(new_layout) };
    if !new.is_null() {
        // SAFETY: both are at least that long and distinct.
        unsafe { ptr::copy_nonoverlapping(at, new, layout.size().min(new_size)) };
        // SAFETY: it has this layout and is not used any more.
        unsafe { MEMORY.dealloc(at, layout) };
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alignment_has_room_inside_its_block() {
        let mut block = vec![0u64; 1024];
        for align in [16, 32, 64, 4096] {
            let layout = Layout::from_size_align(100, align).unwrap();
            for shift in 0..4 {
                // SAFETY: the vector has 8192 bytes, more than `block_size` and the shift.
                let start_of_block = unsafe { block.as_mut_ptr().cast::<u8>().add(shift * ALIGNED) };
                // SAFETY: as above.
                let at = unsafe { place(start_of_block, layout) };
                assert_eq!(at.addr() % align, 0);
                assert!(at.addr() + 100 <= start_of_block.addr() + block_size(layout).unwrap());
                // SAFETY: `place` returned it.
                assert_eq!(unsafe { start(at, layout) }, start_of_block);
            }
        }
    }
}

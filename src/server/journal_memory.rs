//! The memory that one journal leaves for the next, so that a command allocates none for it.

use std::mem::take;
use std::sync::{Mutex, PoisonError};

/// Empty while a journal has it.
static MEMORY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Memory for a journal. Where one is written while another is, the second gets none, and allocates.
pub(super) fn lend() -> Vec<u8> {
    take(&mut *MEMORY.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A journal is finished, and leaves this.
pub(super) fn give_back(memory: Vec<u8>) {
    *MEMORY.lock().unwrap_or_else(PoisonError::into_inner) = memory;
}

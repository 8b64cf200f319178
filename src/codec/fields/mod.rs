//! The fields that effects and snapshots have in common, each drawn above its encoder.
//!
//! Every field has an `encode_` function that appends it to a buffer, and a `decode_` function that reads it back or
//! says why the bytes cannot be one.

pub(super) mod batch;
pub(super) mod change;
pub(super) mod job;
pub(super) mod options;
pub(super) mod outcome;
pub(super) mod replacement;
pub(super) mod schedule;
pub(super) mod settings;

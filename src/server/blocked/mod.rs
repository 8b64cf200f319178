//! Blocked clients: which wait at which key, for what, and which are to be unblocked. Keys are opened, and
//! replies written, by the floors above ([`super::background`]).
//!
//! - [`claims`]: clients in JQ.CLAIM … BLOCK and JQ.CLAIMANY … BLOCK, with [`claim_waiters`] (all of them),
//!   [`claim_queue`] (those at one key) and [`waiting_workers`] (their names).
//! - [`awaits`]: clients in JQ.AWAIT, with [`await_index`].
//! - [`deadlines`]: when their waits end.

mod await_index;
pub(super) mod awaits;
mod claim_queue;
mod claim_waiters;
pub(super) mod claims;
mod deadlines;
mod waiting_workers;

pub(super) use await_index::Answer;
pub(super) use claim_queue::Demand;
pub(super) use claim_waiters::WaiterStage;
pub(super) use deadlines::deadline;

//! What happens without a command, on the server's one thread: timers fire, keys expire, blocked clients are
//! served.
//!
//! - [`timer`]: time does its part on queues that are due. [`relocate`]: queues that were renamed or moved
//!   are found again.
//! - [`expired_keys`]: queues with expiry rules get the keys that expire.
//! - [`serve_claims`]: clients in JQ.CLAIM … BLOCK get jobs, unless the server refuses writes
//!   ([`write_refusal`]). [`reply_awaits`]: clients in JQ.AWAIT get their reply.
//!
//! Each of these opens keys, of which [`super::directory`] and [`super::blocked`] know, and changes queues by
//! way of [`super::edit`].

pub(super) mod expired_keys;
mod relocate;
pub(super) mod reply_awaits;
pub(super) mod serve_claims;
mod timer;
mod write_refusal;

/// How long work waits, in milliseconds, when nothing may be replicated, or after an internal error.
const POSTPONED: u64 = 50;

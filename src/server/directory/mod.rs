//! The directory: where each live queue is that has something due, or expiry rules, and the timer that is set
//! for the earliest of them.
//!
//! - [`state`]: all of it, behind one lock. [`places`]: what the server says of keys, and asks. [`timer`]: what is due, and
//!   when to come again.
//! - [`due`]: the queues by the instant at which time changes them.
//! - [`expiry_rules`]: the queues by the prefixes of keys whose expiry they turn into jobs.
//! - [`unlocated`]: those whose key went away without their being freed. [`search`]: how they are found
//!   again.
//!
//! Redis names a key when a queue is loaded, copied, changed or unlinked; from that it is known where the
//! queue is. Locations are hints all the same: who opens the key compares the handle of the value found
//! there. Keys are opened by the floors above ([`super::background`]); this only says which, and sets the
//! timer.

mod due;
mod expiry_rules;
mod places;
mod search;
mod state;
mod timer;
mod unlocated;

pub(super) use due::Entry;
pub(super) use expiry_rules::Subscriber;
pub(super) use places::{
    flushed, found, is_unknown, missing, put_back, put_behind, request_opening, schedule, subscribers,
    swapped, take_queues_to_open, ttl_changed, unlinked, visit_at, with_expiry_rules,
};
pub(super) use state::DueTimer;
pub(super) use timer::{
    go_on, is_visiting, keep_house, note_clocks, note_idle, note_lag, report, resume, searched, set_timer,
    set_timer_in, sleep, take_due, take_search, timer_fired,
};

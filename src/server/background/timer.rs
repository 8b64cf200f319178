//! The timer: at the instants at which time changes queues, it opens them and lets that happen.
//!
//! Only a primary acts, and in a cluster only the node that serves the slot of the queue: what time does is
//! replicated like everything else. A queue whose slot is on its way from or to another node is visited again until it
//! is gone or this node serves it. While the server must not
//! replicate (clients are paused, a failover is under way) the timer waits; on a replica and while loading it
//! sleeps until that is over.
//!
//! A tick is bounded by time, not by what is due, and uses that time while anything is due; the rest is done in the next
//! iteration of the server's event loop, after each client that wants something was served once. Queues take turns.

use super::{expired_keys, relocate, serve_claims, POSTPONED};
use crate::queue::{Now, UnixMs};
use crate::redis::cluster::serves_slot_of;
use crate::redis::context::{avoid_replica_traffic, Context};
use crate::redis::name::OwnedName;
use crate::redis::timer::OnTimer;
use crate::server::clock::{self, Stopwatch};
use crate::server::directory::{self, DueTimer, Entry};
use crate::server::edit::{self, Access};
use crate::server::panics::catch_panic;
use std::time::Duration;

/// A tick begins no new queue after this. The session of one queue is bounded by itself, to about the same.
const TICK: Duration = Duration::from_micros(500);
/// Queues taken up by one tick.
const BATCH: usize = 64;
/// When a queue is visited again whose slot another node serves, in milliseconds.
const NEXT_VISIT: u64 = 100;

impl OnTimer for DueTimer {
    fn fired(ctx: Context<'_>) {
        directory::timer_fired();
        if catch_panic("the timer", || tick(ctx)).is_none() {
            directory::set_timer_in(POSTPONED);
        }
        serve_claims::serve_marked(ctx);
    }
}

fn tick(ctx: Context<'_>) {
    let flags = ctx.flags();
    if flags.replica() || flags.loading() {
        return directory::sleep();
    }
    let now = clock::of_timer();
    if avoid_replica_traffic() {
        directory::note_idle(now.unix_ms());
        return directory::set_timer_in(POSTPONED);
    }
    directory::note_clocks(now.unix_ms());
    let progress = run_due(ctx, now);
    expired_keys::open_queues(ctx);
    relocate::step(ctx);
    directory::set_timer();
    if progress == Progress::Made {
        directory::go_on();
    }
}

/// Runs what is due for as long as a tick may take. [`Progress::Made`]: there may be more to do at once.
fn run_due(ctx: Context<'_>, now: Now) -> Progress {
    let watch = Stopwatch::start();
    let mut progress = Progress::Made;
    while progress == Progress::Made && !watch.is_over(TICK) {
        progress = run_batch(ctx, now, &watch);
        if directory::is_visiting() {
            progress = Progress::Made;
        }
    }
    progress
}

/// What came of a round over queues that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// A queue has changed.
    Made,
    /// Nothing is due, or nothing that can be done now.
    None,
}

fn run_batch(ctx: Context<'_>, now: Now, watch: &Stopwatch) -> Progress {
    let mut due = directory::take_due(now.unix_ms(), BATCH).into_iter();
    let mut progress = Progress::None;
    for (due, entry) in due.by_ref() {
        // Each by itself: whatever goes wrong with one queue, the others have their time.
        if catch_panic("the timer, for one queue", || run_queue(ctx, &entry, due, now))
            == Some(Progress::Made)
        {
            progress = Progress::Made;
        }
        if watch.is_over(TICK) {
            break;
        }
    }
    directory::put_back(due);
    progress
}

/// Lets time do its part on one queue, for which the timer was set at `due`.
fn run_queue(ctx: Context<'_>, entry: &Entry, due: UnixMs, now: Now) -> Progress {
    let name = OwnedName::new(&entry.location.name);
    if !ctx.select(entry.location.db) {
        return Progress::None;
    }
    if !serves_slot_of(name.lend()) {
        directory::visit_at(entry, UnixMs(now.unix_ms().0.saturating_add(NEXT_VISIT)));
        return Progress::None;
    }
    // Nothing is done if the queue is gone, replaced or of another type by now: the entry was a hint, and a
    // wrong one.
    let edited = edit::decide(ctx, name.lend(), Access::Only(&entry.handle), now, |_| ());
    let changed = edited.is_ok_and(|edited| edited.changed);
    if changed {
        directory::note_lag(due, now.unix_ms());
    }
    directory::put_behind(entry, now.unix_ms());
    if changed {
        Progress::Made
    } else {
        Progress::None
    }
}

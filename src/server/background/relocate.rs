//! Finds queues again that were renamed or moved while nothing used them.

use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::OwnedName;
use crate::server::clock;
use crate::server::directory::{self, Entry};
use crate::server::key_handle::KeyHandle;
use crate::server::location::Location;
use crate::server::value::Value;
use std::sync::Arc;

/// Queues that are looked for under their name in other databases by one step.
const BATCH: usize = 64;
/// How many databases are looked at for a moved key; a server has 16 unless it was configured otherwise.
const DATABASES: i32 = 64;

/// Goes on with the search, if there is something to search for.
pub(super) fn step(ctx: Context<'_>) {
    let now = clock::uptime();
    let Some((maybe_moved, mut search)) = directory::take_search(now, BATCH) else { return };
    for (name, handle) in maybe_moved {
        // MOVE takes a key to another database under its name.
        for db in (0..DATABASES).take_while(|db| ctx.select(*db)) {
            if check_at(ctx, &Location { db, name: name.clone() }, &handle) {
                break;
            }
        }
    }
    // Redis must not be called while it walks over the keys.
    let mut met = Vec::new();
    let progress = search.step(ctx, &mut |db, name, value| {
        if directory::is_unknown(value) {
            let location = Location { db, name: name.into() };
            met.push(Entry { location, handle: Arc::clone(&value.handle) });
        }
    });
    for Entry { location, handle } in met {
        check_at(ctx, &location, &handle);
    }
    directory::searched(search, progress, now);
}

/// If the queue of `handle` is at `location`, the directory knows it from now on. False: it is not.
fn check_at(ctx: Context<'_>, location: &Location, handle: &Arc<KeyHandle>) -> bool {
    if !ctx.select(location.db) {
        return false;
    }
    let name = OwnedName::new(&location.name);
    match Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
        Key::Occupied(value) if Arc::ptr_eq(&value.handle, handle) => {
            directory::found(location.db, &location.name, &value);
            true
        }
        Key::Occupied(_) | Key::Vacant(_) | Key::OtherType => false,
    }
}

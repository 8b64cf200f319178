//! Finds queues again that were renamed or moved while nothing used them.

use crate::redis::context::Context;
use crate::redis::key::{Key, Mode};
use crate::redis::name::OwnedName;
use crate::server::clock;
use crate::server::directory::{self, Entry};
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
    for entry in maybe_moved {
        look_in_other_databases(ctx, &entry);
    }
    let progress = search.step(ctx, &mut directory::found_by_search);
    directory::searched(search, progress, now);
}

/// Looks for a key of the same name in all databases: that is where MOVE takes it.
fn look_in_other_databases(ctx: Context<'_>, Entry { location, handle }: &Entry) {
    let name = OwnedName::new(&location.name);
    for db in (0..DATABASES).take_while(|db| ctx.select(*db)) {
        if let Key::Occupied(value) = Key::<Value>::open(ctx, name.lend(), Mode::NoTouch) {
            if Arc::ptr_eq(&value.handle, handle) {
                return directory::found(db, &location.name, &value);
            }
        }
    }
}

//! A queue outside a key: in RDB and AOF files, copied, weighed.
//!
//! A file holds a queue as strings, each a section of a snapshot, and an empty one at the end. Nothing in a file is
//! trusted: whatever is not a sound queue is refused, and the server says so to whoever asked for it.

use super::census::When;
use super::home::Value;
use super::{awaits, guarded, timekeeper};
use crate::codec::snapshot::{self, Loader};
use crate::queue::Queue;
use crate::redis::context::warn;
use crate::redis::name::Name;
use crate::redis::persistence::Io;

/// The version of the framing in RDB files; what is in the sections has its own.
pub(super) const VERSION: i32 = 1;

/// Reads a queue from an RDB file or a RESTORE.
pub(super) fn load(io: &mut Io, version: i32) -> Option<Box<Value>> {
    let loaded = guarded("loading a queue", || read(io, version))?;
    let queue = loaded.map_err(|reason| warn(&format!("jq: a queue is refused: {reason}"))).ok()?;
    let mut value = Value::new(queue);
    value.count(When::Before);
    if let Some((db, name)) = io.place() {
        timekeeper::note_in(db, name, &value);
    }
    Some(value)
}

fn read(io: &mut Io, version: i32) -> Result<Queue, String> {
    if version > VERSION {
        return Err(format!("saved as version {version}, newer than this module knows: upgrade it first"));
    }
    let mut loader = Loader::default();
    loop {
        let section = io.load().ok_or("it ends too early")?;
        if section.bytes().is_empty() {
            break;
        }
        loader.section(section.bytes()).map_err(|reason| reason.to_string())?;
    }
    loader.finish().map_err(|reason| reason.to_string())
}

/// Writes a queue into an RDB file.
pub(super) fn save(io: &mut Io, value: &Value) {
    let all = guarded("saving a queue", || snapshot::save(&value.queue, &mut |section| io.save(section)));
    // Without its end the value is refused when it is read: better no queue than half a queue.
    if all.is_some() {
        io.save(&[]);
    }
}

/// Writes a queue into an AOF file.
pub(super) fn rewrite(io: &mut Io, key: Name<'_>, value: &Value) {
    guarded("rewriting a queue", || snapshot::save(&value.queue, &mut |section| io.emit(key, section)));
}

/// Feeds everything that makes two queues equal.
pub(super) fn digest(value: &Value, add: &mut dyn FnMut(&[u8])) {
    guarded("the digest of a queue", || snapshot::save_state(&value.queue, add));
}

/// How much work it is to free a value: more than 64, and another thread does it.
pub(super) fn free_effort(value: &Value) -> usize {
    value.queue.pieces()
}

/// The key of a value goes away.
pub(super) fn unlinked(db: i32, name: &[u8], value: &Value) {
    guarded("unlinking a queue", || {
        timekeeper::unlinked(db, name, value);
        awaits::unlinked(db, name, value);
    });
}

/// A copy for the key `name` in database `db`.
pub(super) fn copy(db: i32, name: &[u8], value: &Value) -> Option<Box<Value>> {
    guarded("copying a queue", || {
        let mut copy = Value::new(value.queue.clone());
        copy.count(When::Before);
        timekeeper::note_in(db, name, &copy);
        copy
    })
}

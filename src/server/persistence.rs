//! Persistence of queues: the data type's callbacks, for RDB and AOF files, DUMP and RESTORE, COPY, digests
//! and freeing.
//!
//! A file holds a queue as strings, each a section of a snapshot, and an empty one at the end. Nothing in a
//! file is trusted: whatever is not a sound queue is refused, and the server says so to the client that asked
//! for it.

use super::blocked::awaits;
use super::edit::APPLY;
use super::panics::catch_panic;
use super::totals::Occurred;
use super::value::{self, Value};
use super::{clock, directory};
use crate::codec::snapshot::{self, Loader};
use crate::queue::Queue;
use crate::redis::context::warn;
use crate::redis::data_type::{DataType, RegisteredType};
use crate::redis::io::Io;
use crate::redis::name::Name;
use std::ffi::CStr;

/// The type as the server knows it.
static TYPE: RegisteredType<Value> = RegisteredType::new();

impl DataType for Value {
    const NAME: &'static CStr = c"job-queue";
    /// The version of the framing in RDB files; what is in the sections has its own.
    const VERSION: i32 = 1;

    fn registered() -> &'static RegisteredType<Self> {
        &TYPE
    }

    fn load(io: &mut Io, version: i32) -> Option<Box<Self>> {
        let loaded = catch_panic("loading a queue", || read(io, version))?;
        let queue = loaded.map_err(|reason| warn(&format!("jq: a queue is refused: {reason}"))).ok()?;
        let mut value = Value::new(queue);
        value.count(Occurred::Before);
        clock::note_instant(value.queue.heard_at());
        if let Some((db, name)) = io.db_and_key() {
            directory::found(db, name, &value);
        }
        Some(value)
    }

    fn save(&self, io: &mut Io) {
        let all =
            catch_panic("saving a queue", || snapshot::save(&self.queue, &mut |section| io.save(section)));
        // Without its end the value is refused when it is read: better no queue than half a queue.
        if all.is_some() {
            io.save(&[]);
        }
    }

    fn rewrite(&self, io: &mut Io, key: Name<'_>) {
        catch_panic("rewriting a queue", || {
            snapshot::save(&self.queue, &mut |section| io.emit(APPLY, key, section));
        });
    }

    fn digest(&self, add: &mut dyn FnMut(&[u8])) {
        catch_panic("the digest of a queue", || snapshot::save_state(&self.queue, add));
    }

    fn memory_usage(&self) -> usize {
        self.bytes()
    }

    fn free_effort(&self) -> usize {
        self.queue.pieces()
    }

    fn free(value: Box<Self>) {
        value::free(value);
    }

    fn unlinked(&self, db: i32, key: &[u8]) {
        catch_panic("unlinking a queue", || {
            directory::unlinked(key, self);
            awaits::unlinked(db, key, self);
        });
    }

    fn copy(&self, db: i32, key: &[u8]) -> Option<Box<Self>> {
        catch_panic("copying a queue", || {
            let mut copy = Value::new(self.queue.clone());
            copy.count(Occurred::Before);
            directory::found(db, key, &copy);
            copy
        })
    }
}

fn read(io: &mut Io, version: i32) -> Result<Queue, String> {
    if version > Value::VERSION {
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

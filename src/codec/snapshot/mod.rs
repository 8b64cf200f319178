//! A whole queue as bytes, in sections: RDB files, DUMP, COPY through RESTORE, rewritten append-only files, digests.
//!
//! ```text
//!   section  'S', format byte (1), kind byte, then by kind
//!   1 header settings, counters (count, then numbers), waits and runs (max number, count of buckets, then bucket and
//!            count numbers), next sequence number, last token, created-at, next batch numbers, paused flag,
//!            bucket, then more settings, unless they are as in a new queue and nothing follows, then the end of the
//!            pause number, if it has one, then 1 if there is one without end beside it
//!   2 jobs   jobs until the end of the section:
//!            id bytes, payload bytes, state, seq, added-at numbers, priority signed, options, nacks, losses numbers,
//!            flags number; then what is flagged: 1 expires instant, 2 cancel asked, 4 window-until and keep-until
//!            instants, 8 error bytes, 16 progress bytes, 32 result bytes, 64 rerun (a job), 128 the token under
//!            which the life before this one was done number, 256 group, 512 it holds its lane,
//!            1024 error of the life before this one bytes, 2048 lost life: token number, maybe-batch, 4096 latest due
//!            instant,
//!            8192 history (count, then runs), 16384 who ran it last bytes,
//!            131072 (1 << 17) the batch for which it has failed: number of the batch, due number (0 = none),
//!            32768 leases lost before its last progress number, 262144 (1 << 18) a record kept for its result alone,
//!            8388608 (1 << 23) the id is refused as long as the record is kept,
//!            524288 (1 << 19) the sequence number is one of the front: it is negative,
//!            1 << 20 fields bytes (drawn in queue/jobs/fields.rs), 1 << 24 name bytes,
//!            1 << 21 log: how many lines there were number, those that are kept bytes (drawn in queue/jobs/log.rs),
//!            1 << 22 how many runs of this life were handed back number
//!     run    token, attempt numbers, worker bytes, claimed-at, ended-at numbers, end (0 completed, 1 failed, 2 lost,
//!            3 released) byte, error maybe
//!     state  0 waiting: since, lapsed token | 1 delayed: due | 2 active: token, since, lease-until, worker bytes
//!            | 3 completed: at, token | 4 failed: at, token     (numbers; instants may be "never")
//!            | 5 blocked: dependency, due number (0 = none) | 6 waits for its next attempt: due
//!            | 7 on hold: nothing
//!   3 ids    remembered ids until the end of the section: id bytes, until instant, token, seq numbers, end state byte
//!            (4 more: ended-at number follows)
//!   4 batches  until the end of the section: number, name bytes, created-at number, flags byte (1 sealed, 2 settled
//!            again after a retry), finished-at number (0 = not yet), if flagged settled-at number, keep-until instant, completed, failed, expired, cancelled, duplicates numbers; what is
//!            pending is counted again
//!   5 schedules  until the end of the section, drawn in fields/schedule.rs
//!   6 expiry rules  until the end of the section, in the order of their prefixes: prefix bytes, add request
//!            (empty payload), enqueued, coalesced, dropped numbers
//!   7 pending duplicates  that replicas were not sent yet, unless there are none: count number, maybe-batch, since
//!            number
//!   8 lanes  that have given a job, until the end of the section, after all jobs: name bytes, turn number, bucket
//!   9 minutes  in which something happened, in their order, until the end of the section: beginning, added,
//!            completed, failed numbers
//!   10 workers  that were seen, by name, until the end of the section, after all jobs: name bytes, last seen number
//!   11 rules of lanes  by name, until the end of the section, after all jobs and before the lanes: name bytes, flags
//!            byte; then what is flagged: 1 paused-until instant, 2 group limits; 4 and a pause without end beside it
//!   12 events  that are kept, the oldest first, until the end of the section: ms and n of the id numbers, name, at
//!            number, job maybe, count of fields number, then for each its name and its value
//!     name   1, bytes: an application's | 2 + code of the event, or of the fact, byte | 0 as the name of an event: none
//!            is kept, this is the id of the last one, and nothing follows
//!     value  0, state byte (in the order of the manual) | 1, number | 2, bytes
//!   13 time   facts until the end of the section, after all jobs, lanes and schedules: kind byte, then
//!     0 missed instants of a schedule, by name: name bytes, count number
//!     1 what a schedule has passed over, by name: name bytes, resume number (0 = none), gaps (count, then first and
//!       last numbers)
//!     2 the latest instant at which this queue was changed or looked after, not part of the state: number
//!     3 how far the clock is ahead of the server's by which leases, waits for a next attempt and buckets are saved, where
//!       by the server's one of them lies before 1970; the least for which none does: number
//!   14 numbers  given so far, unless there are none, right after the header, until the end of the section: kind byte,
//!            number
//!     0 those that were given as ids (#): the last one
//!     1 sequence numbers of the front
//! ```
//!
//! The fields are drawn in [`super::fields`], numbers and byte strings in [`super::wire`].
//!
//! The header comes first, and batches come before the jobs that belong to them. Batches, jobs, ids and schedules come
//! in an order that is the same on every server with the same state. So equal queues are equal bytes, and loading
//! appends to every ordered index.
//!
//! To change the format:
//!
//! 1. Raise [`FORMAT`].
//! 2. Keep reading the old number: copy the old decoder under its number before you edit it.
//! 3. Change the drawing above, or the one of the field, together with the encoder.
//! 4. Save a file of the last release under tests/, with a test that loads it.
//! 5. Say in the changelog what an upgrade means, and what a downgrade means: an older module refuses the new number.

mod batch;
mod event;
mod expiry_rule;
mod header;
mod history;
mod job;
mod lane;
mod numbers;
mod remembered;
mod restore;
mod save;
mod time;

pub(super) use restore::restore_section;
pub use restore::Loader;
pub use save::{save, save_state};

use super::DecodeError;

/// The first byte of a section. The version of a journal, which is the first byte of its blobs, is never this high.
pub(super) const MARK: u8 = b'S';
/// The version of the saved form.
const FORMAT: u8 = 1;

/// What a section holds. The number is its kind byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Header = 1,
    Jobs = 2,
    Ids = 3,
    Batches = 4,
    Schedules = 5,
    ExpiryRules = 6,
    PendingDuplicates = 7,
    Lanes = 8,
    Minutes = 9,
    Workers = 10,
    LaneRules = 11,
    Events = 12,
    Time = 13,
    Numbers = 14,
}

impl Section {
    /// The bytes with which a section of this kind begins.
    fn head(self) -> [u8; 3] {
        [MARK, FORMAT, self as u8]
    }

    /// The kind that has this byte.
    fn from_byte(byte: u8) -> Result<Self, DecodeError> {
        Ok(match byte {
            1 => Section::Header,
            2 => Section::Jobs,
            3 => Section::Ids,
            4 => Section::Batches,
            5 => Section::Schedules,
            6 => Section::ExpiryRules,
            7 => Section::PendingDuplicates,
            8 => Section::Lanes,
            9 => Section::Minutes,
            10 => Section::Workers,
            11 => Section::LaneRules,
            12 => Section::Events,
            13 => Section::Time,
            14 => Section::Numbers,
            _ => return Err(DecodeError::Damaged("unknown section")),
        })
    }
}

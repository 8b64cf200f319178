//! The journal of one command or tick, as bytes: what replicas and the append-only file get.
//!
//! ```text
//!   blob     version byte (2), checksum of the rest (the lower 4 bytes of its XXH3, the lowest first), the instant as
//!            a number (twice its Unix milliseconds, one more where a part of the next one is over), then effects until
//!            the end
//!   effect   tag byte, then by tag ("id" is the id of the job it is about, as bytes):
//!    1 added                id, job
//!    2 replaced             id, replacement
//!    3 rerun                id, job
//!    4 duplicates           count number, maybe-batch
//!    5 claimed              id, token number, worker bytes, lease-until number
//!    6 leased               id, lease-until number
//!    7 progressed           id, data bytes
//!    8 completed            id, result maybe
//!    9 retried              id, due number (0 = at once), error maybe
//!   10 failed               id, error maybe
//!   11 released             id, due number (0 = to its old place at once)
//!   12 cancelled            id
//!   13 cancel requested     id
//!   14 removed              id
//!   15 promoted             id
//!   16 revived              id
//!   17 stale ack            nothing
//!   18 paused               nothing: without end
//!   19 resumed              nothing
//!   20 configured           settings, more settings
//!   21 advanced             jobs, forgotten numbers
//!   22 job advanced         id
//!   23 batch opened         name bytes
//!   24 batch sealed         number of the batch
//!   25 batch forgotten      number of the batch
//!   30 scheduled            name bytes, plan, next number
//!   96 passed over          name bytes, first number, last number, after scheduled
//!   31 unscheduled          name bytes
//!   32 ticked               name bytes, at number, next number (0 = none), tick outcome
//!   40 expiry rule set      prefix bytes, add request (empty payload)
//!   41 expiry rule removed  prefix bytes
//!   42 key expired          prefix bytes, expiry outcome
//!   43 payload replaced     id, payload bytes
//!   44 life completed late    id
//!   46 completed late       id, result maybe
//!   47 failed late          id, error maybe
//!   48 taken back           id, lease-until number
//!   50 purged               id
//!   51 batch mentioned      number of the batch
//!   55 ticked late          as ticked, then number of those missed, last of them number
//!   56 clock set back       by number
//!   95 clock stands         until number, after the instant of the blob; the first effect of one
//!   57 rewound              name bytes, next number, last missed number (0 = none), regained number
//!   60 paused until         instant number
//!   61 group paused         name bytes, until instant
//!   62 group resumed        name bytes
//!   63 group limited        name bytes, group limits
//!   93 paused twice         until instant number: until then, and without end
//!   94 group paused twice   name bytes, until instant number: until then, and without end
//!   67 emitted              event bytes, job maybe, fields bytes (drawn in queue/events/emitted.rs)
//!   68 events trimmed       how many are kept number
//!   77 moved                id, how byte (1 retried | 2 released | 3 promoted | 4 revived; 8 more: to the front,
//!                           16 more: released to be on hold), due
//!                           number (0 = none), error maybe if retried
//!   78 changed              id, flags byte (1 payload, 2 progress, 4 due at once, 8 due, 16 priority, 32 to the front,
//!                           64 name); then what is flagged: payload, progress bytes, due number, priority signed,
//!                           name bytes
//!   79 number taken         number
//!   81 completed, kept      id, result maybe, keep-until instant (0 = no record; so in the next three)
//!   82 failed, kept         id, error maybe, keep-until instant
//!   83 completed late, kept id, result maybe, keep-until instant
//!   84 failed late, kept    id, error maybe, keep-until instant
//!   85 records dropped      byte (0 completed, 1 failed), count number
//!   86 run again            id, byte (0 to the end, 1 to the front)
//!   87 fields changed       id, changes bytes (drawn in queue/jobs/fields.rs)
//!   88 logged               id, lines bytes (drawn in queue/jobs/log.rs)
//! ```
//!
//! The fields are drawn in [`super::fields`], numbers and byte strings in [`super::wire`].
//!
//! To change what an effect does or holds:
//!
//! 1. Raise [`VERSION`]. It is the version of the rules, not only of the bytes: a replica whose rules would do
//!    something else with an effect must refuse it.
//! 2. Keep the old meaning, and the old decoder, for blobs of the old version, or refuse them: append-only files hold
//!    them for ever. Those of version 1 are refused, because none was ever released.
//! 3. Give a new effect a number that no effect has had, and put it into the table above.
//! 4. Say in the changelog what an upgrade means: replicas are upgraded before their primary.

mod ahead;
mod blob;
mod decode;
mod encode;
mod journal;

pub use blob::seal;
pub(super) use decode::replay;
pub use journal::JournalWriter;

/// The version of the rules that this module knows.
const VERSION: u8 = 2;

/// How a job was moved, where the effects of older modules do not say enough.
mod moved {
    pub(super) const RETRIED: u8 = 1;
    pub(super) const RELEASED: u8 = 2;
    pub(super) const PROMOTED: u8 = 3;
    pub(super) const REVIVED: u8 = 4;
    pub(super) const FRONT: u8 = 8;
    pub(super) const HOLD: u8 = 16;
}

/// The first byte of an effect. A number is never used again for another effect.
mod tag {
    pub(super) const ADDED: u8 = 1;
    pub(super) const REPLACED: u8 = 2;
    pub(super) const RERUN: u8 = 3;
    pub(super) const DUPLICATES: u8 = 4;
    pub(super) const CLAIMED: u8 = 5;
    pub(super) const LEASED: u8 = 6;
    pub(super) const PROGRESSED: u8 = 7;
    pub(super) const COMPLETED: u8 = 8;
    pub(super) const RETRIED: u8 = 9;
    pub(super) const FAILED: u8 = 10;
    pub(super) const RELEASED: u8 = 11;
    pub(super) const CANCELLED: u8 = 12;
    pub(super) const CANCEL_REQUESTED: u8 = 13;
    pub(super) const REMOVED: u8 = 14;
    pub(super) const PROMOTED: u8 = 15;
    pub(super) const REVIVED: u8 = 16;
    pub(super) const STALE_ACK: u8 = 17;
    pub(super) const PAUSED: u8 = 18;
    pub(super) const RESUMED: u8 = 19;
    pub(super) const CONFIGURED: u8 = 20;
    pub(super) const ADVANCED: u8 = 21;
    pub(super) const JOB_ADVANCED: u8 = 22;
    pub(super) const BATCH_OPENED: u8 = 23;
    pub(super) const BATCH_SEALED: u8 = 24;
    pub(super) const BATCH_FORGOTTEN: u8 = 25;
    pub(super) const SCHEDULED: u8 = 30;
    pub(super) const PASSED_OVER: u8 = 96;
    pub(super) const UNSCHEDULED: u8 = 31;
    pub(super) const TICKED: u8 = 32;
    pub(super) const EXPIRY_RULE_SET: u8 = 40;
    pub(super) const EXPIRY_RULE_REMOVED: u8 = 41;
    pub(super) const KEY_EXPIRED: u8 = 42;
    pub(super) const PAYLOAD_REPLACED: u8 = 43;
    pub(super) const LIFE_COMPLETED_LATE: u8 = 44;
    pub(super) const COMPLETED_LATE: u8 = 46;
    pub(super) const FAILED_LATE: u8 = 47;
    pub(super) const TAKEN_BACK: u8 = 48;
    pub(super) const PURGED: u8 = 50;
    pub(super) const BATCH_MENTIONED: u8 = 51;
    pub(super) const TICKED_LATE: u8 = 55;
    pub(super) const CLOCK_SET_BACK: u8 = 56;
    pub(super) const CLOCK_STANDS: u8 = 95;
    pub(super) const REWOUND: u8 = 57;
    pub(super) const PAUSED_UNTIL: u8 = 60;
    pub(super) const GROUP_PAUSED: u8 = 61;
    pub(super) const GROUP_RESUMED: u8 = 62;
    pub(super) const GROUP_LIMITED: u8 = 63;
    pub(super) const EMITTED: u8 = 67;
    pub(super) const EVENTS_TRIMMED: u8 = 68;
    pub(super) const MOVED: u8 = 77;
    pub(super) const CHANGED: u8 = 78;
    pub(super) const NUMBER_TAKEN: u8 = 79;
    pub(super) const COMPLETED_KEPT: u8 = 81;
    pub(super) const FAILED_KEPT: u8 = 82;
    pub(super) const COMPLETED_LATE_KEPT: u8 = 83;
    pub(super) const FAILED_LATE_KEPT: u8 = 84;
    pub(super) const RECORDS_DROPPED: u8 = 85;
    pub(super) const RUN_AGAIN: u8 = 86;
    pub(super) const FIELDS_CHANGED: u8 = 87;
    pub(super) const LOGGED: u8 = 88;
    pub(super) const PAUSED_TWICE: u8 = 93;
    pub(super) const GROUP_PAUSED_TWICE: u8 = 94;
}

#[cfg(test)]
mod tests {
    /// The numbers in the lines in which `find` finds one, sorted.
    fn numbers(text: &str, find: fn(&str) -> Option<&str>) -> Vec<u8> {
        let mut numbers: Vec<u8> = text.lines().filter_map(|line| find(line)?.trim().parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    #[test]
    fn each_effect_has_a_number_of_its_own_which_the_table_shows() {
        let (head, tags) = include_str!("mod.rs").split_once("mod tag {").unwrap();
        let drawn = numbers(head, |line| line.strip_prefix("//!   ")?.get(..2));
        let tags = numbers(tags, |line| line.split_once(": u8 = ")?.1.strip_suffix(';'));
        assert_eq!(drawn, tags);
        let mut own = tags.clone();
        own.dedup();
        assert_eq!(own, tags);
    }
}

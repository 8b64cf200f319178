//! A whole queue in sections: RDB files, DUMP, COPY through RESTORE, rewritten append-only files, digests.
//!
//! ```text
//!   section  'S', format byte (1), kind byte, then by kind
//!   1 header settings, counters (count, then numbers), waits and runs (max number, count of buckets, then bucket and
//!            count numbers), next sequence number, last token, created-at, next batch numbers, paused flag,
//!            bucket
//!   2 jobs   jobs until the end of the section:
//!            id bytes, payload bytes, state, seq, added-at numbers, priority signed, recipe, nacks, losses numbers,
//!            flags number; then what is flagged: 1 expires instant, 2 cancel asked, 4 window-until and keep-until instants,
//!            8 error bytes, 16 progress bytes, 32 result bytes, 64 rerun (a new job), 128 the token under which the
//!            life before this one was done number, 256 group, 512 it holds its lane
//!     state  0 waiting: since, lapsed token | 1 delayed: due | 2 active: token, since, lease-until, worker bytes
//!            | 3 completed: at, token | 4 failed: at, token     (numbers; instants may be "never")
//!            | 5 blocked: after, due number (0 = none)
//!   3 ids    remembered ids until the end of the section: id bytes, until instant, token, seq numbers, ending byte
//!   4 batches  until the end of the section: number, name bytes, created-at number, sealed flag, finished-at number
//!            (0 = not yet), keep-until instant, completed, failed, expired, cancelled, duplicates numbers; what is
//!            pending is counted again
//!   5 schedules  schedules until the end of the section, drawn in schedules.rs
//!   6 expiries  prefixes until the end of the section, in their order: prefix bytes, addition (empty payload),
//!            enqueued, coalesced, dropped numbers
//!   7 refusals  that replicas were not told yet, unless there are none: count number, maybe-batch, since number
//!   8 lanes  that have given a job, until the end of the section, after all jobs: name bytes, turn number, bucket
//!   9 minutes  in which something happened, in their order, until the end of the section: beginning, added, completed,
//!            failed numbers
//!   10 workers  that were seen, by name, until the end of the section, after all jobs: name bytes, last seen number
//! ```
//!
//! The header comes first, batches before the jobs that belong to them. Batches, jobs, ids and schedules come in an order
//! that is the same on every server with the same state, so equal queues are equal bytes, and loading appends to every index.
//!
//! To change the format: raise [`FORMAT`], keep reading the old number (copy the old reader under its number before
//! editing), save a file of the last release under tests/, and say in the changelog what an upgrade means.

use super::batches::{put_batch, read_batch};
use super::expiries::{put_watch, read_watch};
use super::jobs::{put_job, read_job};
use super::parts::{put_bucket, put_maybe_batch, put_settings, read_bucket, read_maybe_batch, read_settings};
use super::schedules::{put_schedule, read_schedule};
use super::wire::{Put, Reader};
use super::DecodeError;
use crate::queue::counters::Counters;
use crate::queue::histogram::Histogram;
use crate::queue::Record;
use crate::queue::{EndState, Header, Minute, PendingDuplicates, Queue, SavedLane};

/// The first byte of a section; no rules version will ever be this high.
pub(super) const MARK: u8 = b'S';
const FORMAT: u8 = 1;
/// A section is closed when it is this long; one job may make it longer.
const SECTION_BYTES: usize = 60 << 10;

const HEADER: u8 = 1;
const JOBS: u8 = 2;
const IDS: u8 = 3;
const BATCHES: u8 = 4;
const SCHEDULES: u8 = 5;
const EXPIRIES: u8 = 6;
const REFUSALS: u8 = 7;
const LANES: u8 = 8;
const MINUTES: u8 = 9;
const WORKERS: u8 = 10;

/// Writes `queue` in sections, with what it has not told its replicas yet.
pub fn save(queue: &Queue, put: &mut dyn FnMut(&[u8])) {
    save_state(queue, put);
    if let Some(refusals) = queue.saved_refusals() {
        let mut section = vec![MARK, FORMAT, REFUSALS];
        section.number(refusals.count);
        put_maybe_batch(&mut section, refusals.batch);
        section.number(refusals.since);
        put(&section);
    }
}

/// Writes what is equal on every server: the state of `queue`, in sections.
pub fn save_state(queue: &Queue, put: &mut dyn FnMut(&[u8])) {
    let mut section = vec![MARK, FORMAT, HEADER];
    put_header(&mut section, &queue.header());
    put(&section);
    write_all(BATCHES, queue.saved_batches(), put, put_batch);
    write_all(JOBS, queue.saved_jobs(), put, put_job);
    write_all(LANES, queue.saved_lanes(), put, put_lane);
    write_all(MINUTES, queue.saved_minutes(), put, put_minute);
    write_all(WORKERS, queue.saved_workers(), put, put_worker);
    write_all(IDS, queue.saved_records(), put, put_record);
    write_all(SCHEDULES, queue.saved_schedules(), put, put_schedule);
    write_all(EXPIRIES, queue.expiries().iter(), put, put_watch);
}

fn write_all<T>(
    kind: u8,
    items: impl Iterator<Item = T>,
    put: &mut dyn FnMut(&[u8]),
    one: fn(&mut Vec<u8>, &T),
) {
    let begin = [MARK, FORMAT, kind];
    let mut section = begin.to_vec();
    for item in items {
        one(&mut section, &item);
        if section.len() >= SECTION_BYTES {
            put(&section);
            section.clear();
            section.extend(begin);
        }
    }
    if section.len() > begin.len() {
        put(&section);
    }
}

/// Puts a queue together from sections.
#[derive(Debug, Default)]
pub struct Loader {
    queue: Queue,
    begun: bool,
}

impl Loader {
    /// Takes the next section.
    pub fn section(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let kind = restore_section(&mut self.queue, bytes)?;
        self.begun |= kind == HEADER;
        Ok(())
    }

    /// The queue, once all sections are there and it is sound.
    pub fn finish(self) -> Result<Queue, DecodeError> {
        if !self.begun {
            return Err(DecodeError::Damaged("no header"));
        }
        if !self.queue.is_sound() {
            return Err(DecodeError::Damaged("sequence numbers, tokens or batches contradict each other"));
        }
        Ok(self.queue)
    }
}

/// Adds what one section says to `queue` and tells its kind.
pub(super) fn restore_section(queue: &mut Queue, bytes: &[u8]) -> Result<u8, DecodeError> {
    let mut from = Reader::new(bytes);
    if from.byte()? != MARK {
        return Err(DecodeError::Damaged("not a section"));
    }
    match from.byte()? {
        FORMAT => {}
        format => return Err(DecodeError::Newer(format)),
    }
    let kind = from.byte()?;
    match kind {
        HEADER => read_header(&mut from, queue)?,
        BATCHES => {
            while !from.is_empty() {
                let batch = read_batch(&mut from)?;
                if !queue.restore_batch(&batch) {
                    return Err(DecodeError::Damaged("a batch that cannot be"));
                }
            }
        }
        JOBS => {
            while !from.is_empty() {
                let job = read_job(&mut from)?;
                if !queue.restore_job(&job) {
                    return Err(DecodeError::Damaged("a job that cannot be"));
                }
            }
        }
        IDS => {
            while !from.is_empty() {
                let record = read_record(&mut from)?;
                if !queue.restore_record(record) {
                    return Err(DecodeError::Damaged("a remembered id that cannot be"));
                }
            }
        }
        LANES => {
            while !from.is_empty() {
                let lane =
                    SavedLane { name: from.bytes()?, turn: from.number()?, bucket: read_bucket(&mut from)? };
                if !queue.restore_lane(&lane) {
                    return Err(DecodeError::Damaged("a lane that cannot be"));
                }
            }
        }
        MINUTES => {
            while !from.is_empty() {
                let [at, added, completed, failed] =
                    [from.number()?, from.number()?, from.number()?, from.number()?];
                if !queue.restore_minute(Minute { at, added, completed, failed }) {
                    return Err(DecodeError::Damaged("a minute that cannot be"));
                }
            }
        }
        WORKERS => {
            while !from.is_empty() {
                let (name, seen) = (from.bytes()?, from.number()?);
                if !queue.restore_worker(name, seen) {
                    return Err(DecodeError::Damaged("a worker that cannot be"));
                }
            }
        }
        REFUSALS => {
            let (count, batch) = (from.number()?, read_maybe_batch(&mut from)?);
            if !queue.restore_refusals(PendingDuplicates { count, batch, since: from.number()? }) {
                return Err(DecodeError::Damaged("refusals that cannot be"));
            }
        }
        SCHEDULES => {
            while !from.is_empty() {
                let schedule = read_schedule(&mut from)?;
                if !queue.restore_schedule(&schedule) {
                    return Err(DecodeError::Damaged("a schedule that cannot be"));
                }
            }
        }
        EXPIRIES => {
            while !from.is_empty() {
                let (prefix, watch) = read_watch(&mut from)?;
                if !queue.restore_watch(prefix, watch) {
                    return Err(DecodeError::Damaged("a prefix that cannot be"));
                }
            }
        }
        _ => return Err(DecodeError::Damaged("unknown section")),
    }
    queue.restored();
    if from.is_empty() {
        Ok(kind)
    } else {
        Err(DecodeError::Damaged("a section is too long"))
    }
}

fn put_header(out: &mut Vec<u8>, header: &Header<'_>) {
    put_settings(out, &header.settings);
    out.number(header.counters.iter().count() as u64);
    for (_, count) in header.counters.iter() {
        out.number(count);
    }
    for histogram in [header.waits, header.runs] {
        out.number(histogram.max());
        out.number(histogram.buckets().count() as u64);
        for (bucket, count) in histogram.buckets() {
            out.number(bucket.into());
            out.number(count);
        }
    }
    out.number(header.next_seq);
    out.number(header.last_token);
    out.number(header.created_at);
    out.number(header.next_batch);
    out.push(header.paused.into());
    put_bucket(out, &header.bucket);
}

fn read_header(from: &mut Reader<'_>, queue: &mut Queue) -> Result<(), DecodeError> {
    let settings = read_settings(from)?;
    let mut counters = Counters::default();
    for place in 0..from.small::<usize>()? {
        if !counters.restore(place, from.number()?) {
            return Err(DecodeError::Damaged("unknown counter"));
        }
    }
    let (waits, runs) = (read_histogram(from)?, read_histogram(from)?);
    let header = Header {
        settings,
        counters: &counters,
        waits: &waits,
        runs: &runs,
        next_seq: from.number()?,
        last_token: from.number()?,
        created_at: from.number()?,
        next_batch: from.number()?,
        paused: from.flag()?,
        bucket: read_bucket(from)?,
    };
    if queue.restore_header(&header) {
        Ok(())
    } else {
        Err(DecodeError::Damaged("a header that cannot be"))
    }
}

fn read_histogram(from: &mut Reader<'_>) -> Result<Histogram, DecodeError> {
    let mut histogram = Histogram::default();
    histogram.set_max(from.number()?);
    for _ in 0..from.number()? {
        if !histogram.restore(from.small()?, from.number()?) {
            return Err(DecodeError::Damaged("unknown time bucket"));
        }
    }
    Ok(histogram)
}

fn put_lane(out: &mut Vec<u8>, lane: &SavedLane<'_>) {
    out.bytes(lane.name);
    out.number(lane.turn);
    put_bucket(out, &lane.bucket);
}

fn put_minute(out: &mut Vec<u8>, minute: &Minute) {
    for n in [minute.at, minute.added, minute.completed, minute.failed] {
        out.number(n);
    }
}

fn put_worker(out: &mut Vec<u8>, (name, seen): &(&[u8], u64)) {
    out.bytes(name);
    out.number(*seen);
}

fn put_record(out: &mut Vec<u8>, record: &Record<'_>) {
    out.bytes(record.id);
    out.instant(record.until);
    out.number(record.token);
    out.number(record.seq);
    out.push(record.ending.code());
}

fn read_record<'a>(from: &mut Reader<'a>) -> Result<Record<'a>, DecodeError> {
    Ok(Record {
        id: from.bytes()?,
        until: from.instant()?,
        token: from.number()?,
        seq: from.number()?,
        ending: EndState::from_code(from.byte()?).ok_or(DecodeError::Damaged("unknown ending"))?,
    })
}

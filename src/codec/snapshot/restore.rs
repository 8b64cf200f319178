//! Restoring: puts a queue together from sections. Every piece is checked, since the bytes may come from anybody.

use super::batch::decode_batch;
use super::event::decode_event;
use super::expiry_rule::decode_expiry_rule;
use super::header::decode_header;
use super::history::{decode_minute, decode_worker};
use super::job::decode_job;
use super::lane::{decode_lane, decode_lane_rules};
use super::numbers::decode_number;
use super::remembered::decode_remembered;
use super::time::{decode_time_fact, TimeFact};
use super::{Section, FORMAT, MARK};
use crate::codec::fields::batch::decode_optional_batch;
use crate::codec::fields::schedule::decode_schedule;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::{PendingDuplicates, Queue};

/// Puts a queue together from sections.
#[derive(Debug)]
pub struct Loader {
    queue: Queue,
    has_header: bool,
}

impl Default for Loader {
    fn default() -> Self {
        Self { queue: Queue::to_restore(), has_header: false }
    }
}

impl Loader {
    /// Takes the next section.
    pub fn section(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.has_header |= restore(&mut self.queue, bytes)? == Section::Header;
        Ok(())
    }

    /// The queue, once all sections are there and they fit together.
    pub fn finish(mut self) -> Result<Queue, DecodeError> {
        if !self.has_header {
            return Err(DecodeError::Damaged("no header"));
        }
        if !self.queue.has_distinct_ids() {
            return Err(DecodeError::Damaged("an id is there twice"));
        }
        if !self.queue.is_sound() {
            return Err(DecodeError::Damaged("sequence numbers, tokens or batches contradict each other"));
        }
        Ok(self.queue)
    }
}

/// Adds what one section holds to `queue`.
pub(in crate::codec) fn restore_section(queue: &mut Queue, bytes: &[u8]) -> Result<(), DecodeError> {
    restore(queue, bytes).map(|_| ())
}

/// Adds what one section holds to `queue` and returns its kind.
fn restore(queue: &mut Queue, bytes: &[u8]) -> Result<Section, DecodeError> {
    let mut from = Decoder::new(bytes);
    if from.byte()? != MARK {
        return Err(DecodeError::Damaged("not a section"));
    }
    match from.byte()? {
        FORMAT => {}
        format => return Err(DecodeError::Newer(format)),
    }
    let kind = Section::from_byte(from.byte()?)?;
    let restored = restore_items(kind, &mut from, queue);
    // Also when it is refused half way: a queue that came in parts keeps what stands before the damage.
    queue.restored();
    restored?;
    if from.is_empty() {
        Ok(kind)
    } else {
        Err(DecodeError::Damaged("a section is too long"))
    }
}

fn restore_items(kind: Section, from: &mut Decoder<'_>, queue: &mut Queue) -> Result<(), DecodeError> {
    match kind {
        Section::Header => decode_header(from, queue),
        Section::Numbers => restore_each(from, "a number that cannot be", decode_number, |number| {
            queue.restore_number(number)
        }),
        Section::Batches => {
            restore_each(from, "a batch that cannot be", decode_batch, |batch| queue.restore_batch(&batch))
        }
        Section::Jobs => {
            restore_each(from, "a job that cannot be", decode_job, |job| queue.restore_job(&job))
        }
        Section::Ids => {
            let refusal = "a remembered id that cannot be";
            restore_each(from, refusal, decode_remembered, |record| queue.restore_record(record))
        }
        Section::Lanes => {
            restore_each(from, "a lane that cannot be", decode_lane, |lane| queue.restore_lane(&lane))
        }
        Section::LaneRules => {
            let refusal = "rules of a lane that cannot be";
            restore_each(from, refusal, decode_lane_rules, |lane| queue.restore_lane_rules(&lane))
        }
        Section::Minutes => restore_each(from, "a minute that cannot be", decode_minute, |minute| {
            queue.restore_minute(minute)
        }),
        Section::Workers => {
            let refusal = "a worker that cannot be";
            restore_each(from, refusal, decode_worker, |(name, seen)| queue.restore_worker(name, seen))
        }
        Section::Schedules => {
            let refusal = "a schedule that cannot be";
            restore_each(from, refusal, decode_schedule, |schedule| queue.restore_schedule(&schedule))
        }
        Section::ExpiryRules => {
            let refusal = "a prefix that cannot be";
            restore_each(from, refusal, decode_expiry_rule, |(prefix, rule)| {
                queue.restore_expiry_rule(prefix, rule)
            })
        }
        Section::Events => {
            restore_each(from, "an event that cannot be", decode_event, |event| queue.restore_event(&event))
        }
        Section::Time => {
            restore_each(from, "an instant that cannot be", decode_time_fact, |fact| match fact {
                TimeFact::Missed { schedule, count } => queue.restore_missed(schedule, count),
                TimeFact::Passed(passed) => queue.restore_passed(passed),
                TimeFact::Heard { at } => queue.restore_heard_at(at),
                TimeFact::Lead { ms } => queue.restore_lead(ms),
            })
        }
        Section::PendingDuplicates => restore_pending_duplicates(from, queue),
    }
}

/// Restores items until the section ends. `refusal` says what is wrong when the queue cannot have an item.
fn restore_each<'a, T>(
    from: &mut Decoder<'a>,
    refusal: &'static str,
    decode: fn(&mut Decoder<'a>) -> Result<T, DecodeError>,
    mut restore: impl FnMut(T) -> bool,
) -> Result<(), DecodeError> {
    while !from.is_empty() {
        if !restore(decode(from)?) {
            return Err(DecodeError::Damaged(refusal));
        }
    }
    Ok(())
}

fn restore_pending_duplicates(from: &mut Decoder<'_>, queue: &mut Queue) -> Result<(), DecodeError> {
    let (count, batch) = (from.number()?, decode_optional_batch(from)?);
    if queue.restore_pending_duplicates(PendingDuplicates { count, batch, since: from.number()? }) {
        Ok(())
    } else {
        Err(DecodeError::Damaged("refusals that cannot be"))
    }
}

//! Saving: writes a queue in sections.

use super::batch::encode_batch;
use super::event::encode_event;
use super::expiry_rule::encode_expiry_rule;
use super::header::encode_header;
use super::history::{encode_minute, encode_worker};
use super::job::encode_job;
use super::lane::{encode_lane, encode_lane_rules};
use super::numbers::encode_number;
use super::remembered::encode_remembered;
use super::time::{encode_time_fact, TimeFact};
use super::Section;
use crate::codec::fields::batch::encode_optional_batch;
use crate::codec::fields::schedule::encode_schedule;
use crate::codec::wire::Encoder;
use crate::queue::Queue;

/// A section ends once it has this many bytes. One job may make it longer.
const SECTION_BYTES: usize = 60 << 10;

/// Writes `queue` in sections, including the duplicates that its replicas were not sent yet, and when anything happened
/// here last.
pub fn save(queue: &Queue, write: &mut dyn FnMut(&[u8])) {
    save_state(queue, write);
    let heard = Some(queue.heard_at()).filter(|at| *at != 0).map(|at| TimeFact::Heard { at });
    save_all(Section::Time, heard.into_iter(), write, encode_time_fact);
    if let Some(duplicates) = queue.saved_pending_duplicates() {
        let mut section = Section::PendingDuplicates.head().to_vec();
        section.number(duplicates.count);
        encode_optional_batch(&mut section, duplicates.batch);
        section.number(duplicates.since);
        write(&section);
    }
}

/// Writes the state of `queue` in sections: what is equal on every server that has this queue.
pub fn save_state(queue: &Queue, write: &mut dyn FnMut(&[u8])) {
    let mut section = Section::Header.head().to_vec();
    encode_header(&mut section, &queue.header());
    write(&section);
    save_all(Section::Numbers, queue.saved_numbers(), write, encode_number);
    save_all(Section::Batches, queue.saved_batches(), write, encode_batch);
    save_all(Section::Jobs, queue.saved_jobs(), write, encode_job);
    save_all(Section::LaneRules, queue.saved_lane_rules(), write, encode_lane_rules);
    save_all(Section::Lanes, queue.saved_lanes(), write, encode_lane);
    save_all(Section::Minutes, queue.saved_minutes(), write, encode_minute);
    save_all(Section::Workers, queue.saved_workers(), write, encode_worker);
    save_all(Section::Ids, queue.saved_records(), write, encode_remembered);
    save_all(Section::Schedules, queue.saved_schedules(), write, encode_schedule);
    let lead = queue.saved_lead().map(|ms| TimeFact::Lead { ms });
    let missed = queue.saved_missed().map(|(schedule, count)| TimeFact::Missed { schedule, count });
    let passed = queue.saved_passed().map(TimeFact::Passed);
    save_all(Section::Time, lead.into_iter().chain(missed).chain(passed), write, encode_time_fact);
    save_all(Section::ExpiryRules, queue.expiry_rules().iter(), write, encode_expiry_rule);
    save_all(Section::Events, queue.saved_events(), write, encode_event);
}

/// Writes `items` in as many sections as they need, none if there are none.
fn save_all<T>(
    kind: Section,
    items: impl Iterator<Item = T>,
    write: &mut dyn FnMut(&[u8]),
    encode: fn(&mut Vec<u8>, &T),
) {
    let head = kind.head();
    let mut section = head.to_vec();
    for item in items {
        encode(&mut section, &item);
        if section.len() >= SECTION_BYTES {
            write(&section);
            section.clear();
            section.extend(head);
        }
    }
    if section.len() > head.len() {
        write(&section);
    }
}

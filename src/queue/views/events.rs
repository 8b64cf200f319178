//! The events of a queue as a reader gets them, page by page.

use crate::queue::events::{EventFilter, EventId, LoggedEvent};
use crate::queue::value::Queue;

/// The most events that are looked at for one page.
const EXAMINED_AT_MOST: usize = 10_000;
/// A page ends once its events have so many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventStart {
    /// With the oldest event that is kept.
    Oldest,
    /// After this one.
    After(EventId),
    /// After the last one there was.
    Now,
}

/// Some of the events of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage<'a> {
    /// After which a reader goes on.
    pub next: EventId,
    /// So many events that the reader has not seen were not kept for it.
    pub missed: u64,
    /// Those that are wanted, the oldest first.
    pub events: Vec<LoggedEvent<'a>>,
    /// Whether there may be more.
    pub is_last: bool,
}

impl Queue {
    /// Whether it keeps events.
    #[must_use]
    pub fn keeps_events(&self) -> bool {
        self.event_log.as_ref().is_some_and(|log| log.is_on())
    }

    /// At most `count` events that `filter` lets through. O(log n), and O(1) for each that is looked at, 10,000 at
    /// most.
    #[must_use]
    pub fn events<B: AsRef<[u8]>>(
        &self,
        start: EventStart,
        filter: &EventFilter<B>,
        count: usize,
    ) -> EventPage<'_> {
        let Some(log) = &self.event_log else { return EventPage::none(start) };
        let (from, missed) = match start {
            EventStart::Oldest => (EventId::default(), 0),
            EventStart::After(id) => (id, log.missed_after(id)),
            EventStart::Now => (log.last(), 0),
        };
        let mut page = EventPage { next: from.max(log.last()), missed, events: Vec::new(), is_last: true };
        let mut bytes = 0;
        for (examined, record) in log.after(from).enumerate() {
            if page.events.len() == count || bytes >= PAGE_BYTES || examined == EXAMINED_AT_MOST {
                page.is_last = false;
                break;
            }
            page.next = record.id;
            if filter.is_wanted(&record) {
                bytes += record.size();
                page.events.push(record.event());
            }
        }
        page
    }
}

impl EventPage<'_> {
    /// Of a queue that never kept any.
    fn none(start: EventStart) -> Self {
        let next = match start {
            EventStart::After(id) => id,
            EventStart::Oldest | EventStart::Now => EventId::default(),
        };
        EventPage { next, missed: 0, events: Vec::new(), is_last: true }
    }
}

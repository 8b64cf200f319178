//! The last events of a queue, in pages that never move.
//!
//! An event is appended to the newest page, and the oldest go when there are too many of them or they take too many
//! bytes. A page is freed when all its events are gone, so a log of a million grows and shrinks without a copy.

use super::event_id::EventId;
use super::record::{ms_of, size_of_record, EventRecord, NewEvent};
use crate::queue::time::LARGEST_COUNT;
use std::collections::VecDeque;

/// The bytes of a page. A larger event has a page of its own.
const PAGE: usize = 16 << 10;
/// A log may take so many bytes whatever its number of events, and so many for each of them.
const LEAST_BUDGET: usize = 1 << 20;
const BUDGET_PER_EVENT: usize = 256;

/// The most events that a queue can keep.
pub const MAX_EVENTS: u64 = 1_000_000;

/// The events that a queue keeps, and the id of its last one.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventLog {
    pages: VecDeque<Page>,
    /// Events kept.
    len: usize,
    /// Bytes of their records.
    bytes: usize,
    /// Bytes held for pages.
    capacity: usize,
    /// Of the last event there was.
    last: EventId,
    /// Events kept at most; 0: none, and none is counted.
    most: usize,
    /// Whether no job was waiting or active after the last event.
    pub(crate) is_idle: bool,
}

/// Records of consecutive events.
#[derive(Debug, Clone)]
struct Page {
    /// The number of its first event that is kept, and where its record begins.
    first: u64,
    start: usize,
    /// How many of its events are kept.
    len: usize,
    data: Vec<u8>,
}

impl Page {
    fn first_id(&self) -> EventId {
        let ms = self.data.get(self.start..).and_then(ms_of).unwrap_or_default();
        EventId { ms, n: self.first }
    }

    fn records(&self) -> PageRecords<'_> {
        PageRecords { next: self.first, left: self.data.get(self.start..).unwrap_or_default() }
    }
}

struct PageRecords<'a> {
    next: u64,
    left: &'a [u8],
}

impl<'a> Iterator for PageRecords<'a> {
    type Item = EventRecord<'a>;

    fn next(&mut self) -> Option<EventRecord<'a>> {
        let (record, rest) = EventRecord::read(self.next, self.left)?;
        self.next += 1;
        self.left = rest;
        Some(record)
    }
}

impl EventLog {
    /// Whether events are kept.
    pub(crate) fn is_on(&self) -> bool {
        self.most > 0
    }

    /// The id of the last event there was, kept or not.
    pub(crate) fn last(&self) -> EventId {
        self.last
    }

    /// How many events are kept.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Bytes held.
    #[inline(never)] // every command adds up the bytes of its queue, and few queues have a log
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.pages.capacity() * size_of::<Page>() + self.capacity
    }

    /// How many pieces of memory it is made of.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// Keeps at most `most` events from now on. What happened while it kept none counts as one event, so that readers
    /// learn of it.
    pub(crate) fn keep(&mut self, most: u64) {
        let most = usize::try_from(most.min(MAX_EVENTS)).unwrap_or(usize::MAX);
        if self.most == 0 && most > 0 && self.last != EventId::default() {
            self.last.n = (self.last.n + 1).min(LARGEST_COUNT);
        }
        self.most = most;
        self.trim_to(most);
        self.trim_to_budget();
    }

    /// Appends an event. O(1).
    pub(crate) fn push(&mut self, event: &NewEvent<'_>) {
        if self.most == 0 || self.last.n >= LARGEST_COUNT {
            return;
        }
        self.last = EventId { ms: self.last.ms.max(event.at), n: self.last.n + 1 };
        self.append(event);
        if self.len > self.most {
            self.drop_first();
        }
        self.trim_to_budget();
    }

    /// Puts a saved event back behind those that are there. False: it can't be.
    pub(crate) fn restore(&mut self, id: EventId, event: &NewEvent<'_>) -> bool {
        let follows = id.ms >= self.last.ms && (self.len == 0 || id.n == self.last.n + 1);
        let fits = self.len < self.most && id.n > self.last.n && id.n <= LARGEST_COUNT;
        if follows && fits {
            self.last = id;
            self.append(event);
        }
        follows && fits && self.bytes <= self.budget()
    }

    /// Puts the saved id of the last event back where none is kept. False: it can't be.
    pub(crate) fn restore_last(&mut self, id: EventId) -> bool {
        let fits = self.last == EventId::default() && (1..=LARGEST_COUNT).contains(&id.n);
        if fits {
            self.last = id;
        }
        fits
    }

    /// Drops the oldest events until at most `len` are left; how many.
    pub(crate) fn trim_to(&mut self, len: usize) -> usize {
        let before = self.len;
        while self.len > len {
            match self.pages.front() {
                Some(page) if page.len <= self.len - len => self.drop_page(),
                Some(_) => self.drop_first(),
                None => break,
            }
        }
        before - self.len
    }

    /// How many events after `id` are not kept any more, as far as that is known: at least one, if any.
    pub(crate) fn missed_after(&self, id: EventId) -> u64 {
        // The id before the first event that is kept.
        let gone = EventId { n: self.last.n - self.len as u64, ..self.first().unwrap_or(self.last) };
        if id >= gone {
            0
        } else if id.n <= gone.n {
            gone.n - id.n
        } else {
            // Not an id of this queue, as after it was deleted and made again.
            1
        }
    }

    fn first(&self) -> Option<EventId> {
        self.pages.front().map(Page::first_id)
    }

    /// The events after `id`, the oldest first. O(log n) for the first.
    pub(crate) fn after(&self, id: EventId) -> impl Iterator<Item = EventRecord<'_>> {
        let page = self.pages.partition_point(|page| page.first_id() <= id).saturating_sub(1);
        self.pages.range(page..).flat_map(Page::records).skip_while(move |record| record.id <= id)
    }

    /// What does not add up.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let records: Vec<_> = self.pages.iter().flat_map(Page::records).collect();
        let bytes: usize = self.pages.iter().map(|page| page.data.len() - page.start).sum();
        if (records.len(), bytes) != (self.len, self.bytes) {
            wrong.push(format!(
                "{} events of {bytes} bytes are kept, but {} of {} are counted",
                records.len(),
                self.len,
                self.bytes
            ));
        }
        let in_order = records.is_sorted_by(|a, b| a.id < b.id && a.id.ms <= b.id.ms && a.id.n + 1 == b.id.n);
        if !in_order || records.last().is_some_and(|last| last.id != self.last) {
            wrong.push("the ids of events are out of order".into());
        }
        if self.len > self.most || self.bytes > self.budget() {
            wrong.push(format!("{} events of {} bytes are more than may be kept", self.len, self.bytes));
        }
    }

    fn budget(&self) -> usize {
        LEAST_BUDGET.max(self.most.saturating_mul(BUDGET_PER_EVENT))
    }

    fn trim_to_budget(&mut self) {
        while self.bytes > self.budget() {
            self.drop_first();
        }
    }

    /// Appends the record of the event that has the last id.
    fn append(&mut self, event: &NewEvent<'_>) {
        let (size, last) = (event.size(), self.last);
        let has_room = self.pages.back().is_some_and(|page| page.data.len() + size <= PAGE);
        if !has_room {
            // The first page grows as it is filled, so that a queue of a few events is small.
            let capacity = if self.pages.is_empty() { size } else { size.max(PAGE) };
            let data = Vec::with_capacity(capacity);
            self.capacity += data.capacity();
            self.pages.push_back(Page { first: last.n, start: 0, len: 0, data });
        }
        let Some(page) = self.pages.back_mut() else { return };
        let (length, capacity) = (page.data.len(), page.data.capacity());
        event.write(last.ms, &mut page.data);
        page.len += 1;
        self.len += 1;
        self.bytes += page.data.len() - length;
        self.capacity += page.data.capacity() - capacity;
    }

    fn drop_first(&mut self) {
        let Some(page) = self.pages.front_mut().filter(|page| page.len > 1) else {
            return self.drop_page();
        };
        let size = page.data.get(page.start..).map_or(0, size_of_record);
        page.start += size;
        page.first += 1;
        page.len -= 1;
        self.len -= 1;
        self.bytes -= size;
    }

    fn drop_page(&mut self) {
        let Some(page) = self.pages.pop_front() else { return };
        self.len -= page.len;
        self.bytes -= page.data.len() - page.start;
        self.capacity -= page.data.capacity();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::events::{EventField, EventName, Fact, LoggedEvent};

    fn push(log: &mut EventLog, at: u64, name: &[u8], value: &[u8]) {
        let fields = [EventField::bytes(Fact::Result, value)];
        log.push(&NewEvent { at, name: EventName::Emitted(name), job: Some(b"j"), fields: &fields });
    }

    fn sound(log: &EventLog) {
        let mut wrong = Vec::new();
        log.check(&mut wrong);
        assert_eq!(wrong, Vec::<String>::new());
    }

    fn ids(log: &EventLog, after: EventId) -> Vec<u64> {
        log.after(after).map(|record| record.id.n).collect()
    }

    #[test]
    fn what_is_appended_is_read_from_any_place() {
        let mut log = EventLog::default();
        log.keep(1000);
        for n in 1..=3000 {
            push(&mut log, 1000 + n / 3, b"e", b"some bytes to fill pages with");
        }
        sound(&log);
        assert_eq!((log.len(), log.last()), (1000, EventId { ms: 2000, n: 3000 }));
        assert!(log.pages() > 2);
        for n in [1, 1999, 2000, 2001, 2500, 2999, 3000] {
            let expected: Vec<_> = (n.max(2000) + 1..=3000).collect();
            assert_eq!(ids(&log, EventId { ms: 1000 + n / 3, n }), expected);
            assert_eq!(log.missed_after(EventId { ms: 1000 + n / 3, n }), 2000_u64.saturating_sub(n));
        }
        let first = log.after(EventId::default()).next().map(EventRecord::event);
        let fields = vec![EventField::bytes(Fact::Result, b"some bytes to fill pages with")];
        let (id, name) = (EventId { ms: 1667, n: 2001 }, EventName::Emitted(b"e"));
        assert_eq!(first, Some(LoggedEvent { id, at: 1667, name, job: Some(b"j"), fields }));
    }

    #[test]
    fn ids_grow_though_the_clock_goes_back_and_though_none_are_kept_for_a_while() {
        let mut log = EventLog::default();
        log.keep(2);
        push(&mut log, 50, b"a", b"");
        push(&mut log, 40, b"b", b"");
        assert_eq!(log.last(), EventId { ms: 50, n: 2 });
        log.keep(0);
        push(&mut log, 60, b"unseen", b"");
        log.keep(2);
        push(&mut log, 70, b"c", b"");
        assert_eq!(log.last(), EventId { ms: 70, n: 4 });
        assert_eq!(log.missed_after(EventId { ms: 50, n: 2 }), 1);
        sound(&log);
    }

    #[test]
    fn the_number_of_an_event_stops_at_the_largest() {
        let mut log = EventLog::default();
        log.keep(2);
        assert!(log.restore_last(EventId { ms: 50, n: LARGEST_COUNT }));
        log.keep(0);
        log.keep(2);
        push(&mut log, 60, b"a", b"");
        assert!(EventLog::default().restore_last(log.last()));
    }

    #[test]
    fn a_log_stays_within_its_bytes_and_gives_them_back() {
        let mut log = EventLog::default();
        log.keep(10);
        (0..200).for_each(|n| push(&mut log, n, b"large", &[7; 16 << 10]));
        sound(&log);
        assert_eq!(log.len(), 10);
        log.keep(1000);
        (0..200).for_each(|n| push(&mut log, n, b"large", &[7; 16 << 10]));
        sound(&log);
        assert!(log.len() < 70 && log.bytes() < 2 << 20, "{} {}", log.len(), log.bytes());
        let before = log.len();
        assert_eq!(log.trim_to(3), before - 3);
        log.trim_to(0);
        sound(&log);
        assert_eq!((log.len(), log.capacity), (0, 0));
    }
}

//! Jobs of a state and remembered ids, page by page, in either direction.

use super::selection::Selection;
use super::walk::{ListStart, Position, Walk, WalkStart};
use crate::queue::jobs::{Job, JobState};
use crate::queue::store::{Handle, IdEntry, Record};
use crate::queue::value::Queue;

/// A page examines so many jobs or ids at most: a millisecond or two.
const EXAMINED_AT_MOST: usize = 10_000;
/// A page ends before it is larger than this, unless one row alone is: a millisecond or two.
const PAGE_BYTES: usize = 1 << 20;
/// What a row takes beside what is counted.
const ROW_BYTES: usize = 16;
/// What the map of a job takes beside what is counted: the names of its fields are much of it.
const MAP_BYTES: usize = 400;

/// Where a page begins and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRange {
    /// Where it begins, and which way it goes.
    pub start: ListStart,
    /// So many of those that belong on it are passed by first.
    pub skip: usize,
    /// So many rows at most.
    pub count: usize,
    /// So many are examined for it at most.
    examined: usize,
    /// What it replies ends before it is larger than this, unless one row alone is.
    bytes: usize,
}

/// A page, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage<T> {
    /// What is listed.
    pub rows: Vec<T>,
    /// None: this is the last page. It may be short, or even empty, and yet not the last.
    pub next: Option<Position>,
    /// How many are still to be passed by before the next one.
    pub left_to_skip: usize,
    /// How many were examined for it.
    examined: usize,
    /// What it takes of a reply.
    bytes: usize,
}

/// What a row of a listing shows, which says how large a page gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// The id.
    Id,
    /// The id and the payload.
    Payload,
    /// All that is known but the payload.
    Full,
    /// All that is known.
    FullWithPayload,
}

/// One that belongs on a page, and what it takes of the bounds of the page.
#[derive(Debug)]
pub(crate) struct Entry<T> {
    pub(crate) row: T,
    /// What it counts: 1, or 0 when it may turn out that it stays as it is.
    pub(crate) counts: usize,
    /// Of the reply.
    pub(crate) bytes: usize,
}

impl PageRange {
    /// A page of `count` rows at most.
    #[must_use]
    pub fn new(count: usize, start: ListStart) -> Self {
        PageRange { start, skip: 0, count, examined: EXAMINED_AT_MOST, bytes: PAGE_BYTES }
    }

    /// The same without the first `skip` of those that belong on it.
    #[must_use]
    pub fn skipping(self, skip: usize) -> Self {
        PageRange { skip, ..self }
    }

    /// The same with fewer rows, if `count` is less, but at least one.
    #[must_use]
    pub(crate) fn up_to(self, count: usize) -> Self {
        PageRange { count: self.count.min(count).max(1), ..self }
    }

    /// Where a walk begins that meets none but those that belong on the page, and what is left for it: it passes by
    /// the first ones in leaps.
    fn in_leaps(self) -> (WalkStart, Self) {
        (WalkStart { list: self.start, skip: self.skip }, PageRange { skip: 0, ..self })
    }

    /// Where a walk begins that meets others, too, and what is left for it: it passes by them one by one.
    fn one_by_one(self) -> (WalkStart, Self) {
        (WalkStart { list: self.start, skip: 0 }, self)
    }

    /// What is left of this one for another state after a page of which `counted` count.
    #[must_use]
    pub(crate) fn after<T>(self, page: &ListPage<T>, counted: usize) -> Self {
        PageRange {
            start: ListStart { from: None, ..self.start },
            skip: page.left_to_skip,
            count: self.count.saturating_sub(counted),
            examined: self.examined.saturating_sub(page.examined),
            bytes: self.bytes.saturating_sub(page.bytes),
        }
    }
}

/// About how large an id is in a reply.
pub(crate) fn id_bytes(id: &[u8]) -> usize {
    ROW_BYTES + id.len()
}

impl Row {
    /// About how large it is.
    fn bytes(self, job: &Job) -> usize {
        let id = id_bytes(job.id());
        let map = || id + MAP_BYTES + job.extras.as_ref().map_or(0, |extras| extras.bytes());
        match self {
            Row::Id => id,
            Row::Payload => id + job.payload().len(),
            Row::Full => map(),
            Row::FullWithPayload => map() + job.payload().len(),
        }
    }

    fn is_map(self) -> bool {
        matches!(self, Row::Full | Row::FullWithPayload)
    }
}

impl Queue {
    /// A page of the selected jobs of a state, in the order in which they would run or have finished.
    /// O(log n + examined + n / 128 for those that are passed by).
    #[must_use]
    pub fn list(
        &self,
        state: JobState,
        selection: &Selection<'_>,
        range: PageRange,
        row: Row,
    ) -> ListPage<Handle> {
        self.select(state, selection, range, |handle, _, job| {
            Some(Entry { row: handle, counts: 1, bytes: row.bytes(job) })
        })
    }

    /// A page of what `pick` picks of the selected jobs of a state.
    pub(crate) fn select<T>(
        &self,
        state: JobState,
        selection: &Selection<'_>,
        range: PageRange,
        pick: impl Fn(Handle, Position, &Job) -> Option<Entry<T>>,
    ) -> ListPage<T> {
        let Some(wanted) = self.wanted(selection) else { return ListPage::empty() };
        let (start, range) = if selection.is_indexed(state) { range.in_leaps() } else { range.one_by_one() };
        take_page(self.walk_state(state, &wanted, start), range, |handle, position| {
            let job = self.job(handle).filter(|job| self.is_wanted(job, &wanted))?;
            pick(handle, position, job)
        })
    }

    /// A page of the selected remembered ids by the instant until which they are refused, those last that are
    /// for ever.
    #[must_use]
    pub fn list_remembered(
        &self,
        selection: &Selection<'_>,
        range: PageRange,
        row: Row,
    ) -> ListPage<Record<'_>> {
        let map = if row.is_map() { MAP_BYTES } else { 0 };
        self.select_remembered(selection, range, |_, record| Entry {
            counts: 1,
            bytes: map + id_bytes(record.id),
            row: record,
        })
    }

    /// A page of the selected remembered ids as `entry` makes it.
    pub(crate) fn select_remembered<'q, T>(
        &'q self,
        selection: &Selection<'_>,
        range: PageRange,
        entry: impl Fn(IdEntry, Record<'q>) -> Entry<T>,
    ) -> ListPage<T> {
        let (start, range) =
            if selection.has_all_remembered() { range.in_leaps() } else { range.one_by_one() };
        take_page(self.walk_remembered(start), range, |packed, _| {
            let it = IdEntry::unpack(packed);
            let record = match it {
                IdEntry::Remembered(handle) => self.record(handle)?,
                IdEntry::Job(_) => return None,
            };
            selection.is_wanted(&record).then(|| entry(it, record))
        })
    }
}

impl<T> ListPage<T> {
    fn empty() -> Self {
        ListPage { rows: Vec::new(), next: None, left_to_skip: 0, examined: 0, bytes: 0 }
    }
}

/// A page of what is picked on a walk, within the bounds of every page.
fn take_page<T>(
    walk: Walk<'_>,
    range: PageRange,
    pick: impl Fn(Handle, Position) -> Option<Entry<T>>,
) -> ListPage<T> {
    let mut page = ListPage { left_to_skip: range.skip, ..ListPage::empty() };
    let mut count = 0;
    for (handle, position) in walk {
        page.next = Some(position);
        if count >= range.count || page.examined >= range.examined {
            return page;
        }
        page.examined += 1;
        let Some(entry) = pick(handle, position) else { continue };
        if page.left_to_skip > 0 {
            page.left_to_skip -= 1;
            continue;
        }
        let bytes = page.bytes.saturating_add(entry.bytes);
        if bytes > range.bytes && !page.rows.is_empty() {
            return page;
        }
        page.bytes = bytes;
        count += entry.counts;
        page.rows.push(entry.row);
    }
    page.next = None;
    page
}

//! Who works at a queue, its groups, and its batches: as many as there is place for.

use super::bar::{bar, percent};
use super::block::per_second;
use super::text::{escaped, left, right};
use super::units::{count, duration};
use super::{Line, View};
use crate::reading::{Batch, Group, Part, Worker};

/// Characters of `NAME` at 80 columns; half of what is wider goes to it, half to the bar.
const BATCH_NAME: usize = 16;
const BAR: usize = 18;
/// Of a batch's line without its name and bar.
const BATCH_REST: usize = 46;
/// Of a worker's line without its name; and how wide the name gets, so that the eye finds the rest.
const WORKER_REST: usize = 61;
const WORKER_NAME: std::ops::RangeInclusive<usize> = 8..=32;

/// Of a group's line without its name, and without what is said at its end.
const GROUP_REST: usize = 66;
const GROUP_NAME: std::ops::RangeInclusive<usize> = 8..=32;

/// Lines, or the one that says why there are none.
type List = Result<Vec<Line>, Line>;

/// Workers, then groups, then batches, in at most `place` lines. One list uses what the others do not need.
pub(super) fn lines(view: &View, columns: usize, place: Option<usize>) -> Vec<Line> {
    let Ok(stats) = &view.queue.stats else { return Vec::new() };
    let all = |field: &str| stats.get(field).and_then(|n| usize::try_from(*n).ok()).unwrap_or_default();
    let workers = items("workers", &view.queue.workers, |worker| worker_line(worker, view.at, columns));
    let groups = items("groups", &view.queue.groups, |group| group_line(group, view.at, columns));
    let batches = items("batches", &view.queue.batches, |batch| batch_line(batch, columns));
    let lists =
        [("workers", workers, 0), ("groups", groups, all("groups")), ("batches", batches, all("batches"))];
    let heights = lists.each_ref().map(|(_, list, _)| height(list));
    let shares = shares(heights, place.unwrap_or(usize::MAX));
    lists
        .into_iter()
        .zip(shares)
        .flat_map(|((name, list, all), place)| drawn(name, list, all, place))
        .collect()
}

/// How many lines each list gets, which has so many: the lower ones first, each its part of what is left.
fn shares<const N: usize>(heights: [usize; N], place: usize) -> [usize; N] {
    let (mut shares, mut left) = ([0; N], place);
    let mut lists: Vec<_> = heights.into_iter().zip(&mut shares).collect();
    lists.sort_by_key(|(height, _)| *height);
    for (before, (height, share)) in lists.into_iter().enumerate() {
        *share = height.min(left / (N - before));
        left -= *share;
    }
    shares
}

/// A line for each item, or the one line that says why there are none.
fn items<T>(name: &str, items: &Part<Vec<T>>, draw: impl Fn(&T) -> String) -> List {
    match items {
        Err(why) => Err(Line::alarm(format!("  {name}: {}", escaped(why.as_bytes())))),
        Ok(items) => Ok(items.iter().map(|item| Line::plain(draw(item))).collect()),
    }
}

/// Lines of a list with its head; an empty one has none.
fn height(list: &List) -> usize {
    list.as_ref().map_or(1, |items| items.len() + usize::from(!items.is_empty()))
}

/// The list in `place` lines. Its head says how many there are, `all` if that is more than were read, and how
/// many are not shown.
fn drawn(name: &str, list: List, all: usize, place: usize) -> Vec<Line> {
    let mut lines = match list {
        Err(error) => vec![error],
        Ok(items) if items.is_empty() => Vec::new(),
        Ok(items) => {
            let all = all.max(items.len());
            let hidden = all - items.len().min(place.saturating_sub(1));
            let rest = if hidden == 0 { String::new() } else { format!(", {hidden} of them not shown") };
            std::iter::once(Line::plain(format!("  {name} {all}{rest}"))).chain(items).collect()
        }
    };
    lines.truncate(place);
    lines
}

fn worker_line(worker: &Worker, at: i64, columns: usize) -> String {
    let name = left(
        &escaped(&worker.name),
        columns.saturating_sub(WORKER_REST).clamp(*WORKER_NAME.start(), *WORKER_NAME.end()),
    );
    let holds = match worker.active {
        0 if worker.waiting_since.is_some() => "waits".into(),
        0 => "idle".into(),
        1 => "1 job".into(),
        jobs => format!("{} jobs", count(jobs)),
    };
    let lease = match worker.lease_until.map(|until| until - at) {
        None => worker.waiting_since.map(|since| format!("for {}", duration(at - since))).unwrap_or_default(),
        Some(ms) if ms <= 0 => "lease is over".into(),
        Some(ms) => format!("lease ends in {}", duration(ms)),
    };
    let seen = worker.last_seen.map(|seen| format!("seen {} ago", duration(at - seen))).unwrap_or_default();
    format!("    {name}  {}   {}   {}", left(&holds, 12), left(&lease, 21), left(&seen, 16))
}

fn group_line(group: &Group, at: i64, columns: usize) -> String {
    let width = columns.saturating_sub(GROUP_REST).clamp(*GROUP_NAME.start(), *GROUP_NAME.end());
    let name = left(&escaped(&group.name), width);
    let active = match group.concurrency {
        0 => format!("{} active", count(group.active)),
        most => format!("{} of {} active", count(group.active), count(most)),
    };
    let state = match (group.paused_until, &group.why) {
        (Some(..0), _) => "PAUSED".into(),
        (Some(until), _) => format!("PAUSED {}", duration(until - at)),
        (None, Some(why)) => escaped(why.as_bytes()),
        (None, None) if group.claimable > 0 => format!("{} claimable", count(group.claimable)),
        (None, None) => String::new(),
    };
    let rate = per_second(&group.rate).unwrap_or_default();
    format!(
        "    {name} {} waiting   {}   {} {state}",
        right(&count(group.waiting), 9),
        left(&active, 14),
        left(&rate, 7)
    )
}

fn batch_line(batch: &Batch, columns: usize) -> String {
    let wider = columns.saturating_sub(BATCH_NAME + BAR + BATCH_REST);
    let narrower = (BATCH_NAME + BAR + BATCH_REST).saturating_sub(columns).min(BAR - 4);
    let name = left(&escaped(&batch.name), BATCH_NAME + wider / 2);
    let bar = bar(batch, BAR + wider - wider / 2 - narrower);
    let ended = batch.number("total") - batch.number("pending");
    let ended = format!("{}/{}", count(ended), count(batch.number("total")));
    let bad: i64 = ["failed", "expired", "cancelled"].map(|field| batch.number(field)).iter().sum();
    let bad = if bad == 0 { String::new() } else { format!("{} x", count(bad)) };
    let state = match (batch.number("finished"), batch.number("sealed")) {
        (0, 0) => "open",
        (0, _) => "sealed",
        _ => "done",
    };
    format!("    {name} {bar} {} {} {} {state}", right(&percent(batch), 5), right(&ended, 15), right(&bad, 9))
}

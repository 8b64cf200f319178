//! Who works at a queue, and its batches: as many as there is place for.

use super::bar::{bar, percent};
use super::text::{escaped, left, right};
use super::units::{count, duration};
use super::{Line, View};
use crate::reading::{Batch, Part, Worker};

/// Characters of `NAME` at 80 columns; half of what is wider goes to it, half to the bar.
const BATCH_NAME: usize = 16;
const BAR: usize = 18;
/// Of a batch's line without its name and bar.
const BATCH_REST: usize = 46;
/// Of a worker's line without its name.
const WORKER_REST: usize = 61;

/// Workers, then batches, in at most `place` lines. One list uses what the other does not need.
pub(super) fn lines(view: &View, columns: usize, place: Option<usize>) -> Vec<Line> {
    if view.queue.stats.is_err() {
        return Vec::new();
    }
    let workers = list("workers", &view.queue.workers, |worker| worker_line(worker, view.at, columns));
    let batches = list("batches", &view.queue.batches, |batch| batch_line(batch, columns));
    let Some(place) = place else {
        return workers.into_iter().chain(batches).collect();
    };
    let half = place / 2;
    let for_workers = if batches.len() <= half { place - batches.len() } else { place - half };
    let for_workers = for_workers.min(workers.len());
    let mut lines = shortened(workers, for_workers);
    lines.extend(shortened(batches, place - for_workers));
    lines
}

/// The name of a list with its length, and its items; nothing if it has none.
fn list<T>(name: &str, items: &Part<Vec<T>>, draw: impl Fn(&T) -> String) -> Vec<Line> {
    match items {
        Err(why) => vec![Line::alarm(format!("  {name}: {}", escaped(why.as_bytes())))],
        Ok(items) if items.is_empty() => Vec::new(),
        Ok(items) => {
            let head = Line::plain(format!("  {name} {}", items.len()));
            std::iter::once(head).chain(items.iter().map(|item| Line::plain(draw(item)))).collect()
        }
    }
}

/// The first `place` lines; the head says if there are more.
fn shortened(mut lines: Vec<Line>, place: usize) -> Vec<Line> {
    let hidden = lines.len().saturating_sub(place);
    if let Some(head) = lines.first_mut().filter(|_| hidden > 0) {
        head.text += &format!(", {hidden} of them not shown");
    }
    lines.truncate(place);
    lines
}

fn worker_line(worker: &Worker, at: i64, columns: usize) -> String {
    let name = left(&escaped(&worker.name), columns.saturating_sub(WORKER_REST).max(8));
    let holds = match worker.active {
        0 => "idle".into(),
        1 => "1 job".into(),
        jobs => format!("{} jobs", count(jobs)),
    };
    let lease = match worker.lease_until.map(|until| until - at) {
        None => String::new(),
        Some(ms) if ms <= 0 => "lease is over".into(),
        Some(ms) => format!("lease ends in {}", duration(ms)),
    };
    let seen = format!("seen {} ago", duration(at - worker.last_seen));
    format!("    {name}  {}   {}   {}", left(&holds, 12), left(&lease, 21), left(&seen, 16))
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

//! The figures of one queue: eight lines, and what it is limited to.

use super::text::{edges, escaped, left, right};
use super::units::{bytes, count, duration, rate};
use super::{Line, Tone, View};
use crate::reading::{Numbers, Rates};

/// A figure with its name.
type Cell = (&'static str, String);

/// Figures in a line, if it is wide enough: each has at least [`NARROW`] characters.
const CELLS: usize = 4;
const NARROW: usize = 17;
const WIDE: usize = 26;
/// Between the figures.
const GAP: usize = 3;

/// The block without its lists.
pub(super) fn lines(view: &View, columns: usize) -> Vec<Line> {
    let name = escaped(&view.queue.name);
    let stats = match &view.queue.stats {
        Err(why) => {
            let head = Line { tone: Tone::Head, text: name };
            return vec![head, Line::alarm(format!("  {}", escaped(why.as_bytes())))];
        }
        Ok(stats) => stats,
    };
    let mut lines = vec![Line { tone: Tone::Head, text: edges(&name, &notes(stats), columns) }];
    let speed = [traffic(view.rates), trouble(view.rates)];
    let rows =
        [now(stats), kept(stats)].into_iter().chain(speed).chain([ages(stats), waits(stats), runs(stats)]);
    lines.extend(arranged(rows, columns).into_iter().map(Line::plain));
    lines.extend(limits(view, stats, columns));
    lines
}

fn number(stats: &Numbers, field: &str) -> i64 {
    stats.get(field).copied().unwrap_or_default()
}

/// What stands at the right of the name.
fn notes(stats: &Numbers) -> String {
    let mut notes = Vec::new();
    if number(stats, "paused") != 0 {
        notes.push("PAUSED".to_owned());
    }
    // So answers a key that does not exist, too.
    notes.push(if number(stats, "added") == 0 { "empty".into() } else { bytes(number(stats, "bytes")) });
    notes.join("   ")
}

fn now(stats: &Numbers) -> [Cell; CELLS] {
    ["waiting", "delayed", "blocked", "active"].map(|state| (state, count(number(stats, state))))
}

fn kept(stats: &Numbers) -> [Cell; CELLS] {
    ["completed", "failed", "remembered", "waiters"].map(|field| (field, count(number(stats, field))))
}

fn traffic(rates: &Rates) -> [Cell; CELLS] {
    let fields =
        [("added/s", "added"), ("claims/s", "claims"), ("acks/s", "acks"), ("refused/s", "duplicates")];
    fields.map(|(name, field)| (name, rate(rates.of(field))))
}

fn trouble(rates: &Rates) -> [Cell; CELLS] {
    let fields =
        [("nacks/s", "nacks"), ("failed/s", "failures"), ("lost/s", "losses"), ("stale/s", "stale-acks")];
    fields.map(|(name, field)| (name, rate(rates.of(field))))
}

fn ages(stats: &Numbers) -> [Cell; CELLS] {
    let due = match number(stats, "next-due-ms") {
        ..0 => "-".into(),
        ms => duration(ms),
    };
    [
        ("claimable", count(number(stats, "claimable"))),
        ("oldest", duration(number(stats, "oldest-claimable-ms"))),
        ("next due", due),
        ("groups", count(number(stats, "groups"))),
    ]
}

fn waits(stats: &Numbers) -> [Cell; CELLS] {
    let fields =
        [("wait p50", "wait-ms-p50"), ("p95", "wait-ms-p95"), ("p99", "wait-ms-p99"), ("max", "wait-ms-max")];
    fields.map(|(name, field)| (name, duration(number(stats, field))))
}

fn runs(stats: &Numbers) -> [Cell; CELLS] {
    let fields =
        [("run p50", "run-ms-p50"), ("p95", "run-ms-p95"), ("p99", "run-ms-p99"), ("max", "run-ms-max")];
    fields.map(|(name, field)| (name, duration(number(stats, field))))
}

/// Rows below each other, several in a line where it is wide, broken where it is narrow.
fn arranged(rows: impl Iterator<Item = [Cell; CELLS]>, columns: usize) -> Vec<String> {
    let place = columns.saturating_sub(2);
    let fitting = (place + GAP) / (NARROW + GAP);
    let in_line = if fitting >= CELLS { fitting / CELLS * CELLS } else { fitting.max(1) };
    let width = ((place + GAP) / in_line).clamp(GAP + 1, WIDE + GAP) - GAP;
    let cells: Vec<Cell> = rows.flatten().collect();
    let lines = cells.chunks(in_line).map(|chunk| {
        let cells: Vec<_> = chunk.iter().map(|cell| drawn(cell, width)).collect();
        format!("  {}", cells.join(&" ".repeat(GAP)))
    });
    lines.collect()
}

fn drawn((name, value): &Cell, width: usize) -> String {
    let place = width.saturating_sub(name.len() + 1);
    if place < value.len() {
        // Half a number would be a wrong one.
        return left(value, width);
    }
    format!("{name} {}", right(value, place))
}

/// What JQ.CONFIG limits, beside what is in use, in as many lines as it takes; none if nothing is limited.
fn limits(view: &View, stats: &Numbers, columns: usize) -> Vec<Line> {
    let settings = match &view.queue.settings {
        Err(why) => return vec![Line::alarm(format!("  limits: {}", escaped(why.as_bytes())))],
        Ok(settings) => settings,
    };
    let setting = |name: &str| settings.get(name).map_or("0", String::as_str);
    let mut parts = Vec::new();
    if let Some(limit) = most(setting("concurrency")) {
        parts.push(format!("concurrency {} of {}", count(number(stats, "active")), count(limit)));
    }
    if let Some(text) = bucket(setting("rate")) {
        parts.push(format!("rate {}/s of {text}", rate(view.rates.of("claims"))));
    }
    if let Some(limit) = most(setting("max-jobs")) {
        let unfinished =
            ["waiting", "delayed", "blocked", "active"].map(|state| number(stats, state)).iter().sum();
        parts.push(format!("jobs {} of {}", count(unfinished), count(limit)));
    }
    if number(stats, "groups") > 0 {
        let each = most(setting("group-concurrency")).map(|limit| format!("{} at a time", count(limit)));
        let rules: Vec<_> = each.into_iter().chain(bucket(setting("group-rate"))).collect();
        if !rules.is_empty() {
            parts.push(format!("each group {}", rules.join(", ")));
        }
    }
    folded("  limits", &parts, columns)
}

/// `parts` behind `name`, and below each other where they do not fit.
fn folded(name: &str, parts: &[String], columns: usize) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.len() + GAP + part.len() <= columns => line.extend(["   ", part]),
            Some(_) => lines.push(format!("{:1$}  {part}", "", name.len())),
            None => lines.push(format!("{name}  {part}")),
        }
    }
    lines.into_iter().map(Line::plain).collect()
}

/// A limit; 0 is none.
fn most(text: &str) -> Option<i64> {
    text.parse().ok().filter(|limit| *limit > 0)
}

/// `100/2000` as `50/s (100 in 2.0 s)`.
fn bucket(text: &str) -> Option<String> {
    let (max, ms) = max_and_ms(text)?;
    Some(format!("{} ({} in {})", per_second(text)?, count(max), duration(ms)))
}

/// `100/2000` as `50/s`; none if it limits nothing.
pub(super) fn per_second(text: &str) -> Option<String> {
    let (max, ms) = max_and_ms(text)?;
    #[allow(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let per_second = rate(Some(max as f64 * 1000.0 / ms as f64));
    Some(format!("{per_second}/s"))
}

/// `max/ms` or `max/ms/window`.
fn max_and_ms(text: &str) -> Option<(i64, i64)> {
    let (max, ms) = text.strip_suffix("/window").unwrap_or(text).split_once('/')?;
    Some((max.parse().ok()?, ms.parse().ok().filter(|ms| *ms > 0)?))
}

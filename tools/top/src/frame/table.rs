//! Many queues: a line for each, with the figures that matter first, and as many of them as the width allows.

use super::text::{escaped, left, right};
use super::units::{bytes, count, duration, rate};
use super::{Line, Tone, View};
use crate::reading::Numbers;

/// Characters of a column, the gap before it included.
const COLUMN: usize = 10;
/// The least place for a queue's name.
const NAME: usize = 16;

/// How a column gets its figure.
type Figure = fn(&View, &Numbers) -> String;

fn number(stats: &Numbers, field: &str) -> i64 {
    stats.get(field).copied().unwrap_or_default()
}

/// In the order of their weight: those at the end need a wide window.
const FIGURES: [(&str, Figure); 13] = [
    ("waiting", |_, stats| count(number(stats, "waiting"))),
    ("active", |_, stats| count(number(stats, "active"))),
    ("failed", |_, stats| count(number(stats, "failed"))),
    ("oldest", |_, stats| duration(number(stats, "oldest-claimable-ms"))),
    ("added/s", |view, _| rate(view.rates.of("added"))),
    ("acks/s", |view, _| rate(view.rates.of("acks"))),
    ("delayed", |_, stats| count(number(stats, "delayed"))),
    ("lost/s", |view, _| rate(view.rates.of("losses"))),
    ("waiters", |_, stats| count(number(stats, "waiters"))),
    ("blocked", |_, stats| count(number(stats, "blocked"))),
    ("refused/s", |view, _| rate(view.rates.of("duplicates"))),
    ("run p95", |_, stats| duration(number(stats, "run-ms-p95"))),
    ("memory", |_, stats| bytes(number(stats, "bytes"))),
];

/// A line of headings and one for each queue, in at most `place` lines; the last one says how many are
/// missing.
pub(super) fn lines(views: &[View], columns: usize, place: Option<usize>) -> Vec<Line> {
    let fitting = (columns.saturating_sub(NAME) / COLUMN).min(FIGURES.len());
    let name = columns.saturating_sub(fitting * COLUMN);
    let figures = FIGURES.iter().take(fitting);
    let headings: String = figures.clone().map(|(heading, _)| right(heading, COLUMN)).collect();
    let mut lines = vec![Line { tone: Tone::Head, text: left("queue", name) + &headings }];
    for view in views {
        let label = left(&escaped(&view.queue.name), name);
        lines.push(match &view.queue.stats {
            Ok(stats) => {
                let figures: String =
                    figures.clone().map(|(_, figure)| right(&figure(view, stats), COLUMN)).collect();
                Line::plain(label + &figures)
            }
            Err(why) => Line::alarm(format!("{label}  {}", escaped(why.as_bytes()))),
        });
    }
    if let Some(place) = place.filter(|place| lines.len() > *place) {
        lines.truncate(place.saturating_sub(1));
        let shown = lines.len().saturating_sub(1);
        lines.push(Line::plain(format!("and {} more", views.len() - shown)));
    }
    lines
}

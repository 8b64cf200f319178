//! The frame: numbers in, lines of text out. Knows no server and no terminal.
//!
//! ```text
//!   redis-jq  127.0.0.1:6379  redis 7.0.15                 13:04:29 UTC     title
//!   mail                                                        1.23 MB     a block for each queue ...
//!     waiting  12,345   delayed  678   blocked  0   active  12
//!     ...                                                                   ... of figures, limits,
//!     workers 2                                                             and as many workers and batches as fit
//!     batches 1
//!   q ends                                                                  foot
//! ```
//!
//! If the blocks do not fit, each queue is a line of a [`table`] instead.

mod bar;
mod block;
mod lists;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod units;

use crate::reading::{Queue, Rates, Reading};
use text::{cut, edges, escaped};

/// All that a frame shows.
pub(crate) struct Scene {
    /// Where the server is said to be.
    pub(crate) address: String,
    /// Whether these are present numbers.
    pub(crate) link: Link,
    /// The last numbers.
    pub(crate) reading: Reading,
    /// For each of its queues.
    pub(crate) rates: Vec<Rates>,
}

/// How it stands with the server.
pub(crate) enum Link {
    /// It has answered just now.
    Here,
    /// It has not answered for so many milliseconds, and why.
    Away { ms: i64, why: String },
}

/// The place there is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Characters a line.
    pub(crate) columns: usize,
    /// Lines; none: as many as it takes.
    pub(crate) rows: Option<usize>,
}

/// The style of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// The first line.
    Title,
    /// A queue's name.
    Head,
    /// Figures.
    Plain,
    /// Something is wrong.
    Alarm,
}

/// One line, at most as long as the place allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How.
    pub(crate) tone: Tone,
    /// What.
    pub(crate) text: String,
}

impl Line {
    fn plain(text: String) -> Self {
        Self { tone: Tone::Plain, text }
    }

    fn alarm(text: String) -> Self {
        Self { tone: Tone::Alarm, text }
    }
}

const FOOT: &str = "q ends   bars: = completed, x failed, expired or cancelled, . pending";

/// Draws the scene.
pub(crate) fn frame(scene: &Scene, size: Size) -> Vec<Line> {
    let mut lines = head(scene, size.columns);
    // Without an end there is no keyboard either.
    let place = size.rows.map(|rows| rows.saturating_sub(lines.len() + 1));
    lines.extend(queues(scene, size.columns, place));
    if let Some(rows) = size.rows {
        lines.truncate(rows.saturating_sub(1));
        while lines.len() + 1 < rows {
            lines.push(Line::plain(String::new()));
        }
        lines.push(Line::plain(FOOT.into()));
        lines.truncate(rows);
    }
    for line in &mut lines {
        line.text = cut(&line.text, size.columns);
    }
    lines
}

fn head(scene: &Scene, columns: usize) -> Vec<Line> {
    let address = escaped(scene.address.as_bytes());
    let start = format!(" redis-jq  {address}  {}", escaped(scene.reading.version.as_bytes()));
    let end = if scene.reading.at > 0 { units::clock(scene.reading.at) + " " } else { String::new() };
    let mut lines = vec![Line { tone: Tone::Title, text: edges(&start, &end, columns) }];
    if let Link::Away { ms, why } = &scene.link {
        let why = escaped(why.as_bytes());
        lines.push(Line::alarm(format!("no numbers for {}, trying again: {why}", units::duration(*ms))));
    }
    lines
}

/// A queue and how fast it is.
struct View<'a> {
    queue: &'a Queue,
    rates: &'a Rates,
    /// The server's clock, Unix ms.
    at: i64,
}

fn queues(scene: &Scene, columns: usize, place: Option<usize>) -> Vec<Line> {
    let with_rates = scene.reading.queues.iter().zip(&scene.rates);
    let views: Vec<_> =
        with_rates.map(|(queue, rates)| View { queue, rates, at: scene.reading.at }).collect();
    let blocks: Vec<_> = views.iter().map(|view| block::lines(view, columns)).collect();
    let taken: usize = blocks.iter().map(Vec::len).sum();
    if place.is_some_and(|place| taken > place) && blocks.len() > 1 {
        return table::lines(&views, columns, place);
    }
    let mut left = place.map(|place| place.saturating_sub(taken));
    let mut lines = Vec::new();
    for (n, (view, block)) in views.iter().zip(blocks).enumerate() {
        lines.extend(block);
        // Each queue gets its part of the place that is left, and what those before it did not need.
        let share = left.map(|left| left / (views.len() - n));
        let lists = lists::lines(view, columns, share);
        left = left.map(|left| left.saturating_sub(lists.len()));
        lines.extend(lists);
    }
    lines
}

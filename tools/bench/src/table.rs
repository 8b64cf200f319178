//! Aligned tables.

use testkit::figures::thousands;

/// Rows of equal width; the first column is text, the others are figures.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Begins a table and prints its title.
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        println!("\n{title}\n");
        Self { rows: vec![columns.iter().map(ToString::to_string).collect()] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, label: &str, figures: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(label.to_owned()).chain(figures).collect());
    }

    /// Prints all rows, columns aligned.
    pub(crate) fn print(&self) {
        let width = |column| self.rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
        let widths: Vec<usize> = (0..).map_while(width).collect();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let cell = if column == 0 { format!(" {cell:<width$}") } else { format!("  {cell:>width$}") };
                line.push_str(&cell);
            }
            println!("{}", line.trim_end());
        }
    }
}

/// A whole number of things.
pub(crate) fn whole(number: f64) -> String {
    // Rounding below zero and above 2^64 is no loss: nothing here is counted that way.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    thousands(number.round() as u64)
}

/// Two digits behind the point.
pub(crate) fn exact(number: f64) -> String {
    format!("{number:.2}")
}

/// A ratio and whether it keeps its bound: `0.93 (>= 0.8 ok)`.
pub(crate) fn judged(ratio: f64, bound: Bound) -> String {
    let (kept, text) = match bound {
        Bound::AtLeast(limit) => (ratio >= limit, format!(">= {}", short(limit))),
        Bound::AtMost(limit) => (ratio <= limit, format!("<= {}", short(limit))),
    };
    format!("{ratio:.2} ({text} {})", if kept { "ok" } else { "MISSED" })
}

/// A bound in up to two digits: `5`, `0.33`.
fn short(bound: f64) -> f64 {
    (bound * 100.0).round() / 100.0
}

/// What a figure should not cross.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

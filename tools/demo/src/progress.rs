//! Progress while the story runs: in place on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use testkit::figures::thousands;

use crate::options::Options;
use crate::tally::Tally;

/// Width of a bar, and so its steps.
const BAR: u64 = 40;

/// Where there is no terminal, a line this often.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// Shows the tally beside what is expected.
pub(crate) struct Progress {
    calls: u64,
    jobs: u64,
    terminal: bool,
    drawn: bool,
    last_line: (Instant, String),
}

impl Progress {
    /// How often to call [`Progress::show`].
    pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

    pub(crate) fn new(options: &Options) -> Self {
        let terminal = io::stdout().is_terminal();
        Self {
            calls: options.calls(),
            jobs: options.keys,
            terminal,
            drawn: false,
            last_line: (Instant::now(), String::new()),
        }
    }

    /// Shows how far things are, if it is time to.
    pub(crate) fn show(&mut self, tally: &Tally) {
        if self.terminal {
            self.draw(tally);
        } else if self.last_line.0.elapsed() >= LINE_INTERVAL {
            self.line(tally);
        }
    }

    /// Shows the last state, whatever the time.
    pub(crate) fn finish(&mut self, tally: &Tally) {
        if self.terminal {
            self.draw(tally);
        } else {
            self.line(tally);
        }
        println!();
    }

    /// Three bars, written in one piece over the three before, so that nothing flickers.
    fn draw(&mut self, tally: &Tally) {
        let up = if self.drawn { "\x1b[3A" } else { "" };
        let heard = bar("expiries heard", tally.heard.get(), self.calls);
        let answered = bar("adds answered", tally.answered(), self.calls);
        let run = bar("jobs run", tally.acknowledged.get(), self.jobs);
        print!("{up}{heard}\n{answered}\n{run}\n");
        // A terminal that is gone is no reason to stop.
        let _ = io::stdout().flush();
        self.drawn = true;
    }

    fn line(&mut self, tally: &Tally) {
        let [heard, answered, run] =
            [tally.heard.get(), tally.answered(), tally.acknowledged.get()].map(thousands);
        let line =
            format!("heard {heard}   answered {answered} of {}   jobs run {run}", thousands(self.calls));
        if line != self.last_line.1 {
            println!("{line}");
        }
        self.last_line = (Instant::now(), line);
    }
}

fn bar(label: &str, done: u64, all: u64) -> String {
    let filled = done.min(all) * BAR / all.max(1);
    let bar: String = (0..BAR).map(|step| if step < filled { '#' } else { '.' }).collect();
    format!("  {label:<15} [{bar}] {:>9} of {:>9}", thousands(done), thousands(all))
}

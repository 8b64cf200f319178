//! The end of the story in numbers, each beside what it must be.

use testkit::figures::thousands;

use crate::options::Options;
use crate::story::Outcome;

/// Prints the report; false when a number is wrong.
pub(crate) fn print(options: &Options, outcome: &Outcome) -> bool {
    let mut report = Report { correct: true };
    report.clients(options, outcome);
    report.queue(options, outcome);
    costs(options, outcome);
    println!("\n{}", if report.correct { "every number is as it must be" } else { "SOME NUMBERS ARE WRONG" });
    report.correct
}

struct Report {
    correct: bool,
}

impl Report {
    fn clients(&mut self, options: &Options, outcome: &Outcome) {
        let (tally, runs) = (&outcome.tally, &outcome.shift.runs);
        let most = runs.values().max().copied().unwrap_or(0);
        let ran = runs.len() as u64;
        // A job that did not run at all is in no list of runs.
        let least = if ran < options.keys { 0 } else { runs.values().min().copied().unwrap_or(0) };

        println!("what the clients saw");
        self.must_be("expiries heard by the pods", tally.heard.get(), options.calls());
        self.must_be("adds answered", tally.answered(), options.calls());
        self.must_be("  added", tally.added.get(), options.keys);
        self.must_be("  refused as duplicate", tally.duplicates.get(), options.calls() - options.keys);
        self.must_be("jobs run", runs.values().sum::<u64>(), options.keys);
        self.must_be("  runs per job, least", least, 1);
        self.must_be("  runs per job, most", most, 1);
        self.must_be("  missing", options.keys.saturating_sub(ran), 0);
    }

    fn queue(&mut self, options: &Options, outcome: &Outcome) {
        let stat = |name: &str| outcome.stats.get(name).copied();

        println!("what the queue says (JQ.STATS, JQ.CHECK)");
        self.must_be("added", stat("added"), options.keys);
        self.must_be("duplicates", stat("duplicates"), options.calls() - options.keys);
        self.must_be("claims", stat("claims"), options.keys);
        self.must_be("acks", stat("acks"), options.keys);
        self.must_be("losses", stat("losses"), 0);
        self.must_be(
            "waiting + active",
            stat("waiting").zip(stat("active")).map(|(waiting, active)| waiting + active),
            0,
        );
        self.must_be("remembered", stat("remembered"), options.keys);
        self.must_be("discrepancies", outcome.discrepancies.len() as u64, 0);
    }

    /// `value` is none when the queue does not report it, which is wrong as well.
    fn must_be(&mut self, label: &str, value: impl Into<Option<u64>>, expected: u64) {
        let value = value.into();
        let result = if value == Some(expected) {
            "ok".to_owned()
        } else {
            self.correct = false;
            format!("WRONG, must be {}", thousands(expected))
        };
        println!("  {label:<28} {:>10}  {result}", value.map_or("none".to_owned(), thousands));
    }
}

fn costs(options: &Options, outcome: &Outcome) {
    println!("what it cost");
    let writes = format!("{} instead of {}", outcome.tally.claims.get(), thousands(options.calls()));
    println!("  {:<28} {writes}", "bulk writes (claims)");
    println!("  {:<28} {:.1} s from the expiry to the last ACK", "time", outcome.elapsed.as_secs_f64());
    println!("  {:<28} {:.1} s, Pub/Sub included", "Redis CPU", outcome.cpu.as_secs_f64());
}

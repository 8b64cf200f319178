//! The demo: 72 pods hear the same midnight, and every job runs once.
//!
//! ```text
//!   11,300 keys expire at one instant
//!        | Redis Pub/Sub tells every pod of every expiry
//!        v
//!   72 pods -- JQ.ADD events <key> <key> --> queue -- JQ.CLAIM ... COUNT 500 MIN 100 --> 4 workers -- JQ.ACK -->
//!   813,600 calls                            11,300 jobs                                 some 50 bulk writes
//! ```
//!
//! [`pods`] and [`workers`] are the code an application would contain, [`story`] starts them against a
//! private server, [`report`] compares what the clients saw with what the queue says and fails when a number
//! is wrong.

// A program with a clock of its own: the rule protects the module, which gets its time as an argument.
#![allow(clippy::disallowed_methods)]

mod options;
mod pods;
mod progress;
mod report;
mod story;
mod tally;
mod workers;

use std::process::ExitCode;

use testkit::Failure;

use options::Options;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        println!("{}", options::USAGE);
        return Ok(ExitCode::SUCCESS);
    };
    let outcome = story::play(&options)?;
    let correct = report::print(&options, &outcome);
    Ok(if correct { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

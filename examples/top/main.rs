//! A live view of queues in the terminal.
//!
//! ```text
//!   server ── source ──► reading ──┐
//!                                  ├─► watch ──► frame ──► screen
//!   keys, signals, size ───────────┘    numbers in, text out
//! ```
//!
//! [`frame`] is pure; its tests, and those of the whole program in a terminal, are run by `tests/top`.

// A program with a clock of its own: the rule protects the module, which gets its time as an argument.
#![allow(clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "it needs no server of its own")]
mod support;

mod frame;
mod options;
mod reading;
mod screen;
mod source;
mod watch;

use std::io::IsTerminal;
use std::process::ExitCode;

use options::Options;
use support::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("top: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        println!("{}", options::USAGE);
        return Ok(());
    };
    if options.once || !std::io::stdout().is_terminal() {
        watch::once(&options)
    } else {
        watch::live(&options)
    }
}

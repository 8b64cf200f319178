//! A live view of queues in the terminal.
//!
//! ```text
//!   server ── source ──► reading ──┐
//!                                  ├─► watch ──► frame ──► screen
//!   keys, signals, size ───────────┘    numbers in, text out
//! ```
//!
//! [`frame`] is pure. The tests of the whole program in a terminal are in `tests/in_tmux`.

// A program with a clock of its own: the rule protects the module, which gets its time as an argument.
#![allow(clippy::disallowed_methods)]

mod frame;
mod options;
mod reading;
mod screen;
mod source;
mod watch;

use std::io::IsTerminal;
use std::process::ExitCode;

use options::Options;

/// Why the program could not go on; it is only printed.
type Failure = Box<dyn std::error::Error>;

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

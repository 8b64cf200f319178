//! The benchmark: what the queue costs, in one run beside what a user would pick instead.
//!
//! | section | question |
//! |---|---|
//! | [`rate`] | how many `JQ.ADD` a second, against XADD, LPUSH and SET with the same bytes? |
//! | [`memory`] | how many bytes does a waiting job take, how many a remembered id? |
//! | [`cost`] | what does a command cost in a queue of 1,000,000 jobs against one of 1,000? |
//! | [`life`] | what does a whole life cost (enqueue, claim, acknowledge), against the Streams recipe? |
//! | [`replica`] | what does a replica pay for that life, beside its primary? |
//! | [`limits`] | what does a claim cost beside 100,000 lanes that may not run, and from a lane? |
//! | [`load`] | what does a job cost that is read from a file, against a string? |
//! | [`stalls`] | for how long can a queue of 1,000,000 jobs keep everybody else waiting? |
//! | [`lane_stalls`] | and 100,000 lanes, or records, that all have something to do at one instant? |
//! | [`due`] | how fast is done what is due at one instant, and does anybody wait for it? |
//! | [`waiters`] | what does an ADD cost while 2,000 workers are blocked on the queue, and an XADD with as many readers? |
//!
//! Each section starts servers of its own. Where rivals are compared their runs alternate, so that a slow
//! minute of the machine hits all of them, and medians are reported. Server CPU is the server's own count
//! (`INFO cpu`), which a busy client on the same machine disturbs far less than it disturbs rates.

// A program with a clock of its own: the rule protects the module, which gets its time as an argument.
#![allow(clippy::disallowed_methods)]
// Figures for people: three digits are shown of numbers that are exact to fifteen.
#![allow(clippy::cast_precision_loss)]

mod bed;
mod cost;
mod due;
mod jobs;
mod lane_stalls;
mod life;
mod limits;
mod load;
mod machine;
mod memory;
mod prober;
mod rate;
mod replica;
mod stalls;
mod table;
mod waiters;

use std::process::ExitCode;
use std::time::Instant;

use testkit::Failure;

use bed::Bed;

type Section = fn(&Bed) -> Result<(), Failure>;

const SECTIONS: [(&str, Section); 11] = [
    ("rate", rate::run),
    ("memory", memory::run),
    ("cost", cost::run),
    ("life", life::run),
    ("replica", replica::run),
    ("limits", limits::run),
    ("load", load::run),
    ("stalls", stalls::run),
    ("lanes", lane_stalls::run),
    ("due", due::run),
    ("waiters", waiters::run),
];

const USAGE: &str = "\
usage: scripts/bench [--aof] [rate] [memory] [cost] [life] [replica] [limits] [load] [stalls] [lanes] [due] [waiters]
       scripts/bench --ten-million [--aof] [cost] [load]

  --aof           with an append-only file, fsync every second
  --ten-million   with 10,000,000 jobs in the largest queue instead of 1,000,000; takes 8 GB of memory
  Without names all sections run, in less than seven minutes.";

/// The sections that can have ten million jobs.
const LARGE: [&str; 2] = ["cost", "load"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let (options, names): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with('-'));
    if options.iter().any(|option| option == "--help" || option == "-h") {
        println!("{USAGE}");
        return Ok(());
    }
    if let Some(unknown) =
        options.iter().find(|option| !["--aof", "--ten-million"].contains(&option.as_str()))
    {
        return Err(format!("unknown option '{unknown}'\n{USAGE}").into());
    }
    let is_large = options.iter().any(|option| option == "--ten-million");
    let sections = SECTIONS.iter().filter(|(name, _)| !is_large || LARGE.contains(name));
    let unknown = |name: &&String| !sections.clone().any(|(section, _)| section == name);
    if let Some(unknown) = names.iter().find(unknown) {
        return Err(format!("unknown section '{unknown}'\n{USAGE}").into());
    }

    let largest = if is_large { 10_000_000 } else { 1_000_000 };
    let bed = Bed { aof: options.iter().any(|option| option == "--aof"), largest };
    machine::print(&bed)?;
    for (name, section) in sections {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            let start = Instant::now();
            section(&bed)?;
            println!("  ({name}: {:.0} s)", start.elapsed().as_secs_f64());
        }
    }
    Ok(())
}

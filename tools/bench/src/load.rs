//! What does it cost to read jobs from a file: when a server starts, when a replica is sent everything, by RESTORE? And
//! to COPY them?
//!
//! A server that has just started has used CPU for nothing else. With `--aof` it reads its append-only file, which here
//! is the commands that filled it.

use std::time::Duration;

use redis::{cmd, Cmd, Connection};
use testkit::figures::thousands;
use testkit::info::Info;
use testkit::Failure;

use crate::bed::{cpu_of, median, micros_each, send_all, Bed};
use crate::jobs::{add_many, command, ids, set};
use crate::table::{exact, judged, Bound, Table};

/// Jobs in one call.
const CHUNK: u64 = 500;
const REPETITIONS: usize = 3;
/// Of what as many strings cost.
const BOUND: Bound = Bound::AtMost(0.5);

/// Jobs in each of many queues.
const FEW: u64 = 100;

/// The commands that make so many entries.
type Contents = fn(u64) -> Box<dyn Iterator<Item = Cmd>>;

const STRINGS: Contents = |entries| Box::new((0..entries).map(set));
const ONE_QUEUE: Contents = |entries| Box::new(chunks(entries, entries, CHUNK));
const MANY_QUEUES: Contents = |entries| Box::new(chunks(entries, FEW, FEW));

/// Calls that add so many entries as jobs, `jobs` to each of as many queues as it takes, `chunk` a call.
fn chunks(entries: u64, jobs: u64, chunk: u64) -> impl Iterator<Item = Cmd> {
    let firsts = (0..entries / chunk).map(move |call| call * chunk);
    firsts.map(move |first| add_many(&format!("queue-{}", first / jobs), &ids(first, chunk)))
}

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let entries = bed.largest;
    let title = format!("loading {} jobs (server CPU)", thousands(entries));
    let mut table = Table::new(&title, &["at start", "us each", "beside strings"]);
    let median_of = |run: &dyn Fn() -> Result<Duration, Failure>| median_of(entries, run);
    let of_strings = median_of(&|| started_with(bed, STRINGS))?;
    table.row("strings, the same bytes by SET", [exact(of_strings), String::new()]);
    let many = format!("jobs of {} queues, {FEW} in each", thousands(entries / FEW));
    for (name, contents) in [("jobs of one queue", ONE_QUEUE), (many.as_str(), MANY_QUEUES)] {
        let each = median_of(&|| started_with(bed, contents))?;
        table.row(name, [exact(each), judged(each / of_strings, BOUND)]);
    }
    for (name, copy) in
        [("RESTORE of one queue", restore as fn(&mut Connection) -> _), ("COPY of one queue", copy)]
    {
        let each = median_of(&|| copied(bed, copy))?;
        table.row(name, [exact(each), judged(each / of_strings, BOUND)]);
    }
    table.print();
    Ok(())
}

fn median_of(entries: u64, run: &dyn Fn() -> Result<Duration, Failure>) -> Result<f64, Failure> {
    let runs = (0..REPETITIONS).map(|_| Ok(micros_each(run()?, entries)));
    Ok(median(runs.collect::<Result<_, Failure>>()?))
}

/// CPU of a start with a file that holds these.
fn started_with(bed: &Bed, contents: Contents) -> Result<Duration, Failure> {
    let mut server = bed.server()?;
    let mut connection = server.connect()?;
    send_all(&mut connection, contents(bed.largest))?;
    cmd("SAVE").query::<()>(&mut connection)?;
    server.restart()?;
    Info::read(&mut server.connect()?, "cpu")?.cpu()
}

/// CPU of a way to have the same queue twice.
fn copied(bed: &Bed, copy: fn(&mut Connection) -> Result<Duration, Failure>) -> Result<Duration, Failure> {
    let server = bed.server()?;
    let mut connection = server.connect()?;
    send_all(&mut connection, ONE_QUEUE(bed.largest))?;
    copy(&mut connection)
}

fn restore(connection: &mut Connection) -> Result<Duration, Failure> {
    let dump: Vec<u8> = command("DUMP", "queue-0").query(connection)?;
    cpu_of(connection, |it| Ok(command("RESTORE", ("again", 0, dump)).query(it)?))
}

fn copy(connection: &mut Connection) -> Result<Duration, Failure> {
    cpu_of(connection, |it| Ok(command("COPY", ("queue-0", "again")).query(it)?))
}

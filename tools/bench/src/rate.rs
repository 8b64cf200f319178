//! How many `JQ.ADD` a second, against XADD, LPUSH and SET with the same bytes.
//!
//! Driven by redis-benchmark, the tool Redis users know: 50 connections, each command with a random id of 12
//! bytes (the shortest it can make) and a payload of 98. On few cores the client may be what limits a rate,
//! so server CPU per command stands beside it.

use std::process::Command;

use redis::Connection;
use testkit::binaries::executable;
use testkit::Failure;
use testkit::Server;

use crate::bed::{self, median, micros_each, Bed};
use crate::jobs::PAYLOAD;
use crate::table::{exact, judged, whole, Bound, Table};

const REPETITIONS: usize = 5;
const CONNECTIONS: &str = "50";

/// Replaced by redis-benchmark with a random number of 12 digits below [`IDS`].
const ID: &str = "__rand_int__";
/// So many that of 200,000 draws hardly any meet.
const IDS: &str = "1000000000";

/// How commands are sent, and the bounds that the goals of the project set for it.
struct Manner {
    title: &'static str,
    pipeline: &'static str,
    commands: u64,
    /// The rival and the least ratio to its rate.
    bound: (&'static str, f64),
}

const MANNERS: [Manner; 2] = [
    Manner {
        title: "JQ.ADD one by one, 50 connections, pipelined x16",
        pipeline: "16",
        commands: 200_000,
        bound: ("XADD", 0.8),
    },
    Manner {
        title: "JQ.ADD one by one, 50 connections, not pipelined",
        pipeline: "1",
        commands: 60_000,
        bound: ("SET", 0.95),
    },
];

/// The same bytes, given to each rival.
const RIVALS: [&[&str]; 4] =
    [&["JQ.ADD", "queue", ID], &["XADD", "stream", "*", ID], &["LPUSH", "list", ID], &["SET", ID]];

/// Commands per second and server CPU in microseconds per command.
type Sample = (f64, f64);

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let server = bed.server()?;
    let mut control = server.connect()?;
    for manner in &MANNERS {
        let mut samples = RIVALS.map(|_| Vec::new());
        for _ in 0..REPETITIONS {
            for (rival, samples) in RIVALS.iter().zip(&mut samples) {
                bed::flush(&mut control)?;
                samples.push(measure(&server, &mut control, manner, rival)?);
            }
        }
        print(manner, samples.map(middle));
    }
    Ok(())
}

fn middle(samples: Vec<Sample>) -> Sample {
    let (rates, costs) = samples.into_iter().unzip();
    (median(rates), median(costs))
}

fn print(manner: &Manner, samples: [Sample; RIVALS.len()]) {
    let columns = ["command", "per second", "CPU us each", "JQ.ADD's rate", "JQ.ADD's CPU"];
    let mut table = Table::new(manner.title, &columns);
    let [own, ..] = samples;
    for (rival, (rate, cpu)) in RIVALS.iter().zip(samples) {
        let name = rival.first().copied().unwrap_or_default();
        let (bounded, least) = manner.bound;
        let ratio = own.0 / rate;
        let judgement = if name == bounded { judged(ratio, Bound::AtLeast(least)) } else { exact(ratio) };
        table.row(name, [whole(rate), exact(cpu), judgement, exact(own.1 / cpu)]);
    }
    table.print();
}

/// One run of redis-benchmark.
fn measure(
    server: &Server,
    control: &mut Connection,
    manner: &Manner,
    rival: &[&str],
) -> Result<Sample, Failure> {
    let mut command = Command::new(executable("redis-benchmark"));
    command.args(["-h", "127.0.0.1", "-p", &server.port().to_string(), "--csv"]);
    command.args(["-c", CONNECTIONS, "-P", manner.pipeline, "-r", IDS]);
    command.args(["-n", &manner.commands.to_string()]);
    // LPUSH takes each word as an entry of its own, so id and payload go to it as one.
    let payload = String::from_utf8_lossy(&PAYLOAD).into_owned();
    match rival {
        ["LPUSH", list, id] => command.args(["LPUSH", list]).arg(format!("{id}{payload}")),
        _ => command.args(rival).arg(payload),
    };

    let mut rate = 0.0;
    let cpu = bed::cpu_of(control, |_| {
        let output = command.output().map_err(|error| format!("redis-benchmark: {error}"))?;
        rate = rate_of(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| format!("redis-benchmark: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok(())
    })?;
    Ok((rate, micros_each(cpu, manner.commands)))
}

/// Commands per second: the second column of the last line. The first is the command, in quotes and without
/// commas.
fn rate_of(csv: &str) -> Option<f64> {
    csv.lines().last()?.split(',').nth(1)?.trim_matches('"').parse().ok()
}

//! What a command costs in a queue of 1,000,000 jobs against one of 1,000, or with `--ten-million` in one of 10,000,000.
//!
//! Each round takes 1,000 jobs through their lives, one job a command, and leaves the queue as large as it
//! was. The ids that JQ.GET and JQ.EXPLAIN look up are spread over half the queue. Redis's own GET among as
//! many keys is the floor: what the processor's caches alone make of a larger number. No command may grow by more, or else by half.
//!
//! While the largest queue is filled, its index of ids grows by splitting its parts. Parts of one age would all be full at
//! the same number of jobs, and split together: the dearest stretch of the way there must not stand out.

use std::time::Duration;

use redis::{cmd, Cmd, Connection, Value};
use testkit::figures::thousands;
use testkit::Failure;

use crate::bed::{self, ask_all, median, micros_each, send_all, Bed};
use crate::jobs::{add, add_many, claim, command, id, ids, leases, set, Lease, LONG};
use crate::table::{exact, judged, Bound, Table};

const ROUNDS: u64 = 11;
const CALLS: u64 = 1_000;
/// In so many the way to the full queue is measured.
const STRETCHES: u64 = 40;

/// The commands of a round, in the order of the life they lead a job through.
const COMMANDS: [&str; 9] =
    ["JQ.ADD", "JQ.CLAIM", "JQ.EXTEND", "JQ.NACK", "JQ.RELEASE", "JQ.ACK", "JQ.GET", "JQ.EXPLAIN", "GET"];

/// Microseconds per call, one sample a round.
#[derive(Default)]
struct Costs {
    /// All that the server does for a call, from reading it to writing its answer.
    cpu: Vec<f64>,
    /// The part inside the command (`INFO commandstats`), by the wall clock.
    inside: Vec<f64>,
}

/// What each command cost.
type Samples = [Costs; COMMANDS.len()];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let sizes = [1_000, bed.largest / 10, bed.largest];
    let servers = sizes.iter().map(|_| bed.server()).collect::<Result<Vec<_>, _>>()?;
    let mut rounds = Vec::new();
    let mut filling = Vec::new();
    for (server, size) in servers.iter().zip(sizes) {
        let mut connection = server.connect()?;
        filling = fill(&mut connection, size)?;
        rounds.push((Round::prepare(connection, size)?, Samples::default()));
    }
    print_filling(bed.largest, filling);
    for _ in 0..ROUNDS {
        for (round, samples) in &mut rounds {
            round.run(samples)?;
        }
    }
    let samples: Vec<Samples> = rounds.into_iter().map(|(_, samples)| samples).collect();
    let cpu = "server CPU of a call, microseconds, by jobs in the queue";
    print(cpu, sizes, &samples, |costs| &costs.cpu);
    print("the part of it inside the command, by the wall clock", sizes, &samples, |costs| &costs.inside);
    Ok(())
}

fn print(title: &str, sizes: [u64; 3], samples: &[Samples], part: fn(&Costs) -> &Vec<f64>) {
    let [small, middle, large] = sizes.map(thousands);
    let mut table = Table::new(title, &["command", &small, &middle, &large, "last / first"]);
    let costs_at = |place: usize| -> Vec<f64> {
        let costs = samples.iter().filter_map(|samples| samples.get(place));
        costs.map(|costs| median(part(costs).clone())).collect()
    };
    let growth_of =
        |costs: &[f64]| costs.last().zip(costs.first()).map_or(f64::NAN, |(last, first)| last / first);
    let floor = growth_of(&costs_at(COMMANDS.len() - 1));
    for (place, command) in COMMANDS.iter().enumerate() {
        let costs = costs_at(place);
        let growth = growth_of(&costs);
        let judgement = match *command {
            "GET" => exact(growth),
            // Valkey's GET does not grow: it looks the keys of a pipeline up before the first command runs.
            _ => judged(growth, Bound::AtMost(floor.max(1.5))),
        };
        table.row(command, costs.into_iter().map(exact).chain([judgement]));
    }
    table.print();
}

/// Fills the queue with `size` waiting jobs. Returns the server's CPU for a job on each stretch of the way.
fn fill(connection: &mut Connection, size: u64) -> Result<Vec<f64>, Failure> {
    let settings = ["dedup-window", "0", "attempts", "1000000"];
    cmd("JQ.CONFIG").arg(QUEUE).arg(&settings).query::<()>(connection)?;
    let stretch = (size / STRETCHES).max(CALLS);
    let stretches = (0..size / stretch).map(|n| {
        let calls = (0..stretch / CALLS).map(|call| ids(n * stretch + call * CALLS, CALLS));
        let cpu = bed::cpu_of(connection, |it| send_all(it, calls.map(|ids| add_many(QUEUE, &ids))))?;
        Ok(micros_each(cpu, stretch))
    });
    stretches.collect()
}

fn print_filling(size: u64, stretches: Vec<f64>) {
    let title = format!("CPU us of a job while a queue grows to {}, JQ.MADD of 1,000", thousands(size));
    let mut table = Table::new(&title, &["", "median", "dearest fortieth", "dearest / median"]);
    let dearest = stretches.iter().copied().fold(0.0, f64::max);
    let usual = median(stretches);
    table.row("JQ.MADD", [exact(usual), exact(dearest), judged(dearest / usual, Bound::AtMost(1.5))]);
    table.print();
}

/// A queue of one size and the jobs that are passed through it.
struct Round {
    connection: Connection,
    size: u64,
    next: u64,
    leases: Vec<Lease>,
}

const QUEUE: &str = "queue";

impl Round {
    /// Fills the server of a queue of `size` jobs with as many keys.
    fn prepare(mut connection: Connection, size: u64) -> Result<Self, Failure> {
        send_all(&mut connection, (0..size).map(set))?;
        Ok(Self { connection, size, next: size, leases: Vec::new() })
    }

    /// Leads [`CALLS`] jobs through a life; adds the time of each command to its samples.
    fn run(&mut self, samples: &mut Samples) -> Result<(), Failure> {
        for (command, costs) in COMMANDS.iter().zip(samples) {
            let calls = self.calls(command)?;
            let mut answers = Vec::new();
            let keep = |answer| answers.push(answer);
            let mut inside = Duration::ZERO;
            let cpu = bed::cpu_of(&mut self.connection, |it| {
                inside = bed::time_in(it, command, |it| ask_all(it, calls, keep))?;
                Ok(())
            })?;
            costs.cpu.push(micros_each(cpu, CALLS));
            costs.inside.push(micros_each(inside, CALLS));
            if *command == "JQ.CLAIM" {
                self.hold(answers)?;
            }
        }
        Ok(())
    }

    /// The calls that are timed as the command `name`.
    fn calls(&mut self, name: &str) -> Result<Vec<Cmd>, Failure> {
        let calls = match name {
            "JQ.ADD" => {
                let fresh = ids(self.next, CALLS);
                self.next += CALLS;
                fresh.iter().map(|id| add(QUEUE, id)).collect()
            }
            "JQ.CLAIM" => claims(),
            "JQ.GET" | "JQ.EXPLAIN" => self.lookups().map(|id| command(name, (QUEUE, id))).collect(),
            "JQ.EXTEND" => self.leases.iter().map(|lease| command(name, (QUEUE, LONG, lease))).collect(),
            "GET" => self.lookups().map(|id| command(name, id)).collect(),
            // Back into the line at once: the queue keeps its size.
            "JQ.NACK" => {
                self.leases()?.iter().map(|lease| command(name, (QUEUE, lease, "DELAY", "0"))).collect()
            }
            _ => self.leases()?.iter().map(|lease| command(name, (QUEUE, lease))).collect(),
        };
        Ok(calls)
    }

    /// The leases that are held, claimed anew (and untimed) when the command before gave them back.
    fn leases(&mut self) -> Result<Vec<Lease>, Failure> {
        if self.leases.is_empty() {
            let mut answers = Vec::new();
            ask_all(&mut self.connection, claims(), |answer| answers.push(answer))?;
            self.hold(answers)?;
        }
        Ok(std::mem::take(&mut self.leases))
    }

    fn hold(&mut self, answers: Vec<Value>) -> Result<(), Failure> {
        for answer in answers {
            self.leases.extend(leases(answer)?);
        }
        Ok(())
    }

    /// Ids all over the newer half of the first jobs: no round gets that far.
    fn lookups(&self) -> impl Iterator<Item = String> {
        let half = self.size / 2;
        (0..CALLS).map(move |n| id(half + n * half / CALLS))
    }
}

/// One job a command.
fn claims() -> Vec<Cmd> {
    (0..CALLS).map(|_| claim(QUEUE, 1, LONG)).collect()
}

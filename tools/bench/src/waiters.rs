//! What an ADD costs while 2,000 workers are blocked on the queue, and what an XADD costs while as many are blocked in
//! XREADGROUP.
//!
//! Each ADD wakes one of them. Two figures beside the time inside the command: how long the producer waits for its
//! answer, and the server's CPU for the job's way to a worker (ADD and CLAIM), which must not hide what the
//! ADD saves.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use redis::{Cmd, Connection, Value};
use testkit::info::Info;
use testkit::Failure;
use testkit::Server;

use crate::bed::{self, median, micros_each, Bed};
use crate::jobs::{add, claim, command, id, LONG, PAYLOAD};
use crate::table::{exact, judged, Bound, Table};

const WAITERS: usize = 2_000;
/// ADDs in a round: so many that the number of waiters hardly sinks, so few that there are rounds.
const ADDS: u64 = 500;
const ROUNDS: u64 = 10;

/// Answers later than this will not come.
const PATIENCE: Duration = Duration::from_secs(10);

const QUIET: &str = "quiet";
const CROWDED: &str = "crowded";

/// Figures of a round: microseconds inside the command, until its answer, and of CPU for the job's whole way.
type Sample = [f64; 3];

/// What workers can be blocked on.
struct Kind {
    /// What the rows are called.
    labels: [&'static str; 3],
    /// The command that adds, as INFO names it.
    adds: &'static str,
    /// What has to be there before the first job is added; nothing for a queue.
    prepare: fn(&str) -> Option<Cmd>,
    add: fn(&str, u64) -> Cmd,
    /// Asks for one job.
    take: fn(&str) -> Cmd,
    /// The same, and waits for it.
    block: fn(&str) -> Cmd,
    /// What the ratio of the time inside the command is to be.
    bound: Option<Bound>,
}

const KINDS: [Kind; 2] = [
    Kind {
        labels: ["inside JQ.ADD", "until its answer, p50", "server CPU, ADD and CLAIM"],
        adds: "JQ.ADD",
        prepare: |_| None,
        add: |queue, number| add(queue, &id(number)),
        take: |queue| claim(queue, 1, LONG),
        block: |queue| {
            let mut call = claim(queue, 1, LONG);
            call.arg("BLOCK").arg("0");
            call
        },
        bound: Some(Bound::AtMost(1.3)),
    },
    Kind {
        labels: ["inside XADD", "until its answer, p50", "server CPU, XADD and XREADGROUP"],
        adds: "xadd",
        prepare: |stream| Some(command("XGROUP", ("CREATE", stream, "workers", "$", "MKSTREAM"))),
        add: |stream, number| command("XADD", (stream, "*", id(number), &PAYLOAD[..])),
        take: |stream| read_group(stream, &[]),
        block: |stream| read_group(stream, &["BLOCK", "0"]),
        bound: None,
    },
];

fn read_group(stream: &str, block: &[&str]) -> Cmd {
    command("XREADGROUP", ("GROUP", "workers", "worker", "COUNT", 1, block, "STREAMS", stream, ">"))
}

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let mut table = Table::new(
        "an ADD on a queue with blocked claimers, and an XADD on a stream with blocked readers, microseconds",
        &["", "none", "2,000 blocked", "ratio"],
    );
    for kind in &KINDS {
        let server = bed.server()?;
        let mut producer = server.connect()?;
        for place in [QUIET, CROWDED] {
            (kind.prepare)(place).map_or(Ok(()), |call| call.query::<()>(&mut producer))?;
        }
        let mut waiters = Waiters::open(kind, &server)?;
        let (mut alone, mut crowded) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            alone.push(measure(kind, &mut producer, QUIET, round, |it| take_one_by_one(kind, it))?);
            crowded.push(measure(kind, &mut producer, CROWDED, round, |_| waiters.take_and_block_again())?);
        }
        add_rows(kind, &mut table, &alone, &crowded);
    }
    table.print();
    Ok(())
}

fn add_rows(kind: &Kind, table: &mut Table, alone: &[Sample], crowded: &[Sample]) {
    let column = |samples: &[Sample], place: usize| {
        median(samples.iter().filter_map(|sample| sample.get(place)).copied().collect())
    };
    for (place, label) in kind.labels.iter().enumerate() {
        let (none, many) = (column(alone, place), column(crowded, place));
        let ratio = many / none;
        let bound = kind.bound.filter(|_| place == 0);
        let judgement = bound.map_or_else(|| exact(ratio), |bound| judged(ratio, bound));
        table.row(label, [exact(none), exact(many), judgement]);
    }
}

/// Adds jobs at `place` one by one; `consume` is where they go.
fn measure(
    kind: &Kind,
    producer: &mut Connection,
    place: &str,
    round: u64,
    consume: impl FnOnce(&mut Connection) -> Result<(), Failure>,
) -> Result<Sample, Failure> {
    let mut latencies = Vec::new();
    let mut inside = Duration::ZERO;
    let cpu = bed::cpu_of(producer, |producer| {
        inside = bed::time_in(producer, kind.adds, |producer| {
            for number in round * ADDS..(round + 1) * ADDS {
                let asked = Instant::now();
                (kind.add)(place, number).query::<Value>(producer)?;
                latencies.push(micros_each(asked.elapsed(), 1));
            }
            Ok(())
        })?;
        consume(producer)
    })?;
    Ok([micros_each(inside, ADDS), median(latencies), micros_each(cpu, ADDS)])
}

fn take_one_by_one(kind: &Kind, connection: &mut Connection) -> Result<(), Failure> {
    (0..ADDS).try_for_each(|_| one_job((kind.take)(QUIET).query(connection)?))
}

/// Both commands answer with a list that has one thing in it, or with null.
fn one_job(answer: Value) -> Result<(), Failure> {
    match answer {
        Value::Array(jobs) if jobs.len() == 1 => Ok(()),
        other => Err(format!("a job that was added could not be had: {other:?}").into()),
    }
}

/// Connections that are blocked, the one that has waited longest first.
struct Waiters<'k> {
    kind: &'k Kind,
    blocked: VecDeque<Connection>,
}

impl<'k> Waiters<'k> {
    /// Returns when the server counts all of them as blocked.
    fn open(kind: &'k Kind, server: &Server) -> Result<Self, Failure> {
        let mut waiters = Waiters { kind, blocked: VecDeque::new() };
        for _ in 0..WAITERS {
            let waiter = server.connect()?;
            waiter.set_read_timeout(Some(PATIENCE))?;
            waiters.block(waiter)?;
        }
        wait_until_blocked(&mut server.connect()?)?;
        Ok(waiters)
    }

    /// Each of the [`ADDS`] that were served reads its job and blocks again.
    fn take_and_block_again(&mut self) -> Result<(), Failure> {
        for _ in 0..ADDS {
            let mut waiter = self.blocked.pop_front().ok_or("no client waits")?;
            one_job(waiter.recv_response()?)?;
            self.block(waiter)?;
        }
        Ok(())
    }

    /// Sends a call without waiting for its answer.
    fn block(&mut self, mut waiter: Connection) -> Result<(), Failure> {
        waiter.send_packed_command(&(self.kind.block)(CROWDED).get_packed_command())?;
        self.blocked.push_back(waiter);
        Ok(())
    }
}

fn wait_until_blocked(control: &mut Connection) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let blocked: usize = Info::read(control, "clients")?.number("blocked_clients")?;
        if blocked == WAITERS {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("{blocked} of {WAITERS} clients are blocked").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

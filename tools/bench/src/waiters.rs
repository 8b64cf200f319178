//! What an ADD costs while 2,000 workers are blocked on the queue.
//!
//! Each ADD wakes one of them. Two figures beside the time inside JQ.ADD: how long the producer waits for its
//! answer, and the server's CPU for the job's way to a worker (ADD and CLAIM), which must not hide what the
//! ADD saves.

use std::collections::VecDeque;
use std::thread;
use std::time::{Duration, Instant};

use redis::{Connection, Value};
use testkit::info::Info;
use testkit::Failure;
use testkit::Server;

use crate::bed::{self, median, micros_each, Bed};
use crate::jobs::{add, claim, id, leases, LONG};
use crate::table::{exact, judged, Bound, Table};

const WAITERS: usize = 2_000;
/// ADDs in a round: so many that the number of waiters hardly sinks, so few that there are rounds.
const ADDS: u64 = 500;
const ROUNDS: u64 = 10;

/// Answers later than this will not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Figures of a round: microseconds inside JQ.ADD, until its answer, and of CPU for the job's whole way.
type Sample = [f64; 3];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let server = bed.server()?;
    let mut producer = server.connect()?;
    let mut waiters = Waiters::open(&server)?;
    let (mut alone, mut crowded) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        alone.push(measure(&mut producer, "quiet", round, claim_one_by_one)?);
        crowded.push(measure(&mut producer, "crowded", round, |_| waiters.take_and_block_again())?);
    }
    print(&alone, &crowded);
    Ok(())
}

fn print(alone: &[Sample], crowded: &[Sample]) {
    let title = "an ADD on a queue with blocked claimers, microseconds";
    let mut table = Table::new(title, &["", "none", "2,000 blocked", "ratio"]);
    let labels = ["inside JQ.ADD", "until its answer, p50", "server CPU, ADD and CLAIM"];
    let column = |samples: &[Sample], place: usize| {
        median(samples.iter().filter_map(|sample| sample.get(place)).copied().collect())
    };
    for (place, label) in labels.iter().enumerate() {
        let (none, many) = (column(alone, place), column(crowded, place));
        let ratio = many / none;
        let judgement = if place == 0 { judged(ratio, Bound::AtMost(1.3)) } else { exact(ratio) };
        table.row(label, [exact(none), exact(many), judgement]);
    }
    table.print();
}

/// Adds jobs to `queue` one by one; `consume` is where they go.
fn measure(
    producer: &mut Connection,
    queue: &str,
    round: u64,
    consume: impl FnOnce(&mut Connection) -> Result<(), Failure>,
) -> Result<Sample, Failure> {
    let mut latencies = Vec::new();
    let mut inside = Duration::ZERO;
    let cpu = bed::cpu_of(producer, |producer| {
        inside = bed::time_in(producer, "JQ.ADD", |producer| {
            for number in round * ADDS..(round + 1) * ADDS {
                let asked = Instant::now();
                add(queue, &id(number)).query::<Value>(producer)?;
                latencies.push(micros_each(asked.elapsed(), 1));
            }
            Ok(())
        })?;
        consume(producer)
    })?;
    Ok([micros_each(inside, ADDS), median(latencies), micros_each(cpu, ADDS)])
}

fn claim_one_by_one(connection: &mut Connection) -> Result<(), Failure> {
    for _ in 0..ADDS {
        let jobs = leases(claim("quiet", 1, LONG).query(connection)?)?;
        if jobs.is_empty() {
            return Err("a job that was added could not be claimed".into());
        }
    }
    Ok(())
}

/// Connections that are blocked in `JQ.CLAIM ... BLOCK 0`, the one that has waited longest first.
struct Waiters(VecDeque<Connection>);

impl Waiters {
    /// Returns when the server counts all of them as blocked.
    fn open(server: &Server) -> Result<Self, Failure> {
        let mut waiters = VecDeque::new();
        for _ in 0..WAITERS {
            let mut waiter = server.connect()?;
            waiter.set_read_timeout(Some(PATIENCE))?;
            block(&mut waiter)?;
            waiters.push_back(waiter);
        }
        wait_until_blocked(&mut server.connect()?)?;
        Ok(Self(waiters))
    }

    /// Each of the [`ADDS`] that were served reads its job and blocks again.
    fn take_and_block_again(&mut self) -> Result<(), Failure> {
        for _ in 0..ADDS {
            let mut waiter = self.0.pop_front().ok_or("no client waits")?;
            let jobs = leases(waiter.recv_response()?)?;
            if jobs.len() != 1 {
                return Err(format!("a blocked claim of one job brought {}", jobs.len()).into());
            }
            block(&mut waiter)?;
            self.0.push_back(waiter);
        }
        Ok(())
    }
}

/// Sends a claim without waiting for its answer.
fn block(waiter: &mut Connection) -> Result<(), Failure> {
    let call = claim("crowded", 1, LONG).arg("BLOCK").arg("0").get_packed_command();
    Ok(waiter.send_packed_command(&call)?)
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

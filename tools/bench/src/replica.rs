//! What a replica pays for what its primary does: enqueue, claim, acknowledge, 50 jobs a call.
//!
//! The ids come in no order, so that neither of the two finds a job in its caches because of the one before.

use std::time::Duration;

use redis::{cmd, Connection};
use testkit::info::Info;
use testkit::{Failure, Server};

use crate::bed::{self, ask_all, median, micros_each, send_all, Bed};
use crate::jobs::{acknowledge, add_many, claim, id, leases, Lease, LONG};
use crate::table::{exact, judged, Bound, Table};

const JOBS: u64 = 200_000;
const PER_CALL: u64 = 50;
const REPETITIONS: usize = 3;

/// Shares no factor with [`JOBS`]: its multiples are every number below that, in no order.
const STEP: u64 = 76_543;

const QUEUE: &str = "queue";
const COMMANDS: [&str; 3] = ["JQ.MADD", "JQ.CLAIM", "JQ.ACK"];

/// Microseconds a job on the primary and on its replica, a sample a repetition.
type Samples = [Vec<f64>; 2];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let servers = [bed.server()?, bed.server()?];
    let mut pair = Pair::connect(&servers)?;
    let mut samples = COMMANDS.map(|_| Samples::default());
    for _ in 0..REPETITIONS {
        bed::flush(&mut pair.primary)?;
        for (samples, times) in samples.iter_mut().zip(pair.live()?) {
            samples.iter_mut().zip(times).for_each(|(samples, time)| samples.push(micros_each(time, JOBS)));
        }
    }

    let title = "a replica beside its primary, 50 jobs a call, CPU us per job";
    let mut table = Table::new(title, &["command", "primary", "replica", "replica / primary"]);
    let costs = samples.map(|samples| samples.map(median));
    for (command, [primary, replica]) in COMMANDS.iter().zip(costs) {
        table.row(command, [exact(primary), exact(replica), exact(replica / primary)]);
    }
    let [_, claimed, acknowledged] = costs;
    let ([primary, replica], [more, more_there]) = (claimed, acknowledged);
    let (primary, replica) = (primary + more, replica + more_there);
    let judgement = judged(replica / primary, Bound::AtMost(0.6));
    table.row("JQ.CLAIM and JQ.ACK", [exact(primary), exact(replica), judgement]);
    table.print();
    Ok(())
}

/// A primary and its replica.
struct Pair {
    primary: Connection,
    replica: Connection,
}

impl Pair {
    fn connect([primary, replica]: &[Server; 2]) -> Result<Self, Failure> {
        let port = primary.port();
        let mut pair = Pair { primary: primary.connect()?, replica: replica.connect()? };
        cmd("REPLICAOF").arg("127.0.0.1").arg(port).query::<()>(&mut pair.replica)?;
        pair.wait()?;
        Ok(pair)
    }

    /// Waits until the replica has done what the primary has done so far.
    fn wait(&mut self) -> Result<(), Failure> {
        const LONGEST_MS: u64 = 60_000;
        // A write of this connection, for which WAIT waits.
        cmd("SET").arg("written").arg("").query::<()>(&mut self.primary)?;
        let followers: u64 = cmd("WAIT").arg(1).arg(LONGEST_MS).query(&mut self.primary)?;
        if followers == 0 {
            return Err("the replica does not follow".into());
        }
        Ok(())
    }

    fn cpu(&mut self) -> Result<[Duration; 2], Failure> {
        self.wait()?;
        let primary = Info::read(&mut self.primary, "cpu")?.cpu()?;
        Ok([primary, Info::read(&mut self.replica, "cpu")?.cpu()?])
    }

    /// CPU of both that `work` takes.
    fn cpu_of(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<(), Failure>,
    ) -> Result<[Duration; 2], Failure> {
        let [primary_before, replica_before] = self.cpu()?;
        work(&mut self.primary)?;
        let [primary, replica] = self.cpu()?;
        Ok([primary.saturating_sub(primary_before), replica.saturating_sub(replica_before)])
    }

    /// Leads all jobs through a life, command by command.
    fn live(&mut self) -> Result<[[Duration; 2]; 3], Failure> {
        let calls = 0..JOBS / PER_CALL;
        let ids = |call: u64| -> Vec<String> {
            (call * PER_CALL..(call + 1) * PER_CALL).map(|n| id(n * STEP % JOBS)).collect()
        };
        let added = self.cpu_of(|it| send_all(it, calls.clone().map(|call| add_many(QUEUE, &ids(call)))))?;
        let mut answers = Vec::new();
        let claimed = self.cpu_of(|it| {
            ask_all(it, calls.map(|_| claim(QUEUE, PER_CALL, LONG)), |answer| answers.push(answer))
        })?;
        let held: Vec<Vec<Lease>> = answers.into_iter().map(leases).collect::<Result<_, _>>()?;
        let acknowledged =
            self.cpu_of(|it| send_all(it, held.iter().map(|leases| acknowledge(QUEUE, leases))))?;
        Ok([added, claimed, acknowledged])
    }
}

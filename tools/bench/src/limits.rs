//! What lanes and limits cost a claim: what may not run is to cost nothing, and a lane of one's own little.
//!
//! Each round claims 1,000 jobs one by one and acknowledges them one by one. The queues hold as many jobs as
//! what they are held against, and differ in one thing: whether lanes are blocked, or whether jobs have a
//! GROUP.

use redis::{cmd, Connection};
use testkit::Failure;

use crate::bed::{self, ask_all, median, micros_each, send_all, Bed};
use crate::jobs::{add, add_many, claim, command, id, ids, leases, stat, Lease, LONG};
use crate::table::{exact, judged, Bound, Table};

/// Lanes that are blocked: a job of each is active, and one waits behind it.
const BLOCKED: u64 = 100_000;
/// Lanes of the jobs that are claimed; each gives one a round.
const LANES: u64 = 1_000;
/// Jobs that wait in each of them.
const DEEP: u64 = 10;
const ROUNDS: usize = 21;
/// The most that one call may carry.
const PER_CALL: u64 = 10_000;
const QUEUE: &str = "queue";

/// What stands beside the jobs that are claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// [`BLOCKED`] active jobs, and as many that wait behind those that are claimed.
    Others,
    /// The same, two in a lane, of which one blocks the other.
    FullLanes,
    /// The same, and the one that waits has to wait for a token.
    EmptyBuckets,
}

/// Whether the jobs that are claimed have a GROUP.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claimed {
    Alone,
    InLanes,
}

/// A row: its queue; and the row it is held against, with the most that it may cost by that one.
type Row = (&'static str, Beside, Claimed, Option<(usize, f64)>);

/// What a GROUP may cost.
const OWN_LANE: f64 = 1.15;
/// What lanes that give no job may cost the others.
const BLOCKED_LANES: f64 = 1.3;

const ROWS: [Row; 7] = [
    ("10,000 jobs", Beside::Nothing, Claimed::Alone, None),
    ("the same in 1,000 lanes", Beside::Nothing, Claimed::InLanes, Some((0, OWN_LANE))),
    ("200,000 jobs more, 100,000 of them active", Beside::Others, Claimed::Alone, None),
    ("the same, in 100,000 lanes that are full", Beside::FullLanes, Claimed::Alone, Some((2, BLOCKED_LANES))),
    (
        "the same, in 100,000 lanes without a token",
        Beside::EmptyBuckets,
        Claimed::Alone,
        Some((2, BLOCKED_LANES)),
    ),
    ("200,000 jobs more beside 1,000 lanes", Beside::Others, Claimed::InLanes, Some((2, OWN_LANE))),
    (
        "the same, in 100,000 lanes that are full",
        Beside::FullLanes,
        Claimed::InLanes,
        Some((5, BLOCKED_LANES)),
    ),
];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let servers = ROWS.iter().map(|_| bed.server()).collect::<Result<Vec<_>, _>>()?;
    let mut rounds = Vec::new();
    for (server, (_, beside, claimed, _)) in servers.iter().zip(ROWS) {
        rounds.push((Round::prepare(server.connect()?, beside, claimed)?, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (round, samples) in &mut rounds {
            samples.push(round.run()?);
        }
    }
    let costs: Vec<f64> = rounds.into_iter().map(|(_, samples)| median(samples)).collect();
    let title = "server CPU of a claim and its acknowledgement, microseconds";
    let mut table = Table::new(title, &["queue", "us", "against the one without"]);
    for ((name, _, _, other), cost) in ROWS.iter().zip(&costs) {
        let other = other.and_then(|(other, most)| costs.get(other).zip(Some(most)));
        let judgement = other.map(|(other, most)| judged(cost / other, Bound::AtMost(most)));
        table.row(name, [exact(*cost), judgement.unwrap_or_default()]);
    }
    table.print();
    Ok(())
}

/// Jobs that pass through a queue.
struct Round {
    connection: Connection,
    claimed: Claimed,
    next: u64,
}

impl Round {
    fn prepare(connection: Connection, beside: Beside, claimed: Claimed) -> Result<Self, Failure> {
        let mut round = Self { connection, claimed, next: 0 };
        cmd("JQ.CONFIG").arg(QUEUE).arg(&["dedup-window", "0"]).query::<()>(&mut round.connection)?;
        fill(&mut round.connection, beside)?;
        for _ in 0..DEEP {
            round.add()?;
        }
        Ok(round)
    }

    /// Adds [`LANES`] jobs.
    fn add(&mut self) -> Result<(), Failure> {
        let fresh = ids(self.next, LANES);
        self.next += LANES;
        if self.claimed == Claimed::Alone {
            return send_all(&mut self.connection, [add_many(QUEUE, &fresh)]);
        }
        let in_lane = |(lane, id): (usize, &String)| {
            let mut call = add(QUEUE, id);
            call.arg("GROUP").arg(format!("claimed-{lane}"));
            call
        };
        send_all(&mut self.connection, fresh.iter().enumerate().map(in_lane))
    }

    /// Claims and acknowledges [`LANES`] jobs; microseconds for each.
    fn run(&mut self) -> Result<f64, Failure> {
        self.add()?;
        let mut held: Vec<Lease> = Vec::new();
        let claiming = bed::cpu_of(&mut self.connection, |it| {
            let mut answers = Vec::new();
            ask_all(it, (0..LANES).map(|_| claim(QUEUE, 1, LONG)), |answer| answers.push(answer))?;
            for answer in answers {
                held.extend(leases(answer)?);
            }
            Ok(())
        })?;
        if held.len() as u64 != LANES {
            return Err(format!("{} of {LANES} jobs could be claimed", held.len()).into());
        }
        let calls = held.iter().map(|lease| command("JQ.ACK", (QUEUE, lease)));
        let acknowledging = bed::cpu_of(&mut self.connection, |it| send_all(it, calls))?;
        Ok(micros_each(claiming + acknowledging, LANES))
    }
}

/// Puts what stands beside into the queue.
fn fill(connection: &mut Connection, beside: Beside) -> Result<(), Failure> {
    if beside == Beside::Nothing {
        return Ok(());
    }
    if beside == Beside::EmptyBuckets {
        let settings = ["group-concurrency", "0", "group-rate", "1/86400000"];
        cmd("JQ.CONFIG").arg(QUEUE).arg(&settings).query::<()>(connection)?;
    }
    // Ids that no round makes.
    let pair = |lane: u64| vec![format!("a{}", id(lane)), format!("b{}", id(lane))];
    let call = |lane: u64| {
        let mut call = add_many(QUEUE, &pair(lane));
        // The jobs that are claimed come before them.
        call.arg("PRIORITY").arg(1);
        if beside != Beside::Others {
            call.arg("GROUP").arg(id(lane));
        }
        call
    };
    send_all(connection, (0..BLOCKED).map(call))?;
    let hold = |_| claim(QUEUE, PER_CALL, LONG);
    send_all(connection, (0..BLOCKED / PER_CALL).map(hold))?;
    match stat(connection, QUEUE, "active")? {
        BLOCKED => Ok(()),
        active => Err(format!("{active} jobs are active, and not {BLOCKED}").into()),
    }
}

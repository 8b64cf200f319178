//! For how long can 100,000 lanes or records keep everybody else waiting when all have something to do at one
//! instant?
//!
//! Probed like the moments of [`super::stalls`].

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::{cmd, Connection};
use testkit::Failure;

use crate::bed::{send_all, Bed};
use crate::jobs::{acknowledge, add_many, claim, command, id, ids, leases, stat, LONG};
use crate::stalls::{run_phases, wait_until, Phase, Sample, Stage, PER_CALL, TOGETHER};

const LANES: &str = "lanes";
const RECORDS: &str = "records";
const BATCH: &str = "batch";
/// How long a lane has to wait for its token, in milliseconds.
const REFILL: u128 = 60_000;
/// Records that go with one PURGE: its default.
const PAGE: u64 = 1_000;

const PHASES: [(&str, Phase); 5] = [
    ("floor: idle server", Stage::idle),
    ("100,000 lanes get a token together", Stage::refill),
    ("group-concurrency of 100,000 lanes changes", Stage::widen),
    ("keep-completed-max drops 100,000 records", Stage::keep_fewer),
    ("a batch of 100,000 records is PURGEd in pages", Stage::purge),
];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    run_phases(bed, &PHASES)
}

impl Stage {
    /// A job of each lane is claimed at one instant, which empties its bucket; a minute later, to the
    /// millisecond, all have a token again.
    fn refill(&mut self) -> Result<Sample, Failure> {
        let hands = &mut self.hands;
        configure(hands, LANES, &["group-concurrency", "0", "group-rate", &format!("1/{REFILL}")])?;
        let call = |lane: u64| {
            let mut call = add_many(LANES, &ids(2 * lane, 2));
            call.arg("GROUP").arg(id(lane));
            call
        };
        send_all(hands, (0..TOGETHER).map(call))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        set_clock(hands, &now.to_string())?;
        let claims = (0..TOGETHER / PER_CALL).map(|_| claim(LANES, PER_CALL, LONG));
        send_all(hands, claims)?;
        self.probe(|hands| {
            set_clock(hands, &(now + REFILL).to_string())?;
            wait_until(hands, LANES, "claimable", TOGETHER)
        })
    }

    /// A job of each lane is active and one waits: all lanes are full, then none is, then all are again.
    fn widen(&mut self) -> Result<Sample, Failure> {
        set_clock(&mut self.hands, "OFF")?;
        configure(&mut self.hands, LANES, &["group-rate", "0", "group-concurrency", "1"])?;
        wait_while_due(&mut self.hands, LANES)?;
        let sample = self.probe(|hands| {
            configure(hands, LANES, &["group-concurrency", "2"])?;
            wait_until(hands, LANES, "claimable", TOGETHER)?;
            wait_while_due(hands, LANES)?;
            configure(hands, LANES, &["group-concurrency", "1"])?;
            wait_while_due(hands, LANES)
        })?;
        cmd("UNLINK").arg(LANES).query::<()>(&mut self.hands)?;
        Ok(sample)
    }

    /// As many records are kept as there may be; then only one may be.
    fn keep_fewer(&mut self) -> Result<Sample, Failure> {
        keep_records(&mut self.hands)?;
        let sample = self.probe(|hands| {
            configure(hands, RECORDS, &["keep-completed-max", "1"])?;
            wait_until(hands, RECORDS, "completed", 1)
        })?;
        cmd("UNLINK").arg(RECORDS).query::<()>(&mut self.hands)?;
        Ok(sample)
    }

    /// PURGE again and again until nothing is left.
    fn purge(&mut self) -> Result<Sample, Failure> {
        keep_records(&mut self.hands)?;
        self.probe(|hands| {
            for _ in 0..TOGETHER / PAGE {
                let purged: u64 = command("JQ.PURGE", (RECORDS, "completed")).query(hands)?;
                if purged != PAGE {
                    return Err(format!("a page of {purged} and not {PAGE} records").into());
                }
            }
            wait_until(hands, RECORDS, "completed", 0)
        })
    }
}

/// [`TOGETHER`] members of a batch that is over, all of them kept.
fn keep_records(connection: &mut Connection) -> Result<(), Failure> {
    configure(connection, RECORDS, &["keep-completed", LONG])?;
    for first in (0..TOGETHER).step_by(usize::try_from(PER_CALL)?) {
        let mut call = add_many(RECORDS, &ids(first, PER_CALL));
        call.arg("BATCH").arg(BATCH).query::<()>(connection)?;
        let leases = leases(claim(RECORDS, PER_CALL, LONG).query(connection)?)?;
        send_all(connection, [acknowledge(RECORDS, &leases)])?;
    }
    Ok(command("JQ.SEAL", (RECORDS, BATCH)).query(connection)?)
}

fn configure(connection: &mut Connection, queue: &str, settings: &[&str]) -> Result<(), Failure> {
    Ok(command("JQ.CONFIG", (queue, settings)).query(connection)?)
}

/// Stops the clock at an instant, or lets it run again.
fn set_clock(connection: &mut Connection, to: &str) -> Result<(), Failure> {
    Ok(command("JQ.DEBUG", ("CLOCK", to)).query(connection)?)
}

/// Looks now and then until the server has done all that is to be done now.
fn wait_while_due(connection: &mut Connection, queue: &str) -> Result<(), Failure> {
    while stat(connection, queue, "next-due-ms")? == 0 {
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

//! What a whole life costs the server: enqueue once, claim, acknowledge, 50 jobs a call.
//!
//! The rival is the usual recipe with Redis Streams:
//!
//! | step | queue | streams |
//! |---|---|---|
//! | enqueue, refusing known ids | `JQ.MADD` | `SET id 1 NX PX 300000` for each, then `XADD` for each that was new |
//! | claim | `JQ.CLAIM COUNT 50` | `XREADGROUP COUNT 50` |
//! | done | `JQ.ACK` | `XACK` and `XDEL` |
//!
//! A worker that goes on can ask for its next jobs with the answers to the last, by `JQ.ACK … NEXT`: one request less.

use redis::{pipe, Connection, Value};
use testkit::Failure;

use crate::bed::{self, median, micros_each, send_all, Bed};
use crate::jobs::{acknowledge, add_many, claim, command, ids, leases, Lease, LONG, PAYLOAD};
use crate::table::{exact, judged, Bound, Table};

const JOBS: u64 = 50_000;
const PER_CALL: u64 = 50;
const REPETITIONS: usize = 5;

const QUEUE: &str = "queue";
const STREAM: &str = "stream";
const GROUP: &str = "group";

/// One call's worth of jobs through a whole life; the leases are those that the worker has from the call before.
type Life = fn(&mut Connection, &[String], &mut Vec<Lease>) -> Result<(), Failure>;

const WAYS: [(&str, Life); 3] =
    [("queue", in_queue), ("queue, ACK ... NEXT", in_queue_with_next), (RIVAL, in_stream)];
const RIVAL: &str = "streams recipe";

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let server = bed.server()?;
    let mut connection = server.connect()?;
    let mut samples = WAYS.map(|_| Vec::new());
    for _ in 0..REPETITIONS {
        for ((_, life), samples) in WAYS.iter().zip(&mut samples) {
            bed::flush(&mut connection)?;
            create_group(&mut connection)?;
            let cpu = bed::cpu_of(&mut connection, |it| live_all(it, *life))?;
            samples.push(micros_each(cpu, JOBS));
        }
    }

    let title = "a whole life: enqueue, claim, acknowledge, 50 jobs a call";
    let mut table = Table::new(title, &["way", "CPU us per job", "way / recipe"]);
    let costs = samples.map(median);
    let [.., recipe] = costs;
    for ((name, _), cost) in WAYS.iter().zip(costs) {
        let ratio = cost / recipe;
        let judgement = if *name == RIVAL { exact(ratio) } else { judged(ratio, Bound::AtMost(1.0 / 3.0)) };
        table.row(name, [exact(cost), judgement]);
    }
    table.print();
    Ok(())
}

fn live_all(connection: &mut Connection, life: Life) -> Result<(), Failure> {
    let mut held = Vec::new();
    for call in 0..JOBS / PER_CALL {
        life(connection, &ids(call * PER_CALL, PER_CALL), &mut held)?;
    }
    Ok(())
}

fn in_queue(connection: &mut Connection, ids: &[String], _: &mut Vec<Lease>) -> Result<(), Failure> {
    send_all(connection, [add_many(QUEUE, ids)])?;
    let leases = leases(claim(QUEUE, PER_CALL, LONG).query(connection)?)?;
    send_all(connection, [acknowledge(QUEUE, &leases)])
}

fn in_queue_with_next(
    connection: &mut Connection,
    ids: &[String],
    held: &mut Vec<Lease>,
) -> Result<(), Failure> {
    send_all(connection, [add_many(QUEUE, ids)])?;
    let jobs = if held.is_empty() {
        claim(QUEUE, PER_CALL, LONG).query(connection)?
    } else {
        let mut call = acknowledge(QUEUE, held);
        call.arg(&["NEXT", "worker", "LEASE", LONG, "COUNT"]).arg(PER_CALL);
        let (answers, jobs): (Vec<i64>, Value) = call.query(connection)?;
        if answers.iter().any(|answer| *answer != 1) {
            return Err("a job could not be acknowledged".into());
        }
        jobs
    };
    *held = leases(jobs)?;
    Ok(())
}

fn create_group(connection: &mut Connection) -> Result<(), Failure> {
    Ok(command("XGROUP", ("CREATE", STREAM, GROUP, "$", "MKSTREAM")).query(connection)?)
}

fn in_stream(connection: &mut Connection, ids: &[String], _: &mut Vec<Lease>) -> Result<(), Failure> {
    let mut reserve = pipe();
    for id in ids {
        reserve.cmd("SET").arg(id).arg(&["1", "NX", "PX", "300000"]);
    }
    let new: Vec<Option<String>> = reserve.query(connection)?;
    let new = ids.iter().zip(new).filter(|(_, answer)| answer.is_some());
    send_all(connection, new.map(|(id, _)| command("XADD", (STREAM, "*", id, &PAYLOAD[..]))))?;

    let entries = read_group(connection)?;
    let acknowledge = command("XACK", (STREAM, GROUP, &entries));
    send_all(connection, [acknowledge, command("XDEL", (STREAM, &entries))])
}

/// An entry of a stream: its id, then fields and values.
type Entry = (String, Vec<Vec<u8>>);

/// Entry ids of the next jobs.
fn read_group(connection: &mut Connection) -> Result<Vec<String>, Failure> {
    let call = command("XREADGROUP", ("GROUP", GROUP, "worker", "COUNT", PER_CALL, "STREAMS", STREAM, ">"));
    let streams: Vec<(String, Vec<Entry>)> = call.query(connection)?;
    Ok(streams.into_iter().flat_map(|(_, entries)| entries).map(|(id, _)| id).collect())
}

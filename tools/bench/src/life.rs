//! What a whole life costs the server: enqueue once, claim, acknowledge, 50 jobs a call.
//!
//! The rival is the usual recipe with Redis Streams:
//!
//! | step | queue | streams |
//! |---|---|---|
//! | enqueue, refusing known ids | `JQ.MADD` | `SET id 1 NX PX 300000` for each, then `XADD` for each that was new |
//! | claim | `JQ.CLAIM COUNT 50` | `XREADGROUP COUNT 50` |
//! | done | `JQ.ACK` | `XACK` and `XDEL` |

use redis::{pipe, Connection};
use testkit::Failure;

use crate::bed::{self, median, micros_each, send_all, Bed};
use crate::jobs::{acknowledge, add_many, claim, command, ids, leases, LONG, PAYLOAD};
use crate::table::{exact, judged, Bound, Table};

const JOBS: u64 = 50_000;
const PER_CALL: u64 = 50;
const REPETITIONS: usize = 5;

const QUEUE: &str = "queue";
const STREAM: &str = "stream";
const GROUP: &str = "group";

/// One call's worth of jobs through a whole life.
type Life = fn(&mut Connection, &[String]) -> Result<(), Failure>;

const WAYS: [(&str, Life); 2] = [("queue", in_queue), ("streams recipe", in_stream)];

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
    let mut table = Table::new(title, &["way", "CPU us per job", "queue / it"]);
    let costs = samples.map(median);
    let [own, ..] = costs;
    for ((name, _), cost) in WAYS.iter().zip(costs) {
        let judgement = if cost > own { judged(own / cost, Bound::AtMost(1.0 / 3.0)) } else { String::new() };
        table.row(name, [exact(cost), judgement]);
    }
    table.print();
    Ok(())
}

fn live_all(connection: &mut Connection, life: Life) -> Result<(), Failure> {
    for call in 0..JOBS / PER_CALL {
        life(connection, &ids(call * PER_CALL, PER_CALL))?;
    }
    Ok(())
}

fn in_queue(connection: &mut Connection, ids: &[String]) -> Result<(), Failure> {
    send_all(connection, [add_many(QUEUE, ids)])?;
    let leases = leases(claim(QUEUE, PER_CALL, LONG).query(connection)?)?;
    send_all(connection, [acknowledge(QUEUE, &leases)])
}

fn create_group(connection: &mut Connection) -> Result<(), Failure> {
    Ok(command("XGROUP", ("CREATE", STREAM, GROUP, "$", "MKSTREAM")).query(connection)?)
}

fn in_stream(connection: &mut Connection, ids: &[String]) -> Result<(), Failure> {
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

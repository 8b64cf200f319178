//! How many bytes a waiting job takes, how many a remembered id, all indexes included, and how many a queue without jobs.

use redis::{cmd, Cmd, Connection};
use testkit::info::Info;
use testkit::Failure;

use crate::bed::{send_all, Bed};
use crate::jobs::{acknowledge, add_many, claim, command, id, ids, leases, set, LONG, PAYLOAD};
use crate::table::{judged, whole, Bound, Table};

const ENTRIES: u64 = 1_000_000;

/// Jobs in one call.
const CHUNK: u64 = 1_000;

const QUEUE: &str = "queue";

/// Queues that have settings and nothing else.
const QUEUES: u64 = 10_000;

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let mut table = Table::new("memory per entry, of 1,000,000 (used_memory)", &["entry", "bytes"]);

    let waiting = bytes_each(bed, |it| add_all(it, id))?;
    table.row("waiting job, id of 10 bytes, payload of 98", [judged(waiting, Bound::AtMost(220.0))]);
    for (label, jobs) in
        [("the same with a GROUP, 100 jobs a lane", 100), ("the same with a GROUP, 1 job a lane", 1)]
    {
        let grouped = bytes_each(bed, |it| add_all_in_lanes(it, jobs))?;
        table.row(label, [whole(grouped)]);
    }
    let rivals = [
        ("the same bytes by SET", set as fn(u64) -> Cmd),
        ("the same bytes by XADD", |n| command("XADD", ("stream", "*", id(n), &PAYLOAD[..]))),
        ("the same bytes by LPUSH", |n| {
            command("LPUSH", ("list", [id(n).as_bytes(), &PAYLOAD[..]].concat()))
        }),
    ];
    for (label, rival) in rivals {
        let bytes = bytes_each(bed, |it| send_all(it, (0..ENTRIES).map(rival)))?;
        table.row(label, [whole(bytes)]);
    }

    let remembered = bytes_each(bed, finish_as_they_come)?;
    table.row("remembered id of 20 bytes", [judged(remembered, Bound::AtMost(64.0))]);
    let backlog = bytes_each(bed, |it| add_all(it, long_id).and_then(|()| finish_all(it)))?;
    table.row("the same after a backlog of 1,000,000 jobs", [whole(backlog)]);
    let rival = |n| command("SET", (long_id(n), "", "PX", LONG));
    let rival = bytes_each(bed, |it| send_all(it, (0..ENTRIES).map(rival)))?;
    table.row("the same id by SET PX", [whole(rival)]);
    let empty = bytes_of(bed, QUEUES, |it| {
        let queue = |n| command("JQ.CONFIG", (format!("queue:{n:05}"), "lease", LONG));
        send_all(it, (0..QUEUES).map(queue))
    })?;
    table.row("a queue without jobs, of 10,000", [judged(empty, Bound::AtMost(2_000.0))]);
    let with_one = bytes_of(bed, QUEUES, |it| {
        let jobs = |n| command("JQ.ADD", (format!("queue:{n:05}"), id(n), &PAYLOAD[..]));
        send_all(it, (0..QUEUES).map(jobs))
    })?;
    table.row("a queue with one job, of 10,000", [judged(with_one, Bound::AtMost(2_000.0))]);
    let with_one_claimed = bytes_of(bed, QUEUES, |it| {
        let calls = |n| {
            let queue = format!("queue:{n:05}");
            [command("JQ.ADD", (&queue, id(n), &PAYLOAD[..])), claim(&queue, 1, LONG)]
        };
        send_all(it, (0..QUEUES).flat_map(calls))
    })?;
    table.row("the same, claimed by a worker", [whole(with_one_claimed)]);
    table.print();
    Ok(())
}

/// Growth of a fresh server's memory per entry while `fill` makes [`ENTRIES`] of them.
fn bytes_each(bed: &Bed, fill: impl FnOnce(&mut Connection) -> Result<(), Failure>) -> Result<f64, Failure> {
    bytes_of(bed, ENTRIES, fill)
}

/// The same where it makes so many. Fresh, because what was there before might still be being freed in the background.
fn bytes_of(
    bed: &Bed,
    entries: u64,
    fill: impl FnOnce(&mut Connection) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let server = bed.server()?;
    let connection = &mut server.connect()?;
    cmd("JQ.CONFIG").arg(QUEUE).arg("dedup-window").arg(LONG).query::<()>(connection)?;
    let before: u64 = Info::read(connection, "memory")?.number("used_memory")?;
    fill(connection)?;
    let after: u64 = Info::read(connection, "memory")?.number("used_memory")?;
    Ok(after.saturating_sub(before) as f64 / entries as f64)
}

/// The number each call's jobs start with.
fn chunks() -> impl Iterator<Item = u64> {
    (0..ENTRIES / CHUNK).map(|chunk| chunk * CHUNK)
}

fn long_id(number: u64) -> String {
    format!("{number:020}")
}

fn add_all(connection: &mut Connection, id: fn(u64) -> String) -> Result<(), Failure> {
    for start in chunks() {
        add_chunk(connection, start, id)?;
    }
    Ok(())
}

/// So many `jobs` in each lane; names of lanes are as long as ids.
fn add_all_in_lanes(connection: &mut Connection, jobs: u64) -> Result<(), Failure> {
    let lane = |lane: u64| {
        let mut call = add_many(QUEUE, &ids(lane * jobs, jobs));
        call.arg("GROUP").arg(id(lane));
        call
    };
    send_all(connection, (0..ENTRIES / jobs).map(lane))
}

fn add_chunk(connection: &mut Connection, start: u64, id: fn(u64) -> String) -> Result<(), Failure> {
    let ids: Vec<String> = (start..start + CHUNK).map(id).collect();
    send_all(connection, [add_many(QUEUE, &ids)])
}

/// Claims and acknowledges what is waiting.
fn finish_all(connection: &mut Connection) -> Result<(), Failure> {
    loop {
        let leases = leases(claim(QUEUE, CHUNK, LONG).query(connection)?)?;
        if leases.is_empty() {
            return Ok(());
        }
        send_all(connection, [acknowledge(QUEUE, &leases)])?;
    }
}

/// Never more than [`CHUNK`] jobs wait: what remains are the ids.
fn finish_as_they_come(connection: &mut Connection) -> Result<(), Failure> {
    for start in chunks() {
        add_chunk(connection, start, long_id)?;
        finish_all(connection)?;
    }
    Ok(())
}

//! How fast does a server do what is due at one instant, and does anybody wait for it?
//!
//! The clock stands still while schedules, or queues with a delayed job each, are set up; then it is put to the instant
//! at which all of them are due.

use std::thread;
use std::time::{Duration, Instant};

use redis::{cmd, Cmd, Connection};
use testkit::info::Info;
use testkit::Failure;
use testkit::Server;

use crate::bed::{send_all, Bed};
use crate::prober;
use crate::table::{exact, judged, whole, Bound, Table};

/// Where the clock stands, and when everything is due, in Unix milliseconds.
const BEFORE: u64 = 4_102_444_800_000;
const DUE: u64 = BEFORE + 1000;
/// No client should have to wait longer; milliseconds.
const BOUND: f64 = 5.0;

/// What is due: its name, how many there are, and the command that sets up one of them.
type Case = (&'static str, u64, fn(u64) -> Cmd);

const CASES: [Case; 4] = [
    ("3,000 schedules of one queue", 3000, schedule),
    ("1,000 queues with a delayed job", 1000, delayed),
    ("10,000 queues with a delayed job", 10_000, delayed),
    ("100,000 queues with a delayed job", 100_000, delayed),
];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    let title = "what is due at one instant: until it is done, and how long a PING waits meanwhile";
    let mut table = Table::new(title, &["due", "ms", "a second", "PING p99.9", "longest"]);
    for (name, count, one) in CASES {
        let server = bed.server()?;
        let mut hands = server.connect()?;
        stop_clock(&mut hands, BEFORE)?;
        send_all(&mut hands, (0..count).map(one))?;
        let mut took = 0.0;
        let waits = prober::during(&server, || {
            took = until_done(&server, &mut hands, count)?;
            Ok(())
        })?;
        let each = count as f64 / took * 1e3;
        table.row(
            name,
            [exact(took), whole(each), exact(waits.p999), judged(waits.longest, Bound::AtMost(BOUND))],
        );
    }
    table.print();
    Ok(())
}

fn schedule(number: u64) -> Cmd {
    let mut schedule = cmd("JQ.SCHEDULE");
    schedule.arg("queue").arg(format!("schedule-{number}")).arg("payload").arg("EVERY").arg(1000);
    schedule
}

fn delayed(number: u64) -> Cmd {
    let mut add = cmd("JQ.ADD");
    add.arg(format!("queue-{number}")).arg("id").arg("payload").arg("DELAY").arg(1000);
    add
}

/// Lets everything become due; how many milliseconds it takes until all jobs wait.
fn until_done(server: &Server, hands: &mut Connection, count: u64) -> Result<f64, Failure> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let begin = Instant::now();
    stop_clock(hands, DUE)?;
    while Info::read(hands, "jq")?.number::<u64>("jq_waiting")? != count {
        if begin.elapsed() > PATIENCE {
            return Err(format!("not all was done that was due:\n{}", server.log()).into());
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(begin.elapsed().as_secs_f64() * 1e3)
}

fn stop_clock(hands: &mut Connection, ms: u64) -> Result<(), Failure> {
    Ok(cmd("JQ.DEBUG").arg("CLOCK").arg(ms).query(hands)?)
}

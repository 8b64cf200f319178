//! For how long can a queue of 1,000,000 jobs keep everybody else waiting?
//!
//! A prober asks PING all the time while a queue grows and while the moments come that could take long:
//! leases and remembered ids that end together, and the end of the queue. Two phases without the queue are
//! the floor: what the machine's own scheduling does to an idle server, and to one that is just as busy with
//! SET. A stall of the queue's making comes in every run, one of the machine's making rarely does: the bound
//! is held against the shortest of the longest.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use redis::{cmd, Connection};
use testkit::Failure;
use testkit::Server;

use crate::bed::{self, median, send_all, Bed};
use crate::jobs::{acknowledge, add, add_many, claim, command, id, ids, leases, set, stat, Lease};
use crate::prober::{self, Waits};
use crate::table::{exact, judged, Bound, Table};

const JOBS: u64 = 1_000_000;
/// So many leases and remembered ids end at one instant.
pub(crate) const TOGETHER: u64 = 100_000;
/// How long before that instant they begin.
const AHEAD: Duration = Duration::from_secs(5);
/// The most that one call may carry.
pub(crate) const PER_CALL: u64 = 10_000;
const REPETITIONS: usize = 3;
/// No client should have to wait longer; milliseconds.
const BOUND: f64 = 5.0;
const QUEUE: &str = "queue";

/// What a phase showed: waits of the prober, and the slowest command with its time in milliseconds.
pub(crate) type Sample = (Waits, Option<(f64, String)>);

/// Prepares something and probes while it happens. Each begins with what the one before left.
pub(crate) type Phase = fn(&mut Stage) -> Result<Sample, Failure>;

const PHASES: [(&str, Phase); 8] = [
    ("floor: idle server", Stage::idle),
    ("floor: 1,000,000 SET", Stage::set),
    ("growth to 1,000,000 jobs by JQ.ADD", Stage::grow),
    ("last pages and counts of 1,000,000 jobs", Stage::page),
    ("100,000 leases end together", Stage::lose),
    ("100,000 ids are forgotten together", Stage::forget),
    ("UNLINK of 1,000,000 jobs", |stage| stage.remove("UNLINK", &[QUEUE])),
    ("DEL of 1,000,000 jobs", |stage| stage.remove("DEL", &[QUEUE])),
];

/// Measures and prints.
pub(crate) fn run(bed: &Bed) -> Result<(), Failure> {
    run_phases(bed, &PHASES)
}

/// The same for other phases.
pub(crate) fn run_phases(bed: &Bed, phases: &[(&str, Phase)]) -> Result<(), Failure> {
    let mut samples: Vec<Vec<Sample>> = phases.iter().map(|_| Vec::new()).collect();
    for _ in 0..REPETITIONS {
        let mut stage = Stage::open(bed)?;
        for ((_, phase), samples) in phases.iter().zip(&mut samples) {
            samples.push(phase(&mut stage)?);
        }
    }
    print(phases, samples);
    Ok(())
}

fn print(phases: &[(&str, Phase)], samples: Vec<Vec<Sample>>) {
    let title = "how long everybody else waits: a PING, in ms, and the slowest command, of 3 runs";
    let columns = ["meanwhile", "p99.9", "longest", "longest in every run", "slowest command"];
    let mut table = Table::new(title, &columns);
    let mut quiet = true;
    for ((name, _), samples) in phases.iter().zip(samples) {
        let p999 = median(samples.iter().map(|(waits, _)| waits.p999).collect());
        let longest = samples.iter().map(|(waits, _)| waits.longest);
        let (least, most) = (longest.clone().fold(f64::INFINITY, f64::min), longest.fold(0.0, f64::max));
        let is_floor = name.starts_with("floor");
        quiet &= !is_floor || least <= BOUND;
        let judgement = if is_floor || !quiet { exact(least) } else { judged(least, Bound::AtMost(BOUND)) };
        let slowest =
            samples.into_iter().filter_map(|(_, slowest)| slowest).max_by(|a, b| a.0.total_cmp(&b.0));
        let slowest =
            slowest.map_or("under 0.5".to_owned(), |(time, command)| format!("{command} {time:.1}"));
        table.row(name, [exact(p999), exact(most), judgement, slowest]);
    }
    table.print();
    if !quiet {
        println!("  (a floor is above {BOUND} ms: the machine is too busy to judge)");
    }
}

/// A server, the connection that drives it, and one that asks how far things are.
pub(crate) struct Stage {
    server: Server,
    pub(crate) hands: Connection,
}

impl Stage {
    fn open(bed: &Bed) -> Result<Self, Failure> {
        let server = bed.server()?;
        let mut hands = server.connect()?;
        let slowlog = ["SET", "slowlog-log-slower-than", "500", "slowlog-max-len", "10000"];
        cmd("CONFIG").arg(&slowlog).query::<()>(&mut hands)?;
        Ok(Self { server, hands })
    }

    pub(crate) fn idle(&mut self) -> Result<Sample, Failure> {
        self.probe(|_| {
            thread::sleep(Duration::from_secs(2));
            Ok(())
        })
    }

    fn set(&mut self) -> Result<Sample, Failure> {
        let sample = self.probe(|hands| send_all(hands, (0..JOBS).map(set)));
        bed::flush(&mut self.hands)?;
        sample
    }

    fn grow(&mut self) -> Result<Sample, Failure> {
        let window = AHEAD.as_millis().to_string();
        cmd("JQ.CONFIG").arg(QUEUE).arg("dedup-window").arg(window).query::<()>(&mut self.hands)?;
        self.probe(|hands| send_all(hands, (0..JOBS).map(|number| add(QUEUE, &id(number)))))
    }

    /// JQ.LIST … SKIP and JQ.COUNT, as far as an index is gone through leaf by leaf.
    fn page(&mut self) -> Result<Sample, Failure> {
        let behind = (JOBS - 10).to_string();
        let ways: [(&str, &[&str]); 4] = [
            ("JQ.LIST", &[QUEUE, "waiting", "SKIP", &behind]),
            ("JQ.LIST", &[QUEUE, "waiting", "REV", "SKIP", &behind]),
            ("JQ.LIST", &[QUEUE, "waiting", "PRIORITY", "0", "9", "SKIP", &behind]),
            ("JQ.COUNT", &[QUEUE, "waiting", "PRIORITY", "0", "9"]),
        ];
        // One by one: how long a client waits for another's pipeline is that client's choice.
        let mut calls = ways.iter().cycle().take(1000);
        self.probe(|hands| {
            calls
                .try_for_each(|(name, words)| command(name, *words).query::<()>(hands))
                .map_err(Failure::from)
        })
    }

    fn lose(&mut self) -> Result<Sample, Failure> {
        self.claim_until(SystemTime::now() + AHEAD)?;
        self.probe(|hands| wait_until(hands, QUEUE, "losses", TOGETHER))
    }

    fn forget(&mut self) -> Result<Sample, Failure> {
        let leases = self.claim_until(SystemTime::now() + Duration::from_secs(3600))?;
        let calls = leases.iter().map(|leases| acknowledge(QUEUE, leases));
        send_all(&mut self.hands, calls)?;
        self.probe(|hands| wait_until(hands, QUEUE, "remembered", 0))
    }

    /// Tops the queue up to [`JOBS`] and removes them with one command.
    fn remove(&mut self, name: &str, words: &[&str]) -> Result<Sample, Failure> {
        let missing = JOBS - stat(&mut self.hands, QUEUE, "waiting").unwrap_or(0);
        let chunk = |number| add_many(QUEUE, &ids(2 * JOBS + number * PER_CALL, PER_CALL));
        send_all(&mut self.hands, (0..missing / PER_CALL).map(chunk))?;
        self.probe(|hands| {
            command(name, words).query::<()>(hands)?;
            // What is freed in the background may still disturb.
            thread::sleep(Duration::from_millis(500));
            Ok(())
        })
    }

    /// Claims [`TOGETHER`] jobs whose leases end at `instant`.
    fn claim_until(&mut self, instant: SystemTime) -> Result<Vec<Vec<Lease>>, Failure> {
        let mut claimed = Vec::new();
        for _ in 0..TOGETHER / PER_CALL {
            let left = instant.duration_since(SystemTime::now()).map_err(|_| "claiming took too long")?;
            let call = claim(QUEUE, PER_CALL, &left.as_millis().to_string());
            claimed.push(leases(call.query(&mut self.hands)?)?);
        }
        Ok(claimed)
    }

    /// Probes while `work` runs.
    pub(crate) fn probe(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<(), Failure>,
    ) -> Result<Sample, Failure> {
        cmd("SLOWLOG").arg("RESET").query::<()>(&mut self.hands)?;
        let waits = prober::during(&self.server, || work(&mut self.hands))?;
        Ok((waits, slowest(&mut self.hands)?))
    }
}

/// An entry of the slow log: number, time, microseconds, the command's words, client, its name.
type Entry = (u64, u64, u64, Vec<String>, String, String);

/// The slowest command of the slow log.
fn slowest(connection: &mut Connection) -> Result<Option<(f64, String)>, Failure> {
    let entries: Vec<Entry> = cmd("SLOWLOG").arg("GET").arg("-1").query(connection)?;
    let entries = entries.into_iter().map(|(_, _, micros, words, _, _)| (micros, words));
    let slowest = entries.max_by_key(|(micros, _)| *micros);
    Ok(slowest.map(|(micros, words)| (micros as f64 / 1e3, words.into_iter().next().unwrap_or_default())))
}

/// Looks at a number of `queue` now and then until it is what it must become.
pub(crate) fn wait_until(
    connection: &mut Connection,
    queue: &str,
    field: &str,
    goal: u64,
) -> Result<(), Failure> {
    let deadline = Instant::now() + 10 * AHEAD;
    while stat(connection, queue, field)? != goal {
        if Instant::now() > deadline {
            return Err(format!("{field} of JQ.STATS did not become {goal}").into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

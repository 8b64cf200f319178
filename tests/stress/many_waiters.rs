//! Two thousand clients that wait for jobs at once, and what can happen to them.

use std::collections::BTreeMap;
use std::process::{self, Command};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::Value;
use testkit::client::{claimed, Client};
use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::Server;

use super::consistency::{check_all, quiet};
use super::settings::{seed, times};
use super::BASICS;

const CLIENTS: usize = 2000;
/// The limit of open files is raised so far.
const FILES: usize = 8192;

/// What the clients have been answered.
#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    port: AtomicU16,
    /// How often each job was handed out.
    runs: Mutex<BTreeMap<Vec<u8>, u32>>,
    /// ACKs answered with 1.
    done: AtomicU64,
    /// Some hang up while they wait, and after they were served.
    impatient: bool,
}

/// What becomes of the connections while their clients wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clients {
    Stay,
    /// Some are killed, and some clients hang up by themselves.
    AreKilled,
}

struct Waiters {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Waiters {
    fn gather(server: &Server, clients: Clients) -> Self {
        raise_limit();
        let port = AtomicU16::new(server.port());
        let impatient = clients == Clients::AreKilled;
        let shared = Arc::new(Shared { port, impatient, ..Shared::default() });
        let member = |number: usize| {
            let shared = Arc::clone(&shared);
            let builder = thread::Builder::new().stack_size(256 << 10);
            builder.spawn(move || shared.wait_and_work(number)).expect("a thread")
        };
        Self { threads: (0..CLIENTS).map(member).collect(), shared }
    }

    fn done(&self) -> u64 {
        self.shared.done.load(Relaxed)
    }

    /// Ends all waits and joins.
    fn disperse(self, client: &mut Client) -> BTreeMap<Vec<u8>, u32> {
        self.shared.stopped.store(true, Relaxed);
        client.ask::<i64>("CLIENT KILL TYPE normal SKIPME yes");
        for thread in self.threads {
            thread.join().expect("a client that only waits and reads");
        }
        std::mem::take(&mut self.shared.runs.lock().expect("no thread panics with it"))
    }
}

impl Shared {
    fn wait_and_work(&self, number: usize) {
        while !self.stopped.load(Relaxed) {
            let Some(mut client) = Client::try_of(self.port.load(Relaxed)) else {
                thread::park_timeout(Duration::from_millis(20));
                continue;
            };
            // All others wait for ever: one who is not called when it could be served is not forgiven.
            let hangs_up = self.impatient && number.is_multiple_of(10);
            let patience = hangs_up.then(|| Duration::from_millis(20 + number as u64 / 20));
            client.connection().set_read_timeout(patience).expect("a socket");
            // A wait that is killed shows as an error: it is begun again with a new connection.
            while self.wait_once(&mut client, number).is_ok() {}
        }
    }

    fn wait_once(&self, client: &mut Client, number: usize) -> Result<(), redis::RedisError> {
        let line = format!("JQ.CLAIM q w{number} BLOCK 0 COUNT {}", 1 + number % 3);
        let reply: Value = match client.try_ask(&line) {
            // CLIENT UNBLOCK ... ERROR.
            Err(why) if why.code() == Some("UNBLOCKED") => return Ok(()),
            other => other?,
        };
        for job in claimed(&reply) {
            *self.runs.lock().expect("no thread panics with it").entry(job.id.clone()).or_default() += 1;
            if client.send(&job.words("JQ.ACK", "q"))? == Value::Array(vec![Value::Int(1)]) {
                self.done.fetch_add(1, Relaxed);
            }
        }
        Ok(())
    }
}

/// Lets this process, and the servers it starts, have enough connections.
pub(crate) fn raise_limit() {
    let limit = format!("--nofile={FILES}:");
    let done = Command::new("prlimit").args(["--pid", &process::id().to_string(), &limit]).status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "prlimit, a part of util-linux, could not raise the limit"
    );
}

/// Adds one to ten jobs in one of the ways there are. Those who are `blocked` first may not live to get them.
fn add(client: &mut Client, rng: &mut Rng, next: &mut usize, blocked: &[i64], clients: Clients) {
    let count = 1 + rng.below(10);
    let items: Vec<_> = (*next..*next + count).map(|number| format!("job-{number} x")).collect();
    *next += count;
    let delay = rng.pick(&["", "", " DELAY 3", " DELAY 30", " PRIORITY -5"]);
    let madd = format!("JQ.MADD q {count} {}{delay}", items.join(" "));
    match rng.below(4) {
        0 => {
            let unblock = format!("CLIENT UNBLOCK {}", blocked[0]);
            let end = if clients == Clients::AreKilled {
                format!("CLIENT KILL ID {}", blocked[1])
            } else {
                unblock.clone()
            };
            for line in ["MULTI", &madd, "JQ.PAUSE q", &unblock, "JQ.RESUME q", &end, "EXEC"] {
                client.ask::<()>(line);
            }
        }
        1 => {
            let script = ["EVAL", "return redis.call(unpack(ARGV))", "1", "q"].into_iter();
            let words: Vec<_> = script.chain(madd.split(' ')).map(str::as_bytes).collect();
            client.ask_words::<()>(&words);
        }
        _ => client.ask::<()>(&madd),
    }
}

/// The ids of clients that are blocked.
pub(crate) fn blocked(client: &mut Client) -> Vec<i64> {
    let list: String = client.ask("CLIENT LIST TYPE normal");
    let field = |line: &str, name: &str| -> Option<String> {
        line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
    };
    let waits = |line: &&str| field(line, "flags").is_some_and(|flags| flags.contains('b'));
    list.lines().filter(waits).filter_map(|line| field(line, "id")?.parse().ok()).collect()
}

#[test]
fn every_job_runs_once_however_waits_end() {
    run_rounds("every_job_runs_once_however_waits_end", Clients::Stay);
}

#[test]
fn every_job_is_done_once_when_clients_are_killed() {
    run_rounds("every_job_is_done_once_when_clients_are_killed", Clients::AreKilled);
}

fn run_rounds(test: &str, clients: Clients) {
    let kill = clients == Clients::AreKilled;
    let server = Server::start(&BASICS).expect("a server");
    let mut client = Client::of(&server);
    let mut rng = Rng::new(seed(test));
    // With a long lease no job can come back by itself: one that runs again has been handed out twice.
    let lease = if kill { 300 } else { 60_000 };
    client.ask::<()>(&format!("JQ.CONFIG q lease {lease} max-losses 60000 dedup-window -1"));
    let waiters = Waiters::gather(&server, clients);
    let mut next = 0;
    for _ in 0..300 * times() {
        until_true("most clients wait", || client.number("blocked_clients") > 1000);
        let blocked = blocked(&mut client);
        add(&mut client, &mut rng, &mut next, &blocked, clients);
        disturb(&mut client, &mut rng, &blocked, clients);
    }
    let added = i64::try_from(next).expect("few");
    until_true("every job is done", || client.stat("q", "acks") == added);
    until_true("every ACK is answered", || kill || waiters.done() == added.unsigned_abs());
    check_all("at the end", &mut client);
    let losses = client.stat("q", "losses");
    let runs = waiters.disperse(&mut client);
    until_true("no client counts as waiting", || client.number("jq_blocked_claim_clients") == 0);
    let twice = runs.values().filter(|runs| **runs > 1).count();
    println!("{added} jobs, {losses} leases lost, {twice} jobs handed out twice");
    assert!(kill || twice == 0 && losses == 0, "{twice} jobs ran twice, {losses} leases were lost");
    quiet(&server);
}

/// What else can happen to those who wait.
fn disturb(client: &mut Client, rng: &mut Rng, blocked: &[i64], clients: Clients) {
    match rng.below(6) {
        0 if clients == Clients::AreKilled => {
            for _ in 0..20 {
                client.ask::<i64>(&format!("CLIENT KILL ID {}", rng.pick(blocked)));
            }
        }
        1 => {
            for _ in 0..20 {
                let how = *rng.pick(&["TIMEOUT", "ERROR"]);
                client.ask::<i64>(&format!("CLIENT UNBLOCK {} {how}", rng.pick(blocked)));
            }
        }
        2 => client.ask(&format!("CLIENT PAUSE 15 {}", rng.pick(&["WRITE", "ALL"]))),
        _ => {}
    }
}

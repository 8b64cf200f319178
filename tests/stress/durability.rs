//! What was answered has happened, even if the server is killed the next moment.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::Value;
use testkit::client::{claimed, Client};
use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::Server;

use super::consistency::{check_all, digest, last_file, reader_of_cut};
use super::load::Load;
use super::settings::{seed, times};
use super::BASICS;

/// Every id stays known, a lost lease comes back soon, and no job ever fails.
const RULES: &str = "JQ.CONFIG q dedup-window -1 max-losses 60000 lease 500";
const WRITERS: u64 = 3;
const WORKERS: u64 = 3;

/// What clients were answered.
#[derive(Default)]
struct Ledger {
    added: BTreeSet<Vec<u8>>,
    acknowledged: BTreeSet<Vec<u8>>,
    /// Jobs that were handed out after their ACK had been answered.
    ran_again: Vec<Vec<u8>>,
}

#[derive(Default)]
struct Shared {
    ledger: Mutex<Ledger>,
    writers_stop: AtomicBool,
    workers_stop: AtomicBool,
    port: AtomicU16,
}

impl Shared {
    fn ledger<T>(&self, access: impl FnOnce(&mut Ledger) -> T) -> T {
        access(&mut self.ledger.lock().expect("no thread panics with it"))
    }

    /// A connection to the server, unless it is down.
    fn connect(&self) -> Option<Client> {
        let client = Client::try_of(self.port.load(Relaxed));
        if client.is_none() {
            thread::park_timeout(Duration::from_millis(5));
        }
        client
    }

    /// Adds jobs until it is stopped; writes down what was answered.
    fn write(&self, rng: &mut Rng, name: u64) {
        let mut number = 0;
        while !self.writers_stop.load(Relaxed) {
            let Some(mut client) = self.connect() else { continue };
            let mut alive = true;
            while alive && !self.writers_stop.load(Relaxed) {
                let ids: Vec<_> = (0..=rng.below(4)).map(|n| format!("{name}-{number}-{n}")).collect();
                number += 1;
                let items: Vec<_> = ids.iter().map(|id| format!("{id} x")).collect();
                let delay = rng.pick(&["", " DELAY 20", " PRIORITY 3"]);
                let line = format!("JQ.MADD q {} {}{delay}", ids.len(), items.join(" "));
                alive = client.try_ask::<Value>(&line).is_ok();
                if alive {
                    self.ledger(|ledger| ledger.added.extend(ids.into_iter().map(String::into_bytes)));
                }
            }
        }
    }

    /// Claims and acknowledges jobs until it is stopped.
    fn work(&self, rng: &mut Rng, name: u64) {
        while !self.workers_stop.load(Relaxed) {
            let Some(mut client) = self.connect() else { continue };
            while !self.workers_stop.load(Relaxed) {
                let count = 1 + rng.below(8);
                let claim = format!("JQ.CLAIM q worker-{name} COUNT {count} BLOCK 20");
                let Ok(reply) = client.try_ask::<Value>(&claim) else { break };
                let jobs = claimed(&reply);
                self.ledger(|ledger| {
                    let again = jobs.iter().filter(|job| ledger.acknowledged.contains(&job.id));
                    ledger.ran_again.extend(again.map(|job| job.id.clone()));
                });
                let mut alive = true;
                for job in jobs {
                    let reply = client.send(&job.words("JQ.ACK", "q"));
                    alive = reply.is_ok();
                    // 0: it was done under this very token.
                    if matches!(reply, Ok(Value::Array(codes)) if matches!(codes[..], [Value::Int(0 | 1)])) {
                        self.ledger(|ledger| ledger.acknowledged.insert(job.id));
                    }
                }
                if !alive {
                    break;
                }
            }
        }
    }
}

/// Writers and workers at one server.
struct Clients {
    shared: Arc<Shared>,
    writers: Vec<JoinHandle<()>>,
    workers: Vec<JoinHandle<()>>,
}

impl Clients {
    fn begin(port: u16, seed: u64) -> Self {
        let shared = Arc::new(Shared { port: AtomicU16::new(port), ..Shared::default() });
        let start = |work: fn(&Shared, &mut Rng, u64), name: u64| {
            let (shared, mut rng) = (Arc::clone(&shared), Rng::new(seed << 8 | name));
            thread::spawn(move || work(&shared, &mut rng, name))
        };
        let writers = (0..WRITERS).map(|name| start(Shared::write, name)).collect();
        let workers = (WRITERS..WRITERS + WORKERS).map(|name| start(Shared::work, name)).collect();
        Self { shared, writers, workers }
    }

    /// Waits until so many more answers were given, to writers as well as to workers.
    fn wait_for(&self, answers: usize) {
        let counts = || self.shared.ledger(|ledger| (ledger.added.len(), ledger.acknowledged.len()));
        let before = counts();
        until_true("writers and workers are answered", || {
            let (added, acknowledged) = counts();
            let (more, done) = (added - before.0, acknowledged - before.1);
            more > 0 && done > 0 && more + done >= answers
        });
    }

    /// Lets the workers do what is left, and ends.
    fn finish(self, client: &mut Client) {
        self.shared.writers_stop.store(true, Relaxed);
        self.writers.into_iter().for_each(|thread| thread.join().expect("a writer"));
        until_true("every job is done", || client.unfinished("q") == 0);
        self.shared.workers_stop.store(true, Relaxed);
        self.workers.into_iter().for_each(|thread| thread.join().expect("a worker"));
        self.shared.ledger(|ledger| {
            let none = BTreeSet::new();
            let (added, acknowledged) = (std::mem::take(&mut ledger.added), &none);
            verify(client, &added, acknowledged, |state| state == "completed");
        });
    }
}

/// Every job that was added is known in a state that is right, every acknowledged one completed.
fn verify(
    client: &mut Client,
    added: &BTreeSet<Vec<u8>>,
    acknowledged: &BTreeSet<Vec<u8>>,
    right: fn(&str) -> bool,
) {
    let ids: Vec<_> = added.union(acknowledged).collect();
    for ids in ids.chunks(1000) {
        let mut all = redis::pipe();
        for id in ids {
            all.cmd("JQ.EXPLAIN").arg("q").arg(id.as_slice());
        }
        let states: Vec<Vec<String>> = all.query(client.connection()).expect("states");
        for (id, state) in ids.iter().zip(states) {
            let id_shown = id.escape_ascii();
            let state = state.get(1).unwrap_or_else(|| panic!("{id_shown} is lost"));
            assert!(right(state), "{id_shown} is {state}");
            assert!(!acknowledged.contains(*id) || state == "completed", "{id_shown} was done, now {state}");
        }
    }
}

/// Starts the killed server, first as one that does nothing by itself, twice, to see that it reads the same
/// twice.
fn revive(server: &mut Server) -> Client {
    server.set("replicaof", "127.0.0.1 1");
    server.restart().unwrap_or_else(|why| panic!("{why}"));
    let once = digest(&mut Client::of(server));
    server.restart().unwrap_or_else(|why| panic!("{why}"));
    let mut client = Client::of(server);
    assert_eq!(once, digest(&mut client), "the same file, read twice");
    check_all("after a crash", &mut client);
    client.ask::<()>("REPLICAOF NO ONE");
    client
}

fn start(preamble: &str) -> Server {
    let mut settings = BASICS.to_vec();
    settings.extend([("appendonly", "yes"), ("appendfsync", "always"), ("aof-use-rdb-preamble", preamble)]);
    let server = Server::start(&settings).expect("a server");
    Client::of(&server).ask::<()>(RULES);
    server
}

#[test]
fn what_was_answered_survives_kill_9() {
    let seed = seed("what_was_answered_survives_kill_9");
    for preamble in ["yes", "no"] {
        let mut server = start(preamble);
        let clients = Clients::begin(server.port(), seed);
        let mut rng = Rng::new(seed);
        for round in 0..4 * times() {
            if round % 2 == 1 {
                clients.wait_for(rng.below(500));
                // Killed while it rewrites, or just after.
                Client::of(&server).ask::<()>("BGREWRITEAOF");
            }
            clients.wait_for(1 + rng.below(3000));
            server.kill();
            let (added, acknowledged) =
                clients.shared.ledger(|ledger| (ledger.added.clone(), ledger.acknowledged.clone()));
            let mut client = revive(&mut server);
            verify(&mut client, &added, &acknowledged, |_| true);
        }
        let ran_again = clients.shared.ledger(|ledger| std::mem::take(&mut ledger.ran_again));
        assert_eq!(ran_again, Vec::<Vec<u8>>::new(), "ran again after their ACK was answered");
        let mut client = Client::of(&server);
        clients.finish(&mut client);
        check_all("at the end", &mut client);
    }
}

#[test]
fn a_file_that_lost_its_end_is_read_as_far_as_it_goes() {
    let mut settings = BASICS.to_vec();
    settings.extend([("appendonly", "yes"), ("appendfsync", "no"), ("aof-load-truncated", "yes")]);
    let mut server = Server::start(&settings).expect("a server");
    let seed = seed("a_file_that_lost_its_end_is_read_as_far_as_it_goes");
    let load = Load::begin(server.port(), seed);
    load.wait_for_answers(3000);
    server.kill();
    load.end();
    let mut rng = Rng::new(seed);
    let length = last_file(&server.folder().join("appendonlydir")).metadata().expect("a file").len();
    for _ in 0..25 * times() {
        let most = *rng.pick(&[50, 1000, 20_000, 200_000]);
        let cut = 1 + rng.any() % most.min(length);
        let reader = reader_of_cut(server.folder(), cut);
        let mut client = Client::of(&reader);
        check_all(&format!("cut by {cut}"), &mut client);
        client.ask::<()>("REPLICAOF NO ONE");
        client.ask::<()>("FLUSHALL");
        client.ask::<()>("JQ.ADD q1 after-all x");
        assert_eq!(claimed(&client.ask("JQ.CLAIM q1 w")).len(), 1);
    }
}

/// What one command did is too long for one entry of the file: all of it is there, or nothing.
#[test]
fn a_command_is_never_read_half() {
    let mut settings = BASICS.to_vec();
    settings.extend([("appendonly", "yes"), ("appendfsync", "no")]);
    let mut server = Server::start(&settings).expect("a server");
    let mut client = Client::of(&server);
    for batch in 0..2 {
        let mut command = redis::cmd("JQ.MADD");
        command.arg("q").arg(10_000);
        for number in 0..10_000 {
            command.arg(format!("{batch}-{number}")).arg(&[b'x'; 400]);
        }
        command.query::<()>(client.connection()).expect("room");
    }
    server.kill();
    for cut in [1, 20, 100_000, 1_500_000, 3_000_000, 4_000_000] {
        let reader = reader_of_cut(server.folder(), cut);
        let waiting = Client::of(&reader).stat("q", "waiting");
        assert_eq!(waiting, 10_000, "cut by {cut}");
    }
}

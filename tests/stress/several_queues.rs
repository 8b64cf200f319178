//! Two thousand clients of which each waits for jobs of a hundred queues, and what can happen to them: whoever
//! vanishes leaves nothing behind in any queue, and every job is handed out once, by one of its queues.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::{RedisError, Value};
use testkit::client::{claimed_of_any, Client};
use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::Server;

use super::consistency::{check_all, quiet};
use super::many_waiters::{blocked, raise_limit};
use super::settings::{seed, times};
use super::BASICS;

const CLIENTS: usize = 2000;
const QUEUES: usize = 100;

/// Adds the job of the last word to each queue of the keys.
const ADD_TO_EACH: &str = "for _, queue in ipairs(KEYS) do redis.call('JQ.ADD', queue, ARGV[1], 'x') end";

/// What becomes of the connections while their clients wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    Stay,
    /// Some are killed, and some clients hang up by themselves.
    AreCut,
}

/// How often each job was handed out, by its queue and id.
type Runs = BTreeMap<(Vec<u8>, Vec<u8>), u32>;

struct Shared {
    port: u16,
    connections: Connections,
    stopped: AtomicBool,
    runs: Mutex<Runs>,
    /// ACKs answered with 1.
    done: AtomicU64,
}

impl Shared {
    /// Waits and works, with a new connection whenever one has ended.
    fn wait_and_work(&self, number: usize) {
        while !self.stopped.load(Relaxed) {
            let Some(mut client) = Client::try_of(self.port) else {
                thread::park_timeout(Duration::from_millis(20));
                continue;
            };
            let hangs_up = self.connections == Connections::AreCut && number.is_multiple_of(10);
            let patience = hangs_up.then(|| Duration::from_millis(20 + number as u64 / 20));
            client.connection().set_read_timeout(patience).expect("a socket");
            while self.wait_once(&mut client, number).is_ok() {}
        }
    }

    fn wait_once(&self, client: &mut Client, number: usize) -> Result<(), RedisError> {
        let reply: Value = match client.try_ask(&claim(number)) {
            // CLIENT UNBLOCK ... ERROR.
            Err(why) if why.code() == Some("UNBLOCKED") => return Ok(()),
            other => other?,
        };
        let Some((queue, jobs)) = claimed_of_any(&reply) else { return Ok(()) };
        let name = String::from_utf8_lossy(&queue).into_owned();
        for job in jobs {
            let key = (queue.clone(), job.id.clone());
            *self.runs.lock().expect("no thread panics with it").entry(key).or_default() += 1;
            if client.send(&job.words("JQ.ACK", &name))? == Value::Array(vec![Value::Int(1)]) {
                self.done.fetch_add(1, Relaxed);
            }
        }
        Ok(())
    }
}

/// Waits in all queues, for each client in another order.
fn claim(number: usize) -> String {
    let queues: Vec<_> = (0..QUEUES).map(|place| queue((place + number) % QUEUES)).collect();
    format!("JQ.CLAIMANY {QUEUES} {} w{number} BLOCK 0 COUNT {}", queues.join(" "), 1 + number % 3)
}

fn queue(place: usize) -> String {
    format!("q{place}")
}

/// How many clients wait in each of the queues.
fn waiters(client: &mut Client) -> Vec<i64> {
    (0..QUEUES).map(|place| client.stat(&queue(place), "waiters")).collect()
}

struct Waiters {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Waiters {
    fn gather(server: &Server, connections: Connections) -> Self {
        raise_limit();
        let shared = Arc::new(Shared {
            port: server.port(),
            connections,
            stopped: AtomicBool::new(false),
            runs: Mutex::default(),
            done: AtomicU64::new(0),
        });
        let member = |number: usize| {
            let shared = Arc::clone(&shared);
            let builder = thread::Builder::new().stack_size(256 << 10);
            builder.spawn(move || shared.wait_and_work(number)).expect("a thread")
        };
        Self { threads: (0..CLIENTS).map(member).collect(), shared }
    }

    /// Kills all of them at once, and answers how often each job was handed out.
    fn kill(self, client: &mut Client) -> Runs {
        self.shared.stopped.store(true, Relaxed);
        client.ask::<i64>("CLIENT KILL TYPE normal SKIPME yes");
        for thread in self.threads {
            thread.join().expect("a client that only waits and reads");
        }
        std::mem::take(&mut self.shared.runs.lock().expect("no thread panics with it"))
    }
}

/// Adds one job to each of some queues, in one of the ways there are. Answers how many.
fn add(client: &mut Client, rng: &mut Rng, round: usize) -> i64 {
    let count = 1 + rng.below(5);
    let first = rng.below(QUEUES);
    let queues: Vec<_> = (0..count).map(|place| queue((first + place * 7) % QUEUES)).collect();
    let id = format!("job-{round}");
    let delay = *rng.pick(&["", "", " DELAY 3", " DELAY 30"]);
    match rng.below(3) {
        0 => {
            client.ask::<()>("MULTI");
            for queue in &queues {
                client.ask::<()>(&format!("JQ.ADD {queue} {id} x{delay}"));
            }
            client.ask::<()>("EXEC");
        }
        1 => {
            let numkeys = count.to_string();
            let head = ["EVAL", ADD_TO_EACH, &numkeys].into_iter();
            let words = head.chain(queues.iter().map(String::as_str)).chain([id.as_str()]);
            client.ask_words::<()>(&words.map(str::as_bytes).collect::<Vec<_>>());
        }
        _ => {
            for queue in &queues {
                client.ask::<()>(&format!("JQ.ADD {queue} {id} x{delay}"));
            }
        }
    }
    i64::try_from(count).expect("few")
}

/// What else can happen to those who wait.
fn disturb(client: &mut Client, rng: &mut Rng, connections: Connections) {
    let blocked = blocked(client);
    if blocked.is_empty() {
        return;
    }
    match rng.below(6) {
        0 if connections == Connections::AreCut => {
            for _ in 0..20 {
                client.ask::<i64>(&format!("CLIENT KILL ID {}", rng.pick(&blocked)));
            }
        }
        1 => {
            for _ in 0..20 {
                let how = *rng.pick(&["TIMEOUT", "ERROR"]);
                client.ask::<i64>(&format!("CLIENT UNBLOCK {} {how}", rng.pick(&blocked)));
            }
        }
        2 => client.ask(&format!("CLIENT PAUSE 15 {}", rng.pick(&["WRITE", "ALL"]))),
        _ => {}
    }
}

#[test]
fn every_job_of_many_queues_runs_once_however_waits_end() {
    run_rounds("every_job_of_many_queues_runs_once_however_waits_end", Connections::Stay);
}

#[test]
fn clients_that_are_killed_leave_all_their_queues() {
    run_rounds("clients_that_are_killed_leave_all_their_queues", Connections::AreCut);
}

fn run_rounds(test: &str, connections: Connections) {
    let are_cut = connections == Connections::AreCut;
    let server = Server::start(&BASICS).expect("a server");
    let mut client = Client::of(&server);
    let mut rng = Rng::new(seed(test));
    // With a long lease no job can come back by itself: one that runs again has been handed out twice.
    let lease = if are_cut { 300 } else { 60_000 };
    for place in 0..QUEUES {
        let queue = queue(place);
        client.ask::<()>(&format!("JQ.CONFIG {queue} lease {lease} max-losses 60000 dedup-window -1"));
    }
    let gathered = Waiters::gather(&server, connections);
    if !are_cut {
        let all = i64::try_from(CLIENTS).expect("few");
        until_true("all wait in all queues", || waiters(&mut client) == [all; QUEUES]);
    }
    let mut added = 0;
    for round in 0..200 * times() {
        until_true("most clients wait", || client.number("blocked_clients") > 1000);
        added += add(&mut client, &mut rng, round);
        disturb(&mut client, &mut rng, connections);
    }
    let acks = |client: &mut Client| client.number("jq_total_acks");
    until_true("every job is done", || acks(&mut client) == added);
    let done = || gathered.shared.done.load(Relaxed);
    until_true("every ACK is answered", || are_cut || done() == added.unsigned_abs());
    check_all("at the end", &mut client);
    let losses = client.number("jq_total_losses");
    let runs = gathered.kill(&mut client);
    let twice = runs.values().filter(|runs| **runs > 1).count();
    println!("{added} jobs, {losses} leases lost, {twice} jobs handed out twice");
    assert!(are_cut || twice == 0 && losses == 0, "{twice} jobs ran twice, {losses} leases were lost");
    nobody_waits_and_all_is_served(&mut client);
    quiet(&server);
}

/// After all clients were killed: no queue counts one of them, and none of the jobs that are added waits for one.
fn nobody_waits_and_all_is_served(client: &mut Client) {
    until_true("no client counts as waiting", || client.number("jq_blocked_claim_clients") == 0);
    assert_eq!(waiters(client), [0; QUEUES]);
    for place in 0..QUEUES {
        client.ask::<()>(&format!("JQ.ADD {} last x", queue(place)));
    }
    let line = claim(0).replace(" BLOCK 0", "");
    for place in 0..QUEUES {
        let (queue, jobs) = claimed_of_any(&client.ask(&line)).expect("a job that no one else gets");
        assert_eq!((queue, jobs.len()), (self::queue(place).into_bytes(), 1));
    }
    assert_eq!(client.ask::<Option<Value>>(&line), None);
}

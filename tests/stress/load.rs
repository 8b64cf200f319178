//! Many clients at once that send random traffic: single commands, transactions, scripts, and what moves
//! keys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redis::{RedisError, Value};
use testkit::client::{claimed, claimed_next, claimed_of_any, is_gone, shown, Claimed, Client};
use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::traffic::{join, words, Lease, Traffic, Words};

use super::consistency::adds_up;

pub(crate) const QUEUES: [&str; 3] = ["q1", "q2", "q3"];

/// Of so many commands one gives a job to a worker, at least.
const COMMANDS_FOR_A_JOB: u64 = 100;

/// Runs the commands in ARGV, each preceded by its number of words.
const SCRIPT: &str = "local at = 1
while at <= #ARGV do
  local n = tonumber(ARGV[at])
  redis.pcall(unpack(ARGV, at + 1, at + n))
  at = at + n + 1
end";

/// Clients that send until they are stopped.
pub(crate) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    stopped: AtomicBool,
    port: AtomicU16,
    /// Commands that were answered.
    answered: AtomicU64,
    /// Jobs that workers were given.
    given: AtomicU64,
}

impl Load {
    /// Begins to send to the server at `port`: from four clients, while four more wait for jobs and two in
    /// JQ.AWAIT.
    pub(crate) fn begin(port: u16, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            port: AtomicU16::new(port),
            answered: AtomicU64::new(0),
            given: AtomicU64::new(0),
        });
        let thread = |number: u64| {
            let shared = Arc::clone(&shared);
            let sender = Sender { shared, traffic: Traffic::new(seed << 8 | number), client: None };
            thread::spawn(move || match number {
                0..4 => sender.send(number % 2),
                4..8 => sender.wait(number % 2),
                _ => sender.await_events(number % 2),
            })
        };
        let threads = (0..10).map(thread).collect();
        Self { shared, threads }
    }

    /// From now on the server at `port` gets it.
    pub(crate) fn switch_to(&self, port: u16) {
        self.shared.port.store(port, Relaxed);
    }

    /// Waits until so many more commands were answered, and workers were given jobs meanwhile: where all is refused, or
    /// nothing can be claimed any more, it would show nothing.
    pub(crate) fn wait_for_answers(&self, commands: u64) {
        let Shared { answered, given, .. } = &*self.shared;
        let goals = [
            ("the load is answered", answered, answered.load(Relaxed) + commands),
            ("its workers are given jobs", given, given.load(Relaxed) + commands / COMMANDS_FOR_A_JOB),
        ];
        for (what, count, goal) in goals {
            until_true(what, || count.load(Relaxed) >= goal);
        }
    }

    /// Ends it; fails if any of the clients failed.
    pub(crate) fn end(self) {
        self.shared.stopped.store(true, Relaxed);
        for thread in self.threads {
            thread.join().expect("a client that only sends and reads");
        }
    }
}

struct Sender {
    shared: Arc<Shared>,
    traffic: Traffic,
    client: Option<Client>,
}

impl Sender {
    /// Sends commands of all kinds to the queues of database `db`.
    fn send(mut self, db: u64) {
        while !self.shared.stopped.load(Relaxed) {
            let queue = *self.traffic.rng.pick(&QUEUES);
            match self.traffic.rng.below(1000) {
                0..790 => {
                    let command = self.traffic.command(queue);
                    self.call(db, &command);
                }
                790..880 => self.transaction(db, queue),
                880..970 => self.script(db, queue),
                970..994 => {
                    self.call(db, &Traffic::settings(queue));
                }
                _ => {
                    let command = move_keys(&mut self.traffic.rng, queue);
                    self.call(db, &command);
                }
            }
        }
    }

    /// Waits for jobs, acknowledges some and leaves the others to time.
    fn wait(mut self, db: u64) {
        while !self.shared.stopped.load(Relaxed) {
            let queue = *self.traffic.rng.pick(&QUEUES);
            let wish = *self.traffic.rng.pick(&["", "COUNT 3", "COUNT 5 MIN 3", "LEASE 5 COUNT 2"]);
            let ms = 1 + self.traffic.rng.below(300);
            if self.traffic.rng.one_in(3) {
                self.wait_for_any(db, ms);
                continue;
            }
            let claim = join(words("JQ.CLAIM", queue), &format!("waiter-{db} BLOCK {ms} {wish}"));
            let Some(Ok(reply)) = self.call(db, &claim) else { continue };
            self.acknowledge_some(db, queue, &claimed(&reply));
        }
    }

    /// Waits for jobs of all queues.
    fn wait_for_any(&mut self, db: u64, ms: usize) {
        let count = *self.traffic.rng.pick(&["1", "3"]);
        let line = format!("{} waiter-{db} BLOCK {ms} COUNT {count}", QUEUES.join(" "));
        let claim = join(words("JQ.CLAIMANY", &QUEUES.len().to_string()), &line);
        let Some(Ok(reply)) = self.call(db, &claim) else { return };
        if let Some((queue, jobs)) = claimed_of_any(&reply) {
            self.acknowledge_some(db, &String::from_utf8_lossy(&queue), &jobs);
        }
    }

    fn acknowledge_some(&mut self, db: u64, queue: &str, jobs: &[Claimed]) {
        for job in jobs {
            if !self.traffic.rng.one_in(3) {
                self.call(db, &job.words("JQ.ACK", queue));
            }
        }
    }

    /// Waits in JQ.AWAIT. A wait that ends before its time was answered with an await event.
    fn await_events(mut self, db: u64) {
        while !self.shared.stopped.load(Relaxed) {
            let queue = *self.traffic.rng.pick(&QUEUES);
            let command = self.traffic.await_one(queue);
            let begun = Instant::now();
            let Some(Ok(reply)) = self.call(db, &command) else { continue };
            let ms: u128 = String::from_utf8_lossy(&command[4]).parse().expect("a span");
            // The server counts whole milliseconds.
            let is_early = begun.elapsed().as_millis() + 2 < ms;
            let is_over = match (&reply, command[2].as_slice()) {
                (Value::Nil, _) => true,
                (_, b"BATCH") => {
                    let batch: BTreeMap<String, u64> = redis::from_redis_value(&reply).expect("a batch");
                    adds_up(&shown(&command), &batch);
                    batch["finished"] == 1
                }
                _ => {
                    let (state, _): (String, Option<Vec<u8>>) =
                        redis::from_redis_value(&reply).expect("a job");
                    ["completed", "failed", "expired", "cancelled"].contains(&state.as_str())
                }
            };
            assert!(is_over || !is_early, "{} is answered early: {reply:?}", shown(&command));
        }
    }

    fn transaction(&mut self, db: u64, queue: &str) {
        let mut commands = self.several(queue);
        let end = if self.traffic.rng.one_in(8) { "DISCARD" } else { "EXEC" };
        commands.insert(0, vec![b"MULTI".to_vec()]);
        commands.push(vec![end.into()]);
        for command in &commands {
            if self.call(db, command).is_none() {
                return;
            }
        }
    }

    fn script(&mut self, db: u64, queue: &str) {
        let mut script: Words = ["EVAL", SCRIPT, "1", queue].map(|word| word.as_bytes().to_vec()).into();
        for command in self.several(queue) {
            script.push(command.len().to_string().into_bytes());
            script.extend(command);
        }
        self.call(db, &script);
    }

    fn several(&mut self, queue: &str) -> Vec<Words> {
        let count = 1 + self.traffic.rng.below(5);
        (0..count).map(|_| self.traffic.command(queue)).collect()
    }

    /// Sends one command; none if there is no server, or not any more.
    fn call(&mut self, db: u64, command: &Words) -> Option<Result<Value, RedisError>> {
        if self.client.is_none() {
            let mut client = Client::try_of(self.shared.port.load(Relaxed));
            let ready = client.as_mut().is_some_and(|it| it.try_ask::<()>(&format!("SELECT {db}")).is_ok());
            if !ready {
                thread::park_timeout(Duration::from_millis(5));
                return None;
            }
            self.client = client;
        }
        let reply = self.client.as_mut()?.send(command);
        match &reply {
            Ok(value) => self.learn(command, value),
            Err(why) if is_gone(why) || why.code() == Some("READONLY") => {
                self.client = None;
                return None;
            }
            Err(why) if why.to_string().contains("internal error") => panic!("{}: {why}", shown(command)),
            Err(_) => {}
        }
        self.shared.answered.fetch_add(1, Relaxed);
        Some(reply)
    }

    fn learn(&mut self, command: &Words, reply: &Value) {
        let (queue, jobs) = match command[0].as_slice() {
            b"JQ.CLAIM" => (command[1].clone(), claimed(reply)),
            b"JQ.CLAIMANY" => claimed_of_any(reply).unwrap_or_default(),
            b"JQ.ACK" | b"JQ.NACK" => (command[1].clone(), claimed_next(reply)),
            _ => return,
        };
        self.shared.given.fetch_add(jobs.len() as u64, Relaxed);
        for job in jobs {
            self.traffic.learn(Lease { queue: queue.clone(), token: job.token, id: job.id });
        }
    }
}

/// What happens to keys, whatever they hold.
fn move_keys(rng: &mut Rng, queue: &str) -> Words {
    let other = *rng.pick(&QUEUES);
    let line = match rng.below(12) {
        0 => format!("RENAME {queue} {other}"),
        1 => format!("COPY {queue} {other} REPLACE"),
        2 => format!("COPY {queue} copy DB 2 REPLACE"),
        3 => format!("MOVE {queue} 2"),
        4 => format!("DEL {queue}"),
        5 => format!("UNLINK {queue}"),
        6 => format!("PEXPIRE {queue} 20"),
        7 => "SWAPDB 0 1".into(),
        8 => format!("RENAME copy {queue}"),
        9 => format!("SET {queue} text"),
        10 => "FLUSHDB ASYNC".into(),
        _ => format!("RENAMENX {queue} spare"),
    };
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}

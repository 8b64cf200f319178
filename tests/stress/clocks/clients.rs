//! Clients that add, claim and end jobs, whatever the clock does, and write down what they were answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::{RedisError, Value};
use testkit::client::{claimed, Claimed, Client};
use testkit::rng::Rng;

use super::clock::Reading;
use super::ledger::Ledger;
use super::QUEUE;

const PRODUCERS: usize = 2;
const WORKERS: usize = 5;
/// Jobs of one lane, or without any, that may be unfinished before no more are added, unless they are wanted.
const BACKLOG: u64 = 150;
/// The NAME of jobs of producers that are in no lane. Those in one have the name of the lane; those of schedules have none.
const WITHOUT_LANE: &str = "without-lane";
/// How the ids of jobs begin whose runs last at most 60 ms.
const SHORT: &str = "short";
const MAXRUN: &str = " MAXRUN 60";

/// All of them.
pub(super) struct Clients {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    port: u16,
    reading: Reading,
    ledger: Mutex<Ledger>,
    /// How many jobs are added in all, whatever is unfinished: where the clock was set back by hours, what is delayed waits
    /// for long, and what is behind it in its lane, too.
    wanted: AtomicUsize,
    no_more_jobs: AtomicBool,
    stopped: AtomicBool,
}

impl Clients {
    pub(super) fn begin(port: u16, reading: Reading, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            port,
            reading,
            ledger: Mutex::default(),
            wanted: AtomicUsize::new(0),
            no_more_jobs: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let start = |number: usize| {
            let (shared, rng) = (Arc::clone(&shared), Rng::new(seed << 8 | number as u64));
            thread::spawn(move || {
                if number < PRODUCERS {
                    shared.produce(rng, number);
                } else {
                    shared.work(rng, number);
                }
            })
        };
        let threads = (0..PRODUCERS + WORKERS).map(start).collect();
        Self { shared, threads }
    }

    /// How many jobs producers have added, and how many jobs workers have completed.
    pub(super) fn done(&self) -> (usize, usize) {
        self.shared.ledger(|ledger| ledger.done())
    }

    /// Lets producers have added so many jobs in all, however many of them are unfinished.
    pub(super) fn want(&self, added: usize) {
        self.shared.wanted.store(added, Relaxed);
    }

    pub(super) fn stop_adding(&self) {
        self.shared.no_more_jobs.store(true, Relaxed);
    }

    /// Fails if a worker saw what must not be: it has printed that, and stopped.
    pub(super) fn assert_well(&self) {
        let mut workers = self.threads.iter().skip(PRODUCERS);
        assert!(!workers.any(JoinHandle::is_finished), "a worker saw what must not be");
    }

    /// Ends them; fails if one of them saw what must not be.
    pub(super) fn end(self) -> Ledger {
        self.stop_adding();
        self.shared.stopped.store(true, Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().expect("a client that saw nothing wrong"));
        let shared = Arc::try_unwrap(self.shared).map_err(drop).expect("all have ended");
        shared.ledger.into_inner().expect("no thread panicked with it")
    }
}

impl Shared {
    fn ledger<T>(&self, access: impl FnOnce(&mut Ledger) -> T) -> T {
        access(&mut self.ledger.lock().expect("no thread panics with it"))
    }

    fn connect(&self) -> Option<Client> {
        let client = Client::try_of(self.port);
        if client.is_none() {
            thread::park_timeout(Duration::from_millis(5));
        }
        client
    }

    fn produce(&self, mut rng: Rng, name: usize) {
        let mut number = 0;
        while !self.no_more_jobs.load(Relaxed) {
            let Some(mut client) = self.connect() else { continue };
            while !self.no_more_jobs.load(Relaxed) {
                if self.add(&mut client, &mut rng, name, &mut number).is_err() {
                    break;
                }
            }
        }
    }

    fn add(
        &self,
        client: &mut Client,
        rng: &mut Rng,
        name: usize,
        number: &mut u64,
    ) -> Result<(), RedisError> {
        let lane = *rng.pick(&["", "", " GROUP g1", " GROUP g2"]);
        let job_name = lane.strip_prefix(" GROUP ").unwrap_or(WITHOUT_LANE);
        let (added, _) = self.ledger(|ledger| ledger.done());
        if added >= self.wanted.load(Relaxed) && unfinished(client, job_name)? > BACKLOG {
            thread::park_timeout(Duration::from_millis(2));
            return Ok(());
        }
        let start = *rng.pick(&["", "", " DELAY 15", " DELAY 700", " DELAY 3000000"]);
        let batch = *rng.pick(&["", "", " BATCH b1", " BATCH b2"]);
        let more = *rng.pick(&["", " PRIORITY -2", " BACKOFF FIXED 400", MAXRUN]);
        *number += 1;
        let kind = if more == MAXRUN { SHORT } else { "job" };
        let ids: Vec<String> = (0..=rng.below(3)).map(|n| format!("{kind}-{name}-{number}-{n}")).collect();
        let items: Vec<String> = ids.iter().map(|id| format!("{id} x")).collect();
        let (count, items) = (ids.len(), items.join(" "));
        let line = format!("JQ.MADD {QUEUE} {count} {items} NAME {job_name}{start}{lane}{batch}{more}");
        client.try_ask::<Value>(&line)?;
        self.ledger(|ledger| ledger.added(ids.into_iter().map(String::into_bytes)));
        Ok(())
    }

    fn work(&self, mut rng: Rng, name: usize) {
        while !self.stopped.load(Relaxed) {
            let Some(mut client) = self.connect() else { continue };
            while !self.stopped.load(Relaxed) {
                if self.claim(&mut client, &mut rng, name).is_err() {
                    break;
                }
            }
        }
    }

    fn claim(&self, client: &mut Client, rng: &mut Rng, name: usize) -> Result<(), RedisError> {
        let (count, lease) = (1 + rng.below(4), *rng.pick(&[60, 300, 5000]));
        let since = self.reading.least();
        let line = format!("JQ.CLAIM {QUEUE} w{name} COUNT {count} LEASE {lease} BLOCK 20");
        let jobs = claimed(&client.try_ask(&line)?);
        for job in &jobs {
            let lease = if job.id.starts_with(SHORT.as_bytes()) { lease.min(60) } else { lease };
            if let Err(wrong) = self.ledger(|ledger| ledger.claimed(job, lease, since, &self.reading)) {
                let words: [&[u8]; 6] = [b"JQ.EVENTS", QUEUE.as_bytes(), b"ID", &job.id, b"COUNT", b"10000"];
                panic!("{wrong}: {:?}", client.ask_words::<Value>(&words));
            }
        }
        jobs.iter().try_for_each(|job| self.end(client, rng, job))
    }

    /// Says how a run has ended, or forgets it.
    fn end(&self, client: &mut Client, rng: &mut Rng, job: &Claimed) -> Result<(), RedisError> {
        thread::park_timeout(Duration::from_millis(rng.below(4) as u64));
        let (verb, more) = match rng.below(20) {
            0..12 => ("JQ.ACK", ""),
            12..15 => ("JQ.NACK", ""),
            15 => ("JQ.NACK", "FATAL"),
            16 => ("JQ.RELEASE", ""),
            17 => ("JQ.RELEASE", "DELAY 50"),
            _ => return Ok(()),
        };
        let mut words = job.words(verb, QUEUE);
        words.extend(more.split_whitespace().map(|word| word.as_bytes().to_vec()));
        let newest = self.ledger(|ledger| {
            ledger.ends(job);
            ledger.newest(job)
        });
        let reply = client.send(&words)?;
        let Value::Array(codes) = reply else { panic!("{verb} was answered {reply:?}") };
        match (verb, codes.first()) {
            ("JQ.ACK", Some(Value::Int(1))) => self.ledger(|ledger| ledger.completed(job, newest)),
            ("JQ.NACK", Some(Value::Int(2))) => self.ledger(|ledger| ledger.failed(job)),
            _ => {}
        }
        Ok(())
    }
}

/// How many jobs of a NAME have not ended. The queue is asked each time: a worker whose server is killed does not learn
/// whether its answer has ended a job.
fn unfinished(client: &mut Client, name: &str) -> Result<u64, RedisError> {
    let (_, names): (String, Vec<BTreeMap<String, Value>>) = client.try_ask(&format!("JQ.NAMES {QUEUE}"))?;
    let name = Value::BulkString(name.into());
    let Some(counts) = names.iter().find(|of| of["name"] == name) else { return Ok(0) };
    let states = ["waiting", "delayed", "blocked", "active"];
    states.iter().map(|state| redis::from_redis_value::<u64>(&counts[*state])).sum()
}

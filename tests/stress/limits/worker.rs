//! One worker as a process of its own, so that `kill -9` is what it is: this very test program, started anew.
//!
//! It claims, holds, and ends jobs in all the ways there are, and writes down what it sees
//! ([`super::event_log`]): an answer after it has come, an end before it is sent. So whatever instant it is
//! killed at, what stands there is true.

use std::env;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis::{RedisError, Value};
use testkit::client::{claimed, Claimed, Client};
use testkit::rng::Rng;

use super::event_log::{now, EventLog};
use super::{LEASE, QUEUE};

/// The words for the new process: folder, name, seed, jobs in one claim at most, ms that a job is held at
/// most.
const ARGUMENTS: &str = "STRESS_WORKER";
/// So long without a server, and the test that started this process has ended.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where the number of the port stands that is to be asked.
pub(super) const PORT: &str = "port";

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile {
    /// Jobs in one claim, at most.
    pub(super) count: usize,
    /// Milliseconds that a job is held, at most.
    pub(super) hold: usize,
}

/// Starts a worker called `name`, which reads and writes in `folder`.
pub(super) fn start(folder: &str, name: &str, seed: u64, profile: Profile) -> Child {
    let program = env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["limits::worker::a_worker", "--exact", "--ignored", "--test-threads=1"]);
    command.env(ARGUMENTS, format!("{folder} {name} {seed} {} {}", profile.count, profile.hold));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command.spawn().expect("another process")
}

#[test]
#[ignore = "no test but what the tests beside it start as processes of their own"]
fn a_worker() {
    let Ok(arguments) = env::var(ARGUMENTS) else { return };
    Worker::with(&arguments).work();
}

struct Worker {
    port: PathBuf,
    name: String,
    rng: Rng,
    profile: Profile,
    log: EventLog,
}

impl Worker {
    fn with(arguments: &str) -> Self {
        let words: Vec<&str> = arguments.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().expect("a number");
        let small = |place: usize| usize::try_from(number(place)).expect("a small number");
        let folder = PathBuf::from(words[0]);
        let file = OpenOptions::new().create(true).append(true).open(folder.join(words[1]));
        Self {
            port: folder.join(PORT),
            name: words[1].to_owned(),
            rng: Rng::new(number(2)),
            profile: Profile { count: small(3), hold: small(4) },
            log: EventLog::new(file.expect("a file to write to")),
        }
    }

    fn work(mut self) {
        let mut served = Instant::now();
        while served.elapsed() < PATIENCE {
            if let Some(mut client) = self.connect() {
                while self.claim(&mut client).is_ok() {
                    served = Instant::now();
                }
            }
            thread::park_timeout(Duration::from_millis(3));
        }
    }

    fn connect(&self) -> Option<Client> {
        Client::try_of(fs::read_to_string(&self.port).ok()?.parse().ok()?)
    }

    /// Waits for jobs, and deals with what comes.
    fn claim(&mut self, client: &mut Client) -> Result<(), RedisError> {
        let (name, count) = (&self.name, 1 + self.rng.below(self.profile.count));
        let asked = now();
        let reply =
            client.try_ask(&format!("JQ.CLAIM {QUEUE} {name} COUNT {count} LEASE {LEASE} BLOCK 500"))?;
        let answered = now();
        let jobs = claimed(&reply);
        self.log.claimed(asked, answered, &jobs);
        jobs.iter().try_for_each(|job| self.deal_with(client, job))
    }

    fn deal_with(&mut self, client: &mut Client, job: &Claimed) -> Result<(), RedisError> {
        hold(1 + self.rng.below(self.profile.hold) as u64);
        let delay = self.rng.below(12).to_string();
        let (verb, options): (&str, &[&str]) = match self.rng.below(100) {
            0..74 => ("JQ.ACK", &[]),
            74..83 => ("JQ.NACK", &["DELAY", &delay]),
            83..87 => ("JQ.RELEASE", &[]),
            87..91 => ("JQ.RELEASE", &["DELAY", &delay]),
            91..95 => ("JQ.NACK", &["FATAL"]),
            // Its lease will end.
            95..98 => return Ok(()),
            _ => {
                hold(LEASE + 5);
                ("JQ.ACK", &[])
            }
        };
        let mut words = job.words(verb, QUEUE);
        words.extend(options.iter().map(|word| word.as_bytes().to_vec()));
        self.log.ends(job.token, now());
        if let Value::Array(codes) = client.send(&words)? {
            let is_done = verb == "JQ.ACK";
            self.log.answered(job.token, is_done, codes.first());
        }
        Ok(())
    }
}

/// What a job is: work that takes a while.
fn hold(ms: u64) {
    let until = Instant::now() + Duration::from_millis(ms);
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}

//! Batches of a million: what is done with them at once is done in small pieces.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use redis::{Cmd, Value};
use testkit::client::{claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

use super::consistency::check_all;
use super::large_moves::start;

const JOBS: usize = 1_000_000;
const FOLLOWERS: usize = 100_000;
/// Jobs that are claimed and acknowledged with one command.
const AT_ONCE: usize = 1000;
/// No command may keep the server busy for so long, not even in a build for tests: a PING may meet several
/// that claim or acknowledge a thousand jobs.
const STALL: Duration = Duration::from_millis(60);
/// Nor may a tick while no client asks for anything: this is a third of what it takes to let all followers go
/// on at once.
const TICK: Duration = Duration::from_millis(20);

/// Adds jobs whose ids begin with `name`, thousands at a time, with `options`.
fn add(client: &mut Client, name: &str, jobs: usize, options: &str) {
    const AT_ONCE: usize = 10_000;
    for from in (0..jobs).step_by(AT_ONCE) {
        let mut command = redis::cmd("JQ.MADD");
        command.arg("q").arg(AT_ONCE);
        for number in from..from + AT_ONCE {
            command.arg(format!("{name}-{number}")).arg("payload");
        }
        command.arg(options.split(' ').collect::<Vec<_>>());
        command.query::<()>(client.connection()).expect("room");
    }
}

fn numbers(client: &mut Client, batch: &str) -> BTreeMap<String, usize> {
    client.ask(&format!("JQ.BATCH q {batch}"))
}

/// A worker that goes on until nothing waits.
fn work(server: &Server, name: &str) -> JoinHandle<()> {
    let mut client = Client::of(server);
    let claim = format!("JQ.CLAIM q {name} COUNT {AT_ONCE}");
    thread::spawn(move || loop {
        let jobs = claimed(&client.ask(&claim));
        if jobs.is_empty() {
            return;
        }
        let mut ack = Cmd::new();
        ack.arg("JQ.ACK").arg("q");
        for job in &jobs {
            ack.arg(job.token).arg(&job.id);
        }
        let done: Vec<i64> = ack.query(client.connection()).expect("an answer");
        assert!(done.iter().all(|answer| *answer == 1), "{done:?}");
    })
}

/// The longest that a server has let a PING wait.
#[derive(Debug, Default, Clone, Copy)]
struct Longest {
    /// By the clock on the wall: other programs on the machine count too.
    wall: Duration,
    /// How long the server's main thread was at work meanwhile, if that is less.
    busy: Duration,
}

/// Sends PINGs until it is stopped.
struct Pinger {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Longest>,
}

impl Pinger {
    fn begin(server: &Server) -> Self {
        let mut client = Client::of(server);
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stopped);
        let spent = format!("/proc/{}/schedstat", client.number("process_id"));
        // Where the kernel does not show it, the wall's clock has to do.
        let busy = move || -> Option<Duration> {
            let text = fs::read_to_string(&spent).ok()?;
            Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
        };
        let thread = thread::spawn(move || {
            let mut longest = Longest::default();
            while !seen.load(Relaxed) {
                let (before, begun) = (busy(), Instant::now());
                client.ask::<()>("PING");
                let wall = begun.elapsed();
                let busy = busy().zip(before).map_or(wall, |(after, before)| after.saturating_sub(before));
                longest.wall = longest.wall.max(wall);
                longest.busy = longest.busy.max(busy.min(wall));
            }
            longest
        });
        Self { stopped, thread }
    }

    fn end(self) -> Longest {
        self.stopped.store(true, Relaxed);
        self.thread.join().expect("a client that only asks")
    }
}

#[test]
fn a_million_jobs_in_a_batch_finish_without_a_stall() {
    let (server, mut client) = start(&[]);
    client.ask::<()>("JQ.CONFIG q lease 600000");
    add(&mut client, "job", JOBS, "BATCH million DEDUP 0");
    add(&mut client, "follower", FOLLOWERS, "AFTER million BATCH followers");
    client.ask::<()>("JQ.ADD q last x BATCH million DELAY 86400000");
    client.ask::<()>("JQ.SEAL q million");
    assert_eq!(numbers(&mut client, "million")["blocked"], FOLLOWERS);

    let pinger = Pinger::begin(&server);
    let workers = ["w1", "w2"].map(|name| work(&server, name));
    for worker in workers {
        worker.join().expect("a worker that only works");
    }
    let while_working = pinger.end();
    assert_eq!(numbers(&mut client, "million")["completed"], JOBS);

    // The last one finishes the batch, and no other client asks for anything.
    client.ask::<()>("JQ.PROMOTE q last");
    let last = claimed(&client.ask("JQ.CLAIM q w")).pop().expect("the last job");
    let pinger = Pinger::begin(&server);
    let begun = Instant::now();
    assert_eq!(client.send(&last.words("JQ.ACK", "q")).unwrap(), Value::Array(vec![Value::Int(1)]));
    until_true("all that waited goes on", || {
        usize::try_from(client.stat("q", "waiting")).is_ok_and(|waiting| waiting == FOLLOWERS)
    });
    let released = begun.elapsed();
    let while_releasing = pinger.end();
    println!("longest PING while working: {while_working:?}; while {FOLLOWERS} go on: {while_releasing:?}");
    println!("all have gone on after {released:?}");
    assert!(while_working.busy < STALL, "{while_working:?}");
    assert!(while_releasing.busy < TICK, "{while_releasing:?}");
    assert!(released < Duration::from_secs(10), "{released:?}");

    let million = numbers(&mut client, "million");
    assert_eq!((million["total"], million["completed"]), (JOBS + 1, JOBS + 1));
    assert_eq!((million["finished"], million["blocked"], million["pending"]), (1, 0, 0));
    assert_eq!(numbers(&mut client, "followers")["pending"], FOLLOWERS);
    check_all("at the end", &mut client);
}

//! The course of events: server, keys, pods, workers, and what is left when all have ended.

use std::collections::BTreeMap;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use redis::{cmd, pipe, Connection, FromRedisValue, Value};
use testkit::figures::thousands;
use testkit::info::Info;
use testkit::Failure;
use testkit::Server;

use crate::options::Options;
use crate::pods::Pod;
use crate::progress::Progress;
use crate::tally::Tally;
use crate::workers::{work, Shift};

/// The one queue of the story.
pub(crate) const QUEUE: &str = "events";

const WORKERS: usize = 4;

/// From setting the keys to their end: long enough to set them all.
const UNTIL_EXPIRY: Duration = Duration::from_secs(3);

/// Everything known at the end.
pub(crate) struct Outcome {
    /// What the clients counted.
    pub(crate) tally: Tally,
    /// What the workers did.
    pub(crate) shift: Shift,
    /// From the instant of expiry to the last acknowledgement.
    pub(crate) elapsed: Duration,
    /// CPU time of the server in that time, its work for Pub/Sub included.
    pub(crate) cpu: Duration,
    /// The queue's own numbers.
    pub(crate) stats: BTreeMap<String, u64>,
    /// What the queue finds wrong when it recounts everything.
    pub(crate) discrepancies: Vec<Value>,
}

/// Plays the story on a server of its own, which is gone when this returns.
pub(crate) fn play(options: &Options) -> Result<Outcome, Failure> {
    let server = Server::start(&[
        ("notify-keyspace-events", "Ex"),
        ("appendonly", "yes"),
        ("appendfsync", "everysec"),
        // By default Redis cuts off a subscriber that is 32 MB behind; here it would be a pod that never
        // hears the rest.
        ("client-output-buffer-limit", "pubsub 0 0 0"),
    ])?;
    let mut control = server.connect()?;
    introduce(options, &server, &Info::read(&mut control, "server")?);

    let pods = (0..options.subscribers).map(|_| Pod::open(&server)).collect::<Result<Vec<_>, _>>()?;
    let midnight = Instant::now() + UNTIL_EXPIRY;
    set_keys(&mut control, options.keys)?;
    let before = Info::read(&mut control, "cpu")?;

    let tally = Tally::default();
    let shift = run_all(options, &server, pods, &tally)?;
    let after = Info::read(&mut control, "cpu")?;

    Ok(Outcome {
        tally,
        elapsed: shift.ended.saturating_duration_since(midnight),
        shift,
        cpu: after.cpu()?.saturating_sub(before.cpu()?),
        stats: stats(&mut control)?,
        discrepancies: cmd("JQ.CHECK").arg(QUEUE).query(&mut control)?,
    })
}

fn introduce(options: &Options, server: &Server, info: &Info) {
    println!("{} keys expire at the same instant.", thousands(options.keys));
    println!("{} pods hear each of them and call JQ.ADD with the key's name as id.", options.subscribers);
    println!("{WORKERS} workers claim up to 500 jobs at a time and acknowledge each claim with one JQ.ACK.");
    println!("{} on 127.0.0.1:{}, appendfsync everysec\n", info.version(), server.port());
}

/// Sets all keys so that they end at one instant.
fn set_keys(connection: &mut Connection, keys: u64) -> Result<(), Failure> {
    let (seconds, micros): (u64, u64) = cmd("TIME").query(connection)?;
    let instant = (seconds + UNTIL_EXPIRY.as_secs()) * 1_000 + micros / 1_000;
    let mut calls = pipe();
    for number in 0..keys {
        calls.cmd("SET").arg(format!("event:{number:08}")).arg(("", "PXAT", instant)).ignore();
    }
    Ok(calls.query(connection)?)
}

/// Runs pods and workers to their end. The first failure is reported, but only when all threads have ended.
fn run_all(options: &Options, server: &Server, pods: Vec<Pod>, tally: &Tally) -> Result<Shift, Failure> {
    let hands = (0..WORKERS).map(|_| server.connect()).collect::<Result<Vec<_>, _>>()?;
    thread::scope(|scope| {
        let start_pod = |pod: Pod| scope.spawn(move || pod.run(options.keys, tally));
        let pods: Vec<_> = pods.into_iter().map(start_pod).collect();
        let start_worker = |(n, hands)| scope.spawn(move || work(hands, &format!("worker-{n}"), tally));
        let workers: Vec<_> = hands.into_iter().enumerate().map(start_worker).collect();

        let mut progress = Progress::new(options);
        while !workers.iter().all(ScopedJoinHandle::is_finished) {
            if pods.iter().all(ScopedJoinHandle::is_finished) {
                tally.close();
            }
            thread::sleep(Progress::INTERVAL);
            progress.show(tally);
        }
        progress.finish(tally);
        for pod in pods {
            pod.join().map_err(|_| "a pod broke down")??;
        }
        let mut all = Shift::new();
        for worker in workers {
            all.join(worker.join().map_err(|_| "a worker broke down")??);
        }
        Ok(all)
    })
}

/// The numbers among the fields of `JQ.STATS`.
fn stats(connection: &mut Connection) -> Result<BTreeMap<String, u64>, Failure> {
    let fields: BTreeMap<String, Value> = cmd("JQ.STATS").arg(QUEUE).query(connection)?;
    let number = |(name, value)| Some((name, u64::from_owned_redis_value(value).ok()?));
    Ok(fields.into_iter().filter_map(number).collect())
}

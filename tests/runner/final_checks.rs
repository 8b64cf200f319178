//! What must hold at the end of every transcript, whatever it was about.
//!
//! - `JQ.CHECK` finds nothing wrong with any queue, on any server.
//! - `INFO jq` counts what is in all queues.
//! - Every queue has the same digest after the AOF has been replayed and after an RDB file has been written
//!   and loaded.

use std::collections::BTreeMap;

use super::server::Server;
use super::until;
use super::Outcome;

/// A queue: its database and its key.
type Queue = (u64, String);

/// Fails when JQ.CHECK finds something in any queue of `server`.
pub(crate) fn check_all(server: &mut Server) -> Outcome<()> {
    for (database, key) in queues(server)? {
        let found: Vec<String> = in_database(server, database, &["JQ.CHECK", &key])?;
        if !found.is_empty() {
            return Err(format!("JQ.CHECK {key} (database {database}) finds\n  {}", found.join("\n  ")));
        }
    }
    check_census(server)
}

/// What `INFO jq` counts in all queues: the field, and that of JQ.STATS.
const COUNTED: [(&str, &str); 8] = [
    ("jq_waiting", "waiting"),
    ("jq_delayed", "delayed"),
    ("jq_blocked", "blocked"),
    ("jq_active", "active"),
    ("jq_completed", "completed"),
    ("jq_failed", "failed"),
    ("jq_remembered", "remembered"),
    ("jq_queues", ""),
];

/// Fails when `INFO jq` does not come to show the sums over all queues. Not at once: a queue may be freed by
/// another thread.
fn check_census(server: &mut Server) -> Outcome<()> {
    if !server.has_module() {
        return Ok(());
    }
    let (mut shown, mut there) = Default::default();
    let agree = until(|| {
        (shown, there) = (shown_census(server)?, recounted(server)?);
        Ok((shown == there).then_some(()))
    })?;
    agree.ok_or_else(|| format!("INFO jq shows {shown:?}, but there are {there:?}"))
}

fn shown_census(server: &mut Server) -> Outcome<Vec<u64>> {
    let number = |(field, _): &(&str, &str)| Ok(server.info("jq", field)?.parse().unwrap_or(u64::MAX));
    COUNTED.iter().map(number).collect()
}

fn recounted(server: &mut Server) -> Outcome<Vec<u64>> {
    let mut sums = vec![0; COUNTED.len()];
    for (database, key) in queues(server)? {
        let stats: BTreeMap<String, String> = in_database(server, database, &["JQ.STATS", &key])?;
        for (sum, (_, field)) in sums.iter_mut().zip(COUNTED) {
            // The queue itself counts as one.
            *sum += stats.get(field).and_then(|n| n.parse::<u64>().ok()).unwrap_or(1);
        }
    }
    Ok(sums)
}

/// Loads the data of `server` from its AOF, then from an RDB file, and fails when any queue is not what it
/// was.
pub(crate) fn replay(server: &mut Server) -> Outcome<()> {
    let before = digests(server)?;
    if before.is_empty() {
        return Ok(());
    }
    if server.info("persistence", "aof_enabled")? == "1" {
        server.ask::<String>(&["DEBUG", "LOADAOF"])?;
        compare("before", &before, "after the AOF was replayed", &digests(server)?)?;
        check_all(server)?;
    }
    server.ask::<String>(&["DEBUG", "RELOAD"])?;
    compare("before", &before, "after it was saved and loaded as RDB", &digests(server)?)?;
    check_all(server)
}

/// Fails when any queue differs between the two servers.
pub(crate) fn equal(primary: &mut Server, replica: &mut Server) -> Outcome<()> {
    compare("on the primary", &digests(primary)?, "on the replica", &digests(replica)?)
}

type Digest = (Queue, String);

fn compare(here: &str, before: &[Digest], there: &str, after: &[Digest]) -> Outcome<()> {
    if before == after {
        return Ok(());
    }
    let show = |digests: &[Digest]| {
        let lines = digests.iter().map(|((database, key), digest)| format!("  {database} {key} {digest}"));
        lines.collect::<Vec<_>>().join("\n")
    };
    Err(format!("the queues differ\n{here}:\n{}\n{there}:\n{}", show(before), show(after)))
}

fn digests(server: &mut Server) -> Outcome<Vec<Digest>> {
    let mut found = Vec::new();
    for (database, key) in queues(server)? {
        let digest: Vec<String> = in_database(server, database, &["DEBUG", "DIGEST-VALUE", &key])?;
        found.push(((database, key), digest.join(" ")));
    }
    Ok(found)
}

/// Every queue of every database, sorted. None without the module: Valkey refuses to look for a type it does
/// not know.
fn queues(server: &mut Server) -> Outcome<Vec<Queue>> {
    if !server.has_module() {
        return Ok(Vec::new());
    }
    let keyspace: String = server.ask(&["INFO", "keyspace"])?;
    let number = |line: &str| line.strip_prefix("db")?.split_once(':')?.0.parse().ok();
    let mut found = Vec::new();
    for database in keyspace.lines().filter_map(number) {
        let mut cursor = "0".to_owned();
        loop {
            let words = ["SCAN", &cursor, "TYPE", "job-queue", "COUNT", "1000"];
            let (next, keys): (String, Vec<String>) = in_database(server, database, &words)?;
            found.extend(keys.into_iter().map(|key| (database, key)));
            cursor = next;
            if cursor == "0" {
                break;
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn in_database<T: redis::FromRedisValue>(server: &mut Server, database: u64, words: &[&str]) -> Outcome<T> {
    server.ask::<()>(&["SELECT", &database.to_string()])?;
    let answer = server.ask(words);
    server.ask::<()>(&["SELECT", "0"])?;
    answer
}

//! Whether servers hold the same, and whether it adds up.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use redis::Value;
use testkit::Client;
use testkit::Server;

use super::BASICS;

/// How many databases are used.
pub(crate) const DATABASES: usize = 3;

/// Everything a server holds, in one number.
pub(crate) fn digest(client: &mut Client) -> String {
    client.ask("DEBUG DIGEST")
}

/// Fails if a recount of any queue finds something.
#[track_caller]
pub(crate) fn check_all(who: &str, client: &mut Client) {
    for db in 0..DATABASES {
        for key in queues(client, db) {
            let wrong: Vec<String> = client.ask_words(&[b"JQ.CHECK", &key]);
            let where_ = format!("{who}: {} in db {db}", key.escape_ascii());
            assert!(wrong.is_empty(), "{where_}: JQ.CHECK: {wrong:#?}");
            check_batches(&where_, client, &key);
        }
    }
    client.ask::<()>("SELECT 0");
}

/// A batch and its numbers.
pub(crate) type Batch = (Vec<u8>, BTreeMap<String, u64>);

/// Fails if the numbers of any batch of a queue do not add up.
#[track_caller]
fn check_batches(who: &str, client: &mut Client, key: &[u8]) {
    let (_, batches): (String, Vec<Batch>) = client.ask_words(&[b"JQ.BATCHES", key, b"COUNT", b"10000"]);
    for (name, batch) in &batches {
        let who = format!("{who}: batch {}: {batch:?}", name.escape_ascii());
        adds_up(&who, batch);
        let is_over = batch["sealed"] == 1 && batch["pending"] == 0;
        assert!(batch["finished"] == 1 || !is_over, "{who}: it should be finished");
    }
    let held = on_hold(client, key);
    let stats: Vec<(String, String)> = client.ask_words(&[b"JQ.STATS", key]);
    if !client.ask_words::<bool>(&[b"EXISTS", key]) {
        // Its TTL was over between two commands, which even a replica does not show any more.
        return;
    }
    let stat = |name: &str| stats.iter().find(|(it, _)| it == name).and_then(|(_, n)| n.parse::<u64>().ok());
    let behind_batches: u64 = batches.iter().map(|(_, batch)| batch["blocked"]).sum();
    assert_eq!(
        stat("blocked"),
        Some(behind_batches + held),
        "{who}: jobs that wait for batches, {held} on hold"
    );
    assert_eq!(stat("batches"), Some(batches.len() as u64), "{who}: batches");
}

/// How many jobs of a queue are on hold.
fn on_hold(client: &mut Client, key: &[u8]) -> u64 {
    let (mut cursor, mut held) = (String::from("0"), 0);
    loop {
        let words: [&[u8]; 8] =
            [b"JQ.LIST", key, b"blocked", b"FULL", b"COUNT", b"1000", b"CURSOR", cursor.as_bytes()];
        let (next, jobs): (String, Vec<BTreeMap<String, Value>>) = client.ask_words(&words);
        held += jobs.iter().filter(|job| job.contains_key("hold")).count() as u64;
        if next == "0" {
            return held;
        }
        cursor = next;
    }
}

/// Fails if the numbers of a batch contradict each other, whenever they were read.
#[track_caller]
pub(crate) fn adds_up(who: &str, batch: &BTreeMap<String, u64>) {
    let sum: u64 =
        ["pending", "completed", "failed", "expired", "cancelled"].map(|field| batch[field]).iter().sum();
    assert_eq!(batch["total"], sum, "{who}");
    assert_eq!(batch["finished"] == 1, batch.contains_key("finished-at"), "{who}");
    assert!(batch["finished"] <= batch["sealed"], "{who}");
}

/// Fails if a server has logged what must never happen.
#[track_caller]
pub(crate) fn quiet(server: &Server) {
    let log = server.log();
    let loud =
        log.lines().find(|line| line.contains("THIS SERVER'S DATA") || line.contains("internal error"));
    assert_eq!(loud, None);
}

/// Fails if the two do not hold the same, and says which keys differ.
#[track_caller]
pub(crate) fn same(what: &str, one: &mut Client, other: &mut Client) {
    if digest(one) == digest(other) {
        return;
    }
    let mut differences = Vec::new();
    for db in 0..DATABASES {
        let (keys, others) = (queues(one, db), queues(other, db));
        if keys != others {
            let names = |keys: &[Vec<u8>]| keys.iter().map(|key| key.escape_ascii().to_string()).collect();
            let (keys, others): (Vec<String>, Vec<String>) = (names(&keys), names(&others));
            differences.push(format!("db {db}: the keys are {keys:?} and {others:?}"));
        }
        for key in keys.iter().filter(|key| others.contains(key)) {
            let ask: [&[u8]; 3] = [b"DEBUG", b"DIGEST-VALUE", key];
            let digests: (Vec<String>, Vec<String>) = (one.ask_words(&ask), other.ask_words(&ask));
            if digests.0 != digests.1 {
                let stats = [one, other].map(|client| {
                    let fields: Vec<String> = client.ask_words(&[b"JQ.STATS", key]);
                    fields.join(" ")
                });
                panic!("{what}: db {db}, {}:\n{}\n{}", key.escape_ascii(), stats[0], stats[1]);
            }
        }
    }
    panic!("{what}: they differ: {differences:#?}");
}

/// The names of all queues of a database, sorted; leaves the client there.
fn queues(client: &mut Client, db: usize) -> Vec<Vec<u8>> {
    client.ask::<()>(&format!("SELECT {db}"));
    let mut keys: Vec<Vec<u8>> = client.ask("KEYS *");
    keys.retain(|key| client.ask_words::<String>(&[b"TYPE", key]) == "job-queue");
    keys.sort();
    keys
}

/// A server that has read the append-only files of `folder` and does nothing by itself: it believes to be the
/// replica of a server that is not there.
pub(crate) fn reader_of(folder: &Path) -> Server {
    reader_of_cut(folder, 0)
}

/// The same where so many bytes at the end of the last file are lost.
pub(crate) fn reader_of_cut(folder: &Path, bytes: u64) -> Server {
    let mut settings = BASICS.to_vec();
    settings.extend([("appendonly", "yes"), ("replicaof", "127.0.0.1 1")]);
    let mut reader = Server::start(&settings).expect("a server");
    reader.kill();
    let (from, to) = (folder.join("appendonlydir"), reader.folder().join("appendonlydir"));
    fs::remove_dir_all(&to).expect("its own files");
    fs::create_dir(&to).expect("its own folder");
    for file in fs::read_dir(from).expect("append-only files") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
    let last = fs::OpenOptions::new().write(true).open(last_file(&to)).expect("a file");
    let length = last.metadata().expect("its length").len();
    last.set_len(length.saturating_sub(bytes)).expect("a shorter file");
    reader.restart().unwrap_or_else(|why| panic!("{}, cut by {bytes}: {why}", folder.display()));
    reader
}

/// The append-only file that is written to: the one with the highest number.
pub(crate) fn last_file(files: &Path) -> PathBuf {
    let number = |path: &PathBuf| -> Option<u64> {
        path.to_str()?.strip_suffix(".incr.aof")?.rsplit_once('.')?.1.parse().ok()
    };
    let files = fs::read_dir(files).expect("append-only files").map(|file| file.expect("a file").path());
    files.filter(|path| number(path).is_some()).max_by_key(number).expect("one that is written to")
}

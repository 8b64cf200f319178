//! Files that earlier versions of the module wrote still load, and hold the same queues.
//!
//! ```text
//!   first/            written before the first release, by Redis 7.0.15, with the clock stopped in the year 2100
//!     rdb/            a snapshot
//!     aof-effects/    the same queues as the effects of their commands, one by one, under rules of version 1, which
//!                     were never released: refused
//!     aof-rewritten/  the same queues as BGREWRITEAOF wrote them without a preamble
//!     dumps/          what DUMP answered, one queue a file
//!     expected.txt    which queues those are, and their numbers
//! ```
//!
//! A change of the saved format adds a folder and never touches an old one.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on may stop")]

use std::fs;
use std::path::{Path, PathBuf};

use redis::Value;
use serde_json::Value as Json;
use testkit::client::Client;
use testkit::deadline::until_true;
use testkit::Server;

/// Where the clock stood when the files were written, and an hour after it, in Unix milliseconds.
const WRITTEN: u64 = 4_102_448_400_000;
const AN_HOUR_LATER: u64 = WRITTEN + 3_600_000;

/// A server that keeps nothing by itself, reads what it finds, and whose clock stands at [`WRITTEN`] before it does.
const SETTINGS: [(&str, &str); 2] =
    [("module-arguments", "debug 4102448400000"), ("enable-debug-command", "yes")];

/// One queue that the files hold.
struct Expected {
    db: String,
    name: String,
    /// It is in `dumps/` only.
    only_dumped: bool,
    now: Json,
    later: Json,
}

#[test]
fn a_snapshot_loads() {
    let (_server, mut client) = started_on("rdb", "no");
    compare(&mut client, |queue| !queue.only_dumped);
}

#[test]
fn a_rewritten_append_only_file_loads() {
    let (_server, mut client) = started_on("aof-rewritten", "yes");
    compare(&mut client, |queue| !queue.only_dumped);
}

/// Nothing of it is applied, the log says why, and INFO counts it.
#[test]
fn an_append_only_file_of_effects_under_older_rules_is_refused_loudly() {
    let (server, mut client) = started_on("aof-effects", "yes");
    let log = server.log();
    assert!(log.contains("THIS SERVER'S DATA IS NOT WHAT ITS PRIMARY OR ITS FILE SAYS"), "{log}");
    assert!(log.contains("written by rules version 1, older than this module reads"), "{log}");
    let info: String = client.ask("INFO jq");
    let refused = info.lines().find_map(|line| line.strip_prefix("jq_refused_effects:"));
    assert!(refused.and_then(|count| count.parse().ok()).is_some_and(|count: u64| count > 500), "{info}");
}

#[test]
fn dumps_are_restored() {
    let server = Server::start(&SETTINGS).expect("a server starts");
    let mut client = Client::of(&server);
    for queue in expected() {
        let file = folder().join("dumps").join(format!("{}-{}.bin", queue.db, queue.name));
        let dump = fs::read(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        client.ask::<Value>(&format!("SELECT {}", queue.db));
        client.ask_words::<Value>(&[b"RESTORE", queue.name.as_bytes(), b"0", &dump]);
    }
    compare(&mut client, |_| true);
}

/// A server that has read the files in the folder `files`, and a client of it.
fn started_on(files: &str, appendonly: &str) -> (Server, Client) {
    let settings: Vec<_> = SETTINGS.into_iter().chain([("appendonly", appendonly)]).collect();
    let mut server = Server::start(&settings).expect("a server starts");
    server.kill();
    let own = server.folder().join("appendonlydir");
    if own.exists() {
        fs::remove_dir_all(&own).expect("its own file can be removed");
    }
    copy(&folder().join(files), server.folder());
    server.restart().expect("it loads the files");
    let client = Client::of(&server);
    (server, client)
}

/// Compares the numbers of all queues that are `wanted`, and lets each be checked and saved again.
fn compare(client: &mut Client, wanted: impl Fn(&Expected) -> bool) {
    let queues: Vec<_> = expected().into_iter().filter(wanted).collect();
    assert!(queues.len() >= 10, "too few queues are compared");
    for queue in &queues {
        client.ask::<Value>(&format!("SELECT {}", queue.db));
        assert_numbers(client, queue, &queue.now);
        assert_sound_and_saved_again(client, &queue.name);
    }
    client.ask::<Value>(&format!("JQ.DEBUG CLOCK {AN_HOUR_LATER}"));
    for queue in &queues {
        client.ask::<Value>(&format!("SELECT {}", queue.db));
        let due = format!("nothing is due in {} any more", queue.name);
        until_true(&due, || client.stat(&queue.name, "next-due-ms") != 0);
        assert_numbers(client, queue, &queue.later);
        assert_sound_and_saved_again(client, &queue.name);
    }
}

/// Every number that there was has the value that it had. There may be more by now.
#[track_caller]
fn assert_numbers(client: &mut Client, queue: &Expected, numbers: &Json) {
    let text: String = client.ask(&format!("JQ.STATS {} JSON", queue.name));
    let found: Json = serde_json::from_str(&text).expect("JQ.STATS JSON is JSON");
    for (field, value) in numbers.as_object().expect("an object") {
        assert_eq!(found.get(field), Some(value), "{field} of {}", queue.name);
    }
}

/// Nothing contradicts a recount, and a copy by way of DUMP and RESTORE is equal.
#[track_caller]
fn assert_sound_and_saved_again(client: &mut Client, name: &str) {
    let wrong: Vec<String> = client.ask(&format!("JQ.CHECK {name}"));
    assert_eq!(wrong, Vec::<String>::new(), "JQ.CHECK {name}");
    let dump: Vec<u8> = client.ask(&format!("DUMP {name}"));
    // A digest tells whether a key expires.
    let ttl = client.ask::<i64>(&format!("PTTL {name}")).max(0).to_string();
    client.ask_words::<Value>(&[b"RESTORE", b"again", ttl.as_bytes(), &dump, b"REPLACE"]);
    let digests: Vec<String> = client.ask(&format!("DEBUG DIGEST-VALUE {name} again"));
    client.ask::<Value>("DEL again");
    assert_eq!(digests.first(), digests.last(), "{name} after DUMP and RESTORE");
}

fn expected() -> Vec<Expected> {
    let text = fs::read_to_string(folder().join("expected.txt")).expect("expected.txt can be read");
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines.chunks(3).map(read).collect()
}

fn read(lines: &[&str]) -> Expected {
    let numbers = |line: Option<&&str>, name: &str| {
        let json = line.and_then(|line| line.strip_prefix(name)).expect("three lines a queue");
        serde_json::from_str(json).expect("JQ.STATS as JSON")
    };
    let words: Vec<_> = lines.first().expect("a line").split(' ').collect();
    let ["queue", db, name, files] = words[..] else { panic!("{words:?} is no queue") };
    Expected {
        db: db.into(),
        name: name.into(),
        only_dumped: files == "dumps",
        now: numbers(lines.get(1), "now "),
        later: numbers(lines.get(2), "later "),
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/earlier_files/first")
}

/// Copies what is in the folder `from` into the folder `to`.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|why| panic!("{}: {why}", from.display())) {
        let path = entry.expect("a folder can be read").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

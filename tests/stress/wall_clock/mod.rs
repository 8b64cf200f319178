//! The clock of the machine is set while clients wait and workers hold jobs. `JQ.DEBUG CLOCK` will not do here: it stops
//! the clock of the module, while the timers of Redis go on by that of the machine.
//!
//! A library of a few lines stands between the server and the machine: `preloaded.c`.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::Value;
use tempfile::TempDir;
use testkit::deadline::until_true;
use testkit::{Client, Server};

use super::consistency::check_all;
use super::BASICS;

const HOUR: i64 = 3600;
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stress/wall_clock/preloaded.c");
/// How long clients say that they wait at most.
const WAIT: Duration = Duration::from_millis(1500);
/// What a busy machine may take beside that.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with a clock of its own.
struct Clocked {
    server: Server,
    client: Client,
    offset: File,
    _folder: TempDir,
}

impl Clocked {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| -> PathBuf { folder.path().join(name) };
        let (library, offset) = (path("preloaded.so"), path("offset"));
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(SOURCE).status();
        assert!(compiled.expect("cc, which links Rust programs too").success());
        fs::write(&offset, 0_i64.to_ne_bytes()).expect("a file");
        let environment = [("LD_PRELOAD", library.as_path()), ("WALL_CLOCK", offset.as_path())];
        let server = Server::start_in(&environment, &BASICS).expect("a server");
        let client = Client::of(&server);
        let offset = OpenOptions::new().write(true).open(offset).expect("the file");
        Self { server, client, offset, _folder: folder }
    }

    /// Sets the clock so many seconds ahead of that of the machine.
    fn set(&mut self, ahead: i64) {
        self.offset.write_all_at(&ahead.to_ne_bytes(), 0).expect("room");
        let (seconds, _): (i64, i64) = self.client.ask("TIME");
        let of_machine = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        assert!(
            seconds.abs_diff(of_machine.as_secs().cast_signed() + ahead) < 60,
            "the server has another clock"
        );
    }

    /// A client that asks, and how long it waited for the reply.
    fn waits(&self, line: String) -> JoinHandle<Duration> {
        let mut client = Client::of(&self.server);
        thread::spawn(move || {
            let began = Instant::now();
            client.ask::<Value>(&line);
            began.elapsed()
        })
    }

    /// Clients that wait in every way there is.
    fn waiters(&mut self) -> Vec<JoinHandle<Duration>> {
        let ms = WAIT.as_millis();
        let lines = [
            format!("JQ.CLAIM empty w BLOCK {ms}"),
            format!("JQ.CLAIMANY 2 empty none w BLOCK {ms}"),
            format!("JQ.AWAIT busy JOB held {ms}"),
            format!("JQ.AWAIT busy BATCH open {ms}"),
            format!("JQ.AWAIT busy IDLE {ms}"),
            format!("JQ.EVENTS busy AFTER $ BLOCK {ms}"),
        ];
        let count = lines.len();
        let waiters = lines.map(|line| self.waits(line)).into();
        until_true("all wait", || self.client.info("blocked_clients") == count.to_string());
        waiters
    }
}

#[test]
fn clients_wait_as_long_as_they_said_when_the_clock_is_set_back() {
    let mut clocked = Clocked::start();
    clocked.client.ask::<()>("JQ.CONFIG busy events-max 10");
    clocked.client.ask::<Value>("JQ.ADD busy held x BATCH open");
    clocked.client.ask::<Value>("JQ.CLAIM busy w LEASE 86400000");
    for ahead in [-HOUR, -24 * HOUR] {
        let waiters = clocked.waiters();
        clocked.set(ahead);
        for waiter in waiters {
            let waited = waiter.join().expect("a reply");
            assert!((WAIT..WAIT + PATIENCE).contains(&waited), "{waited:?}");
        }
    }
    check_all("after the clock was set back", &mut clocked.client);
}

#[test]
fn leases_end_when_the_clock_was_set_back_and_no_client_comes() {
    let mut clocked = Clocked::start();
    clocked.client.ask::<Value>("JQ.ADD q job x");
    clocked.client.ask::<Value>("JQ.CLAIM q w LEASE 1000");
    let began = Instant::now();
    clocked.set(-HOUR);
    // INFO visits no queue.
    until_true("the lease ends", || clocked.client.info("jq_active") == "0");
    assert!(began.elapsed() > Duration::from_millis(800), "{:?}", began.elapsed());
    assert_eq!(clocked.client.stat("q", "losses"), 1);
}

//! Clients that wait in JQ.AWAIT, and all that can end such a wait.

use std::collections::BTreeMap;

use redis::{Cmd, RedisError, Value};
use testkit::client::{claimed, Claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

use super::consistency::{adds_up, check_all, quiet};
use super::large_moves::start;
use super::many_waiters::{blocked, raise_limit};

const CLIENTS: usize = 2000;

/// A client that waits.
pub(crate) struct AwaitingClient(Client);

impl AwaitingClient {
    /// Begins to wait with the words of `line`, in database 0.
    pub(crate) fn begin(server: &Server, line: &str) -> Self {
        Self::begin_in(server, 0, line)
    }

    fn begin_in(server: &Server, db: usize, line: &str) -> Self {
        let mut client = Client::of(server);
        client.ask::<()>(&format!("SELECT {db}"));
        let mut command = Cmd::new();
        command.arg(line.split(' ').collect::<Vec<_>>());
        client.connection().send_packed_command(&command.get_packed_command()).expect("a connection");
        Self(client)
    }

    /// The reply it gets; that it gets none is a failure.
    pub(crate) fn reply(&mut self) -> Result<Value, RedisError> {
        let reply = self.0.connection().recv_response();
        assert!(!reply.as_ref().is_err_and(RedisError::is_timeout), "it was never answered");
        reply.and_then(Value::extract_error)
    }

    #[track_caller]
    pub(crate) fn batch_reply(&mut self) -> BTreeMap<String, u64> {
        let reply = self.reply().expect("an answer");
        let batch = redis::from_redis_value(&reply).unwrap_or_else(|why| panic!("{reply:?}: {why}"));
        adds_up("the reply to JQ.AWAIT", &batch);
        batch
    }

    /// Fails unless the reply is null.
    #[track_caller]
    fn expect_null(mut self, why: &str) {
        assert_eq!(self.reply(), Ok(Value::Nil), "{why}");
    }
}

pub(crate) fn wait_until_blocked(client: &mut Client, count: usize) {
    let count = i64::try_from(count).expect("few");
    until_true(&format!("{count} clients wait"), || {
        client.number("jq_blocked_await_clients") == count && client.number("blocked_clients") == count
    });
}

/// `verb` on jobs.
fn on_all(client: &mut Client, verb: &str, jobs: &[Claimed], end: &[&str]) {
    let mut command = Cmd::new();
    command.arg(verb).arg("q");
    for job in jobs {
        command.arg(job.token).arg(&job.id);
    }
    command.arg(end);
    let answers: Vec<i64> = command.query(client.connection()).expect("an answer");
    assert!(answers.iter().all(|answer| *answer > 0), "{answers:?}");
}

#[test]
fn two_thousand_clients_await_one_batch_and_its_jobs() {
    const JOBS: usize = CLIENTS / 2;
    raise_limit();
    let (server, mut client) = start(&[]);
    let ids: Vec<String> = (0..JOBS).map(|number| format!("job-{number:03}")).collect();
    let items: Vec<String> = ids.iter().map(|id| format!("{id} x")).collect();
    client.ask::<()>(&format!("JQ.MADD q {JOBS} {} BATCH b DEDUP 0", items.join(" ")));
    client.ask::<()>("JQ.SEAL q b");
    let begin = |line: String| AwaitingClient::begin(&server, &line);
    let mut of_batch: Vec<_> = (0..JOBS).map(|_| begin("JQ.AWAIT q BATCH b 0".into())).collect();
    let mut of_jobs: Vec<_> = ids.iter().map(|id| begin(format!("JQ.AWAIT q JOB {id} 600000"))).collect();
    wait_until_blocked(&mut client, CLIENTS);

    let cancelled: i64 = client.ask::<Vec<i64>>(&format!("JQ.CANCEL q {}", ids[..50].join(" "))).iter().sum();
    let removed: i64 =
        client.ask::<Vec<i64>>(&format!("JQ.REMOVE q {}", ids[50..100].join(" "))).iter().sum();
    assert_eq!((cancelled, removed), (50, 50));
    wait_until_blocked(&mut client, CLIENTS - 100);
    let jobs = claimed(&client.ask(&format!("JQ.CLAIM q w COUNT {JOBS}")));
    on_all(&mut client, "JQ.NACK", &jobs[..200], &["FATAL"]);
    on_all(&mut client, "JQ.ACK", &jobs[200..201], &["RESULT", "done"]);
    on_all(&mut client, "JQ.ACK", &jobs[201..], &[]);

    for (number, waiting_client) in of_jobs.iter_mut().enumerate() {
        let expected = match number {
            0..50 => Some(("cancelled", None)),
            50..100 => None,
            100..300 => Some(("failed", None)),
            300 => Some(("completed", Some("done"))),
            _ => Some(("completed", None)),
        };
        let reply: Option<(String, Option<String>)> =
            redis::from_owned_redis_value(waiting_client.reply().expect("an answer")).expect("a job");
        let reply = reply.as_ref().map(|(state, result)| (state.as_str(), result.as_deref()));
        assert_eq!(reply, expected, "{}", ids[number]);
    }
    for waiting_client in &mut of_batch {
        let batch = waiting_client.batch_reply();
        let numbers = ["finished", "total", "completed", "failed", "cancelled"].map(|name| batch[name]);
        assert_eq!(numbers, [1, 1000, 700, 200, 100]);
    }
    wait_until_blocked(&mut client, 0);
    check_all("at the end", &mut client);
    quiet(&server);
}

/// Lets a few clients wait at `q` for a batch and a job that are there.
pub(crate) fn gather(server: &Server, client: &mut Client) -> Vec<AwaitingClient> {
    for line in ["JQ.ADD q a x BATCH b DEDUP 0", "JQ.SEAL q b"] {
        client.ask::<()>(line);
    }
    let lines = ["JQ.AWAIT q BATCH b 0", "JQ.AWAIT q JOB a 0", "JQ.AWAIT q BATCH b 600000"];
    let awaiting: Vec<_> =
        lines.iter().cycle().take(12).map(|line| AwaitingClient::begin(server, line)).collect();
    wait_until_blocked(client, awaiting.len());
    awaiting
}

#[test]
fn a_queue_that_goes_away_answers_null() {
    let (server, mut client) = start(&[]);
    client.ask::<()>("JQ.ADD other x x");
    let dump: Vec<u8> = client.ask("DUMP other");
    let lines = [
        "DEL q",
        "UNLINK q",
        "RENAME q elsewhere",
        "RENAME other q",
        "COPY other q REPLACE",
        "MOVE q 1",
        "SET q text",
        "PEXPIRE q 1",
        "SWAPDB 0 1",
        "SWAPDB 1 0",
        "FLUSHDB",
        "FLUSHALL ASYNC",
        "EVAL return(redis.call('DEL','q')) 1 q",
        "DEBUG RELOAD",
        "RESTORE q 0",
    ];
    for line in lines {
        client.ask::<()>("JQ.ADD other x x");
        let awaiting = gather(&server, &mut client);
        if line.starts_with("RESTORE") {
            client.ask_words::<()>(&[b"RESTORE", b"q", b"0", &dump, b"REPLACE"]);
        } else {
            client.ask::<()>(line);
        }
        for waiting_client in awaiting {
            waiting_client.expect_null(line);
        }
        wait_until_blocked(&mut client, 0);
        check_all(line, &mut client);
        client.ask::<()>("FLUSHALL");
    }
    quiet(&server);
}

/// The queue that moved forgets who waited, and clients that wait under its new name are served.
#[test]
fn a_queue_that_moved_serves_awaits_under_its_new_name() {
    let (server, mut client) = start(&[]);
    for line in ["RENAME q r", "SWAPDB 0 1", "MOVE q 1"] {
        let before = gather(&server, &mut client);
        client.ask::<()>(line);
        for waiting_client in before {
            waiting_client.expect_null(line);
        }
        let (name, back) = match line {
            "RENAME q r" => ("r", "ECHO nothing"),
            "SWAPDB 0 1" => ("q", "SWAPDB 0 1"),
            _ => ("q", "SELECT 1"),
        };
        client.ask::<()>(back);
        let db = usize::from(line == "MOVE q 1");
        let mut waiting_client = AwaitingClient::begin_in(&server, db, &format!("JQ.AWAIT {name} BATCH b 0"));
        wait_until_blocked(&mut client, 1);
        assert_eq!(client.ask::<i64>(&format!("JQ.FORGET {name} b")), 0, "{line}: a client waits for it");
        let job = claimed(&client.ask(&format!("JQ.CLAIM {name} w"))).pop().expect("a job");
        client.send(&job.words("JQ.ACK", name)).expect("an answer");
        assert_eq!(waiting_client.batch_reply()["completed"], 1, "{line}");
        wait_until_blocked(&mut client, 0);
        assert_eq!(client.ask::<i64>(&format!("JQ.FORGET {name} b")), 1, "{line}");
        client.ask::<()>("FLUSHALL");
        client.ask::<()>("SELECT 0");
    }
}

/// What operators and clients themselves do to a wait.
#[test]
fn a_wait_that_is_cut_short_leaves_nothing() {
    let (server, mut client) = start(&[]);
    let mut awaiting = gather(&server, &mut client);
    for how in ["TIMEOUT", "ERROR", "KILL"] {
        let mut waiting = blocked(&mut client);
        waiting.sort_unstable();
        let mut cut = awaiting.split_off(awaiting.len() - 3);
        for id in &waiting[waiting.len() - 3..] {
            let line = if how == "KILL" {
                format!("CLIENT KILL ID {id}")
            } else {
                format!("CLIENT UNBLOCK {id} {how}")
            };
            client.ask::<()>(&line);
        }
        wait_until_blocked(&mut client, awaiting.len());
        let reply: Vec<_> = cut.iter_mut().map(AwaitingClient::reply).collect();
        match how {
            "TIMEOUT" => assert!(reply.iter().all(|reply| matches!(reply, Ok(Value::Array(_)))), "{reply:?}"),
            _ => assert!(reply.iter().flatten().next().is_none(), "{reply:?}"),
        }
    }
    // The last three hang up.
    assert_eq!(client.ask::<i64>("JQ.FORGET q b"), 0, "a client waits for it");
    drop(awaiting);
    wait_until_blocked(&mut client, 0);
    until_true("no client waits for the batch", || client.ask::<i64>("JQ.FORGET q b") == 1);
    quiet(&server);
}

/// Waits that end by their time, and news that come, while writes are held back.
#[test]
fn a_pause_of_clients_delays_no_await_for_ever() {
    let (server, mut client) = start(&[]);
    for how in ["WRITE", "ALL"] {
        let awaiting = gather(&server, &mut client);
        let job = claimed(&client.ask("JQ.CLAIM q w")).pop().expect("a job");
        let mut short: Vec<_> =
            (0..3).map(|_| AwaitingClient::begin(&server, "JQ.AWAIT q BATCH b 20")).collect();
        client.ask::<()>(&format!("CLIENT PAUSE 100 {how}"));
        let late = AwaitingClient::begin(&server, "JQ.AWAIT q JOB a 20");
        for waiting_client in &mut short {
            assert_eq!(waiting_client.batch_reply()["pending"], 1, "{how}");
        }
        // Held back itself until the pause is over.
        client.send(&job.words("JQ.ACK", "q")).expect("an answer");
        for mut waiting_client in awaiting.into_iter().chain([late]) {
            assert!(matches!(waiting_client.reply(), Ok(Value::Array(_))), "{how}");
        }
        wait_until_blocked(&mut client, 0);
        client.ask::<()>("FLUSHALL");
    }
}

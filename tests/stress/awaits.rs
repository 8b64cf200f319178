//! Clients that wait for news in JQ.AWAIT, and all that can end such a wait.

use std::collections::BTreeMap;

use redis::{Cmd, RedisError, Value};
use testkit::client::{claimed, Claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

use super::consistency::{adds_up, check_all, quiet};
use super::large_moves::start;
use super::many_waiters::{blocked, raise_limit};

const CROWD: usize = 2000;

/// A client that waits.
pub(crate) struct Listener(Client);

impl Listener {
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

    /// What it is told; one that is told nothing is a failure.
    pub(crate) fn hear(&mut self) -> Result<Value, RedisError> {
        let reply = self.0.connection().recv_response();
        assert!(!reply.as_ref().is_err_and(RedisError::is_timeout), "it was never answered");
        reply.and_then(Value::extract_error)
    }

    #[track_caller]
    pub(crate) fn hear_of_batch(&mut self) -> BTreeMap<String, u64> {
        let reply = self.hear().expect("an answer");
        let batch = redis::from_redis_value(&reply).unwrap_or_else(|why| panic!("{reply:?}: {why}"));
        adds_up("what a listener hears", &batch);
        batch
    }

    /// Fails unless it hears nothing but null.
    #[track_caller]
    fn hear_null(mut self, why: &str) {
        assert_eq!(self.hear(), Ok(Value::Nil), "{why}");
    }
}

pub(crate) fn wait_for_listeners(client: &mut Client, count: usize) {
    let count = i64::try_from(count).expect("few");
    until_true(&format!("{count} clients wait for news"), || {
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
fn two_thousand_clients_hear_of_one_batch_and_of_its_jobs() {
    const JOBS: usize = CROWD / 2;
    raise_limit();
    let (server, mut client) = start(&[]);
    let ids: Vec<String> = (0..JOBS).map(|number| format!("job-{number:03}")).collect();
    let items: Vec<String> = ids.iter().map(|id| format!("{id} x")).collect();
    client.ask::<()>(&format!("JQ.MADD q {JOBS} {} BATCH b DEDUP 0", items.join(" ")));
    client.ask::<()>("JQ.SEAL q b");
    let begin = |line: String| Listener::begin(&server, &line);
    let mut of_batch: Vec<_> = (0..JOBS).map(|_| begin("JQ.AWAIT q BATCH b 0".into())).collect();
    let mut of_jobs: Vec<_> = ids.iter().map(|id| begin(format!("JQ.AWAIT q JOB {id} 600000"))).collect();
    wait_for_listeners(&mut client, CROWD);

    let cancelled: i64 = client.ask::<Vec<i64>>(&format!("JQ.CANCEL q {}", ids[..50].join(" "))).iter().sum();
    let removed: i64 =
        client.ask::<Vec<i64>>(&format!("JQ.REMOVE q {}", ids[50..100].join(" "))).iter().sum();
    assert_eq!((cancelled, removed), (50, 50));
    wait_for_listeners(&mut client, CROWD - 100);
    let jobs = claimed(&client.ask(&format!("JQ.CLAIM q w COUNT {JOBS}")));
    on_all(&mut client, "JQ.NACK", &jobs[..200], &["FATAL"]);
    on_all(&mut client, "JQ.ACK", &jobs[200..201], &["RESULT", "done"]);
    on_all(&mut client, "JQ.ACK", &jobs[201..], &[]);

    for (number, listener) in of_jobs.iter_mut().enumerate() {
        let expected = match number {
            0..50 => Some(("cancelled", None)),
            50..100 => None,
            100..300 => Some(("failed", None)),
            300 => Some(("completed", Some("done"))),
            _ => Some(("completed", None)),
        };
        let heard: Option<(String, Option<String>)> =
            redis::from_owned_redis_value(listener.hear().expect("an answer")).expect("a job");
        let heard = heard.as_ref().map(|(state, result)| (state.as_str(), result.as_deref()));
        assert_eq!(heard, expected, "{}", ids[number]);
    }
    for listener in &mut of_batch {
        let batch = listener.hear_of_batch();
        let numbers = ["finished", "total", "completed", "failed", "cancelled"].map(|name| batch[name]);
        assert_eq!(numbers, [1, 1000, 700, 200, 100]);
    }
    wait_for_listeners(&mut client, 0);
    check_all("at the end", &mut client);
    quiet(&server);
}

/// Lets a few clients wait at `q` for a batch and a job that are there.
pub(crate) fn gather(server: &Server, client: &mut Client) -> Vec<Listener> {
    for line in ["JQ.ADD q a x BATCH b DEDUP 0", "JQ.SEAL q b"] {
        client.ask::<()>(line);
    }
    let lines = ["JQ.AWAIT q BATCH b 0", "JQ.AWAIT q JOB a 0", "JQ.AWAIT q BATCH b 600000"];
    let listeners: Vec<_> = lines.iter().cycle().take(12).map(|line| Listener::begin(server, line)).collect();
    wait_for_listeners(client, listeners.len());
    listeners
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
        let listeners = gather(&server, &mut client);
        if line.starts_with("RESTORE") {
            client.ask_words::<()>(&[b"RESTORE", b"q", b"0", &dump, b"REPLACE"]);
        } else {
            client.ask::<()>(line);
        }
        for listener in listeners {
            listener.hear_null(line);
        }
        wait_for_listeners(&mut client, 0);
        check_all(line, &mut client);
        client.ask::<()>("FLUSHALL");
    }
    quiet(&server);
}

/// The queue that moved forgets who waited, and those who come to its new name are told of it.
#[test]
fn a_queue_that_moved_tells_those_who_wait_at_its_new_name() {
    let (server, mut client) = start(&[]);
    for line in ["RENAME q r", "SWAPDB 0 1", "MOVE q 1"] {
        let before = gather(&server, &mut client);
        client.ask::<()>(line);
        for listener in before {
            listener.hear_null(line);
        }
        let (name, back) = match line {
            "RENAME q r" => ("r", "ECHO nothing"),
            "SWAPDB 0 1" => ("q", "SWAPDB 0 1"),
            _ => ("q", "SELECT 1"),
        };
        client.ask::<()>(back);
        let db = usize::from(line == "MOVE q 1");
        let mut listener = Listener::begin_in(&server, db, &format!("JQ.AWAIT {name} BATCH b 0"));
        wait_for_listeners(&mut client, 1);
        assert_eq!(client.ask::<i64>(&format!("JQ.FORGET {name} b")), 0, "{line}: somebody waits for it");
        let job = claimed(&client.ask(&format!("JQ.CLAIM {name} w"))).pop().expect("a job");
        client.send(&job.words("JQ.ACK", name)).expect("an answer");
        assert_eq!(listener.hear_of_batch()["completed"], 1, "{line}");
        wait_for_listeners(&mut client, 0);
        assert_eq!(client.ask::<i64>(&format!("JQ.FORGET {name} b")), 1, "{line}");
        client.ask::<()>("FLUSHALL");
        client.ask::<()>("SELECT 0");
    }
}

/// What operators and clients themselves do to a wait.
#[test]
fn a_wait_that_is_cut_short_leaves_nothing() {
    let (server, mut client) = start(&[]);
    let mut listeners = gather(&server, &mut client);
    for how in ["TIMEOUT", "ERROR", "KILL"] {
        let mut waiting = blocked(&mut client);
        waiting.sort_unstable();
        let mut cut = listeners.split_off(listeners.len() - 3);
        for id in &waiting[waiting.len() - 3..] {
            let line = if how == "KILL" {
                format!("CLIENT KILL ID {id}")
            } else {
                format!("CLIENT UNBLOCK {id} {how}")
            };
            client.ask::<()>(&line);
        }
        wait_for_listeners(&mut client, listeners.len());
        let heard: Vec<_> = cut.iter_mut().map(Listener::hear).collect();
        match how {
            "TIMEOUT" => assert!(heard.iter().all(|heard| matches!(heard, Ok(Value::Array(_)))), "{heard:?}"),
            _ => assert!(heard.iter().flatten().next().is_none(), "{heard:?}"),
        }
    }
    // The last three hang up.
    assert_eq!(client.ask::<i64>("JQ.FORGET q b"), 0, "somebody waits for it");
    drop(listeners);
    wait_for_listeners(&mut client, 0);
    until_true("nobody waits for the batch", || client.ask::<i64>("JQ.FORGET q b") == 1);
    quiet(&server);
}

/// Waits that end by their time, and news that come, while writes are held back.
#[test]
fn a_pause_holds_no_listener_back_for_ever() {
    let (server, mut client) = start(&[]);
    for how in ["WRITE", "ALL"] {
        let listeners = gather(&server, &mut client);
        let job = claimed(&client.ask("JQ.CLAIM q w")).pop().expect("a job");
        let mut short: Vec<_> = (0..3).map(|_| Listener::begin(&server, "JQ.AWAIT q BATCH b 20")).collect();
        client.ask::<()>(&format!("CLIENT PAUSE 100 {how}"));
        let late = Listener::begin(&server, "JQ.AWAIT q JOB a 20");
        for listener in &mut short {
            assert_eq!(listener.hear_of_batch()["pending"], 1, "{how}");
        }
        // Held back itself until the pause is over.
        client.send(&job.words("JQ.ACK", "q")).expect("an answer");
        for mut listener in listeners.into_iter().chain([late]) {
            assert!(matches!(listener.hear(), Ok(Value::Array(_))), "{how}");
        }
        wait_for_listeners(&mut client, 0);
        client.ask::<()>("FLUSHALL");
    }
}

//! Any bytes as arguments: an error that changes nothing, or an answer, and never the end of a connection.
//! And what only a primary or a file may send, sent by clients.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use redis::Value;
use redis_jq::codec::effects::seal;
use testkit::client::{claimed, is_gone, shown, Claimed, Client};
use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::traffic::{Traffic, Words};
use testkit::Server;

use super::consistency::check_all;
use super::settings::{seed, times};
use super::BASICS;

/// Words of the manual, and words that are nearly those.
#[rustfmt::skip] // a table
const WORDS: [&str; 57] = [
    "*", "0", "-0", "00", "1", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "2", "10", "10000", "10001", "2147483647",
    "-2147483648", "2147483648", "4294967295", "4294967296", "315576000000", "315576000001", "9007199254740991",
    "9007199254740992", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "99999999999999999999999", "inf", "nan", "COUNT", "LEASE", "BLOCK", "MIN", "MAXBYTES", "HELD",
    "DELAY", "AT", "PRIORITY", "ATTEMPTS", "BACKOFF", "FIXED", "EXPONENTIAL", "DEDUP", "ONDUP", "REPLACE", "RERUN", "PX", "MAXWAIT",
    "KEEP", "RESULT", "WORKER", "CURSOR", "JSON",
];
#[rustfmt::skip] // a table
const FIELDS: [&str; 18] = [
    "waiting", "delayed", "blocked", "active", "completed", "failed", "lease", "attempts", "backoff", "max-backoff",
    "jitter", "max-losses", "dedup-window", "max-ids", "keep-completed", "keep-failed-max", "fixed/99999999999999999999",
    "exponential/315576000000",
];

/// So many of the newest leases are named.
const JOBS: usize = 20;

struct Malformed {
    rng: Rng,
    /// Leases that are or were good.
    jobs: Vec<Claimed>,
}

impl Malformed {
    /// Claims jobs; false if there were none. Then another queue is begun: in time the ids of all are used up, or what was
    /// set keeps them back for ever.
    fn claim(&mut self, client: &mut Client) -> bool {
        let jobs = claimed(&client.ask("JQ.CLAIM q w COUNT 5"));
        if jobs.is_empty() {
            client.ask::<()>("DEL q");
        }
        let is_fed = !jobs.is_empty();
        self.jobs.extend(jobs);
        let old = self.jobs.len().saturating_sub(JOBS);
        self.jobs.drain(..old);
        is_fed
    }

    /// Sends commands, of which those that are refused change nothing. How many were answered, and how many refused.
    fn send_some(&mut self, client: &mut Client, verbs: &[String]) -> (usize, usize) {
        let digest = |client: &mut Client| client.ask::<Vec<String>>("DEBUG DIGEST-VALUE q none text");
        let (mut answered, mut refused) = (0, 0);
        let mut before = digest(client);
        for _ in 0..150 {
            let command = self.command(verbs);
            match client.send(&command) {
                Ok(_) => answered += 1,
                Err(why) => {
                    refused += 1;
                    let text = why.to_string();
                    assert!(!is_gone(&why) && !text.contains("internal error"), "{}: {why}", shown(&command));
                    assert_eq!(before, digest(client), "{} was refused ({why})", shown(&command));
                }
            }
            before = digest(client);
        }
        (answered, refused)
    }

    fn command(&mut self, verbs: &[String]) -> Words {
        let mut command = vec![self.rng.pick(verbs).clone().into_bytes()];
        if !self.rng.one_in(20) {
            let usual = self.rng.pick(&["q", "q", "q", "q", "none", "", "text"]).as_bytes().to_vec();
            command.push(if self.rng.one_in(30) { self.word() } else { usual });
        }
        for _ in 0..self.rng.below(9) {
            match self.rng.below(4) {
                0 if !self.jobs.is_empty() => {
                    let job = self.rng.pick(&self.jobs).clone();
                    command.extend([job.token.to_string().into_bytes(), job.id]);
                }
                _ => command.push(self.word()),
            }
        }
        command
    }

    fn word(&mut self) -> Vec<u8> {
        match self.rng.below(40) {
            0..20 => self.rng.pick(&WORDS).as_bytes().to_vec(),
            20..25 => self.rng.pick(&FIELDS).as_bytes().to_vec(),
            25..29 => format!("job-{}", self.rng.below(48)).into_bytes(),
            29 => Vec::new(),
            30 => vec![0; 1 + self.rng.below(3)],
            31 => vec![b'x'; *self.rng.pick(&[127, 128, 129, 511, 512, 513, 1024, 1025])],
            32 => self.rng.any().to_string().into_bytes(),
            33 => (self.rng.any().cast_signed() >> self.rng.below(64)).to_string().into_bytes(),
            34 if self.rng.one_in(50) => {
                let len = *self.rng.pick(&[1 << 16, 1 << 20]);
                self.rng.bytes(len)
            }
            _ => {
                let len = self.rng.below(20);
                self.rng.bytes(len)
            }
        }
    }
}

/// Ends what blocks: with any bytes as arguments some claims wait for ever.
struct Unblocker {
    stopped: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Unblocker {
    fn start(server: &Server, id: i64) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, mut client) = (Arc::clone(&stopped), Client::of(server));
        let thread = thread::spawn(move || {
            while !stop.load(Relaxed) {
                client.ask::<()>(&format!("CLIENT UNBLOCK {id}"));
                thread::park_timeout(Duration::from_millis(2));
            }
        });
        Self { stopped, thread: Some(thread) }
    }
}

impl Drop for Unblocker {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        let ended = self.thread.take().map(thread::JoinHandle::join);
        assert!(
            thread::panicking() || matches!(ended, Some(Ok(()))),
            "the thread that ends waits has failed"
        );
    }
}

#[test]
fn any_arguments_are_answered_and_errors_change_nothing() {
    let server = Server::start(&BASICS).expect("a server");
    let mut client = Client::of(&server);
    let id: i64 = client.ask("CLIENT ID");
    let _unblocker = Unblocker::start(&server, id);
    let seed = seed("any_arguments_are_answered_and_errors_change_nothing");
    let mut traffic = Traffic::new(seed);
    let mut malformed = Malformed { rng: Rng::new(seed), jobs: Vec::new() };
    // Nothing happens by itself: what differs, a command has changed.
    client.ask::<()>("JQ.DEBUG CLOCK 1704067200000");
    client.ask::<()>("SET text x");
    let verbs = verbs(&mut client);
    let (mut answered, mut refused, mut rounds_with_jobs) = (0, 0, 0);
    for round in 0..30 * times() {
        for _ in 0..20 {
            // Whether these are refused does not matter here.
            let _ = client.send(&traffic.command("q"));
        }
        client.ask::<()>("JQ.RESUME q");
        rounds_with_jobs += usize::from(malformed.claim(&mut client));
        let (more, against) = malformed.send_some(&mut client, &verbs);
        // A queue that refuses everything, or takes everything, would show nothing any more.
        assert!(more >= 5 && against >= 5, "round {round}: {more} were answered, {against} refused");
        answered += more;
        refused += against;
        check_all(&format!("round {round}"), &mut client);
        if client.number("used_memory") > 200 << 20 {
            client.ask::<()>("FLUSHALL");
            client.ask::<()>("SET text x");
        }
    }
    println!("{answered} answered, {refused} refused, {rounds_with_jobs} rounds with new jobs");
    assert!(rounds_with_jobs > 10 * times(), "there was seldom a job");
}

/// The module's commands but the one that sets the clock.
fn verbs(client: &mut Client) -> Vec<String> {
    let mut verbs: Vec<String> = client.ask("COMMAND LIST FILTERBY PATTERN jq.*");
    verbs.retain(|verb| !verb.eq_ignore_ascii_case("jq.debug"));
    assert!(verbs.len() > 20, "{verbs:?}");
    verbs
}

#[test]
fn only_a_primary_or_a_file_may_send_effects() {
    let server = Server::start(&BASICS).expect("a server");
    let follow = format!("127.0.0.1 {}", server.port());
    let mut settings = BASICS.to_vec();
    settings.extend([("replicaof", follow.as_str()), ("replica-read-only", "no")]);
    let replica = Server::start(&settings).expect("a server");
    let mut client = Client::of(&server);
    client.ask::<()>("JQ.ADD q a x");
    // An effect of version 2 at instant 1: the queue is paused.
    let mut effect = [2, 0, 0, 0, 0, 1, 18];
    seal(&mut effect);
    let effect: &[u8] = &effect;
    for mut client in [client, Client::of(&replica)] {
        until_true("the replica has the queue", || client.ask::<i64>("EXISTS q") == 1);
        for key in ["q", "none"] {
            let apply = [b"JQ.APPLY", key.as_bytes(), effect];
            refused(&mut client, &apply);
            let script = b"return redis.call('JQ.APPLY', KEYS[1], ARGV[1])";
            refused(&mut client, &[b"EVAL", script, b"1", key.as_bytes(), effect]);
            refused(
                &mut client,
                &[b"EVAL", &[b"#!lua\n", &script[..]].concat(), b"1", key.as_bytes(), effect],
            );
            client.ask::<()>("MULTI");
            client.ask_words::<()>(&apply);
            refused(&mut client, &[b"EXEC"]);
        }
        let library = b"#!lua name=l\nredis.register_function('f', function(k, a) return redis.call('JQ.APPLY', k[1], a[1]) end)";
        client.ask_words::<()>(&[b"FUNCTION", b"LOAD", b"REPLACE", library]);
        refused(&mut client, &[b"FCALL", b"f", b"1", b"q", effect]);
        assert_eq!(client.ask::<i64>("EXISTS q none"), 1);
        assert_eq!(client.stat("q", "paused"), 0);
    }
}

#[track_caller]
fn refused(client: &mut Client, words: &[&[u8]]) {
    let words: Words = words.iter().map(|word| word.to_vec()).collect();
    let reply = client.send(&words);
    let refused = match &reply {
        Err(why) => why.to_string().contains("internal"),
        Ok(Value::Array(replies)) => format!("{replies:?}").contains("internal"),
        Ok(_) => false,
    };
    assert!(refused, "{}: {reply:?}", shown(&words));
}

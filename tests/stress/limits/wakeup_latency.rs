//! A client that a limit keeps waiting gets its job at the instant the limit allows it: no poll, no tick in
//! between.
//!
//! Each round lets one client wait, makes room under the limit, and takes the time until the client has its
//! job.

use redis::Value;
use testkit::client::{claimed, Claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

use super::super::consistency::check_all;
use super::super::BASICS;
use super::event_log::now;
use super::QUEUE;

const ROUNDS: usize = 25;
/// Microseconds. The least interval at which a server would check by itself is 10 ms, which makes 5 on
/// average. A timer is late by two rounded milliseconds; the rest is for a machine that has other things to
/// do.
const PROMPT: u64 = 4_000;
/// And when it has too many, another try.
const TRIES: usize = 3;

/// What opens a case.
#[derive(Debug, Clone, Copy)]
enum Trigger {
    /// One ends its job with this command.
    End(&'static str),
    /// The lease of a job ends, so many milliseconds after it was claimed.
    Lease(u64),
    /// A token comes back, so many milliseconds after one was taken.
    Token(u64),
    /// The limit is raised by this setting; the first one is set again afterwards.
    Limit(&'static str),
}

struct Case {
    name: &'static str,
    settings: &'static str,
    /// The GROUP of all jobs; none if this is empty.
    group: &'static str,
    /// Claimed before the next has to wait.
    most: usize,
    trigger: Trigger,
}

const CASES: [Case; 12] = [
    case("a slot, by ACK", "concurrency 1", "", 1, Trigger::End("JQ.ACK")),
    case("a slot, by RELEASE", "concurrency 1", "", 1, Trigger::End("JQ.RELEASE")),
    case("a slot, by the end of a lease", "concurrency 1", "", 1, Trigger::Lease(30)),
    case("a slot, by a higher limit", "concurrency 2", "", 2, Trigger::Limit("concurrency 3")),
    case("a token", "rate 1/30", "", 1, Trigger::Token(30)),
    case("a token, by a higher rate", "rate 1/60000", "", 1, Trigger::Limit("rate 2/60000")),
    case("a strict lane, by ACK", "group-concurrency 1", "g", 1, Trigger::End("JQ.ACK")),
    case("a strict lane, by failing", "group-concurrency 1 attempts 1", "g", 1, Trigger::End("JQ.NACK")),
    case("a place in a lane, by ACK", "group-concurrency 3", "g", 3, Trigger::End("JQ.ACK")),
    case("a place in a lane, by the end of a lease", "group-concurrency 3", "g", 3, Trigger::Lease(30)),
    case(
        "a place in a lane, by a higher limit",
        "group-concurrency 2",
        "g",
        2,
        Trigger::Limit("group-concurrency 3"),
    ),
    case("a token of a lane", "group-rate 1/30 group-concurrency 0", "g", 1, Trigger::Token(30)),
];

const fn case(
    name: &'static str,
    settings: &'static str,
    group: &'static str,
    most: usize,
    trigger: Trigger,
) -> Case {
    Case { name, settings, group, most, trigger }
}

#[test]
fn a_client_that_a_limit_keeps_waiting_is_served_at_once_when_there_is_room() {
    let server = Server::start(&BASICS).expect("a server");
    let (mut client, mut waiter) = (Client::of(&server), Client::of(&server));
    for case in &CASES {
        let is_prompt = |client: &mut Client, waiter: &mut Client| {
            let median = case.median(client, waiter);
            median <= PROMPT || median <= PROMPT + 2 * lateness(client)
        };
        let in_time = (0..TRIES).any(|_| is_prompt(&mut client, &mut waiter));
        assert!(in_time, "{}: the client that waits is late each time", case.name);
    }
    check_all("at the end", &mut client);
}

/// How late this server ends a wait that has nothing to do with queues, so busy is the machine; microseconds,
/// the median.
fn lateness(client: &mut Client) -> u64 {
    const MS: u64 = 30;
    let wait = |_| {
        let asked = now();
        client.ask::<Value>(&format!("BLPOP nothing 0.0{MS}"));
        (now() - asked).saturating_sub(MS * 1000)
    };
    let mut delays: Vec<u64> = (0..ROUNDS).map(wait).collect();
    delays.sort_unstable();
    println!("  a BLPOP is late by {} us", delays[ROUNDS / 2]);
    delays[ROUNDS / 2]
}

impl Case {
    /// Microseconds from opening to the next job, of some rounds the one in the middle.
    fn median(&self, client: &mut Client, waiter: &mut Client) -> u64 {
        let mut delays: Vec<u64> = (0..ROUNDS).map(|_| self.round(client, waiter)).collect();
        delays.sort_unstable();
        let (median, longest) = (delays[ROUNDS / 2], delays[ROUNDS - 1]);
        println!("{}: {median} us until the next job begins, {longest} at most", self.name);
        median
    }

    /// A queue is filled up to its limit, and one more waits; microseconds from the instant at which there is
    /// room until that one has a job.
    fn round(&self, client: &mut Client, waiter: &mut Client) -> u64 {
        client.ask::<()>(&format!("DEL {QUEUE}"));
        client.ask::<()>(&format!("JQ.CONFIG {QUEUE} {}", self.settings));
        let group = if self.group.is_empty() { String::new() } else { format!(" GROUP {}", self.group) };
        client.ask::<()>(&format!("JQ.MADD {QUEUE} 5 a x b x c x d x e x{group}"));
        let lease = if let Trigger::Lease(ms) = self.trigger { ms } else { 60_000 };
        let jobs = claimed(&client.ask(&format!("JQ.CLAIM {QUEUE} holder COUNT 5 LEASE {lease}")));
        assert_eq!(jobs.len(), self.most, "{}", self.name);
        let claim = redis::cmd("JQ.CLAIM").arg(QUEUE).arg("waiter").arg("BLOCK").arg(0).get_packed_command();
        waiter.connection().send_packed_command(&claim).expect("a server");
        let opened = self.open(client, &jobs);
        let reply = waiter.connection().recv_response().expect("an answer");
        let answered = now();
        assert_eq!(claimed(&reply).len(), 1, "{}: {reply:?}", self.name);
        answered.saturating_sub(opened)
    }

    /// Makes room under the limit, or waits until time does. The reply is when that was, in Unix
    /// microseconds.
    fn open(&self, client: &mut Client, jobs: &[Claimed]) -> u64 {
        // The server's own instant of the claim in whole milliseconds: by that it reckons.
        let claimed_at = jobs[0].token / 1000 * 1000;
        if let Trigger::Lease(ms) | Trigger::Token(ms) = self.trigger {
            return claimed_at + ms * 1000;
        }
        until_true("one waits", || client.number("jq_blocked_claim_clients") == 1);
        let opened = now();
        match self.trigger {
            Trigger::End(verb) => drop(client.send(&jobs[0].words(verb, QUEUE)).expect("an answer")),
            Trigger::Limit(setting) => drop(client.ask::<Value>(&format!("JQ.CONFIG {QUEUE} {setting}"))),
            Trigger::Lease(_) | Trigger::Token(_) => {}
        }
        opened
    }
}

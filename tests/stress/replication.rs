//! Replicas hold what their primary holds, whatever happens to them, and go on in its place.

use testkit::client::{claimed, Client};
use testkit::deadline::until_true;

use super::consistency::check_all;
use super::load::Load;
use super::replica_chain::ReplicaChain;
use super::settings::{seed, times};

/// Sends more than the smallest backlog holds. What a replica has not read the backlog keeps, however long it is: the
/// primary must have seen that its replica has gone.
fn overflow(primary: &mut Client) {
    until_true("no replica is connected", || primary.number("connected_slaves") == 0);
    primary.ask::<()>(&format!("SET filler {}", "x".repeat(200_000)));
}

#[test]
fn replicas_and_files_follow_random_traffic() {
    for preamble in ["yes", "no"] {
        let chain = ReplicaChain::start(&[("aof-use-rdb-preamble", preamble)]);
        let load = Load::begin(chain.port(), seed("replicas_and_files_follow_random_traffic"));
        for round in 0..2 * times() {
            load.wait_for_answers(4000);
            chain.compare_files(&format!("round {round}, preamble {preamble}"));
            chain.rewrite_files();
            chain.compare_files(&format!("round {round}, preamble {preamble}, rewritten"));
        }
        load.end();
    }
}

#[test]
fn a_replica_that_was_cut_off_catches_up() {
    let mut chain = ReplicaChain::start(&[("repl-diskless-load", "swapdb")]);
    let load = Load::begin(chain.port(), seed("a_replica_that_was_cut_off_catches_up"));
    for round in 0..3 * times() {
        load.wait_for_answers(500);
        let mut primary = chain.client(0);
        primary.ask::<()>("CONFIG SET repl-backlog-size 1mb");
        let partial = primary.number("sync_partial_ok");
        until_true("replicas connect again and get what they missed", || {
            primary.ask::<i64>("CLIENT KILL TYPE replica");
            chain.client(1).ask::<i64>("CLIENT KILL TYPE replica");
            load.wait_for_answers(50);
            chain.wait_for_links();
            primary.number("sync_partial_ok") > partial
        });
        chain.compare(&format!("round {round}, partial"));

        let full = primary.number("sync_full");
        primary.ask::<()>("CONFIG SET repl-backlog-size 16kb");
        chain.client(1).ask::<()>("REPLICAOF 127.0.0.1 1");
        load.wait_for_answers(1000);
        overflow(&mut primary);
        chain.follow(1, 0);
        until_true("the replica gets everything anew", || primary.number("sync_full") > full);
        load.wait_for_answers(500);
        chain.compare_files(&format!("round {round}, full"));
    }
    load.end();
}

#[test]
fn servers_that_crash_come_back_to_the_same() {
    let mut chain = ReplicaChain::start(&[]);
    let load = Load::begin(chain.port(), seed("servers_that_crash_come_back_to_the_same"));
    for round in 0..times() {
        for which in [2, 1, 0] {
            load.wait_for_answers(700);
            chain.servers[which].kill();
            chain.servers[which].restart().unwrap_or_else(|why| panic!("server {which}: {why}"));
            load.wait_for_answers(300);
            chain.compare_files(&format!("round {round}, server {which} was killed"));
        }
    }
    load.end();
}

#[test]
fn traffic_goes_on_at_the_new_primary() {
    let mut chain = ReplicaChain::start(&[]);
    let load = Load::begin(chain.port(), seed("traffic_goes_on_at_the_new_primary"));
    for round in 0..2 * times() {
        let (old, new) = (chain.primary, 1 - chain.primary);
        load.wait_for_answers(1000);
        let port = chain.servers[new].port();
        chain.client(old).ask::<()>(&format!("FAILOVER TO 127.0.0.1 {port} TIMEOUT 20000"));
        until_true("the roles are swapped", || chain.client(new).info("role") == "master");
        chain.primary = new;
        load.switch_to(port);
        chain.follow(2, new);
        load.wait_for_answers(1000);
        chain.compare_files(&format!("round {round}, failover"));

        // No client asks the primary this time: it is left behind with what it did not pass on.
        chain.client(old).ask::<()>("REPLICAOF NO ONE");
        chain.primary = old;
        load.switch_to(chain.port());
        load.wait_for_answers(300);
        chain.follow(new, old);
        load.wait_for_answers(300);
        chain.compare(&format!("round {round}, taken over"));
    }
    load.end();
}

/// A token from a clock that is an hour ahead. Then a delay and a lease that ended seconds ago, as every
/// other server's clock sees it, but not on this one, whose clock stands still.
fn prepare(primary: &mut Client) -> u64 {
    let (seconds, _): (u64, u64) = primary.ask("TIME");
    primary.ask::<()>("JQ.MADD ahead 2 first x second x");
    primary.ask::<()>(&format!("JQ.DEBUG CLOCK {}", (seconds + 3600) * 1000));
    let jobs = claimed(&primary.ask("JQ.CLAIM ahead w"));
    primary.ask::<()>(&format!("JQ.DEBUG CLOCK {}", (seconds - 10) * 1000));
    primary.ask::<()>("JQ.ADD q leased x");
    primary.ask::<()>("JQ.CLAIM q w LEASE 700");
    primary.ask::<()>("JQ.ADD q delayed x DELAY 700");
    jobs[0].token
}

fn has_done_nothing(replica: &mut Client) {
    assert_eq!((replica.stat("q", "active"), replica.stat("q", "delayed")), (1, 1));
}

/// No client sends a command: time alone lets two jobs wait. Then tokens go on where they were.
fn goes_on(new: &mut Client, token: u64) {
    until_true("time goes on at the new primary", || new.stat("q", "waiting") == 2);
    let jobs = claimed(&new.ask("JQ.CLAIM ahead w"));
    assert!(jobs[0].token > token, "{} comes after {token}", jobs[0].token);
}

#[test]
fn time_and_tokens_go_on_after_a_failover() {
    let chain = ReplicaChain::start(&[]);
    let token = prepare(&mut chain.client(0));
    chain.calm(|clients| has_done_nothing(&mut clients[1]));
    let port = chain.servers[1].port();
    chain.client(0).ask::<()>(&format!("FAILOVER TO 127.0.0.1 {port}"));
    until_true("the roles are swapped", || chain.client(1).info("role") == "master");
    goes_on(&mut chain.client(1), token);
}

#[test]
fn time_and_tokens_go_on_when_a_replica_takes_over() {
    for load in ["disabled", "on-empty-db", "swapdb"] {
        let mut chain = ReplicaChain::start(&[("repl-diskless-load", load), ("repl-backlog-size", "16kb")]);
        let mut primary = chain.client(0);
        chain.client(1).ask::<()>("REPLICAOF 127.0.0.1 1");
        let token = prepare(&mut primary);
        overflow(&mut primary);
        let full = primary.number("sync_full");
        chain.follow(1, 0);
        until_true("the replica gets everything anew", || primary.number("sync_full") > full);
        chain.calm(|clients| has_done_nothing(&mut clients[1]));
        chain.servers[0].kill();
        chain.client(1).ask::<()>("REPLICAOF NO ONE");
        goes_on(&mut chain.client(1), token);
        check_all(load, &mut chain.client(1));
    }
}

#[test]
fn a_replica_does_nothing_by_itself() {
    let chain = ReplicaChain::start(&[]);
    let mut primary = chain.client(0);
    primary.ask::<()>("JQ.ADD q delayed x DELAY 20");
    // Held back: writes, and what time does, for longer than the delay.
    primary.ask::<()>("CLIENT PAUSE 600000 WRITE");
    let mut replica = chain.client(1);
    until_true("it is due, as the replica's clock sees it", || replica.stat("q", "next-due-ms") == 0);
    assert_eq!((replica.stat("q", "delayed"), replica.stat("q", "waiting")), (1, 0));
    assert_eq!(primary.stat("q", "delayed"), 1);
    primary.ask::<()>("CLIENT UNPAUSE");
    until_true("the primary moves it", || replica.stat("q", "waiting") == 1);
}

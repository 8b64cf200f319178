//! Keys expire while the server is killed again and again: each becomes a job, whatever happens.

use testkit::deadline::until_true;
use testkit::rng::Rng;
use testkit::Client;
use testkit::Server;

use super::consistency::{check_all, quiet};
use super::settings::{seed, times};
use super::BASICS;

/// Keys that are set in each round.
const KEYS: u64 = 1000;
/// They expire over so many milliseconds.
const SPREAD: u64 = 1000;

#[test]
fn no_expired_key_is_lost_when_the_server_is_killed() {
    let mut rng = Rng::new(seed("no_expired_key_is_lost_when_the_server_is_killed"));
    for preamble in ["yes", "no"] {
        let mut settings = BASICS.to_vec();
        settings.extend([("appendonly", "yes"), ("appendfsync", "no"), ("aof-use-rdb-preamble", preamble)]);
        let mut server = Server::start(&settings).expect("a server");
        let mut client = Client::of(&server);
        for queue in ["q", "other"] {
            client.ask::<()>(&format!("JQ.ONEXPIRE {queue} t:"));
        }
        let rounds = 6 * times() as u64;
        kill_while_keys_expire(&mut server, &mut rng, rounds);
        client = Client::of(&server);
        until_true("all keys have expired", || client.ask::<u64>("DBSIZE") == 2);
        for queue in ["q", "other"] {
            // A key whose deletion was not written before the kill is heard of twice, and its job is there
            // once.
            assert_eq!(waiting(&mut client, queue), rounds * KEYS, "{queue}, preamble {preamble}");
        }
        check_all("at the end", &mut client);
        quiet(&server);
    }
}

/// In each round keys are set, and the server is killed in the middle of their expiry, and started again.
fn kill_while_keys_expire(server: &mut Server, rng: &mut Rng, rounds: u64) {
    let (mut added, mut in_the_middle) = (0, 0);
    for round in 0..rounds {
        let mut client = Client::of(server);
        set_keys(&mut client, rng, round * KEYS);
        let goal = added + 1 + rng.any() % (KEYS / 2);
        until_true("keys expire", || {
            added = waiting(&mut client, "q");
            added >= goal
        });
        in_the_middle += u64::from(added < (round + 1) * KEYS);
        if round % 2 == 1 {
            client.ask::<()>("BGREWRITEAOF");
        }
        server.kill();
        server.restart().unwrap_or_else(|why| panic!("{why}"));
        added = waiting(&mut Client::of(server), "q");
        assert!(added >= goal, "{added} jobs are left of {goal}");
    }
    println!("{in_the_middle} of {rounds} kills while keys expired");
    assert!(in_the_middle > rounds / 2, "in most rounds all keys had expired before the kill");
}

/// Sets the keys of one round, which expire one after the other.
fn set_keys(client: &mut Client, rng: &mut Rng, first: u64) {
    let mut keys = redis::pipe();
    for number in first..first + KEYS {
        let ms = 200 + rng.any() % SPREAD;
        keys.cmd("SET").arg(format!("t:{number}")).arg("x").arg("PX").arg(ms).ignore();
    }
    keys.query::<()>(client.connection()).expect("keys");
}

fn waiting(client: &mut Client, queue: &str) -> u64 {
    u64::try_from(client.stat(queue, "waiting")).unwrap_or_default()
}

/// All in one packet, so that the timer comes only after it: the queue has been renamed and has then expired, the server
/// wants to know whether its key has a TTL, and a key that became a job is still postponed for it.
#[test]
fn a_queue_that_is_gone_when_the_timer_visits_it_is_not_asked_for_its_ttl() {
    let server = Server::start(&BASICS).expect("a server");
    let mut client = Client::of(&server);
    for _ in 0..5 * times() {
        let mut packet = redis::pipe();
        for line in [
            "FLUSHALL",
            "JQ.ONEXPIRE q k:",
            "SET k:1 1 PX 5",
            "RENAME q q2",
            "DEBUG SLEEP 0.02",
            "GET k:1",
            "PEXPIRE q2 5",
            "JQ.ADD q2 a x",
            "DEBUG SLEEP 0.02",
        ] {
            let mut words = line.split(' ');
            packet.cmd(words.next().unwrap());
            for word in words {
                packet.arg(word);
            }
            packet.ignore();
        }
        packet.query::<()>(client.connection()).expect("the server lives");
        until_true("the queue has expired", || client.ask::<i64>("DBSIZE") == 0);
        until_true("the directory has forgotten it", || client.number("jq_queues_with_onexpire") == 0);
    }
    quiet(&server);
}

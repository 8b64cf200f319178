//! Memory at its end, and what is left of it when all is gone.

use redis::Value;
use testkit::client::claimed;
use testkit::deadline::until_true;

use super::consistency::check_all;
use super::large_moves::{fill, start};
use super::load::Load;
use super::settings::seed;

/// Producers are refused; workers and time go on.
#[test]
fn memory_at_its_end_stops_producers_only() {
    let (_server, mut client) = start(&[("maxmemory-policy", "noeviction")]);
    client.ask::<()>("JQ.CONFIG q max-losses 9 lease 100");
    client.ask::<()>("JQ.MADD q 3 a x b x c x");
    client.ask::<()>("JQ.ADD q delayed x DELAY 100");
    client.ask::<()>("JQ.ADD q expiring x DELAY 50 PX 100");
    let jobs = claimed(&client.ask("JQ.CLAIM q w COUNT 2"));
    client.ask::<()>("CONFIG SET maxmemory 1");
    let producers = ["JQ.ADD q x x", "JQ.MADD q 1 x x", "EVAL return(redis.call('JQ.ADD','q','x','x')) 1 q"];
    for line in producers {
        let refusal = client.refusal(line).unwrap_or_else(|| panic!("{line} is not refused"));
        assert!(refusal.contains("OOM"), "{line}: {refusal}");
    }
    assert_eq!(client.send(&jobs[0].words("JQ.ACK", "q")).unwrap(), Value::Array(vec![Value::Int(1)]));
    until_true("the delay ends", || client.stat("q", "delayed") == 0);
    until_true("the lease ends", || client.stat("q", "losses") == 1);
    until_true("it expires", || client.stat("q", "expirations") == 1);
    assert_eq!(client.stat("q", "waiting"), 3);
    let again = claimed(&client.ask("JQ.CLAIM q w COUNT 9 LEASE 10000"));
    assert_eq!(again.len(), 3);
    assert_eq!(client.send(&again[0].words("JQ.NACK", "q")).unwrap(), Value::Array(vec![Value::Int(1)]));
    assert_eq!(client.send(&again[1].words("JQ.RELEASE", "q")).unwrap(), Value::Array(vec![Value::Int(1)]));
    check_all("without memory", &mut client);
    client.ask::<()>("CONFIG SET maxmemory 0");
    client.ask::<()>("JQ.ADD q x x");
}

/// A queue with something due that is evicted leaves nothing behind that would hurt.
#[test]
fn queues_are_evicted_while_time_acts_on_them() {
    let (_server, mut client) =
        start(&[("maxmemory-policy", "allkeys-random"), ("lazyfree-lazy-eviction", "no")]);
    let room = client.number("used_memory") + (6 << 20);
    client.ask::<()>(&format!("CONFIG SET maxmemory {room}"));
    for number in 0..300 {
        let queue = format!("q{number}");
        client.ask::<()>(&format!("JQ.CONFIG {queue} lease 3 dedup-window 5"));
        fill(&mut client, &queue, 300, &format!("DELAY {}", number % 20));
        claimed(&client.ask(&format!("JQ.CLAIM {queue} w COUNT 50")));
    }
    assert!(client.number("evicted_keys") > 50, "there was room for all");
    until_true("nothing is left to be moved", || {
        let keys: Vec<String> = client.ask("KEYS *");
        keys.iter().all(|queue| client.stat(queue, "delayed") == 0)
    });
    check_all("at the end", &mut client);
}

/// The server measures what each eviction gives back before it takes the next key.
#[test]
fn an_eviction_of_a_large_queue_takes_no_second_one() {
    // More than what is freed on a thread of its own when no client waits for it.
    const JOBS: usize = 12_000;
    let (_server, mut client) =
        start(&[("maxmemory-policy", "allkeys-random"), ("lazyfree-lazy-eviction", "no")]);
    for number in 0..6 {
        fill(&mut client, &format!("q{number}"), JOBS, "");
    }
    let room = client.number("used_memory") + client.ask::<i64>("MEMORY USAGE q0") / 2;
    client.ask::<()>(&format!("CONFIG SET maxmemory {room}"));
    for number in 6..12 {
        fill(&mut client, &format!("q{number}"), JOBS, "");
        let left: i64 = client.ask("DBSIZE");
        assert!(left >= 5, "of 6 queues for which there is room {left} are left");
    }
}

/// What the module keeps beside the keys goes with them.
#[test]
fn memory_comes_back_when_queues_and_clients_go() {
    let (server, mut client) = start(&[("lazyfree-lazy-user-flush", "no")]);
    let mut left = Vec::new();
    for round in 0..14 {
        let load = Load::begin(server.port(), seed("memory_comes_back_when_queues_and_clients_go") + round);
        load.wait_for_answers(1500);
        load.end();
        client.ask::<()>("FLUSHALL SYNC");
        client.ask::<()>("SCRIPT FLUSH SYNC");
        until_true("clients are gone", || client.number("connected_clients") == 1);
        until_true("no client waits", || client.number("jq_blocked_await_clients") == 0);
        until_true("nothing is waited for", || client.number("jq_queues_with_timers") == 0);
        left.push(client.number("used_memory"));
    }
    // The first rounds fill what the server keeps for later, and buffers of its own come and go by 100 KB:
    // what leaks shows in the least of the last rounds.
    let (before, after) = (left[2..6].iter().max().unwrap(), left[6..].iter().min().unwrap());
    assert!(after - before < 64 << 10, "bytes in use after each round: {left:?}");
}

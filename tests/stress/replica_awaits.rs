//! Clients that wait for news at replicas, and at servers that become one.

use redis::Value;
use testkit::client::claimed;
use testkit::deadline::until_true;

use super::awaits::{gather, wait_for_listeners, Listener};
use super::consistency::{check_all, quiet};
use super::large_moves::start;
use super::replica_chain::ReplicaChain;

/// Listeners at replicas hear what those at the primary hear, and of what only the primary knew nobody waits for.
#[test]
fn listeners_at_a_replica_hear_what_happens_at_its_primary() {
    let chain = ReplicaChain::start(&[]);
    let [mut primary, mut replica] = [0, 1].map(|which| chain.client(which));
    for line in ["JQ.CANCEL q a", "JQ.FORGET q b", "DEL q", "RENAME q r", "FLUSHALL"] {
        primary.ask::<()>("JQ.ADD q a x BATCH b DEDUP 0");
        primary.ask::<()>("JQ.SEAL q b");
        until_true("the replica has it", || {
            replica.ask::<i64>("EXISTS q") == 1 && replica.stat("q", "batches") == 1
        });
        let mut listeners: Vec<_> =
            (0..3).map(|_| Listener::begin(&chain.servers[1], "JQ.AWAIT q BATCH b 0")).collect();
        wait_for_listeners(&mut replica, listeners.len());
        primary.ask::<()>(line);
        for listener in &mut listeners {
            let heard = listener.hear().expect("an answer");
            // Only the first ends the batch; all others take it away.
            assert_eq!(heard == Value::Nil, line != "JQ.CANCEL q a", "{line}: {heard:?}");
        }
        wait_for_listeners(&mut replica, 0);
        primary.ask::<()>("FLUSHALL");
    }
}

/// A server that follows another gets all its keys anew, however they come.
#[test]
fn listeners_at_a_server_that_turns_to_another_are_let_go() {
    for load in ["disabled", "on-empty-db", "swapdb"] {
        let (first, mut one) = start(&[("repl-diskless-load", load)]);
        let (second, mut other) = start(&[]);
        other.ask::<()>("JQ.ADD q a x BATCH b");
        other.ask::<()>("JQ.SEAL q b");
        let listeners = gather(&first, &mut one);
        one.ask::<()>(&format!("REPLICAOF 127.0.0.1 {}", second.port()));
        // Null, or an error and the end of the connection: the server itself ends waits when its role changes.
        for mut listener in listeners {
            let heard = listener.hear();
            assert!(matches!(heard, Ok(Value::Nil) | Err(_)), "{load}: {heard:?}");
        }
        until_true("it has everything", || one.info("master_link_status") == "up");
        wait_for_listeners(&mut one, 0);
        // Those who come now hear of what is there now, and are let go when another full copy comes.
        let mut listener = Listener::begin(&first, "JQ.AWAIT q BATCH b 0");
        wait_for_listeners(&mut one, 1);
        let job = claimed(&other.ask("JQ.CLAIM q w")).pop().expect("a job");
        other.send(&job.words("JQ.ACK", "q")).expect("an answer");
        assert_eq!(listener.hear_of_batch()["completed"], 1, "{load}");
        other.ask::<()>("JQ.ADD q b x BATCH again");
        until_true("the replica has it", || one.stat("q", "batches") == 2);
        let mut listener = Listener::begin(&first, "JQ.AWAIT q BATCH again 0");
        wait_for_listeners(&mut one, 1);
        // Another history: the replica must take everything anew.
        other.ask::<()>("DEBUG CHANGE-REPL-ID");
        other.ask::<()>("CLIENT KILL TYPE replica");
        let heard = listener.hear();
        assert!(matches!(heard, Ok(Value::Nil) | Err(_)), "{load}: {heard:?}");
        wait_for_listeners(&mut one, 0);
        check_all(load, &mut one);
        quiet(&first);
    }
}

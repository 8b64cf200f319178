//! Clients that wait in JQ.AWAIT at replicas, and at servers that become one.

use redis::Value;
use testkit::client::claimed;
use testkit::deadline::until_true;

use super::awaits::{gather, wait_until_blocked, AwaitingClient};
use super::consistency::{check_all, quiet};
use super::large_moves::start;
use super::replica_chain::ReplicaChain;

/// Clients that wait at replicas get the replies that those at the primary get.
#[test]
fn awaits_at_a_replica_end_with_what_happens_at_its_primary() {
    let chain = ReplicaChain::start(&[]);
    let [mut primary, mut replica] = [0, 1].map(|which| chain.client(which));
    for line in ["JQ.CANCEL q a", "JQ.FORGET q b", "DEL q", "RENAME q r", "FLUSHALL"] {
        primary.ask::<()>("JQ.ADD q a x BATCH b DEDUP 0");
        primary.ask::<()>("JQ.SEAL q b");
        until_true("the replica has it", || {
            replica.ask::<i64>("EXISTS q") == 1 && replica.stat("q", "batches") == 1
        });
        let mut awaiting: Vec<_> =
            (0..3).map(|_| AwaitingClient::begin(&chain.servers[1], "JQ.AWAIT q BATCH b 0")).collect();
        wait_until_blocked(&mut replica, awaiting.len());
        primary.ask::<()>(line);
        for waiting_client in &mut awaiting {
            let reply = waiting_client.reply().expect("an answer");
            // Only the first ends the batch; all others take it away.
            assert_eq!(reply == Value::Nil, line != "JQ.CANCEL q a", "{line}: {reply:?}");
        }
        wait_until_blocked(&mut replica, 0);
        primary.ask::<()>("FLUSHALL");
    }
}

/// A server that follows another gets all its keys anew, however they come.
#[test]
fn awaits_at_a_server_that_follows_another_end() {
    for load in ["disabled", "on-empty-db", "swapdb"] {
        let (first, mut one) = start(&[("repl-diskless-load", load)]);
        let (second, mut other) = start(&[]);
        other.ask::<()>("JQ.ADD q a x BATCH b");
        other.ask::<()>("JQ.SEAL q b");
        let awaiting = gather(&first, &mut one);
        one.ask::<()>(&format!("REPLICAOF 127.0.0.1 {}", second.port()));
        // Null, or an error and the end of the connection: the server itself ends waits when its role changes.
        for mut waiting_client in awaiting {
            let reply = waiting_client.reply();
            assert!(matches!(reply, Ok(Value::Nil) | Err(_)), "{load}: {reply:?}");
        }
        until_true("it has everything", || one.info("master_link_status") == "up");
        wait_until_blocked(&mut one, 0);
        // A client that waits from now on is answered from the present data, and its wait ends with another full copy.
        let mut waiting_client = AwaitingClient::begin(&first, "JQ.AWAIT q BATCH b 0");
        wait_until_blocked(&mut one, 1);
        let job = claimed(&other.ask("JQ.CLAIM q w")).pop().expect("a job");
        other.send(&job.words("JQ.ACK", "q")).expect("an answer");
        assert_eq!(waiting_client.batch_reply()["completed"], 1, "{load}");
        other.ask::<()>("JQ.ADD q b x BATCH again");
        until_true("the replica has it", || one.stat("q", "batches") == 2);
        let mut waiting_client = AwaitingClient::begin(&first, "JQ.AWAIT q BATCH again 0");
        wait_until_blocked(&mut one, 1);
        // Another history: the replica must take everything anew.
        other.ask::<()>("DEBUG CHANGE-REPL-ID");
        other.ask::<()>("CLIENT KILL TYPE replica");
        let reply = waiting_client.reply();
        assert!(matches!(reply, Ok(Value::Nil) | Err(_)), "{load}: {reply:?}");
        wait_until_blocked(&mut one, 0);
        check_all(load, &mut one);
        quiet(&first);
    }
}

//! A queue whose slot moves to another node as a whole (Redis from 8.4 on), while its job is running.
//!
//! The node that imports is a primary and already has the queue, but the old owner goes on serving it: what the
//! importing node did by itself would contradict what the old owner still sends.

use std::thread::sleep;
use std::time::Duration;

use redis::Value;
use testkit::client::{claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

const CLUSTER: [(&str, &str); 5] = [
    ("module-arguments", "debug yes"),
    ("enable-debug-command", "yes"),
    ("cluster-enabled", "yes"),
    ("repl-diskless-sync-delay", "0"),
    ("cluster-slot-migration-handoff-max-lag-bytes", "1048576"),
];

/// Two primaries: the first has all slots. None: this server cannot move a slot as a whole.
fn two_nodes() -> Option<[Server; 2]> {
    // A server that does not know the last setting has no such migration either.
    let probe = Server::start(&[]).expect("a server");
    let known: Vec<String> =
        Client::of(&probe).ask("CONFIG GET cluster-slot-migration-handoff-max-lag-bytes");
    if known.is_empty() {
        return None;
    }
    let nodes = [(); 2].map(|()| Server::start(&CLUSTER).expect("a server"));
    let [mut source, mut target] = [Client::of(&nodes[0]), Client::of(&nodes[1])];
    source.ask::<()>("CLUSTER ADDSLOTSRANGE 0 16383");
    target.ask::<()>("CLUSTER SET-CONFIG-EPOCH 2");
    source.ask::<()>(&format!("CLUSTER MEET 127.0.0.1 {}", nodes[1].port()));
    for client in [&mut source, &mut target] {
        until_true("the cluster is up", || {
            let info: String = client.ask("CLUSTER INFO");
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
        });
    }
    Some(nodes)
}

/// Whether the slot of `{q}` is the node's own.
fn owns(client: &mut Client) -> bool {
    client.try_ask::<Value>("JQ.STATS {q}").is_ok()
}

/// Makes the move of the slot take a second, as gigabytes would, and waits for its end. Meanwhile `work` goes on
/// at the source.
fn migrate(nodes: &[Server; 2], mut work: impl FnMut(&mut Client)) {
    let [mut source, mut target] = [Client::of(&nodes[0]), Client::of(&nodes[1])];
    let slot: i64 = source.ask("CLUSTER KEYSLOT {q}");
    for key in 0..3000 {
        source.ask::<()>(&format!("SET {{q}}:{key} x"));
    }
    source.ask::<()>("CONFIG SET rdb-key-save-delay 1000");
    target.ask::<String>(&format!("CLUSTER MIGRATION IMPORT {slot} {slot}"));
    until_true("the slot has moved", || {
        work(&mut source);
        owns(&mut target)
    });
    source.ask::<()>("CONFIG SET rdb-key-save-delay 0");
}

fn nothing_is_refused(nodes: &[Server; 2]) {
    for node in nodes {
        let mut client = Client::of(node);
        assert_eq!(client.number("jq_refused_effects"), 0, "{}", node.log());
    }
    let wrong: Vec<String> = Client::of(&nodes[1]).ask("JQ.CHECK {q}");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_lease_that_is_extended_outlives_the_move_of_its_slot() {
    let Some(nodes) = two_nodes() else { return };
    let mut source = Client::of(&nodes[0]);
    source.ask::<()>("JQ.ADD {q} a x");
    let token = claimed(&source.ask("JQ.CLAIM {q} w LEASE 1200"))[0].token;
    let extend = format!("JQ.EXTEND {{q}} 1200 {token} a");
    migrate(&nodes, |source| {
        if let Ok(answers) = source.try_ask::<Vec<i64>>(&extend) {
            assert_eq!(answers, [1]);
        }
        sleep(Duration::from_millis(200));
    });
    let mut target = Client::of(&nodes[1]);
    assert_eq!(target.ask::<Vec<i64>>(&extend), [1]);
    assert_eq!((target.stat("{q}", "active"), target.stat("{q}", "losses")), (1, 0));
    assert_eq!(target.ask::<Vec<i64>>(&format!("JQ.ACK {{q}} {token} a")), [1]);
    nothing_is_refused(&nodes);
}

#[test]
fn time_goes_on_at_the_new_owner() {
    let Some(nodes) = two_nodes() else { return };
    let mut source = Client::of(&nodes[0]);
    source.ask::<()>("JQ.SCHEDULE {q} s x EVERY 20");
    source.ask::<()>("JQ.ADD {q} late x DELAY 60000");
    source.ask::<()>("JQ.ADD {q} soon x DELAY 500");
    let mut added = Vec::new();
    migrate(&nodes, |source| {
        let id = format!("job{}", added.len());
        if source.try_ask::<Value>(&format!("JQ.ADD {{q}} {id} x")).is_ok() {
            added.push(id);
        }
        sleep(Duration::from_millis(5));
    });
    let mut target = Client::of(&nodes[1]);
    let lost: Vec<_> = added
        .iter()
        .filter(|id| target.ask::<Option<Value>>(&format!("JQ.GET {{q}} {id}")).is_none())
        .collect();
    assert_eq!(lost, Vec::<&String>::new(), "of {} acknowledged ADDs", added.len());
    assert_eq!(target.stat("{q}", "delayed"), 1);
    let before = target.stat("{q}", "added");
    until_true("the schedule ticks at the new owner", || target.stat("{q}", "added") > before);
    nothing_is_refused(&nodes);
}

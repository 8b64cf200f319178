//! A queue whose slot moves to another node as a whole (Redis from 8.4 on, Valkey from 9 on), while its job is
//! running.
//!
//! The node that imports is a primary and already has the queue, but the old owner goes on serving it: what the
//! importing node did by itself would contradict what the old owner still sends.

use std::collections::BTreeMap;
use std::io::{stderr, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use redis::Value;
use testkit::client::{claimed, Client};
use testkit::deadline::until_true;
use testkit::Server;

/// How a server moves a slot as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Migration {
    /// The node that is to get it asks for it, as on Redis.
    Import,
    /// The node that has it sends it, as on Valkey.
    Export,
}

/// A setting that only a server with such a migration has, and its value here.
const IMPORTS: (&str, &str) = ("cluster-slot-migration-handoff-max-lag-bytes", "1048576");
const EXPORTS: (&str, &str) = ("slot-migration-max-failover-repl-bytes", "1048576");

struct Cluster {
    /// Two primaries: the first has all slots.
    nodes: [Server; 2],
    migration: Migration,
}

impl Cluster {
    /// None: this server cannot move a slot as a whole, which is said.
    fn start() -> Option<Self> {
        let probe = Server::start(&[]).expect("a server");
        let mut client = Client::of(&probe);
        let mut knows =
            |setting: &str| !client.ask::<Vec<String>>(&format!("CONFIG GET {setting}")).is_empty();
        let (migration, setting) = match (knows(IMPORTS.0), knows(EXPORTS.0)) {
            (true, _) => (Migration::Import, IMPORTS),
            (false, true) => (Migration::Export, EXPORTS),
            (false, false) => {
                // Not by eprintln!, which is shown of a test that fails alone.
                let left_out = "slot_migration: LEFT OUT: this server moves no slot as a whole, as Redis 8.4 and Valkey 9 do";
                writeln!(stderr(), "{left_out}").expect("stderr");
                return None;
            }
        };
        let settings = [
            ("module-arguments", "debug yes"),
            ("enable-debug-command", "yes"),
            ("cluster-enabled", "yes"),
            ("repl-diskless-sync-delay", "0"),
            setting,
        ];
        let cluster =
            Cluster { nodes: [(); 2].map(|()| Server::start(&settings).expect("a server")), migration };
        cluster.meet();
        Some(cluster)
    }

    fn meet(&self) {
        let [mut source, mut target] = self.clients();
        source.ask::<()>("CLUSTER ADDSLOTSRANGE 0 16383");
        target.ask::<()>("CLUSTER SET-CONFIG-EPOCH 2");
        source.ask::<()>(&format!("CLUSTER MEET 127.0.0.1 {}", self.nodes[1].port()));
        for client in [&mut source, &mut target] {
            until_true("the cluster is up", || {
                let info: String = client.ask("CLUSTER INFO");
                info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:2")
            });
        }
    }

    fn clients(&self) -> [Client; 2] {
        [Client::of(&self.nodes[0]), Client::of(&self.nodes[1])]
    }

    /// Makes the move of the slot from one node to the other take a second or more, as gigabytes would, and waits for
    /// its end. Meanwhile `work` is done at the source again and again.
    fn migrate(&self, [from, to]: [usize; 2], mut work: impl FnMut(&mut Client)) {
        let [mut source, mut target] = [Client::of(&self.nodes[from]), Client::of(&self.nodes[to])];
        let slot: i64 = source.ask("CLUSTER KEYSLOT {q}");
        for key in 0..3000 {
            source.ask::<()>(&format!("SET {{q}}:{key} x"));
        }
        source.ask::<()>("CONFIG SET rdb-key-save-delay 500");
        match self.migration {
            Migration::Import => {
                target.ask::<String>(&format!("CLUSTER MIGRATION IMPORT {slot} {slot}"));
            }
            Migration::Export => {
                let node: String = target.ask("CLUSTER MYID");
                source.ask::<()>(&format!("CLUSTER MIGRATESLOTS SLOTSRANGE {slot} {slot} NODE {node}"));
            }
        }
        until_true("the slot has moved", || {
            work(&mut source);
            owns(&mut target)
        });
        source.ask::<()>("CONFIG SET rdb-key-save-delay 0");
    }

    fn nothing_is_refused(&self, owner: usize) {
        for node in &self.nodes {
            let mut client = Client::of(node);
            assert_eq!(client.number("jq_refused_effects"), 0, "{}", node.log());
        }
        let wrong: Vec<String> = Client::of(&self.nodes[owner]).ask("JQ.CHECK {q}");
        assert_eq!(wrong, Vec::<String>::new());
    }
}

/// Whether the slot of `{q}` is the node's own.
fn owns(client: &mut Client) -> bool {
    client.try_ask::<Value>("JQ.STATS {q}").is_ok()
}

#[test]
fn a_lease_that_is_extended_outlives_the_move_of_its_slot() {
    let Some(cluster) = Cluster::start() else { return };
    let [mut source, mut target] = cluster.clients();
    source.ask::<()>("JQ.ADD {q} a x");
    let token = claimed(&source.ask("JQ.CLAIM {q} w LEASE 1200"))[0].token;
    let extend = format!("JQ.EXTEND {{q}} 1200 {token} a");
    cluster.migrate([0, 1], |source| {
        if let Ok(answers) = source.try_ask::<Vec<i64>>(&extend) {
            assert_eq!(answers, [1]);
        }
    });
    assert_eq!(target.ask::<Vec<i64>>(&extend), [1]);
    assert_eq!((target.stat("{q}", "active"), target.stat("{q}", "losses")), (1, 0));
    assert_eq!(target.ask::<Vec<i64>>(&format!("JQ.ACK {{q}} {token} a")), [1]);
    cluster.nothing_is_refused(1);
}

#[test]
fn time_goes_on_at_the_new_owner() {
    let Some(cluster) = Cluster::start() else { return };
    let [mut source, mut target] = cluster.clients();
    source.ask::<()>("JQ.SCHEDULE {q} s x EVERY 20");
    source.ask::<()>("JQ.ADD {q} late x DELAY 60000");
    source.ask::<()>("JQ.ADD {q} soon x DELAY 500");
    let mut added = Vec::new();
    cluster.migrate([0, 1], |source| {
        let id = format!("job{}", added.len());
        if source.try_ask::<Value>(&format!("JQ.ADD {{q}} {id} x")).is_ok() {
            added.push(id);
        }
    });
    let lost: Vec<_> = added
        .iter()
        .filter(|id| target.ask::<Option<Value>>(&format!("JQ.GET {{q}} {id}")).is_none())
        .collect();
    assert_eq!(lost, Vec::<&String>::new(), "of {} acknowledged ADDs", added.len());
    assert_eq!(target.stat("{q}", "delayed"), 1);
    let before = target.stat("{q}", "added");
    until_true("the schedule ticks at the new owner", || target.stat("{q}", "added") > before);
    cluster.nothing_is_refused(1);
}

/// What INFO counts of queues: all, those with expiry rules, those with something due, delayed jobs.
const BOOKS: [&str; 4] = ["jq_queues", "jq_queues_with_onexpire", "jq_queues_with_timers", "jq_delayed"];

/// The server frees such keys without the call that comes before other keys are deleted.
#[test]
fn nothing_is_counted_of_a_queue_whose_slot_has_gone() {
    let Some(cluster) = Cluster::start() else { return };
    let [mut source, mut target] = cluster.clients();
    source.ask::<()>("JQ.ADD {q} late x DELAY 60000");
    source.ask::<()>("JQ.ONEXPIRE {q} {q}:e");
    let books = |client: &mut Client| BOOKS.map(|field| client.number(field));
    assert_eq!(books(&mut source), [1; 4]);
    cluster.migrate([0, 1], |_| ());
    until_true("the source has forgotten it", || books(&mut source) == [0; 4]);
    assert_eq!(books(&mut target), [1; 4]);
}

/// Keys that expire while the slot moves, and become jobs.
const EXPIRING: usize = 300;

/// How often each job was done: an ACK answered with 1.
type Done = BTreeMap<Vec<u8>, usize>;

/// Nothing here is done by a command of a producer while the slot moves: schedules tick, keys expire, leases end, and
/// clients that are blocked get the jobs.
#[test]
fn what_happens_by_itself_happens_once_while_the_slot_moves() {
    let Some(cluster) = Cluster::start() else { return };
    let [mut source, mut target] = cluster.clients();
    source.ask::<()>("JQ.SCHEDULE {q} s x EVERY 20 DEDUP -1 KEEP -1");
    source.ask::<()>("JQ.ONEXPIRE {q} {q}:e DEDUP -1");
    source.ask::<()>("JQ.ADD {q} lost x PRIORITY -1");
    source.ask::<()>("JQ.CLAIM {q} vanished LEASE 700");
    for key in 0..EXPIRING {
        source.ask::<()>(&format!("SET {{q}}:e{key} x PX {}", 50 + key * 10));
    }
    let stopped = AtomicBool::new(false);
    let work = || work(&cluster, &stopped);
    let done = thread::scope(|scope| {
        let workers = [(); 3].map(|()| scope.spawn(work));
        for nodes in [[0, 1], [1, 0]] {
            cluster.migrate(nodes, |_| ());
        }
        until_true("all keys have expired", || expired(&mut source) == EXPIRING as u64);
        source.ask::<()>("JQ.UNSCHEDULE {q} s");
        until_true("all jobs are done", || source.stat("{q}", "acks") == source.stat("{q}", "added"));
        stopped.store(true, Relaxed);
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).fold(
            Done::new(),
            |mut done, id| {
                *done.entry(id).or_default() += 1;
                done
            },
        )
    });
    let twice: Vec<_> = done.iter().filter(|(_, times)| **times > 1).collect();
    assert_eq!(twice, Vec::new());
    assert_eq!(i64::try_from(done.len()).expect("few"), source.stat("{q}", "added"));
    let ticks: Vec<u64> = done.keys().filter_map(|id| tick(id)).collect();
    let missed = ticks.windows(2).filter(|pair| pair[1] - pair[0] != 20).count();
    println!("{} jobs, {} ticks, {missed} times not the next one", done.len(), ticks.len());
    assert_eq!(source.stat("{q}", "losses"), 1);
    cluster.nothing_is_refused(0);
    assert!(!owns(&mut target));
}

/// Claims and acknowledges at the node that has the slot, until it is stopped. The ids of the jobs it has done.
fn work(cluster: &Cluster, stopped: &AtomicBool) -> Vec<Vec<u8>> {
    let (mut clients, mut at, mut done) = (cluster.clients(), 0, Vec::new());
    while !stopped.load(Relaxed) {
        let reply = clients[at].try_ask::<Value>("JQ.CLAIM {q} w BLOCK 200 COUNT 2 LEASE 60000");
        let Ok(reply) = reply else {
            at = 1 - at;
            continue;
        };
        for job in claimed(&reply) {
            let ack = job.words("JQ.ACK", "{q}");
            until_true("the ACK is answered", || {
                let answer = clients[at].send(&ack);
                if let Ok(answer) = &answer {
                    assert_eq!(*answer, Value::Array(vec![Value::Int(1)]), "{job:?}");
                } else {
                    at = 1 - at;
                }
                answer.is_ok()
            });
            done.push(job.id);
        }
    }
    done
}

/// The instant of a tick, of the id of its job.
fn tick(id: &[u8]) -> Option<u64> {
    std::str::from_utf8(id).ok()?.strip_prefix("s@")?.parse().ok()
}

/// How many keys have become jobs.
fn expired(client: &mut Client) -> u64 {
    let rules: Vec<BTreeMap<String, Value>> = client.ask("JQ.ONEXPIRE {q}");
    rules.first().and_then(|rule| redis::from_redis_value(rule.get("enqueued")?).ok()).unwrap_or(0)
}

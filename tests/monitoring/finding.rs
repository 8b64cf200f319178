//! Which queues are seen: all of a small database, those named in `jq:watched` of any other.

use redis::Value;
use testkit::deadline::until_true;
use testkit::Client;
use testkit::Server;

use super::exporter::Exporter;
use super::start;

#[test]
fn any_name_can_be_a_label() {
    let (server, mut client) = start();
    client.ask_words::<Value>(&[b"JQ.ADD", b"a:b \"c\"\n\\\xff\x1b[2J\0~", b"id", b""]);
    let page = Exporter::start(&server, &[]).page();
    assert_eq!(page.queues(), [r#"a:b "c"\x0a\x5c\xff\x1b[2J\x00~"#]);
}

#[test]
fn a_set_names_the_queues_also_those_that_come_later() {
    let (server, mut client) = start();
    client.ask::<Value>("JQ.ADD mail id x");
    client.ask::<Value>("JQ.ADD other id x");
    client.ask::<Value>("SADD jq:watched mail later");
    let exporter = Exporter::start(&server, &[]);
    let page = exporter.page();
    assert_eq!(page.queues(), ["later", "mail"]);
    assert_eq!(page.value("jq_added_total:later"), 0.0);
    assert_eq!(page.value("jq_every_queue_seen"), 1.0);
    client.ask::<Value>("JQ.ADD later id x");
    assert_eq!(exporter.page().value("jq_added_total:later"), 1.0);
}

#[test]
fn a_named_key_that_is_no_queue_is_counted_and_hides_no_other() {
    let (server, mut client) = start();
    client.ask::<Value>("SET string x");
    client.ask::<Value>("JQ.ADD mail id x");
    client.ask::<Value>("SADD jq:watched mail string");
    let page = Exporter::start(&server, &[]).page();
    assert_eq!(page.queues(), ["mail"]);
    assert_eq!(page.value("jq_queues_unreadable"), 1.0);
}

#[test]
fn a_large_database_is_not_searched_to_its_end_and_that_is_said() {
    let (server, mut client) = start();
    client.ask::<Value>("DEBUG POPULATE 20000");
    let exporter = Exporter::start(&server, &[]);
    assert_eq!(exporter.page().value("jq_every_queue_seen"), 0.0);
    let text: String = client.ask("INFO commandstats");
    let calls = text.lines().find_map(|line| line.strip_prefix("cmdstat_scan:calls=")?.split(',').next());
    assert_eq!(calls, Some("4"), "500 keys each");
    client.ask::<Value>("SADD jq:watched mail");
    assert_eq!(exporter.page().value("jq_every_queue_seen"), 1.0);
}

#[test]
fn of_many_queues_the_first_fifty_are_seen_and_that_is_said() {
    let (server, mut client) = start();
    for n in 0..51 {
        client.ask::<Value>(&format!("JQ.ADD q{n:02} id x"));
    }
    let page = Exporter::start(&server, &[]).page();
    assert_eq!(page.value("jq_queues_seen"), 50.0);
    assert_eq!(page.value("jq_every_queue_seen"), 0.0);
    assert_eq!(page.get("jq_waiting:q49"), Some(1.0));
    assert_eq!(page.get("jq_waiting:q50"), None);
}

#[test]
fn a_node_of_a_cluster_sees_its_own_queues() {
    let settings = [("cluster-enabled", "yes"), ("cluster-require-full-coverage", "no")];
    let server = Server::start(&settings).expect("a server");
    let mut client = Client::of(&server);
    // Two queues in two slots; that of the set is not here.
    for queue in ["mail", "print"] {
        let slot: u32 = client.ask(&format!("CLUSTER KEYSLOT {queue}"));
        client.ask::<()>(&format!("CLUSTER ADDSLOTS {slot}"));
    }
    until_true("the cluster is up", || client.ask::<String>("CLUSTER INFO").contains("cluster_state:ok"));
    client.ask::<Value>("JQ.ADD mail id x");
    client.ask::<Value>("JQ.ADD print id x");
    let page = Exporter::start(&server, &[]).page();
    assert_eq!(page.queues(), ["mail", "print"]);
    assert_eq!(page.value("jq_queues_unreadable"), 0.0);
}

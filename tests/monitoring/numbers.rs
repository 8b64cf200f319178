//! The metrics are the numbers of JQ.STATS and INFO jq, and follow what happens.

use std::collections::BTreeMap;

use redis::Value;
use redis_jq::queue::counters;
use testkit::Client;

use super::exporter::Exporter;
use super::start;

/// Claims one job of `queue` for `anna`; answers its token.
#[track_caller]
fn claim(client: &mut Client, queue: &str) -> u64 {
    let jobs: Vec<(u64, String, u64, String)> = client.ask(&format!("JQ.CLAIM {queue} anna"));
    jobs[0].0
}

/// Jobs in every state in `mail`, others in `print:1`, at a clock that stands.
fn fill(client: &mut Client) {
    client.ask::<()>("JQ.DEBUG CLOCK 1700000000000");
    client.ask::<()>("JQ.CONFIG mail keep-completed 60000");
    for line in ["JQ.ADD mail done x", "JQ.ADD mail dead x ATTEMPTS 1", "JQ.ADD mail held x"] {
        client.ask::<Value>(line);
    }
    client.ask::<()>("JQ.DEBUG CLOCK 1700000000250");
    let tokens = [claim(client, "mail"), claim(client, "mail"), claim(client, "mail")];
    client.ask::<()>("JQ.DEBUG CLOCK 1700000000750");
    client.ask::<Value>(&format!("JQ.ACK mail {} done", tokens[0]));
    client.ask::<Value>(&format!("JQ.NACK mail {} dead", tokens[1]));
    for line in [
        "JQ.ADD mail w1 x",
        "JQ.ADD mail w1 x",
        "JQ.ADD mail w2 x",
        "JQ.ADD mail later x DELAY 60000",
        "JQ.ADD mail after x AFTER run",
        "JQ.ADD print:1 p1 x",
        "JQ.PAUSE print:1",
    ] {
        client.ask::<Value>(line);
    }
    client.ask::<()>("JQ.DEBUG CLOCK 1700000002250");
}

#[test]
fn states_counts_and_times_of_each_queue() {
    let (server, mut client) = start();
    fill(&mut client);
    let exporter = Exporter::start(&server, &[]);
    let page = exporter.page();
    assert_eq!(page.queues(), ["mail", "print:1"]);
    for (key, value) in [
        ("jq_waiting:mail", 2.0),
        ("jq_delayed:mail", 1.0),
        ("jq_blocked:mail", 1.0),
        ("jq_active:mail", 1.0),
        ("jq_completed:mail", 1.0),
        ("jq_failed:mail", 1.0),
        ("jq_paused:mail", 0.0),
        ("jq_batches:mail", 1.0),
        ("jq_oldest_claimable_seconds:mail", 1.5),
        ("jq_added_total:mail", 7.0),
        ("jq_duplicates_total:mail", 1.0),
        ("jq_claims_total:mail", 3.0),
        ("jq_acks_total:mail", 1.0),
        ("jq_failures_total:mail", 1.0),
        ("jq_wait_seconds_max:mail", 0.25),
        ("jq_run_seconds_max:mail", 0.5),
        ("jq_waiting:print:1", 1.0),
        ("jq_paused:print:1", 1.0),
        ("jq_added_total:print:1", 1.0),
        ("jq_next_due_seconds:print:1", -1.0),
        ("jq_queues_seen", 2.0),
        ("jq_queues_unreadable", 0.0),
        ("jq_every_queue_seen", 1.0),
    ] {
        assert_eq!(page.value(key), value, "{key}");
    }
}

#[test]
fn a_new_page_shows_what_has_happened_since() {
    let (server, mut client) = start();
    fill(&mut client);
    let exporter = Exporter::start(&server, &[]);
    let before = exporter.page();
    client.ask::<()>("JQ.DEBUG CLOCK 1700000003250");
    let token = claim(&mut client, "mail");
    client.ask::<Value>(&format!("JQ.ACK mail {token} w1"));
    client.ask::<Value>("JQ.ADD print:1 p2 x");
    client.ask::<Value>("JQ.RESUME print:1");
    let after = exporter.page();
    for (key, change) in [
        ("jq_waiting:mail", -1.0),
        ("jq_completed:mail", 1.0),
        ("jq_claims_total:mail", 1.0),
        ("jq_acks_total:mail", 1.0),
        ("jq_oldest_claimable_seconds:mail", 1.0),
        ("jq_added_total:mail", 0.0),
        ("jq_added_total:print:1", 1.0),
        ("jq_waiting:print:1", 1.0),
        ("jq_claimable:print:1", 2.0),
        ("jq_paused:print:1", -1.0),
    ] {
        assert_eq!(after.value(key) - before.value(key), change, "{key}");
    }
}

#[test]
fn every_field_of_stats_is_a_metric() {
    let (server, mut client) = start();
    fill(&mut client);
    let page = Exporter::start(&server, &[]).page();
    let stats: BTreeMap<String, i64> = client.ask("JQ.STATS mail");
    for (field, number) in stats {
        let name = field.replace('-', "_");
        let is_time = name.split('_').any(|word| word == "ms");
        let name = name.replace("_ms", "_seconds");
        let total = if counters::NAMES.contains(&field.as_str()) { "_total" } else { "" };
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let number = if is_time { number as f64 / 1000.0 } else { number as f64 };
        assert_eq!(page.value(&format!("jq_{name}{total}:mail")), number, "{field}");
    }
}

#[test]
fn every_number_of_info_is_a_metric_of_the_server() {
    let (server, mut client) = start();
    fill(&mut client);
    let page = Exporter::start(&server, &[]).page();
    let info: String = client.ask("INFO jq");
    let mut found = 0;
    for (field, text) in info.lines().filter_map(|line| line.strip_prefix("jq_")?.split_once(':')) {
        let Ok(number) = text.parse::<f64>() else { continue };
        let name = field.strip_prefix("total_").map_or(field.to_owned(), |count| format!("{count}_total"));
        let printed = page.value(&format!("jq_server_{}", name.replace("_ms", "_seconds")));
        // Times of the timer go on while two questions are asked.
        assert!(name.ends_with("_ms") || printed == number, "{field}: {number}, printed {printed}");
        found += 1;
    }
    assert!(found > 5, "{info}");
}

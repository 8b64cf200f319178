//! Every metric that the dashboard and the alerts speak of is printed, and both are what they claim to be.

use std::collections::BTreeSet;
use std::process::Command;

use redis::Value;
use serde_json::Value as Json;

use super::exporter::Exporter;
use super::page::Page;
use super::{read, start};

/// Words of an expression, by how they begin. `jq_(acks|failures)_total` counts as both.
fn names(expression: &str, prefix: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for (at, _) in expression.match_indices(prefix) {
        if expression[..at].ends_with(is_word) {
            continue;
        }
        let rest = &expression[at..];
        let start = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        match rest[start.len()..].strip_prefix('(').and_then(|group| group.split_once(')')) {
            Some((choices, after)) => {
                let end = &after[..after.find(|c| !is_word(c)).unwrap_or(after.len())];
                found.extend(choices.split('|').map(|choice| format!("{start}{choice}{end}")));
            }
            None => drop(found.insert(start.to_owned())),
        }
    }
    found
}

#[test]
fn names_are_found_wherever_they_stand() {
    let expression = r#"a(rate(redis_script_values{key=~"jq_(acks|failures)_total:.*"}[5m])) / redis_up{x="my_jq_x"}
        + redis_script_values{key="jq_every_queue_seen"}"#;
    let found: Vec<String> = names(expression, "jq_").into_iter().collect();
    assert_eq!(found, ["jq_acks_total", "jq_every_queue_seen", "jq_failures_total"]);
    let found: Vec<String> = names(expression, "redis_").into_iter().collect();
    assert_eq!(found, ["redis_script_values", "redis_up"]);
}

/// A page with everything a server prints when it has a queue.
fn page() -> Page {
    let (server, mut client) = start();
    client.ask::<Value>("JQ.ADD mail id x");
    Exporter::start(&server, &[]).page()
}

#[track_caller]
fn assert_printed(page: &Page, place: &str, expression: &str) {
    let of_script = names(expression, "jq_");
    let of_exporter = names(expression, "redis_");
    assert!(!of_exporter.is_empty(), "{place} names no metric: {expression}");
    let script = page.script_names();
    let unknown: Vec<_> = of_script.iter().filter(|name| !script.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "{place}: the script prints no {unknown:?}");
    let unknown: Vec<_> = of_exporter.iter().filter(|name| !page.names().contains(*name)).collect();
    assert!(unknown.is_empty(), "{place}: the exporter prints no {unknown:?}");
}

/// Panels, those inside rows too.
fn panels(dashboard: &Json) -> Vec<&Json> {
    let outer = dashboard["panels"].as_array().expect("panels");
    outer
        .iter()
        .flat_map(|panel| std::iter::once(panel).chain(panel["panels"].as_array().into_iter().flatten()))
        .collect()
}

#[test]
fn the_dashboard_asks_for_metrics_that_are_printed() {
    let page = page();
    let dashboard: Json = serde_json::from_str(&read("monitoring/grafana.json")).expect("JSON");
    let mut queries = 0;
    for panel in panels(&dashboard).into_iter().filter(|panel| panel["type"] != "row") {
        let title = panel["title"].as_str().expect("a title");
        for target in panel["targets"].as_array().expect(title) {
            assert_printed(&page, title, target["expr"].as_str().expect(title));
            queries += 1;
        }
    }
    assert!(queries > 20, "{queries} queries");
    for variable in dashboard["templating"]["list"].as_array().expect("variables") {
        if variable["type"] == "query" {
            let name = variable["name"].as_str().expect("a name");
            assert_printed(&page, name, variable["query"]["query"].as_str().expect(name));
        }
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Json = serde_json::from_str(&read("monitoring/grafana.json")).expect("JSON");
    assert!(dashboard["schemaVersion"].as_u64() >= Some(36), "{}", dashboard["schemaVersion"]);
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let variables: Vec<_> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(variables, ["datasource", "instance", "queue"]);
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert!(ids.insert(panel["id"].as_u64()), "two panels have the id {}", panel["id"]);
        let place = |name: &str| panel["gridPos"][name].as_u64().expect("a place");
        assert!(place("x") + place("w") <= 24, "{} is too wide", panel["title"]);
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{} lies on another panel", panel["title"]);
            }
        }
    }
}

#[test]
fn the_alerts_ask_for_metrics_that_are_printed() {
    let page = page();
    let rules = read("monitoring/alerts.yml");
    let mut alerts = rules.split("- alert: ");
    alerts.next();
    let mut count = 0;
    for alert in alerts {
        let name = alert.lines().next().expect("a name");
        let (expression, _) = alert.split_once("labels:").expect(name);
        let (_, expression) = expression.split_once("expr:").expect(name);
        assert_printed(&page, name, expression);
        assert!(read("docs/monitoring.md").contains(&format!("`{name}`")), "the manual has no {name}");
        count += 1;
    }
    assert!(count > 5, "{count} alerts");
}

/// Prometheus itself reads the rules, and plays the cases of alerts.yml beside this file. Only where
/// `promtool` is.
#[test]
fn prometheus_understands_the_alerts() {
    let project = env!("CARGO_MANIFEST_DIR");
    for arguments in
        [["check", "rules", "monitoring/alerts.yml"], ["test", "rules", "tests/monitoring/alerts.yml"]]
    {
        let Ok(output) = Command::new("promtool").args(arguments).current_dir(project).output() else {
            println!("promtool is not installed: not checked");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "promtool {arguments:?}:\n{text}");
    }
}

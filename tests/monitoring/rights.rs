//! The user of the manual can do what the exporter does, and little else.

use redis::Value;

use super::exporter::Exporter;
use super::{read, start};

/// The line of the manual that makes the user.
fn line_of_the_manual() -> String {
    let manual = read("docs/monitoring.md");
    let line = manual.lines().find(|line| line.starts_with("ACL SETUSER monitor "));
    line.expect("a line that makes the user").to_owned()
}

#[test]
fn the_user_of_the_manual_is_enough_for_every_metric() {
    let (server, mut client) = start();
    client.ask::<Value>("JQ.ADD mail id x");
    client.ask::<()>(&line_of_the_manual());
    let exporter = Exporter::start(&server, &["-redis.user", "monitor", "-redis.password", "secret"]);
    let page = exporter.page();
    assert_eq!(page.queues(), ["mail"]);
    assert_eq!(page.value("jq_queues_unreadable"), 0.0);
    assert!(page.names().contains("redis_memory_used_bytes"));
    let log = exporter.log();
    assert!(!log.contains("level=error") && !log.contains("level=warn"), "{log}");
}

#[test]
fn the_user_of_the_manual_changes_nothing_and_reads_no_job() {
    let (server, mut client) = start();
    client.ask::<Value>("JQ.ADD mail id secret");
    client.ask::<()>(&line_of_the_manual());
    client.ask::<()>("AUTH monitor secret");
    for line in [
        "JQ.ADD mail other x",
        "JQ.GET mail id",
        "JQ.CLAIM mail me",
        "SADD jq:watched x",
        "GET x",
        "CONFIG GET *",
    ] {
        let refusal = client.refusal(line).unwrap_or_default();
        assert!(refusal.starts_with("NOPERM"), "{line}: {refusal}");
        let words = line.split(' ').map(|word| format!("'{word}'")).collect::<Vec<_>>().join(",");
        let script = format!("return redis.call({words})");
        let in_script = client.send(&[b"EVAL".to_vec(), script.into_bytes(), b"0".to_vec()]);
        let refusal = in_script.expect_err(line).to_string();
        // In the words of different servers; CONFIG is never allowed in a script.
        let words = ["NOPERM", "permission", "can't run this command", "not allowed from script"];
        assert!(words.iter().any(|word| refusal.contains(word)), "{line} in a script: {refusal}");
    }
    drop(server);
}

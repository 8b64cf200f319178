//! What the module writes to the server's log as it is loaded: what it is, what a crash would cost, and why it is not
//! loaded.
#![allow(clippy::expect_used, reason = "a test that cannot go on may stop")]
#![allow(clippy::disallowed_methods, reason = "real servers run in real time")]

use testkit::{Client, Server};

fn log_with(settings: &[(&str, &str)]) -> String {
    Server::start(settings).expect("a server").log()
}

#[test]
fn the_version_and_the_cost_of_a_crash_are_said() {
    let version = concat!("redis-jq ", env!("CARGO_PKG_VERSION"));
    let cases = [
        (
            vec![("appendonly", "no")],
            "none: a crash loses what came after the last snapshot; set appendonly yes",
        ),
        (
            vec![("appendonly", "yes"), ("appendfsync", "everysec")],
            "high: a crash of the server loses next to nothing",
        ),
        (vec![("appendonly", "yes"), ("appendfsync", "always")], "full: nothing that was answered is lost"),
    ];
    for (settings, cost) in cases {
        let log = log_with(&settings);
        let line = log.lines().find(|line| line.contains(version)).unwrap_or_default();
        assert!(line.contains(cost), "{settings:?}: {log}");
    }
}

#[test]
fn a_second_load_says_that_the_name_is_taken() {
    let server = Server::start(&[("enable-module-command", "yes")]).expect("a server");
    let module = testkit::binaries::module().expect("a module").expect("no JQ_MODULE=none");
    let mut client = Client::of(&server);
    let refused = client.refusal(&format!("MODULE LOAD {}", module.display()));
    assert!(refused.is_some_and(|why| why.contains("check the server logs")));
    assert!(
        server.log().contains("jq is not loaded: a module of this name is loaded already"),
        "{}",
        server.log()
    );
    assert_eq!(client.ask::<String>("PING"), "PONG");
}

#[test]
fn an_argument_that_it_does_not_know_is_named() {
    let settings = [("module-arguments", "default-colour red")];
    let refused = Server::start(&settings).err().expect("no server").to_string();
    assert!(refused.contains("jq is not loaded") && refused.contains("default-colour"), "{refused}");
}

//! What Prometheus sees of the queues: a server, the exporter with our script, and the page it prints.
//!
//! ```text
//!   server <── EVAL queues.lua ── exporter <── GET /metrics ── these tests
//!
//!   exporter   the process and its page;  page: the page, taken apart
//!   numbers    the metrics are the numbers of JQ.STATS and INFO jq, queue by queue
//!   finding    which queues are seen
//!   rights     the user of the manual, and what it may not
//!   uses       every metric that the dashboard and the alerts speak of is there
//! ```
//!
//! `REDIS_EXPORTER` names another exporter than the one of the `PATH`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on may stop"
)]
#![allow(clippy::indexing_slicing, reason = "places are those of what was found")]
#![allow(clippy::float_cmp, reason = "small numbers in text, read exactly")]
#![allow(clippy::disallowed_methods, reason = "real servers run in real time")]

mod exporter;
mod finding;
mod numbers;
mod page;
mod rights;
mod uses;

use testkit::Client;
use testkit::Server;

/// A server whose queues' clock can be stopped, and a connection to it.
fn start() -> (Server, Client) {
    let settings = [("module-arguments", "debug yes"), ("enable-debug-command", "yes")];
    let server = Server::start(&settings).expect("a server");
    let client = Client::of(&server);
    (server, client)
}

/// A file of the project.
fn read(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

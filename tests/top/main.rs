//! The live view: its pure parts, and the whole program in a terminal.
//!
//! ```text
//!   server <── top ──► terminal of tmux ──capture-pane──► these tests
//!                           ▲ send-keys, signals, resize-window
//!
//!   terminal  tmux, on a socket of its own;  program: how the program is built and started
//!   live      what is seen while things happen
//!   leaving   the terminal afterwards
//!   plain     one frame, without a terminal
//! ```
//!
//! The parts are those of the program: their own tests run here, too.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on may stop"
)]
#![allow(clippy::indexing_slicing, reason = "a screen has as many lines as its window")]
#![allow(clippy::disallowed_methods, reason = "real programs run in real time")]

#[path = "../stress/client.rs"]
#[allow(dead_code, reason = "shared with tests that ask other things")]
mod client;
#[path = "../stress/deadline.rs"]
#[allow(dead_code, reason = "shared with tests that take longer")]
mod deadline;
#[path = "../../examples/top/frame/mod.rs"]
#[allow(dead_code, reason = "the program calls it")]
mod frame;
mod leaving;
mod live;
#[path = "../../examples/top/options.rs"]
#[allow(dead_code, reason = "the program reads them")]
mod options;
mod plain;
mod program;
#[path = "../../examples/top/reading.rs"]
#[allow(dead_code, reason = "the program fills it")]
mod reading;
#[path = "../../examples/support/mod.rs"]
#[allow(dead_code, reason = "shared with programs that need other parts of it")]
mod support;
mod terminal;

use client::Client;
use support::server::Server;

fn start() -> (Server, Client) {
    let server = Server::start(&[]).expect("a server");
    let client = Client::of(&server);
    (server, client)
}

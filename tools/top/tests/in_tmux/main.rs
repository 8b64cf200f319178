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

mod leaving;
mod live;
mod plain;
mod program;
mod terminal;

use testkit::Client;
use testkit::Server;

fn start() -> (Server, Client) {
    let server = Server::start(&[]).expect("a server");
    let client = Client::of(&server);
    (server, client)
}

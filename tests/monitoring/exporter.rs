//! The exporter as a process, and its page over HTTP.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;

use tempfile::TempDir;
use testkit::deadline::{until, PATIENCE};
use testkit::ports::free_port;
use testkit::process::{bound_to_parent, Process};
use testkit::Server;

use super::page::Page;

/// An exporter that runs; dropping it ends it.
pub(crate) struct Exporter {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl Exporter {
    /// Starts one that asks `server` with the script, and further `options`.
    #[track_caller]
    pub(crate) fn start(server: &Server, options: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let log = File::create(folder.path().join("log")).expect("a file");
        let port = free_port().expect("a port");
        let program = env::var("REDIS_EXPORTER").unwrap_or_else(|_| "prometheus-redis-exporter".into());
        let mut command = bound_to_parent(&program);
        command.arg("-script");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/monitoring/queues.lua"));
        command.args(["-web.listen-address", &format!("127.0.0.1:{port}")]);
        command.args(["-redis.addr", &format!("redis://127.0.0.1:{}", server.port())]).args(options);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        let process = Process::start(&mut command)
            .unwrap_or_else(|why| panic!("{program}: {why}: run scripts/setup tests"));
        let mut exporter = Self { process, port, folder };
        until("the exporter listens", || {
            let is_alive = exporter.process.is_alive();
            assert!(is_alive, "{program} ended at once, run scripts/setup tests:\n{}", exporter.log());
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        exporter
    }

    /// What it prints now: it asks the server anew for each page.
    #[track_caller]
    pub(crate) fn page(&self) -> Page {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("an exporter that listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        // HTTP 1.0: the page comes in one piece and ends with the connection.
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").expect("a connection");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("a page");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.0 200"), "{answer}");
        Page::of(body)
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

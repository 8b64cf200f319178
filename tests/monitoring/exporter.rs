//! The exporter as a process, and its page over HTTP.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::deadline::until;
use super::page::Page;
use super::support::server::{free_port, Server};

/// How long a page may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(30);

/// An exporter that runs; dropping it ends it.
pub(crate) struct Exporter {
    process: Child,
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
        // The kernel ends it if this test is killed; without setpriv, which every Debian has, it would stay.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", &program, "-script"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/monitoring/queues.lua"));
        command.args(["-web.listen-address", &format!("127.0.0.1:{port}")]);
        command.args(["-redis.addr", &format!("redis://127.0.0.1:{}", server.port())]).args(options);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        let process =
            command.spawn().unwrap_or_else(|why| panic!("{program}: {why}: run scripts/setup tests"));
        let mut exporter = Self { process, port, folder };
        until("the exporter listens", || {
            let ended = exporter.process.try_wait().expect("a child");
            assert!(ended.is_none(), "{program} ended at once, run scripts/setup tests:\n{}", exporter.log());
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

impl Drop for Exporter {
    fn drop(&mut self) {
        // Both fail only when the process has ended, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

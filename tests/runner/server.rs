//! A private server: own folder, own port, the module loaded for tests, gone when dropped.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{self, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use redis::{Connection, FromRedisValue, RedisError};
use tempfile::TempDir;

use super::deadline::{until, PATIENCE};
use super::process::{guarded, Process};
use super::script::Script;
use super::{Outcome, Settings};

/// Kept in the folder, shown when a transcript fails.
const LOG: &str = "log";
const LOG_LINES_SHOWN: usize = 40;
const PORTS_TRIED: usize = 20;

/// What every server of a transcript starts with. `appendfsync no` still writes before it replies, so a killed process
/// loses nothing, and unlike `everysec` it never holds a write back.
const CONFIG: &str = "\
bind 127.0.0.1
save \"\"
appendonly yes
appendfsync no
enable-debug-command yes
repl-diskless-sync-delay 0
shutdown-timeout 0
hz 100
";

/// One server process, which can end and start again on the same data.
pub(crate) struct Server {
    settings: Settings,
    folder: TempDir,
    config: Vec<String>,
    module_arguments: Vec<String>,
    /// Where the module's clock stands, in Unix milliseconds; none while it runs.
    clock: Option<u64>,
    /// The TCP port on 127.0.0.1.
    pub(crate) port: u16,
    running: Option<Running>,
}

struct Running {
    process: Process,
    control: Connection,
}

impl Server {
    /// Starts a server as the script wants it and waits until it answers.
    pub(crate) fn start(settings: &Settings, script: &Script) -> Outcome<Self> {
        Self::start_with(settings, script, Vec::new())
    }

    /// Starts one that follows `primary`.
    pub(crate) fn start_replica(settings: &Settings, script: &Script, primary: &Self) -> Outcome<Self> {
        let follow = format!("replicaof 127.0.0.1 {}", primary.port);
        let mut replica = Self::start_with(settings, script, vec![follow])?;
        if let Some(ms) = primary.clock {
            replica.stop_clock(ms)?;
        }
        Ok(replica)
    }

    fn start_with(settings: &Settings, script: &Script, mut config: Vec<String>) -> Outcome<Self> {
        let folder = tempfile::Builder::new()
            .prefix("redis-jq-")
            .tempdir()
            .map_err(|why| format!("no private folder: {why}"))?;
        config.extend(script.config.iter().cloned());
        let mut server = Self {
            settings: settings.clone(),
            folder,
            config,
            module_arguments: script.module_arguments.clone(),
            clock: None,
            port: 0,
            running: None,
        };
        server.launch()?;
        Ok(server)
    }

    /// Starts the process. The port is the same as before unless somebody took it.
    fn launch(&mut self) -> Outcome<()> {
        for _ in 0..PORTS_TRIED {
            if self.port == 0 {
                self.port = free_port()?;
            }
            let mut process = self.spawn()?;
            let control = until(|| match connect(self.port, process.id()) {
                Some(control) => Ok(Some(Some(control))),
                None if process.is_alive() => Ok(None),
                None if self.log().contains("Address already in use") => Ok(Some(None)),
                None => Err("the server ended".into()),
            })?;
            match control.ok_or("the server does not answer")? {
                Some(control) => {
                    self.running = Some(Running { process, control });
                    return Ok(());
                }
                None => self.port = 0,
            }
        }
        Err(format!("no free port in {PORTS_TRIED} attempts"))
    }

    fn spawn(&self) -> Outcome<Process> {
        let log = File::create(self.path(LOG)).map_err(|why| format!("no log: {why}"))?;
        let errors = log.try_clone().map_err(|why| format!("no log: {why}"))?;
        let config = self.path("server.conf");
        fs::write(&config, self.config_text()).map_err(|why| format!("{}: {why}", config.display()))?;
        Process::start(
            guarded(&self.settings.server).arg(config).stdin(Stdio::null()).stdout(log).stderr(errors),
        )
    }

    fn config_text(&self) -> String {
        let mut lines =
            vec![format!("{CONFIG}port {}", self.port), format!("dir {}", self.folder.path().display())];
        if let Some(module) = &self.settings.module {
            lines.push(format!(
                "loadmodule {} debug yes {}",
                module.display(),
                self.module_arguments.join(" ")
            ));
        }
        lines.extend(self.config.iter().cloned());
        lines.join("\n") + "\n"
    }

    /// Ends it orderly. With the AOF on, that is all it needs; `save` asks for an RDB file.
    pub(crate) fn stop(&mut self, save: Save) -> Outcome<()> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        let how = if save == Save::Rdb { "SAVE" } else { "NOSAVE" };
        // The answer to a SHUTDOWN that works is the end of the connection.
        if let Ok(answer) = redis::cmd("SHUTDOWN").arg(how).query::<String>(&mut running.control) {
            return Err(format!("SHUTDOWN answered {answer}"));
        }
        match until(|| Ok((!running.process.is_alive()).then_some(())))? {
            Some(()) => Ok(()),
            None => Err("the server does not end".into()),
        }
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.running = None;
    }

    /// Whether it is meant to run. One that ended by itself makes the next [`Server::ask`] fail.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether it was started with the module.
    pub(crate) fn has_module(&self) -> bool {
        self.settings.module.is_some()
    }

    /// A configuration line that replaces an earlier one at the next start.
    pub(crate) fn set_config(&mut self, line: &str) {
        self.config.push(line.to_owned());
    }

    /// Remembers where the module's clock was stopped, or that it runs, so that it is the same after a restart.
    pub(crate) fn remember_clock(&mut self, ms: Option<u64>) {
        self.clock = ms;
    }

    /// Starts again on what is in the folder. A loaded queue lives by the real time until its clock is stopped again;
    /// only if that is earlier than the stopped one, nothing comes due meanwhile.
    pub(crate) fn start_again(&mut self) -> Outcome<()> {
        self.launch()?;
        let Some(ms) = self.clock else {
            return Ok(());
        };
        let (seconds, _): (u64, u64) = self.ask(&["TIME"])?;
        if ms < seconds * 1000 {
            return Err(
                "before a restart stop the clock in the future: 4102444800000 is the year 2100".into()
            );
        }
        self.stop_clock(ms)
    }

    /// Stops the module's clock at `ms`.
    pub(crate) fn stop_clock(&mut self, ms: u64) -> Outcome<()> {
        self.clock = Some(ms);
        self.ask(&["JQ.DEBUG", "CLOCK", &ms.to_string()])
    }

    /// Asks the server something, besides all the connections of the transcript.
    pub(crate) fn ask<T: FromRedisValue>(&mut self, words: &[&str]) -> Outcome<T> {
        let (verb, arguments) = words.split_first().ok_or("nothing to ask")?;
        let command = redis::cmd(verb).arg(arguments).to_owned();
        let running = self.running.as_mut().ok_or("this server has been ended")?;
        if !running.process.is_alive() {
            return Err("the server ended by itself".into());
        }
        let mut answer: Result<T, RedisError> = command.query(&mut running.control);
        if answer.as_ref().is_err_and(RedisError::is_io_error) {
            // A transcript may close every connection with CLIENT KILL.
            if let Some(control) = connect(self.port, running.process.id()) {
                running.control = control;
                answer = command.query(&mut running.control);
            }
        }
        answer.map_err(|why| format!("{}: {why}", words.join(" ")))
    }

    /// One field of INFO; empty when there is none.
    pub(crate) fn info(&mut self, section: &str, field: &str) -> Outcome<String> {
        let text: String = self.ask(&["INFO", section])?;
        let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        Ok(value.unwrap_or_default().to_owned())
    }

    /// The end of what the server wrote.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines.split_at(lines.len().saturating_sub(LOG_LINES_SHOWN)).1.join("\n")
    }

    fn log(&self) -> String {
        fs::read(self.path(LOG)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// What an orderly end leaves behind.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Save {
    /// What the AOF holds.
    Nothing,
    /// An RDB file, too.
    Rdb,
}

/// A connection to our own process, once it has loaded its data; whoever else might have the port is refused.
fn connect(port: u16, process_id: u32) -> Option<Connection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).ok()?;
    let mut control = client.get_connection_with_timeout(PATIENCE).ok()?;
    control.set_read_timeout(Some(PATIENCE)).ok()?;
    let info: String = redis::cmd("INFO").arg("server").query(&mut control).ok()?;
    redis::cmd("DBSIZE").query::<u64>(&mut control).ok()?;
    info.lines().any(|line| line == format!("process_id:{process_id}")).then_some(control)
}

/// A port nobody uses, below the range from which the system takes ports for outgoing connections: so none of those can
/// have it when a restarted server wants it again.
fn free_port() -> Outcome<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(process::id() % 97).unwrap_or_default() * 100;
    for _ in 0..10_000 {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", 20_000 + offset)).is_ok() {
            return Ok(20_000 + offset);
        }
    }
    Err("all ports from 20000 to 29999 are taken".into())
}

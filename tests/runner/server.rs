//! A server as transcripts need it: with a connection besides theirs, an orderly end, and a clock that stands
//! still across restarts.

use redis::{Connection, FromRedisValue, RedisError};
use testkit::deadline::poll;
use testkit::info::Info;

use super::script::Script;
use super::{message, Outcome, Settings, PATIENCE};

const LOG_LINES_SHOWN: usize = 40;

/// What every server of a transcript starts with. `appendfsync no` still writes before it replies, so a
/// killed process loses nothing, and unlike `everysec` it never holds a write back.
const SETTINGS: [(&str, &str); 7] = [
    ("module-arguments", "debug yes"),
    ("appendonly", "yes"),
    ("appendfsync", "no"),
    ("enable-debug-command", "yes"),
    ("repl-diskless-sync-delay", "0"),
    ("shutdown-timeout", "0"),
    ("hz", "100"),
];

/// One server process, which can end and start again on the same data.
pub(crate) struct Server {
    process: testkit::Server,
    /// None while it is meant not to run.
    control: Option<Connection>,
    /// Where the module's clock stands, in Unix milliseconds; none while it runs.
    clock: Option<u64>,
}

impl Server {
    /// Starts a server as the script wants it and waits until it answers.
    pub(crate) fn start(settings: &Settings, script: &Script) -> Outcome<Self> {
        Self::start_with(settings, script, &[])
    }

    /// Starts one that follows `primary`.
    pub(crate) fn start_replica(settings: &Settings, script: &Script, primary: &Self) -> Outcome<Self> {
        let primary_address = format!("127.0.0.1 {}", primary.port());
        let mut replica = Self::start_with(settings, script, &[("replicaof", &primary_address)])?;
        if let Some(ms) = primary.clock {
            replica.stop_clock(ms)?;
        }
        Ok(replica)
    }

    fn start_with(settings: &Settings, script: &Script, more: &[(&str, &str)]) -> Outcome<Self> {
        let module_arguments = script.module_arguments.join(" ");
        let mut all = SETTINGS.to_vec();
        all.push(("module-arguments", &module_arguments));
        all.extend(more);
        all.extend(script.config.iter().map(|line| line.split_once(' ').unwrap_or((line, ""))));
        let process = testkit::Server::start_with(settings.module.clone(), &all).map_err(message)?;
        let mut server = Self { process, control: None, clock: None };
        server.open_control()?;
        Ok(server)
    }

    fn open_control(&mut self) -> Outcome<()> {
        let control = self.process.connect().map_err(message)?;
        control.set_read_timeout(Some(PATIENCE)).map_err(message)?;
        self.control = Some(control);
        Ok(())
    }

    /// The TCP port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.process.port()
    }

    /// Ends it orderly. With the AOF on, that is all it needs; `save` asks for an RDB file.
    pub(crate) fn stop(&mut self, save: Save) -> Outcome<()> {
        let Some(mut control) = self.control.take() else {
            return Ok(());
        };
        let how = if save == Save::Rdb { "SAVE" } else { "NOSAVE" };
        // The answer to a SHUTDOWN that works is the end of the connection.
        if let Ok(answer) = redis::cmd("SHUTDOWN").arg(how).query::<String>(&mut control) {
            return Err(format!("SHUTDOWN answered {answer}"));
        }
        let ended = poll(PATIENCE, || Outcome::Ok((!self.process.is_alive()).then_some(())))?;
        ended.ok_or("the server does not end")?;
        self.process.kill();
        Ok(())
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.control = None;
        self.process.kill();
    }

    /// Whether it is meant to run. One that ended by itself makes the next [`Server::ask`] fail.
    pub(crate) fn is_running(&self) -> bool {
        self.control.is_some()
    }

    /// Whether it was started with the module.
    pub(crate) fn has_module(&self) -> bool {
        self.process.has_module()
    }

    /// A setting that replaces an earlier one at the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.process.set(name, value);
    }

    /// Remembers where the module's clock was stopped, or that it runs, so that it is the same after a
    /// restart.
    pub(crate) fn remember_clock(&mut self, ms: Option<u64>) {
        self.clock = ms;
    }

    /// Starts again on what is in the folder. The clock stands where it stood before anything is loaded.
    pub(crate) fn start_again(&mut self) -> Outcome<()> {
        let clock = self.clock.map_or("yes".to_owned(), |ms| ms.to_string());
        self.process.set("module-arguments", &format!("debug {clock}"));
        self.process.restart().map_err(message)?;
        self.open_control()
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
        let control = self.control.as_mut().ok_or("this server has been ended")?;
        if !self.process.is_alive() {
            return Err("the server ended by itself".into());
        }
        let mut answer: Result<T, RedisError> = command.query(control);
        if answer.as_ref().is_err_and(RedisError::is_io_error) {
            // A transcript may close every connection with CLIENT KILL.
            self.open_control()?;
            answer = command.query(self.control.as_mut().ok_or("this server has been ended")?);
        }
        answer.map_err(|why| format!("{}: {why}", words.join(" ")))
    }

    /// One field of INFO; empty when there is none.
    pub(crate) fn info(&mut self, section: &str, field: &str) -> Outcome<String> {
        let info = Info::from(self.ask::<String>(&["INFO", section])?);
        Ok(info.text(field).unwrap_or_default().to_owned())
    }

    /// The end of what the server wrote.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.process.log();
        let lines: Vec<&str> = log.lines().collect();
        lines.split_at(lines.len().saturating_sub(LOG_LINES_SHOWN)).1.join("\n")
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

//! A private redis-server with the module loaded, for as long as the value lives.
//!
//! It listens on a free port of 127.0.0.1 and keeps its files in a temporary folder of its own. What it is
//! started with stands in a configuration file, so `CONFIG REWRITE` works and a restart finds what that has
//! written.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use redis::{Client, Connection};
use tempfile::TempDir;

use crate::binaries::{executable, module};
use crate::deadline::poll;
use crate::info::Info;
use crate::ports::free_port;
use crate::Failure;

/// Starts the command in `$@` and ends it, folder and all, when standard input is closed; does nothing more
/// after a line of input.
///
/// The kernel closes that pipe however this program ends, so a killed program leaves no server behind either.
/// `exec` keeps the process id, hence `$$` of the watcher is the server. A child that the server has forked
/// to write a file ends on USR1, which the watcher, of the same group, does not heed.
const UNTIL_INPUT_ENDS: &str = r#"
    exec 3<&0
    (trap '' USR1; read -r _ <&3 || { kill -9 $$; kill -s USR1 -- -$$; rm -rf "$FOLDER"; }) >/dev/null 2>&1 &
    exec "$@" 3<&- </dev/null
"#;

/// How long a server may take until it has read its files and answers.
const START_LIMIT: Duration = Duration::from_secs(20);
const PORTS_TRIED: usize = 20;

const CONFIGURATION: &str = "server.conf";
const LOG: &str = "server.log";

/// The name under which [`Server::start`] takes the arguments of the module.
const MODULE_ARGUMENTS: &str = "module-arguments";

/// A setting as in redis.conf: a name, and a value of any number of words.
type Setting = (String, String);

/// A server, running or killed. Dropping it ends the server and removes its files.
pub struct Server {
    module: Option<PathBuf>,
    settings: Vec<Setting>,
    /// Variables of its environment beside those of this program.
    environment: Vec<(String, PathBuf)>,
    /// Settings that stand behind whatever CONFIG REWRITE has made of the others.
    changed: Vec<Setting>,
    running: Option<Running>,
    port: u16,
    folder: TempDir,
}

struct Running {
    process: Child,
    lifeline: Option<ChildStdin>,
}

impl Server {
    /// Starts a server with the module and `settings`, pairs of a name and a value as in redis.conf.
    /// `module-arguments` are the words after the module's path.
    ///
    /// # Errors
    /// When the module is not built, the server ends at once or does not answer; the text holds what it
    /// logged.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, Failure> {
        Self::start_with(module()?, settings)
    }

    /// The same with another module, or with none.
    ///
    /// # Errors
    /// When the server ends at once or does not answer; the text holds what it logged.
    pub fn start_with(module: Option<PathBuf>, settings: &[(&str, &str)]) -> Result<Self, Failure> {
        Self::start_anywhere(module, settings, Vec::new())
    }

    /// [`Server::start`] with more variables in the environment, each the path of a file.
    ///
    /// # Errors
    /// As for [`Server::start`].
    pub fn start_in(environment: &[(&str, &Path)], settings: &[(&str, &str)]) -> Result<Self, Failure> {
        let environment = environment.iter().map(|(name, path)| ((*name).into(), (*path).into())).collect();
        Self::start_anywhere(module()?, settings, environment)
    }

    fn start_anywhere(
        module: Option<PathBuf>,
        settings: &[(&str, &str)],
        environment: Vec<(String, PathBuf)>,
    ) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("redis-jq-").tempdir()?;
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut server =
            Self { module, settings, environment, changed: Vec::new(), running: None, port: 0, folder };
        for _ in 0..PORTS_TRIED {
            server.port = free_port()?;
            match server.restart() {
                // Another process was faster.
                Err(_) if server.log().contains("Address already in use") => {}
                Err(failure) => return Err(failure),
                Ok(()) => return Ok(server),
            }
        }
        Err(format!("no free port in {PORTS_TRIED} attempts").into())
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new connection.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn connect(&self) -> Result<Connection, Failure> {
        Ok(Client::open(format!("redis://127.0.0.1:{}", self.port))?.get_connection()?)
    }

    /// Starts it again on the same port and on what is in its folder; kills it first if it runs.
    ///
    /// # Errors
    /// As for [`Server::start`].
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.kill();
        let configuration = self.path(CONFIGURATION);
        fs::write(&configuration, self.configuration())?;
        let log = File::create(self.path(LOG))?;
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_INPUT_ENDS, "sh"]).arg(executable("redis-server")).arg(configuration);
        command.env("FOLDER", self.folder.path()).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        command.envs(self.environment.iter().map(|(name, path)| (name, path)));
        // A group of its own: Ctrl-C ends this program, and the closed pipe then ends the server.
        command.process_group(0);
        let mut process = command.spawn()?;
        let lifeline = process.stdin.take();
        self.running = Some(Running { process, lifeline });
        self.wait_until_ready()
    }

    /// Ends it at once, as `kill -9` does; its files stay.
    pub fn kill(&mut self) {
        let Some(Running { mut process, lifeline }) = self.running.take() else { return };
        // Both fail only if it is gone already.
        let _ = process.kill();
        let _ = process.wait();
        if let Some(mut lifeline) = lifeline {
            // The watcher must not remove the folder, now that it has nothing to watch any more.
            let _ = lifeline.write_all(b"\n");
        }
    }

    /// Changes a setting from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.changed.retain(|(old, _)| old != name);
        self.changed.push((name.into(), value.into()));
    }

    /// Whether the process runs; one that ended by itself does not.
    pub fn is_alive(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| matches!(running.process.try_wait(), Ok(None)))
    }

    /// Whether it was started with the module.
    pub fn has_module(&self) -> bool {
        self.module.is_some()
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged since it was last started.
    pub fn log(&self) -> String {
        let log = fs::read(self.path(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of the configuration file: what CONFIG REWRITE has made of it, or what was asked for, then
    /// the changes.
    fn configuration(&self) -> String {
        let written = fs::read_to_string(self.path(CONFIGURATION)).ok();
        let rewritten = written.filter(|text| text.contains("Generated by CONFIG REWRITE"));
        let mut text = rewritten.unwrap_or_else(|| self.first_configuration());
        for (name, value) in &self.changed {
            if name == MODULE_ARGUMENTS {
                // Of an argument that is given twice the last one counts.
                let with = |line: &str| {
                    if line.starts_with("loadmodule ") {
                        format!("{line} {value}")
                    } else {
                        line.into()
                    }
                };
                text = text.lines().map(with).collect::<Vec<_>>().join("\n");
            } else {
                text.extend(["\n", name, " ", value]);
            }
        }
        text + "\n"
    }

    fn first_configuration(&self) -> String {
        let (module, server): (Vec<_>, Vec<_>) =
            self.settings.iter().partition(|(name, _)| name == MODULE_ARGUMENTS);
        let folder = self.folder.path().display();
        let mut lines = vec![format!("bind 127.0.0.1\nport {}\nsave \"\"\ndir {folder}", self.port)];
        if let Some(path) = &self.module {
            let arguments: Vec<&str> = module.iter().map(|(_, value)| value.as_str()).collect();
            lines.push(format!("loadmodule {} {}", path.display(), arguments.join(" ")));
        }
        lines.extend(server.iter().map(|(name, value)| format!("{name} {value}")));
        lines.join("\n")
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let mut last = String::new();
        let ready = poll(START_LIMIT, || -> Result<Option<()>, Failure> {
            let Err(error) = self.greet() else { return Ok(Some(())) };
            last = error.to_string();
            let running = self.running.as_mut();
            match running.map(|running| running.process.try_wait()).transpose()?.flatten() {
                Some(status) => Err(format!("the server ended at once ({status}):\n{}", self.log()).into()),
                None => Ok(None),
            }
        })?;
        ready.ok_or_else(|| format!("the server does not answer ({last}):\n{}", self.log()).into())
    }

    /// Succeeds once this very process, and not one that had the port before, has loaded its files and
    /// answers.
    fn greet(&self) -> Result<(), Failure> {
        let mut connection = self.connect()?;
        let id: u32 = Info::read(&mut connection, "server")?.number("process_id")?;
        // Refused while the server is loading.
        redis::cmd("DBSIZE").query::<u64>(&mut connection)?;
        match &self.running {
            Some(running) if running.process.id() == id => Ok(()),
            _ => Err("another server has the port".into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // The watcher ends the server and removes its folder.
            drop(running.lifeline.take());
            // Waiting can only fail if another thread has reaped the process: gone either way.
            let _ = running.process.wait();
        }
    }
}

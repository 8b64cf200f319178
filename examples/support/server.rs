//! A private server with the module loaded, for as long as the value lives.
//!
//! It listens on a free port of 127.0.0.1 and keeps its files in a temporary folder of its own.
//!
//! | variable | default |
//! |---|---|
//! | `REDIS_SERVER` | `redis-server` of the `PATH` |
//! | `JQ_MODULE` | `libredis_jq.so` of the build this program is part of, if it is there, or of the release build |

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Connection};
use tempfile::TempDir;

use super::info::Info;
use super::Failure;

/// Starts the command in `$@` and ends it, folder and all, when standard input is closed; does nothing more after a
/// line of input.
///
/// The kernel closes that pipe however this program ends, so a killed program leaves no server behind either. `exec`
/// keeps the process id, hence `$$` of the watcher is the server. A child that the server has forked to write a file
/// ends on USR1, which the watcher, of the same group, does not heed.
const UNTIL_INPUT_ENDS: &str = r#"
    exec 3<&0
    (trap '' USR1; read -r _ <&3 || { kill -9 $$; kill -s USR1 -- -$$; rm -rf "$FOLDER"; }) >/dev/null 2>&1 &
    exec "$@" 3<&- </dev/null
"#;

/// How long a server may take to answer its first PING, its files read.
const START_LIMIT: Duration = Duration::from_secs(20);
const PORTS_TRIED: usize = 20;

/// A server, running or killed. Dropping it ends the server and removes its files.
pub(crate) struct Server {
    settings: Vec<(String, String)>,
    running: Option<Running>,
    port: u16,
    folder: TempDir,
}

struct Running {
    process: Child,
    lifeline: Option<ChildStdin>,
}

impl Server {
    /// Starts a server with `settings`, pairs of a name and a value as in redis.conf. `module-arguments` are the words
    /// after the module's path.
    ///
    /// # Errors
    /// When the module is not built, the server ends at once or does not answer; the text holds what it logged.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("redis-jq-").tempdir()?;
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut server = Self { settings, running: None, port: 0, folder };
        for _ in 0..PORTS_TRIED {
            server.port = free_port()?;
            match server.restart() {
                // Somebody else was faster.
                Err(_) if server.log().contains("Address already in use") => {}
                Err(failure) => return Err(failure),
                Ok(()) => return Ok(server),
            }
        }
        Err(format!("no free port in {PORTS_TRIED} attempts").into())
    }

    /// The port it listens on, at 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Result<Connection, Failure> {
        Ok(Client::open(format!("redis://127.0.0.1:{}", self.port))?.get_connection()?)
    }

    /// Starts a server that was killed again: the same port, and what is in its folder.
    ///
    /// # Errors
    /// As for [`Server::start`].
    pub(crate) fn restart(&mut self) -> Result<(), Failure> {
        self.kill();
        let log = File::create(self.folder.path().join("server.log"))?;
        let mut command = Command::new("sh");
        command.args(["-c", UNTIL_INPUT_ENDS, "sh"]).arg(executable("redis-server"));
        command.args(self.arguments()?);
        command.env("FOLDER", self.folder.path()).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        // A group of its own: Ctrl-C ends this program, and the closed pipe then ends the server.
        command.process_group(0);
        let mut process = command.spawn()?;
        let lifeline = process.stdin.take();
        self.running = Some(Running { process, lifeline });
        self.wait_until_ready()
    }

    /// Ends it at once, as `kill -9` does; its files stay.
    pub(crate) fn kill(&mut self) {
        let Some(Running { mut process, lifeline }) = self.running.take() else { return };
        // Both fail only if it is gone already.
        let _ = process.kill();
        let _ = process.wait();
        if let Some(mut lifeline) = lifeline {
            // The watcher has nothing to watch over any more, and must not remove the folder.
            let _ = lifeline.write_all(b"\n");
        }
    }

    /// Changes what it is started with from the next time on.
    #[allow(dead_code, reason = "for those who start it again")]
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(old, _)| old != name);
        self.settings.push((name.into(), value.into()));
    }

    /// Whether the process runs; one that ended by itself does not.
    #[allow(dead_code, reason = "for those who expect it to end")]
    pub(crate) fn is_alive(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| matches!(running.process.try_wait(), Ok(None)))
    }

    /// Where its files are.
    #[allow(dead_code, reason = "for those who look at them")]
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged since it was last started.
    pub(crate) fn log(&self) -> String {
        fs::read(self.folder.path().join("server.log"))
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    fn arguments(&self) -> Result<Vec<String>, Failure> {
        let mut arguments = vec!["--bind".into(), "127.0.0.1".into(), "--port".into(), self.port.to_string()];
        arguments.extend(["--save".into(), String::new(), "--dir".into()]);
        arguments.extend([self.folder.path().display().to_string(), "--loadmodule".into()]);
        arguments.push(module()?.display().to_string());
        let (module, server): (Vec<_>, Vec<_>) =
            self.settings.iter().partition(|(name, _)| name == "module-arguments");
        arguments.extend(module.into_iter().flat_map(|(_, value)| value.split(' ').map(str::to_owned)));
        for (name, value) in server {
            arguments.push(format!("--{name}"));
            arguments.extend(value.split(' ').map(str::to_owned));
        }
        Ok(arguments)
    }

    fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let Err(error) = self.greet() else { return Ok(()) };
            let ended =
                self.running.as_mut().map(|running| running.process.try_wait()).transpose()?.flatten();
            if let Some(status) = ended {
                return Err(format!("the server ended at once ({status}):\n{}", self.log()).into());
            }
            if Instant::now() > deadline {
                return Err(format!("the server does not answer ({error}):\n{}", self.log()).into());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Succeeds if this very process answers, and not one that had the port before.
    fn greet(&self) -> Result<(), Failure> {
        let mut connection = self.connect()?;
        redis::cmd("PING").query::<()>(&mut connection)?;
        let id: u32 = Info::read(&mut connection, "server")?.number("process_id")?;
        match &self.running {
            Some(running) if running.process.id() == id => Ok(()),
            _ => Err("another server has the port".into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.lifeline.take());
            // Waiting can only fail if somebody else has reaped the process: gone either way.
            let _ = running.process.wait();
        }
    }
}

/// A port nobody uses, below the range from which the system takes ports for outgoing connections: so none of those can
/// have it when a server that was killed wants it again.
pub(crate) fn free_port() -> Result<u16, Failure> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(process::id() % 97).unwrap_or_default() * 100;
    for _ in 0..10_000 {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", 10_000 + offset)).is_ok() {
            return Ok(10_000 + offset);
        }
    }
    Err("all ports from 10000 to 19999 are taken".into())
}

/// A tool that comes with the server: `REDIS_SERVER` for redis-server itself, its neighbours from the same folder.
pub(crate) fn executable(name: &str) -> PathBuf {
    let server = env::var_os("REDIS_SERVER").map_or_else(|| PathBuf::from("redis-server"), PathBuf::from);
    if name == "redis-server" {
        return server;
    }
    let neighbour = server.with_file_name(name);
    if neighbour.exists() {
        neighbour
    } else {
        PathBuf::from(name)
    }
}

/// Cargo puts programs and tests into a folder below the module of their build. Tests are built for debugging, and
/// what they are to test is the release build.
fn module() -> Result<PathBuf, Failure> {
    if let Some(path) = env::var_os("JQ_MODULE") {
        return Ok(PathBuf::from(path));
    }
    let program = env::current_exe()?;
    let build = program.parent().and_then(Path::parent).ok_or("this program is in no build folder")?;
    let release = build.with_file_name("release").join("libredis_jq.so");
    if release.exists() {
        Ok(release)
    } else {
        Err(format!("no module at {}: run scripts/build", release.display()).into())
    }
}

//! The test bed: the servers that sections measure on, and how they send and sum up.

use std::time::Duration;

use redis::{cmd, Cmd, Connection, ConnectionLike, Value};
use testkit::info::Info;
use testkit::Failure;
use testkit::Server;

/// Commands in one write. Enough that the client is no bottleneck, little enough that the server reads it in
/// a few goes.
const PIPELINE: usize = 500;

/// How every server of a run is set up.
pub(crate) struct Bed {
    /// Whether commands are written to an append-only file.
    pub(crate) aof: bool,
    /// How many jobs the largest queue has in the sections [`cost`](crate::cost) and [`load`](crate::load).
    pub(crate) largest: u64,
}

impl Bed {
    /// A fresh server, whose clock can be stopped so that things happen at one instant.
    pub(crate) fn server(&self) -> Result<Server, Failure> {
        let appendonly = if self.aof { "yes" } else { "no" };
        let settings =
            [("appendonly", appendonly), ("maxclients", "10000"), ("module-arguments", "debug yes")];
        Server::start(&settings)
    }
}

/// Sends `commands` in pipelines and gives `each` answer on. An error among them ends the run.
pub(crate) fn ask_all(
    connection: &mut Connection,
    commands: impl IntoIterator<Item = Cmd>,
    each: impl FnMut(Value),
) -> Result<(), Failure> {
    let mut commands = commands.into_iter().peekable();
    let mut each = each;
    let mut packed = Vec::new();
    while commands.peek().is_some() {
        packed.clear();
        let mut count = 0;
        for command in commands.by_ref().take(PIPELINE) {
            packed.extend(command.get_packed_command());
            count += 1;
        }
        connection.req_packed_commands(&packed, 0, count)?.into_iter().for_each(&mut each);
    }
    Ok(())
}

/// Sends `commands` in pipelines; their answers need not be looked at, unless they are errors.
pub(crate) fn send_all(
    connection: &mut Connection,
    commands: impl IntoIterator<Item = Cmd>,
) -> Result<(), Failure> {
    ask_all(connection, commands, drop)
}

/// Server CPU that `work` takes.
pub(crate) fn cpu_of(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let before = Info::read(connection, "cpu")?.cpu()?;
    work(connection)?;
    Ok(Info::read(connection, "cpu")?.cpu()?.saturating_sub(before))
}

/// Time the server spends inside `command` during `work`, without reading requests and writing replies.
pub(crate) fn time_in(
    connection: &mut Connection,
    command: &str,
    work: impl FnOnce(&mut Connection) -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    cmd("CONFIG").arg("RESETSTAT").query::<()>(connection)?;
    work(connection)?;
    let info = Info::read(connection, "commandstats")?;
    let text = info.text(&format!("cmdstat_{command}")).ok_or_else(|| format!("{command} was not called"))?;
    let micros =
        text.split(',').find_map(|part| part.strip_prefix("usec=")).and_then(|micros| micros.parse().ok());
    Ok(Duration::from_micros(micros.ok_or_else(|| format!("INFO says {text} about {command}"))?))
}

/// Empties the server without counting it to whatever is measured next.
pub(crate) fn flush(connection: &mut Connection) -> Result<(), Failure> {
    Ok(cmd("FLUSHALL").arg("SYNC").query(connection)?)
}

/// Microseconds per operation.
pub(crate) fn micros_each(time: Duration, operations: u64) -> f64 {
    time.as_secs_f64() * 1e6 / operations as f64
}

/// The middle value; of an even number of values the upper of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

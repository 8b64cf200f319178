//! Asks the server, and finds it again when it was away.
//!
//! The live view asks from a thread of its own: keys work while a server hangs, and signals, which the kernel
//! gives to the first thread, interrupt no answer.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use redis::{
    cmd, Client, Cmd, Connection, ConnectionAddr, ConnectionInfo, FromRedisValue, ProtocolVersion,
    RedisConnectionInfo, RedisError, RedisResult, Value,
};

use crate::options::Options;
use crate::reading::{Batch, Group, Numbers, Part, Queue, Reading, Worker};

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// Workers, and groups, in one reading: more than a screen has lines.
const WORKERS: usize = 1000;
const GROUPS: usize = 1000;
/// Batches in one JQ.BATCHES, and such commands in one reading.
const PAGE: usize = 200;
const PAGES: usize = 5;

/// What stands in a map of a listing.
type Fields = BTreeMap<String, Value>;

/// The next cursor, and batches with their numbers.
type Page = (String, Vec<(Vec<u8>, Numbers)>);

/// What a reading brought.
pub(crate) type Answer = Result<Reading, String>;

/// A source in a thread of its own.
pub(crate) struct Asker {
    questions: Sender<()>,
    answers: Receiver<Answer>,
}

impl Asker {
    /// Nothing is asked yet.
    pub(crate) fn start(mut source: Source) -> Self {
        let (questions, asked) = mpsc::channel();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || while asked.recv().is_ok() && sender.send(source.read()).is_ok() {});
        Self { questions, answers }
    }

    /// Asks. Each question gets one answer.
    pub(crate) fn ask(&self) {
        // The thread ends only with this value.
        let _ = self.questions.send(());
    }

    /// The next answer if it is there.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

/// A server to ask for the same queues again and again.
pub(crate) struct Source {
    address: ConnectionInfo,
    connection: Option<Connection>,
    /// `redis 7.0.15`, of the server that answered last; empty if it does not say.
    version: String,
    /// Name, and the page of its batches to begin with.
    queues: Vec<(Vec<u8>, String)>,
}

impl Source {
    /// Nothing is asked yet.
    pub(crate) fn new(options: &Options) -> Self {
        let address = ConnectionInfo {
            addr: ConnectionAddr::Tcp(options.host.clone(), options.port),
            redis: RedisConnectionInfo {
                db: options.db,
                username: options.user.clone(),
                password: options.password.clone(),
                protocol: ProtocolVersion::RESP2,
            },
        };
        let queues = options.queues.iter().map(|name| (name.clone(), "0".to_owned())).collect();
        Self { address, connection: None, version: String::new(), queues }
    }

    /// The numbers of this moment.
    ///
    /// # Errors
    /// Why there are none. The next call begins with a new connection.
    pub(crate) fn read(&mut self) -> Answer {
        let is_old = self.connection.is_some();
        let reading = match self.ask() {
            // A server closes connections for reasons of its own: only a new one shows whether it is away.
            Err(why) if is_old && why.is_connection_dropped() => self.ask(),
            reading => reading,
        };
        reading.map_err(|why| message(&why))
    }

    fn ask(&mut self) -> RedisResult<Reading> {
        let mut connection = self.connect()?;
        let (seconds, micros): (i64, i64) = cmd("TIME").query(&mut connection)?;
        let queues = self.queues.iter_mut().map(|(name, page)| queue(&mut connection, name, page));
        let queues = queues.collect::<RedisResult<_>>()?;
        self.connection = Some(connection);
        Ok(Reading { version: self.version.clone(), at: seconds * 1000 + micros / 1000, queues })
    }

    /// The connection there is, or a new one. It is put back when it has done its work.
    fn connect(&mut self) -> RedisResult<Connection> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let mut connection = Client::open(self.address.clone())?.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        self.version = version(&mut connection);
        Ok(connection)
    }
}

/// `redis 7.0.15` or `valkey 8.1.0`; empty if the server does not answer INFO, as when the user may not ask.
fn version(connection: &mut Connection) -> String {
    let info: String = cmd("INFO").arg("server").query(connection).unwrap_or_default();
    let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let valkey = field("valkey_version").map(|version| format!("valkey {version}"));
    valkey.or_else(|| Some(format!("redis {}", field("redis_version")?))).unwrap_or_default()
}

fn queue(connection: &mut Connection, name: &[u8], page: &mut String) -> RedisResult<Queue> {
    let stats: Part<Numbers> = part(connection, cmd("JQ.STATS").arg(name))?;
    let has_groups = stats.as_ref().is_ok_and(|stats| stats.get("groups").is_some_and(|groups| *groups > 0));
    Ok(Queue {
        name: name.to_vec(),
        stats,
        settings: part(connection, cmd("JQ.CONFIG").arg(name))?,
        workers: workers(connection, name)?,
        groups: if has_groups { groups(connection, name)? } else { Ok(Vec::new()) },
        batches: batches(connection, name, page)?,
    })
}

/// What the server says to a command, be it an error: only a connection that fails is a failure here.
fn part<T: FromRedisValue>(connection: &mut Connection, command: &Cmd) -> RedisResult<Part<T>> {
    match command.query(connection) {
        Err(why) if why.is_io_error() || why.is_unrecoverable_error() => Err(why),
        answer => Ok(answer.map_err(|why| message(&why))),
    }
}

fn workers(connection: &mut Connection, name: &[u8]) -> RedisResult<Part<Vec<Worker>>> {
    let maps: Part<(String, Vec<Fields>)> =
        part(connection, cmd("JQ.WORKERS").arg(name).arg("COUNT").arg(WORKERS))?;
    let worker = |map: &Fields| Worker {
        name: field(map, "worker").unwrap_or_default(),
        active: field(map, "active").unwrap_or_default(),
        lease_until: field(map, "oldest-lease-until"),
        last_seen: field(map, "last-seen"),
        waiting_since: field(map, "waiting-since"),
    };
    Ok(maps.map(|(_, maps)| {
        let (mut busy, idle): (Vec<_>, Vec<_>) =
            maps.iter().map(worker).partition(|worker| worker.active > 0);
        busy.extend(idle);
        busy
    }))
}

/// The value of a field; none where there is no such field, or it is of another kind.
fn field<T: FromRedisValue>(map: &Fields, name: &str) -> Option<T> {
    map.get(name).and_then(|value| T::from_redis_value(value).ok())
}

fn groups(connection: &mut Connection, name: &[u8]) -> RedisResult<Part<Vec<Group>>> {
    let maps: Part<(String, Vec<Fields>)> =
        part(connection, cmd("JQ.GROUPS").arg(name).arg("COUNT").arg(GROUPS))?;
    let group = |map: &Fields| Group {
        name: field(map, "group").unwrap_or_default(),
        waiting: field(map, "waiting").unwrap_or_default(),
        active: field(map, "active").unwrap_or_default(),
        claimable: field(map, "claimable").unwrap_or_default(),
        concurrency: field(map, "concurrency").unwrap_or_default(),
        rate: field(map, "rate").unwrap_or_default(),
        paused_until: field(map, "paused-until"),
        why: field(map, "why"),
    };
    Ok(maps.map(|(_, maps)| {
        let mut groups: Vec<_> = maps.iter().map(group).collect();
        groups.sort_by_key(|group| Reverse(group.waiting));
        groups
    }))
}

/// Batches that are not finished, then those that finished last. They come oldest first, so a page of
/// finished ones that others follow never needs to be read again: `page` moves on.
fn batches(connection: &mut Connection, name: &[u8], page: &mut String) -> RedisResult<Part<Vec<Batch>>> {
    for _ in 0..PAGES {
        let mut command = cmd("JQ.BATCHES");
        command.arg(name).arg("COUNT").arg(PAGE).arg("CURSOR").arg(page.as_str());
        let (next, found): Page = match part(connection, &command)? {
            Ok(answer) => answer,
            Err(why) => return Ok(Err(why)),
        };
        let found = found.into_iter().map(|(name, numbers)| Batch { name, numbers });
        let (finished, mut shown): (Vec<_>, Vec<_>) = found.partition(|batch| batch.number("finished") != 0);
        if next == "0" || !shown.is_empty() {
            if finished.is_empty() && shown.is_empty() {
                // Nothing behind it any more: it may be another queue of that name.
                "0".clone_into(page);
            }
            shown.extend(finished.into_iter().rev());
            return Ok(Ok(shown));
        }
        *page = next;
    }
    Ok(Ok(Vec::new()))
}

/// An error as a server words it, or the system.
fn message(why: &RedisError) -> String {
    match (why.code(), why.detail()) {
        _ if why.is_timeout() => format!("no answer in {} s", PATIENCE.as_secs()),
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => why.to_string(),
    }
}

//! A connection, and what is asked over it.

use redis::{Cmd, Connection, FromRedisValue, RedisError, Value};

use crate::deadline::PATIENCE;
use crate::info::Info;
use crate::server::Server;
use std::collections::BTreeMap;

/// One client.
pub struct Client(Connection);

impl Client {
    /// Connects.
    pub fn of(server: &Server) -> Self {
        Self::try_of(server.port()).expect("a server that runs takes connections")
    }

    /// Connects, if a server takes connections there.
    pub fn try_of(port: u16) -> Option<Self> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).ok()?;
        let connection = client.get_connection_with_timeout(PATIENCE).ok()?;
        connection.set_read_timeout(Some(PATIENCE)).ok()?;
        Some(Self(connection))
    }

    /// Sends `words` and answers the reply, or why there is none.
    pub fn send(&mut self, words: &[Vec<u8>]) -> Result<Value, RedisError> {
        let mut command = Cmd::new();
        for word in words {
            command.arg(word);
        }
        command.query(&mut self.0)
    }

    /// Sends the words of `line`, which spaces separate.
    pub fn try_ask<T: FromRedisValue>(&mut self, line: &str) -> Result<T, RedisError> {
        let mut command = Cmd::new();
        for word in line.split(' ') {
            command.arg(word);
        }
        command.query(&mut self.0)
    }

    /// The same where an error is a failure of the test.
    #[track_caller]
    pub fn ask<T: FromRedisValue>(&mut self, line: &str) -> T {
        self.try_ask(line).unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// The same for words that may hold anything.
    #[track_caller]
    pub fn ask_words<T: FromRedisValue>(&mut self, words: &[&[u8]]) -> T {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
        let reply = self.send(&words).and_then(|value| T::from_owned_redis_value(value));
        reply.unwrap_or_else(|why| panic!("{}: {why}", shown(&words)))
    }

    /// What the server says against `line`; none if it has nothing against it.
    #[track_caller]
    pub fn refusal(&mut self, line: &str) -> Option<String> {
        let why = self.try_ask::<Value>(line).err()?;
        assert!(!is_gone(&why), "{line}: the connection ended: {why}");
        Some(format!("{} {}", why.code().unwrap_or("ERR"), why.detail().unwrap_or_default()))
    }

    /// A field of INFO.
    #[track_caller]
    pub fn info(&mut self, field: &str) -> String {
        let info = Info::read(&mut self.0, "everything").unwrap_or_else(|why| panic!("INFO: {why}"));
        info.text(field).unwrap_or_else(|| panic!("INFO has no {field}")).to_owned()
    }

    /// A field of INFO that is a number.
    #[track_caller]
    pub fn number(&mut self, field: &str) -> i64 {
        let text = self.info(field);
        text.parse().unwrap_or_else(|_| panic!("INFO says {field}:{text}"))
    }

    /// A number of `JQ.STATS`.
    #[track_caller]
    pub fn stat(&mut self, queue: &str, field: &str) -> i64 {
        let fields: Vec<(String, String)> = self.ask(&format!("JQ.STATS {queue}"));
        let value = fields.iter().find(|(name, _)| name == field);
        value.and_then(|(_, value)| value.parse().ok()).unwrap_or_else(|| panic!("no number {field}"))
    }

    /// How many jobs of a queue have not ended, as of one instant: jobs move while numbers are asked one by one.
    #[track_caller]
    pub fn unfinished(&mut self, queue: &str) -> u64 {
        let stats: BTreeMap<String, String> = self.ask(&format!("JQ.STATS {queue}"));
        let count = |state: &str| stats[state].parse::<u64>().expect("a count");
        ["waiting", "delayed", "blocked", "active"].map(count).iter().sum()
    }

    /// The connection itself, for what is special.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Whether the connection ended, and not only the command failed.
pub fn is_gone(why: &RedisError) -> bool {
    why.is_io_error() || why.is_connection_dropped() || why.is_unrecoverable_error()
}

/// A job as a claim answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Proves the claim.
    pub token: u64,
    /// The id of the job.
    pub id: Vec<u8>,
    /// The number of the run.
    pub attempt: u64,
}

impl Claimed {
    /// `verb`, such as JQ.ACK, on this job.
    pub fn words(&self, verb: &str, queue: &str) -> Vec<Vec<u8>> {
        vec![verb.into(), queue.into(), self.token.to_string().into(), self.id.clone()]
    }
}

/// The jobs in the answer to a claim, whatever else it was.
pub fn claimed(reply: &Value) -> Vec<Claimed> {
    let Value::Array(jobs) = reply else { return Vec::new() };
    let job = |job: &Value| {
        let (token, id, attempt, _): (u64, Vec<u8>, u64, Vec<u8>) = redis::from_redis_value(job).ok()?;
        Some(Claimed { token, id, attempt })
    };
    jobs.iter().filter_map(|claimed| job(claimed).or_else(|| in_full(claimed))).collect()
}

/// A job as CLAIM FULL shows it.
fn in_full(job: &Value) -> Option<Claimed> {
    let fields: BTreeMap<Vec<u8>, Value> = redis::from_redis_value(job).ok()?;
    let number = |name: &[u8]| redis::from_redis_value(fields.get(name)?).ok();
    let id = redis::from_redis_value(fields.get(&b"id"[..])?).ok()?;
    Some(Claimed { token: number(b"token")?, id, attempt: number(b"attempt")? })
}

/// The queue and its jobs in the answer to JQ.CLAIMANY; none if it was something else.
pub fn claimed_of_any(reply: &Value) -> Option<(Vec<u8>, Vec<Claimed>)> {
    let (queue, jobs): (Vec<u8>, Value) = redis::from_redis_value(reply).ok()?;
    Some((queue, claimed(&jobs)))
}

/// The jobs in the answer to an ACK or NACK with NEXT; none if it was something else.
pub fn claimed_next(reply: &Value) -> Vec<Claimed> {
    match redis::from_redis_value::<(Vec<i64>, Value)>(reply) {
        Ok((_, jobs)) => claimed(&jobs),
        Err(_) => Vec::new(),
    }
}

/// Words as they are shown in a failure.
pub fn shown(words: &[Vec<u8>]) -> String {
    let word = |word: &Vec<u8>| {
        let shown = word.escape_ascii().to_string();
        let cut = shown.get(..shown.len().min(200)).unwrap_or_default().to_owned();
        if cut.is_empty() || cut.contains(' ') {
            format!("\"{cut}\"")
        } else {
            cut
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

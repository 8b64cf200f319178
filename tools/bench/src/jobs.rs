//! The jobs that are measured with: 10-byte ids and payloads of 98 bytes, unless a section says otherwise.

use redis::{cmd, from_owned_redis_value, Cmd, Connection, RedisWrite, ToRedisArgs, Value};
use testkit::Failure;

/// What each job carries.
pub(crate) const PAYLOAD: [u8; 98] = [b'x'; 98];

/// Longer than any run: no lease ends and no id is forgotten unless a section wants it.
pub(crate) const LONG: &str = "86400000";

/// The id of the job with this number: 10 bytes.
pub(crate) fn id(number: u64) -> String {
    format!("{number:010}")
}

/// The ids of `count` jobs, from number `first` on.
pub(crate) fn ids(first: u64, count: u64) -> Vec<String> {
    (first..first + count).map(id).collect()
}

/// A claimed job.
pub(crate) struct Lease {
    /// Goes with the id into every command about this lease.
    pub(crate) token: u64,
    /// The job's id.
    pub(crate) id: String,
}

/// Token and id, the way commands about a lease take them.
impl ToRedisArgs for Lease {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        self.token.write_redis_args(out);
        self.id.write_redis_args(out);
    }
}

/// A command with all its words.
pub(crate) fn command(name: &str, words: impl ToRedisArgs) -> Cmd {
    let mut command = cmd(name);
    command.arg(words);
    command
}

/// `SET` with the bytes of the job with this number.
pub(crate) fn set(number: u64) -> Cmd {
    command("SET", (id(number), &PAYLOAD[..]))
}

/// `JQ.ADD` of one job.
pub(crate) fn add(queue: &str, id: &str) -> Cmd {
    command("JQ.ADD", (queue, id, &PAYLOAD[..]))
}

/// `JQ.MADD` of many jobs.
pub(crate) fn add_many(queue: &str, ids: &[String]) -> Cmd {
    let jobs: Vec<_> = ids.iter().map(|id| (id, &PAYLOAD[..])).collect();
    command("JQ.MADD", (queue, ids.len(), jobs))
}

/// `JQ.CLAIM` of up to `count` jobs, for `lease` milliseconds. [`leases`] reads the answer.
pub(crate) fn claim(queue: &str, count: u64, lease: &str) -> Cmd {
    command("JQ.CLAIM", (queue, "worker", "COUNT", count, "LEASE", lease))
}

/// What a claim brought; nothing when no job was claimable.
pub(crate) fn leases(answer: Value) -> Result<Vec<Lease>, Failure> {
    let jobs: Option<Vec<(u64, String, u64, String)>> = from_owned_redis_value(answer)?;
    let lease = |(token, id, _, _)| Lease { token, id };
    Ok(jobs.unwrap_or_default().into_iter().map(lease).collect())
}

/// `JQ.ACK` of all `leases` in one call.
pub(crate) fn acknowledge(queue: &str, leases: &[Lease]) -> Cmd {
    command("JQ.ACK", (queue, leases))
}

/// One of the queue's numbers.
pub(crate) fn stat(connection: &mut Connection, queue: &str, field: &str) -> Result<u64, Failure> {
    let fields: Vec<(String, Value)> = cmd("JQ.STATS").arg(queue).query(connection)?;
    let value = fields.into_iter().find(|(name, _)| name == field);
    let (_, value) = value.ok_or_else(|| format!("JQ.STATS has no field '{field}'"))?;
    Ok(from_owned_redis_value(value)?)
}

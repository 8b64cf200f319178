//! The one place for error texts.

use crate::queue::Refusal;
use std::borrow::Cow;

/// An error reply: a code a client can test, then what was wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Cow<'static, str>);

impl Error {
    /// The whole line, code first, as it goes to the client (printable ASCII only: it is one RESP line).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A client's argument in an error text: printable and in quotes, or its length when it is long.
pub(crate) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 64;
    if bytes.len() > MOST {
        return format!("{} bytes", bytes.len());
    }
    let printable = bytes.iter().map(|&b| if (b' '..=b'~').contains(&b) { char::from(b) } else { '?' });
    format!("'{}'", printable.collect::<String>())
}

impl Error {
    /// Too few words, or a word where nothing may follow.
    pub(crate) fn syntax(what: impl AsRef<str>) -> Self {
        Error(format!("ERR syntax error: {}", what.as_ref()).into())
    }

    /// A value outside what the argument allows.
    pub(crate) fn range(name: &str, allowed: &str, got: &[u8]) -> Self {
        Error(format!("ERR {name} must be {allowed}, got {}", shown(got)).into())
    }

    /// A limit of the queue is reached.
    pub(crate) fn full(what: &str, limit: u64) -> Self {
        Error(format!("JQFULL the queue is at its {what} of {limit}").into())
    }

    /// Sequence numbers or tokens are used up.
    pub(crate) fn exhausted() -> Self {
        Error(
            "JQFULL the queue has used up its sequence numbers or tokens: nothing changes it any more".into(),
        )
    }

    /// A command without its key, in which core would be as short.
    pub(crate) fn arity() -> Self {
        Error("ERR wrong number of arguments".into())
    }

    /// This server follows another, in the words of core.
    pub(crate) fn read_only() -> Self {
        Error("READONLY You can't write against a read only replica.".into())
    }

    /// What a client waits for is not at this node of a cluster any more.
    pub(crate) fn gone() -> Self {
        Error("UNBLOCKED the queue has left this node or is deleted: send the command again".into())
    }

    /// Another type of value is in the way, in the words of core.
    pub(crate) fn wrong_type() -> Self {
        Error("WRONGTYPE Operation against a key holding the wrong kind of value".into())
    }

    /// The server is at its memory limit, in the words of core.
    pub(crate) fn memory() -> Self {
        Error("OOM command not allowed when used memory > 'maxmemory'.".into())
    }

    /// The server is at its memory limit, where workers have [`ROOM_AT_MEMORY_LIMIT`] for this.
    ///
    /// [`ROOM_AT_MEMORY_LIMIT`]: super::ROOM_AT_MEMORY_LIMIT
    pub(crate) fn memory_for(name: &str, got: usize) -> Self {
        let most = super::ROOM_AT_MEMORY_LIMIT;
        let text = format!(
            "OOM {name} must be at most {most} bytes when used memory > 'maxmemory', got {got} bytes"
        );
        Error(text.into())
    }

    /// More items than one call may name.
    pub(crate) fn too_many(count: usize, what: &str, most: u64) -> Self {
        Error::other(format!("at most {most} {what} a call, got {count}: send the others in another one"))
    }

    /// The batch takes no more members.
    pub(crate) fn sealed(batch: &[u8]) -> Self {
        Error(format!("JQSEALED the batch {} is sealed", shown(batch)).into())
    }

    /// A new id is not for this one of the shards, or not surely.
    pub(crate) fn other_shards(own: u32, counted_on: u32) -> Self {
        let text = format!(
            "JQSHARDS this queue is one of {own} shards, not of {counted_on}: an id that it does not know goes to its \
             shard among {own}"
        );
        Error(text.into())
    }

    /// What the queue refuses: a limit of it is reached, or `batch` is sealed, or the id belongs elsewhere.
    pub(crate) fn refused(refusal: Refusal, batch: Option<&[u8]>) -> Self {
        match refusal {
            Refusal::Sealed(_) => Error::sealed(batch.unwrap_or_default()),
            Refusal::MaxIds(limit) => Error::full("max-ids", limit),
            Refusal::MaxJobs(limit) => Error::full("max-jobs", limit),
            Refusal::Capacity(limit) => Error::full("capacity", limit),
            Refusal::GroupRules(limit) => {
                Error::full("number of groups with a pause or limits of their own", limit)
            }
            Refusal::Shards { own, counted_on } => Error::other_shards(own, counted_on),
        }
    }

    /// The client may not do that.
    pub(crate) fn no_permission(what: impl AsRef<str>) -> Self {
        Error(format!("NOPERM {}", what.as_ref()).into())
    }

    /// Anything else.
    pub(crate) fn other(what: impl AsRef<str>) -> Self {
        Error(format!("ERR {}", what.as_ref()).into())
    }
}

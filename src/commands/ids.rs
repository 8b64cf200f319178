//! Ids as arguments, and the answer of commands that take a list of them.

use super::args::Args;
use super::error::Error;
use super::reply::Reply;
use super::spec::{Arg, ArgKind};
use crate::queue::MAX_ID;

/// `queue id [id ...]`.
pub(super) const ARGS: &[Arg] = &[Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String).many()];

/// `word` as the id of a job: 1 to 512 bytes, not `*`.
pub(super) fn id(word: &[u8]) -> Result<&[u8], Error> {
    if (1..=MAX_ID).contains(&word.len()) && word != b"*" {
        Ok(word)
    } else {
        Err(Error::range("id", &format!("1 to {MAX_ID} bytes and not '*'"), word))
    }
}

/// All words that are left, as ids.
pub(super) fn ids<'a>(args: &mut Args<'a>) -> Result<&'a [&'a [u8]], Error> {
    let words = args.rest("id")?;
    for word in words {
        id(word)?;
    }
    Ok(words)
}

/// Does `change` to each id and answers 1 or 0 for each.
pub(super) fn answer_each(ids: &[&[u8]], reply: &mut dyn Reply, mut change: impl FnMut(&[u8]) -> bool) {
    reply.array(ids.len());
    for id in ids {
        reply.int(change(id).into());
    }
}

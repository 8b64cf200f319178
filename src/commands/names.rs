//! Names that clients give, and ids of jobs, as arguments: the one place where their lengths are checked.

use super::args::Args;
use super::error::Error;
use super::options::CommandOption;
use super::reply::Reply;
use super::spec::{Arg, ArgKind};
use super::MAX_ITEMS;
use crate::queue::schedules::MAX_NAME;
use crate::queue::{
    Changed, MAX_BATCH, MAX_FIELD_NAME, MAX_GROUP, MAX_ID, MAX_JOB_NAME, MAX_PREFIX, MAX_WORKER,
};
use std::ops::RangeInclusive;

/// `queue id [id ...]`.
pub(super) const QUEUE_AND_IDS: &[Arg] =
    &[Arg::word("queue", ArgKind::Key), Arg::word("id", ArgKind::String).many()];

/// `word`, if its length in bytes is within `range`; `what` is named in the error.
fn of_length<'w>(what: &str, word: &'w [u8], range: RangeInclusive<usize>) -> Result<&'w [u8], Error> {
    if range.contains(&word.len()) {
        Ok(word)
    } else {
        Err(Error::range(what, &format!("{} to {} bytes", range.start(), range.end()), word))
    }
}

/// `word` as the name of a batch.
pub(super) fn batch(word: &[u8]) -> Result<&[u8], Error> {
    of_length("batch", word, 1..=MAX_BATCH)
}

/// `word` as the name of a group.
pub(super) fn group(word: &[u8]) -> Result<&[u8], Error> {
    of_length("group", word, 1..=MAX_GROUP)
}

/// `word` as the name of a job.
pub(super) fn job_name(word: &[u8]) -> Result<&[u8], Error> {
    of_length("NAME", word, 1..=MAX_JOB_NAME)
}

/// `word` as the name of a field.
pub(super) fn field(word: &[u8]) -> Result<&[u8], Error> {
    of_length("field", word, 1..=MAX_FIELD_NAME)
}

/// `word` as the name of a worker.
pub(super) fn worker(word: &[u8]) -> Result<&[u8], Error> {
    of_length("worker", word, 1..=MAX_WORKER)
}

/// `word` as the name of a schedule.
pub(super) fn schedule(word: &[u8]) -> Result<&[u8], Error> {
    of_length("name", word, 1..=MAX_NAME)
}

/// `word` as the prefix of names of keys; the empty one is a prefix of all.
pub(super) fn prefix(word: &[u8]) -> Result<&[u8], Error> {
    of_length("prefix", word, 0..=MAX_PREFIX)
}

/// `word` as the id of a job: 1 to 512 bytes, not `*`.
pub(super) fn id(word: &[u8]) -> Result<&[u8], Error> {
    given_id(word).ok_or_else(|| Error::range("id", &format!("1 to {MAX_ID} bytes and not '*'"), word))
}

/// `word` as the id of a new job; None for `*`: the queue makes one.
pub(super) fn new_id(word: &[u8]) -> Result<Option<&[u8]>, Error> {
    match given_id(word) {
        None if word != b"*" => Err(Error::range("id", &format!("1 to {MAX_ID} bytes, or '*'"), word)),
        id => Ok(id),
    }
}

/// None for `*` and for what is no id.
pub(super) fn given_id(word: &[u8]) -> Option<&[u8]> {
    ((1..=MAX_ID).contains(&word.len()) && word != b"*").then_some(word)
}

/// Refuses more items than one call may name: the server has one thread for everybody.
pub(super) fn check_items(count: usize, what: &str) -> Result<(), Error> {
    if count as u64 <= MAX_ITEMS {
        Ok(())
    } else {
        Err(Error::too_many(count, what, MAX_ITEMS))
    }
}

/// All arguments that are left, as ids.
pub(super) fn ids<'a>(args: &mut Args<'a>) -> Result<&'a [&'a [u8]], Error> {
    ids_before::<()>(args, &[])
}

/// The arguments up to the first of `options`, as ids. The first argument is an id in any case.
pub(super) fn ids_before<'a, R>(
    args: &mut Args<'a>,
    options: &[CommandOption<'a, R>],
) -> Result<&'a [&'a [u8]], Error> {
    let words = args.up_to("id", |word| options.iter().any(|option| option.is(word)))?;
    check_items(words.len(), "ids")?;
    for word in words {
        id(word)?;
    }
    Ok(words)
}

/// Changes the job of each id, and replies for each.
pub(super) fn reply_each(ids: &[&[u8]], reply: &mut dyn Reply, mut change: impl FnMut(&[u8]) -> Changed) {
    reply.array(ids.len());
    for id in ids {
        reply.int(code_of(change(id)));
    }
}

/// 1 done, 0 not in a state that allows it, -1 no such job.
pub(super) fn code_of(changed: Changed) -> i64 {
    match changed {
        Changed::Done => 1,
        Changed::NotAllowed => 0,
        Changed::Unknown => -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::args::ArgLimits;

    #[test]
    fn a_call_names_a_bounded_number_of_ids() {
        for (count, is_taken) in [(1, true), (10_000, true), (10_001, false)] {
            let words = vec![&b"id"[..]; count];
            let taken = ids(&mut Args::new(&words, ArgLimits { max_payload: 0 }));
            assert_eq!(taken.is_ok(), is_taken, "{count}: {taken:?}");
        }
    }
}

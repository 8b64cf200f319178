//! Names that clients give, and ids of jobs, as arguments: the one place where their lengths are checked.

use super::args::Args;
use super::error::Error;
use super::options::CommandOption;
use super::reply::Reply;
use super::spec::{Arg, ArgKind};
use super::MAX_ITEMS;
use crate::queue::schedules::MAX_NAME;
use crate::queue::{
    may_be_given, Changed, MAX_BATCH, MAX_FIELD_NAME, MAX_GROUP, MAX_ID, MAX_JOB_NAME, MAX_PREFIX, MAX_WORKER,
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

/// `word` as the id of a job: 1 to 512 bytes, neither `*` nor `#`.
pub(super) fn id(word: &[u8]) -> Result<&[u8], Error> {
    let given = Some(word).filter(|word| may_be_given(word));
    given.ok_or_else(|| Error::range("id", &format!("1 to {MAX_ID} bytes, neither '*' nor '#'"), word))
}

/// The id of a new job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewId<'a> {
    /// This one.
    Given(&'a [u8]),
    /// `*`: the queue makes one that is used nowhere else.
    Unique,
    /// `#`: the next number of the queue.
    Number,
}

impl<'a> NewId<'a> {
    /// `word` as an id, or as what asks for one.
    pub(super) fn parse(word: &'a [u8]) -> Result<Self, Error> {
        let id = NewId::of(word);
        match id {
            NewId::Given(word) if !may_be_given(word) => {
                Err(Error::range("id", &format!("1 to {MAX_ID} bytes, '*' or '#'"), word))
            }
            NewId::Given(_) | NewId::Unique | NewId::Number => Ok(id),
        }
    }

    /// The same for a word that was parsed before.
    pub(super) fn of(word: &'a [u8]) -> Self {
        match word {
            b"*" => NewId::Unique,
            b"#" => NewId::Number,
            word => NewId::Given(word),
        }
    }

    /// None: the queue makes it.
    pub(super) fn given(self) -> Option<&'a [u8]> {
        match self {
            NewId::Given(id) => Some(id),
            NewId::Unique | NewId::Number => None,
        }
    }
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

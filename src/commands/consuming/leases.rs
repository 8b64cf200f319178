//! Pairs of token and id, by which a worker names its leases, and the codes that answer them.

use crate::commands::args::{parse_uint, Args};
use crate::commands::error::Error;
use crate::commands::field_args;
use crate::commands::names;
use crate::commands::options::{is_one_of, CommandOption};
use crate::commands::spec::{Arg, ArgKind};
use crate::queue::{FieldChanges, Lease, Session};
use smallvec::SmallVec;

/// `token id`, repeated.
pub(super) const ARG: Arg =
    Arg::block("job", &[Arg::word("token", ArgKind::Integer), Arg::word("id", ArgKind::String)]).many();

/// The lease that a worker believes to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeaseRef<'a> {
    pub(super) token: u64,
    pub(super) id: &'a [u8],
}

pub(super) type LeaseRefs<'a> = SmallVec<[LeaseRef<'a>; 4]>;

/// The next pair.
pub(super) fn lease<'a>(args: &mut Args<'a>) -> Result<LeaseRef<'a>, Error> {
    let word = args.next("token")?;
    let token = parse_uint(word)
        .filter(|token| i64::try_from(*token).is_ok())
        .ok_or_else(|| Error::range("token", "the integer that JQ.CLAIM gave", word))?;
    Ok(LeaseRef { token, id: names::id(args.next("id")?)? })
}

/// At least one pair, up to the first of the `options` that stands where a token would.
pub(super) fn leases<'a, R>(
    args: &mut Args<'a>,
    options: &[CommandOption<'a, R>],
) -> Result<LeaseRefs<'a>, Error> {
    leases_before(args, |word| is_one_of(options, word))
}

/// The same up to a word of which `is_option` is true.
pub(super) fn leases_before<'a>(
    args: &mut Args<'a>,
    is_option: impl Fn(&[u8]) -> bool,
) -> Result<LeaseRefs<'a>, Error> {
    let mut leases = LeaseRefs::with_capacity(args.len() / 2);
    leases.push(lease(args)?);
    while let Some(word) = args.peek() {
        if is_option(word) {
            break;
        }
        leases.push(lease(args)?);
    }
    names::check_items(leases.len(), "jobs")?;
    Ok(leases)
}

/// The ids of the `nth` lease, from 0 on, and of those behind it.
pub(super) fn ids_from<'a>(leases: &'a [LeaseRef<'a>], nth: usize) -> impl Iterator<Item = &'a [u8]> {
    leases.get(nth..).unwrap_or_default().iter().map(|lease| lease.id)
}

/// Refuses changes after which one of the jobs would have more fields than it may.
pub(super) fn check_fields(
    session: &mut Session<'_>,
    leases: &LeaseRefs<'_>,
    changes: Option<FieldChanges<'_>>,
) -> Result<(), Error> {
    let Some(changes) = changes else { return Ok(()) };
    leases.iter().try_for_each(|lease| session.check_fields(lease.id, changes)).map_err(field_args::refusal)
}

/// The manual's code for the state of a lease.
pub(super) fn code(lease: Lease) -> i64 {
    match lease {
        Lease::Valid => 1,
        Lease::Unknown => -1,
        Lease::Lost => -2,
        Lease::Cancelled => -3,
        Lease::HasField => -4,
        Lease::Ended => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::args::ArgLimits;

    #[test]
    fn a_call_names_a_bounded_number_of_jobs() {
        for (count, is_taken) in [(1, true), (10_000, true), (10_001, false)] {
            let words: Vec<&[u8]> = [&b"7"[..], b"id"].repeat(count);
            let taken = leases::<()>(&mut Args::new(&words, ArgLimits { max_payload: 0 }), &[]);
            assert_eq!(taken.is_ok(), is_taken, "{count}");
        }
    }
}

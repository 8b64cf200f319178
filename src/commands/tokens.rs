//! Pairs of token and id, and the answers to them.

use super::args::{parse_uint, Args};
use super::error::Error;
use super::ids::id;
use super::spec::{Arg, ArgKind};
use crate::queue::Lease;
use smallvec::SmallVec;

/// `token id`, repeated.
pub(super) const ARG: Arg =
    Arg::block("job", &[Arg::word("token", ArgKind::Integer), Arg::word("id", ArgKind::String)]).many();

/// One claim a worker speaks of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) token: u64,
    pub(super) id: &'a [u8],
}

pub(super) type Claims<'a> = SmallVec<[Claim<'a>; 4]>;

/// The next pair.
pub(super) fn claim<'a>(args: &mut Args<'a>) -> Result<Claim<'a>, Error> {
    let word = args.next("token")?;
    let token = parse_uint(word)
        .filter(|token| i64::try_from(*token).is_ok())
        .ok_or_else(|| Error::range("token", "the integer that JQ.CLAIM gave", word))?;
    Ok(Claim { token, id: id(args.next("id")?)? })
}

/// At least one pair, up to the first of the `options` that stands where a token would.
pub(super) fn claims<'a>(args: &mut Args<'a>, options: &[&str]) -> Result<Claims<'a>, Error> {
    let mut claims = Claims::new();
    claims.push(claim(args)?);
    while let Some(word) = args.peek() {
        if options.iter().any(|option| option.as_bytes().eq_ignore_ascii_case(word)) {
            break;
        }
        claims.push(claim(args)?);
    }
    Ok(claims)
}

/// The manual's number for how a token fits.
pub(super) fn code(held: Lease) -> i64 {
    match held {
        Lease::Valid => 1,
        Lease::Unknown => -1,
        Lease::Lost => -2,
        Lease::Cancelled => -3,
    }
}

//! Cursors of listings by name: `0` begins and ends one, otherwise `=` and the name at which the next page begins.
//! What is added or removed between two pages moves no other.

use super::error::Error;
use super::reply::Reply;

/// `word` as the name from which on is listed; `command` is what answers such cursors.
pub(super) fn parse<'w>(command: &str, word: &'w [u8]) -> Result<&'w [u8], Error> {
    match word.split_first() {
        Some((b'0', [])) => Ok(b""),
        Some((b'=', name)) => Ok(name),
        _ => Err(Error::range("CURSOR", &format!("0 or what {command} answered"), word)),
    }
}

/// Replies with the cursor of the page that begins with `next`, or of the end.
pub(super) fn reply(next: Option<&[u8]>, reply: &mut dyn Reply) {
    match next {
        Some(name) => reply.bytes(&[b"=", name].concat()),
        None => reply.bytes(b"0"),
    }
}

//! Permission for JQ.ONEXPIRE: which keys a queue may get when they expire, by the server's access rules.
//!
//! Key specs cannot say it: a prefix is not a key. Its client must be allowed to read keys that begin with
//! it; and in a cluster all of them must be where the queue is, or it would get some today and others after
//! the next resharding.

use crate::commands::error::Error;
use crate::redis::acl::may_read;
use crate::redis::context::Context;

/// The rest of a name that no rule for a single key has in mind.
const TAIL: &[u8] = b"\x01jq:any\x7f";

/// Whether the client may have the queue `name` get the names of expired keys that begin with `prefix`.
pub(super) fn check(ctx: Context<'_>, name: &[u8], prefix: &[u8]) -> Result<(), Error> {
    if ctx.flags().cluster() && hash_tag(prefix) != Some(slot_text(name)) {
        return Err(Error::other(format!(
            "in a cluster the prefix must carry the queue's hash tag, {{{}}}",
            String::from_utf8_lossy(slot_text(name)).replace(|c: char| c.is_control(), "?")
        )));
    }
    let longer = [prefix, TAIL].concat();
    if may_read(ctx, prefix) && may_read(ctx, &longer) {
        Ok(())
    } else {
        Err(Error::no_permission("this user has no permission to read keys that begin with the prefix"))
    }
}

/// The part of a key's name that decides about its slot.
fn slot_text(name: &[u8]) -> &[u8] {
    hash_tag(name).unwrap_or(name)
}

/// What stands between the first `{` and the first `}` after it, unless that is nothing.
fn hash_tag(name: &[u8]) -> Option<&[u8]> {
    let open = name.iter().position(|byte| *byte == b'{')?;
    let rest = name.get(open + 1..)?;
    let close = rest.iter().position(|byte| *byte == b'}')?;
    rest.get(..close).filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tag_is_what_the_server_takes() {
        for (name, tag) in
            [("{a}b", Some("a")), ("x{a}{b}", Some("a")), ("{}{b}", None), ("{a", None), ("a", None)]
        {
            assert_eq!(hash_tag(name.as_bytes()), tag.map(str::as_bytes), "{name}");
        }
        assert_eq!(slot_text(b"{}{b}"), b"{}{b}");
    }
}

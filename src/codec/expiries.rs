//! Prefixes of keys that expire in snapshots; what they look like is drawn in snapshot.rs.

use super::parts::{put_addition, read_addition};
use super::wire::{Put, Reader};
use super::DecodeError;
use crate::queue::{ExpiryCounts, ExpiryRule, Template};

pub(super) fn put_watch(out: &mut Vec<u8>, (prefix, watch): &(&[u8], &ExpiryRule)) {
    out.bytes(prefix);
    put_addition(out, &watch.template.addition());
    for count in [watch.tally.enqueued, watch.tally.coalesced, watch.tally.dropped] {
        out.number(count);
    }
}

pub(super) fn read_watch<'a>(from: &mut Reader<'a>) -> Result<(&'a [u8], ExpiryRule), DecodeError> {
    let (prefix, addition) = (from.bytes()?, read_addition(from)?);
    let tally = ExpiryCounts { enqueued: from.number()?, coalesced: from.number()?, dropped: from.number()? };
    Ok((prefix, ExpiryRule { template: Template::keep(&addition), tally }))
}

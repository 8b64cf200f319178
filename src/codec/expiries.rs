//! Prefixes of keys that expire in snapshots; what they look like is drawn in snapshot.rs.

use super::parts::{put_addition, read_addition};
use super::wire::{Put, Reader};
use super::Refused;
use crate::queue::{Tally, Template, Watch};

pub(super) fn put_watch(out: &mut Vec<u8>, (prefix, watch): &(&[u8], &Watch)) {
    out.bytes(prefix);
    put_addition(out, &watch.template.addition());
    for count in [watch.tally.enqueued, watch.tally.coalesced, watch.tally.dropped] {
        out.number(count);
    }
}

pub(super) fn read_watch<'a>(from: &mut Reader<'a>) -> Result<(&'a [u8], Watch), Refused> {
    let (prefix, addition) = (from.bytes()?, read_addition(from)?);
    let tally = Tally { enqueued: from.number()?, coalesced: from.number()?, dropped: from.number()? };
    Ok((prefix, Watch { template: Template::keep(&addition), tally }))
}

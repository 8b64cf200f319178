//! An expiry rule in a snapshot, drawn in the module above.

use crate::codec::fields::job::{decode_add_request, encode_add_request};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{ExpiryCounts, ExpiryRule};

pub(super) fn encode_expiry_rule(out: &mut Vec<u8>, (prefix, rule): &(&[u8], &ExpiryRule)) {
    out.bytes(prefix);
    encode_add_request(out, &rule.request.borrowed());
    for count in [rule.counts.enqueued, rule.counts.coalesced, rule.counts.dropped] {
        out.number(count);
    }
}

pub(super) fn decode_expiry_rule<'a>(from: &mut Decoder<'a>) -> Result<(&'a [u8], ExpiryRule), DecodeError> {
    let (prefix, request) = (from.bytes()?, decode_add_request(from)?);
    let counts =
        ExpiryCounts { enqueued: from.number()?, coalesced: from.number()?, dropped: from.number()? };
    Ok((prefix, ExpiryRule { request: request.kept(), counts }))
}

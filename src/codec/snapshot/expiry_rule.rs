//! An expiry rule in a snapshot, drawn in the module above.

use crate::codec::fields::job::{decode_addition, encode_addition};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{ExpiryCounts, ExpiryRule, Template};

pub(super) fn encode_expiry_rule(out: &mut Vec<u8>, (prefix, watch): &(&[u8], &ExpiryRule)) {
    out.bytes(prefix);
    encode_addition(out, &watch.template.addition());
    for count in [watch.counts.enqueued, watch.counts.coalesced, watch.counts.dropped] {
        out.number(count);
    }
}

pub(super) fn decode_expiry_rule<'a>(from: &mut Decoder<'a>) -> Result<(&'a [u8], ExpiryRule), DecodeError> {
    let (prefix, addition) = (from.bytes()?, decode_addition(from)?);
    let counts =
        ExpiryCounts { enqueued: from.number()?, coalesced: from.number()?, dropped: from.number()? };
    Ok((prefix, ExpiryRule { template: Template::keep(&addition), counts }))
}

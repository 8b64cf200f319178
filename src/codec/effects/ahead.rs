//! Which jobs the next effects are about, read before they are decoded, so that the queue can read ahead.

use super::tag;
use crate::codec::fields::job::decode_job_spec;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;

/// The ids in the next effects, as long as they are of kinds of which one call makes many.
pub(super) fn ids_ahead(mut from: Decoder<'_>) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || pass(&mut from).ok().flatten())
}

/// Passes by one effect. None: it is of another kind.
fn pass<'a>(from: &mut Decoder<'a>) -> Result<Option<&'a [u8]>, DecodeError> {
    let (tag, id) = (from.byte()?, from.bytes()?);
    match tag {
        tag::ADDED => drop(decode_job_spec(from)?),
        tag::CLAIMED => drop((from.number()?, from.bytes()?, from.number()?)),
        tag::LEASED => drop(from.number()?),
        tag::COMPLETED => drop(from.optional()?),
        _ => return Ok(None),
    }
    Ok(Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::fields::job::encode_job_spec;
    use crate::queue::{AddRequest, BatchRefs};

    #[test]
    fn ids_are_read_up_to_an_effect_of_another_kind() {
        let mut bytes = vec![tag::ADDED, 1, b'a'];
        encode_job_spec(&mut bytes, &AddRequest::new(&b"payload"[..]).job, &BatchRefs::NONE);
        bytes.extend([tag::CLAIMED, 1, b'b', 9, 1, b'w', 8]);
        bytes.extend([tag::LEASED, 1, b'c', 7]);
        bytes.extend([tag::COMPLETED, 1, b'd', 0]);
        let whole = bytes.len();
        bytes.extend([tag::CANCELLED, 1, b'e', tag::LEASED, 1, b'f', 7]);
        let ids = |len: usize| ids_ahead(Decoder::new(&bytes[..len])).map(|id| id[0]).collect::<Vec<_>>();
        assert_eq!(ids(bytes.len()), b"abcd");
        assert_eq!(ids(whole - 1), b"abc", "what is cut off is left to the decoder");
    }
}

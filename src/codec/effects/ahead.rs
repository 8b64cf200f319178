//! What the next effects are about, read before they are decoded, so that the queue can read ahead.

use super::tag;
use crate::codec::fields::job::decode_job_spec;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::Queue;

/// Lets `queue` read the jobs of the next effects, of which the first is the `nth` of its blob.
pub(super) fn foresee(queue: &Queue, nth: usize, from: Decoder<'_>) {
    if from.peek() == Some(tag::CLAIMED) {
        queue.foresee_claims(nth, || claims_ahead(from));
    } else {
        queue.foresee(nth, ids_ahead(from));
    }
}

/// About how many claims come next: those of one call are about as long as the first of them.
fn claims_ahead(from: Decoder<'_>) -> usize {
    let mut rest = from;
    pass_claim(&mut rest).map_or(0, |()| from.len() / (from.len() - rest.len()))
}

fn pass_claim(from: &mut Decoder<'_>) -> Result<(), DecodeError> {
    let (_tag, _id) = (from.byte()?, from.bytes()?);
    let (_token, _worker, _lease_until) = (from.number()?, from.bytes()?, from.number()?);
    Ok(())
}

/// The ids in the next effects, as long as they are of kinds of which one call makes many. Claims go by the order of
/// the queue, which leads to their jobs.
fn ids_ahead(mut from: Decoder<'_>) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || pass(&mut from).ok().flatten())
}

/// Passes by one effect. None: it is of another kind.
fn pass<'a>(from: &mut Decoder<'a>) -> Result<Option<&'a [u8]>, DecodeError> {
    let (tag, id) = (from.byte()?, from.bytes()?);
    match tag {
        tag::ADDED => drop(decode_job_spec(from)?),
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
        bytes.extend([tag::LEASED, 1, b'c', 7]);
        bytes.extend([tag::COMPLETED, 1, b'd', 0]);
        let whole = bytes.len();
        bytes.extend([tag::CANCELLED, 1, b'e', tag::LEASED, 1, b'f', 7]);
        let ids = |len: usize| ids_ahead(Decoder::new(&bytes[..len])).map(|id| id[0]).collect::<Vec<_>>();
        assert_eq!(ids(bytes.len()), b"acd");
        assert_eq!(ids(whole - 1), b"ac", "what is cut off is left to the decoder");
    }

    #[test]
    fn claims_are_counted_by_the_length_of_the_first() {
        let claim = |id: u8| [tag::CLAIMED, 1, id, 9, 1, b'w', 8];
        let bytes = [claim(b'a'), claim(b'b'), claim(b'c')].concat();
        let count = |len: usize| claims_ahead(Decoder::new(&bytes[..len]));
        assert_eq!([count(0), count(6), count(7), count(21)], [0, 0, 1, 3]);
    }
}

//! Effects on groups and batches.

use super::known::known;
use crate::codec::fields::settings::decode_group_limits;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::{valid_batch_name, valid_group, Effect, Pause, Queue, FOREVER};

/// One pause without end, and one that ends.
pub(super) fn decode_twice(from: &mut Decoder<'_>) -> Result<Pause, DecodeError> {
    match from.number()? {
        FOREVER => Err(DecodeError::Damaged("a pause that cannot be")),
        end => Ok(Pause::Both(end)),
    }
}

pub(super) fn decode_group_paused<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
    decode_pause: fn(&mut Decoder<'a>) -> Result<Pause, DecodeError>,
) -> Result<Effect<'a>, DecodeError> {
    let (name, pause) = (from.bytes()?, decode_pause(from)?);
    if !valid_group(name) {
        return Err(DecodeError::Damaged("a group that cannot be"));
    }
    known(queue.may_have_rules(name).then_some(Effect::GroupPaused { name, pause }))
}

pub(super) fn decode_group_limited<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let (name, limits) = (from.bytes()?, decode_group_limits(from)?);
    if !valid_group(name) {
        return Err(DecodeError::Damaged("a group that cannot be"));
    }
    known(queue.may_have_rules(name).then_some(Effect::GroupLimited { name, limits }))
}

pub(super) fn decode_batch_opened<'a>(
    from: &mut Decoder<'a>,
    queue: &Queue,
) -> Result<Effect<'a>, DecodeError> {
    let name = from.bytes()?;
    if !valid_batch_name(name) {
        return Err(DecodeError::Damaged("a batch that cannot be"));
    }
    known(queue.find_batch(name).is_none().then_some(Effect::BatchOpened { name }))
}

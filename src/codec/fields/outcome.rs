//! What came of an expired key and of the tick of a schedule, as a byte each.
//!
//! ```text
//!   expiry outcome  0 enqueued | 1 coalesced | 2 dropped
//!   tick outcome    0 enqueued | 1 duplicate | 2 skipped | 3 dropped
//! ```

use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use crate::queue::schedules::TickOutcome;
use crate::queue::ExpiryOutcome;

pub(crate) fn encode_expiry_outcome(out: &mut Vec<u8>, outcome: ExpiryOutcome) {
    out.push(match outcome {
        ExpiryOutcome::Enqueued => 0,
        ExpiryOutcome::Coalesced => 1,
        ExpiryOutcome::Dropped => 2,
    });
}

pub(crate) fn decode_expiry_outcome(from: &mut Decoder<'_>) -> Result<ExpiryOutcome, DecodeError> {
    Ok(match from.byte()? {
        0 => ExpiryOutcome::Enqueued,
        1 => ExpiryOutcome::Coalesced,
        2 => ExpiryOutcome::Dropped,
        _ => return Err(DecodeError::Damaged("unknown choice")),
    })
}

pub(crate) fn encode_tick_outcome(out: &mut Vec<u8>, outcome: TickOutcome) {
    out.push(match outcome {
        TickOutcome::Enqueued => 0,
        TickOutcome::Duplicate => 1,
        TickOutcome::Skipped => 2,
        TickOutcome::Dropped => 3,
    });
}

pub(crate) fn decode_tick_outcome(from: &mut Decoder<'_>) -> Result<TickOutcome, DecodeError> {
    Ok(match from.byte()? {
        0 => TickOutcome::Enqueued,
        1 => TickOutcome::Duplicate,
        2 => TickOutcome::Skipped,
        3 => TickOutcome::Dropped,
        _ => return Err(DecodeError::Damaged("unknown fate of a tick")),
    })
}

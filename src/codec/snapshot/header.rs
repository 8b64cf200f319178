//! The header of a snapshot, drawn in the module above: all of a queue that is not a list.

use crate::codec::fields::settings::{
    decode_bucket, decode_more_settings, decode_settings, encode_bucket, encode_more_settings,
    encode_settings, has_more_settings,
};
use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::counters::Counters;
use crate::queue::histogram::Histogram;
use crate::queue::{Header, Pause, Queue};

/// Beside the pause that ends there is one without end.
const WITHOUT_END: u64 = 1;

pub(super) fn encode_header(out: &mut Vec<u8>, header: &Header<'_>) {
    encode_settings(out, &header.settings);
    out.number(header.counters.iter().count() as u64);
    for (_, count) in header.counters.iter() {
        out.number(count);
    }
    for histogram in [header.waits, header.runs] {
        out.number(histogram.max());
        out.number(histogram.buckets().count() as u64);
        for (bucket, count) in histogram.buckets() {
            out.number(bucket.into());
            out.number(count);
        }
    }
    out.number(header.next_seq);
    out.number(header.last_token);
    out.number(header.created_at);
    out.number(header.next_batch);
    out.push(header.pause.is_some().into());
    encode_bucket(out, &header.bucket);
    let pause_end = header.pause.and_then(Pause::until);
    if has_more_settings(&header.settings) || pause_end.is_some() {
        encode_more_settings(out, &header.settings);
    }
    if let Some(end) = pause_end {
        out.number(end);
    }
    if let Some(Pause::Both(_)) = header.pause {
        out.number(WITHOUT_END);
    }
}

pub(super) fn decode_header(from: &mut Decoder<'_>, queue: &mut Queue) -> Result<(), DecodeError> {
    let settings = decode_settings(from)?;
    let mut counters = Counters::default();
    for place in 0..from.number_as::<usize>()? {
        if !counters.restore(place, from.number()?) {
            return Err(DecodeError::Damaged("unknown counter"));
        }
    }
    let (waits, runs) = (decode_histogram(from)?, decode_histogram(from)?);
    let mut header = Header {
        settings,
        counters: &counters,
        waits: &waits,
        runs: &runs,
        next_seq: from.number()?,
        last_token: from.number()?,
        created_at: from.number()?,
        next_batch: from.number()?,
        pause: from.flag()?.then_some(Pause::Endless),
        bucket: decode_bucket(from)?,
    };
    if !from.is_empty() {
        decode_more_settings(from, &mut header.settings)?;
    }
    if !from.is_empty() {
        let end = from.number()?;
        header.pause = header.pause.map(|_| Pause::to(end));
    }
    if !from.is_empty() {
        match (from.number()?, header.pause) {
            (WITHOUT_END, Some(Pause::Until(end))) => header.pause = Some(Pause::Both(end)),
            _ => return Err(DecodeError::Damaged("unknown pause")),
        }
    }
    if queue.restore_header(&header) {
        Ok(())
    } else {
        Err(DecodeError::Damaged("a header that cannot be"))
    }
}

fn decode_histogram(from: &mut Decoder<'_>) -> Result<Histogram, DecodeError> {
    let mut histogram = Histogram::default();
    histogram.set_max(from.number()?);
    for _ in 0..from.number()? {
        if !histogram.restore(from.number_as()?, from.number()?) {
            return Err(DecodeError::Damaged("unknown time bucket"));
        }
    }
    Ok(histogram)
}

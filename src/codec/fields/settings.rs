//! The settings of a queue, and what they say of rates, as bytes.
//!
//! ```text
//!   settings lease, attempts, backoff kind (0 fixed, 1 exponential) and ms, max-backoff, jitter, max-losses numbers;
//!            dedup-window instant, max-ids number, keep-completed instant, its max number, keep-failed instant, its
//!            max number, keep-batches instant, max-jobs, concurrency numbers, rate, group-concurrency number,
//!            group-rate
//!   more     of the settings that came later: count, then max-lease number, max-run instant, events-max, max-field-bytes,
//!            max-log-bytes numbers; then 1, where ids are refused as long as their records are kept, 0 where not; then
//!            shards, shards-before numbers. What is left out at the end is as in a new queue
//!   rate     max number (and 2^32 if it is a window), 0 = no rate; else ms number
//!   group limits  flags byte, then what is flagged: 1 concurrency number, 2 rate
//!   bucket   rate; if there is one: missing, at numbers
//! ```

use crate::codec::wire::{Decoder, Encoder};
use crate::codec::DecodeError;
use crate::queue::{Backoff, Bucket, DedupWindow, GroupLimits, Rate, Refill, Settings};

const OWN_CONCURRENCY: u8 = 1;
const OWN_RATE: u8 = 2;
/// No max of a rate is so large.
const WINDOW: u64 = 1 << 32;

pub(crate) fn encode_settings(out: &mut Vec<u8>, settings: &Settings) {
    let (kind, ms) = match settings.backoff {
        Backoff::Fixed(ms) => (0, ms),
        Backoff::Exponential(ms) => (1, ms),
    };
    out.number(settings.lease);
    out.number(settings.attempts.into());
    out.push(kind);
    out.number(ms);
    out.number(settings.max_backoff);
    out.number(settings.jitter.into());
    out.number(settings.max_losses.into());
    out.instant(match settings.dedup_window {
        DedupWindow::For(ms) => ms,
        DedupWindow::Kept => 0,
    });
    out.number(settings.max_ids);
    out.instant(settings.keep_completed);
    out.number(settings.keep_completed_max);
    out.instant(settings.keep_failed);
    out.number(settings.keep_failed_max);
    out.instant(settings.keep_batches);
    out.number(settings.max_jobs);
    out.number(settings.concurrency);
    encode_rate(out, settings.rate);
    out.number(settings.group_concurrency);
    encode_rate(out, settings.group_rate);
}

/// The settings that came later: a count, then a number for each.
pub(crate) fn encode_more_settings(out: &mut Vec<u8>, settings: &Settings) {
    let is_kept = settings.dedup_window == DedupWindow::Kept;
    let is_shard = has_shards(settings);
    out.number(match (is_shard, is_kept) {
        (true, _) => 8,
        (false, true) => 6,
        (false, false) => 5,
    });
    out.number(settings.max_lease);
    out.instant(settings.max_run);
    out.number(settings.events_max);
    out.number(settings.max_field_bytes);
    out.number(settings.max_log_bytes);
    if is_kept || is_shard {
        out.number(is_kept.into());
    }
    if is_shard {
        out.number(settings.shards.into());
        out.number(settings.shards_before.into());
    }
}

fn has_shards(settings: &Settings) -> bool {
    settings.shards != 0 || settings.shards_before != 0
}

/// Whether there is need to write them: without them they are as in a new queue.
pub(crate) fn has_more_settings(settings: &Settings) -> bool {
    let new = Settings::default();
    let more =
        |it: &Settings| (it.max_lease, it.max_run, it.events_max, it.max_field_bytes, it.max_log_bytes);
    more(settings) != more(&new) || settings.dedup_window == DedupWindow::Kept || has_shards(settings)
}

pub(crate) fn decode_more_settings(
    from: &mut Decoder<'_>,
    settings: &mut Settings,
) -> Result<(), DecodeError> {
    for place in 0..from.number()? {
        match place {
            0 => settings.max_lease = from.number()?,
            1 => settings.max_run = from.instant()?,
            2 => settings.events_max = from.number()?,
            3 => settings.max_field_bytes = from.number()?,
            4 => settings.max_log_bytes = from.number()?,
            5 => match from.number()? {
                0 => {}
                1 => settings.dedup_window = DedupWindow::Kept,
                _ => return Err(DecodeError::Damaged("unknown dedup window")),
            },
            6 => settings.shards = from.number_as()?,
            7 => settings.shards_before = from.number_as()?,
            _ => return Err(DecodeError::Damaged("unknown setting")),
        }
    }
    Ok(())
}

pub(crate) fn decode_settings(from: &mut Decoder<'_>) -> Result<Settings, DecodeError> {
    Ok(Settings {
        lease: from.number()?,
        attempts: from.number_as()?,
        backoff: match (from.byte()?, from.number()?) {
            (0, ms) => Backoff::Fixed(ms),
            (1, ms) => Backoff::Exponential(ms),
            _ => return Err(DecodeError::Damaged("unknown backoff")),
        },
        max_backoff: from.number()?,
        jitter: from.number_as()?,
        max_losses: from.number_as()?,
        dedup_window: DedupWindow::For(from.instant()?),
        max_ids: from.number()?,
        keep_completed: from.instant()?,
        keep_completed_max: from.number()?,
        keep_failed: from.instant()?,
        keep_failed_max: from.number()?,
        keep_batches: from.instant()?,
        max_jobs: from.number()?,
        concurrency: from.number()?,
        rate: decode_rate(from)?,
        group_concurrency: from.number()?,
        group_rate: decode_rate(from)?,
        max_lease: Settings::default().max_lease,
        max_run: Settings::default().max_run,
        events_max: Settings::default().events_max,
        max_field_bytes: Settings::default().max_field_bytes,
        max_log_bytes: Settings::default().max_log_bytes,
        shards: Settings::default().shards,
        shards_before: Settings::default().shards_before,
    })
}

/// Drawn above.
pub(crate) fn encode_group_limits(out: &mut Vec<u8>, limits: &GroupLimits) {
    let flag = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
    out.push(flag(limits.concurrency.is_some(), OWN_CONCURRENCY) | flag(limits.rate.is_some(), OWN_RATE));
    if let Some(most) = limits.concurrency {
        out.number(most);
    }
    if let Some(rate) = limits.rate {
        encode_rate(out, rate);
    }
}

pub(crate) fn decode_group_limits(from: &mut Decoder<'_>) -> Result<GroupLimits, DecodeError> {
    let flags = from.byte()?;
    if flags & !(OWN_CONCURRENCY | OWN_RATE) != 0 {
        return Err(DecodeError::Damaged("unknown limit of a group"));
    }
    Ok(GroupLimits {
        concurrency: if flags & OWN_CONCURRENCY == 0 { None } else { Some(from.number()?) },
        rate: if flags & OWN_RATE == 0 { None } else { Some(decode_rate(from)?) },
    })
}

fn encode_rate(out: &mut Vec<u8>, rate: Option<Rate>) {
    out.number(rate.map_or(0, |rate| match rate.refill {
        Refill::Evenly => rate.max,
        Refill::Window => rate.max + WINDOW,
    }));
    if let Some(rate) = rate {
        out.number(rate.ms);
    }
}

fn decode_rate(from: &mut Decoder<'_>) -> Result<Option<Rate>, DecodeError> {
    let (max, refill) = match from.number()? {
        0 => return Ok(None),
        max if max < WINDOW => (max, Refill::Evenly),
        max => (max - WINDOW, Refill::Window),
    };
    let rate = Rate::new(max, from.number()?).map(|rate| rate.refilled(refill));
    rate.map(Some).ok_or(DecodeError::Damaged("a rate that cannot be"))
}

pub(crate) fn encode_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    encode_rate(out, bucket.rate);
    if bucket.rate.is_some() {
        out.number(bucket.missing);
        out.number(bucket.at);
    }
}

pub(crate) fn decode_bucket(from: &mut Decoder<'_>) -> Result<Bucket, DecodeError> {
    match decode_rate(from)? {
        None => Ok(Bucket::default()),
        rate => Ok(Bucket { rate, missing: from.number()?, at: from.number()? }),
    }
}

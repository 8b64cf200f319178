//! The parts that effects and snapshots share.
//!
//! ```text
//!   recipe   flags (1 attempts, 2 fixed backoff, 4 exponential backoff, 8 dedup, 16 keep), then what is flagged:
//!            attempts number, backoff number, dedup instant, keep instant
//!   start    0 now | 1 after: number | 2 at: number
//!   new job  payload bytes, start, priority signed, recipe, expires instant (never = no PX; else a span)
//!   on-dup   0 ignore | 1 replace | 2 rerun
//!   heard    0 enqueued | 1 coalesced | 2 dropped
//!   settings lease, attempts, backoff kind (0 fixed, 1 exponential) and ms, max-backoff, jitter, max-losses numbers;
//!            dedup-window instant, max-ids number, keep-completed instant, its max number, keep-failed instant, its
//!            max number, max-jobs number
//! ```

use super::wire::{Put, Reader};
use super::Refused;
use crate::queue::{Backoff, Heard, NewJob, OnDup, Recipe, Settings, Start, FOREVER};

pub(crate) fn put_recipe(out: &mut Vec<u8>, recipe: &Recipe) {
    let flags = u8::from(recipe.attempts.is_some())
        | match recipe.backoff {
            None => 0,
            Some(Backoff::Fixed(_)) => 2,
            Some(Backoff::Exponential(_)) => 4,
        }
        | u8::from(recipe.dedup.is_some()) << 3
        | u8::from(recipe.keep.is_some()) << 4;
    out.push(flags);
    if let Some(attempts) = recipe.attempts {
        out.number(attempts.into());
    }
    if let Some(Backoff::Fixed(ms) | Backoff::Exponential(ms)) = recipe.backoff {
        out.number(ms);
    }
    for span in [recipe.dedup, recipe.keep].into_iter().flatten() {
        out.instant(span);
    }
}

pub(crate) fn read_recipe(from: &mut Reader<'_>) -> Result<Recipe, Refused> {
    let flags = from.byte()?;
    if flags >= 32 || flags & 6 == 6 {
        return Err(Refused::Damaged("unknown job options"));
    }
    Ok(Recipe {
        attempts: if flags & 1 == 0 { None } else { Some(from.small()?) },
        backoff: match flags & 6 {
            0 => None,
            2 => Some(Backoff::Fixed(from.number()?)),
            _ => Some(Backoff::Exponential(from.number()?)),
        },
        dedup: if flags & 8 == 0 { None } else { Some(from.instant()?) },
        keep: if flags & 16 == 0 { None } else { Some(from.instant()?) },
    })
}

pub(crate) fn put_new_job(out: &mut Vec<u8>, new: &NewJob<'_>) {
    out.bytes(new.payload);
    match new.start {
        Start::Now => out.push(0),
        Start::After(ms) => {
            out.push(1);
            out.number(ms);
        }
        Start::At(instant) => {
            out.push(2);
            out.number(instant);
        }
    }
    out.signed(new.priority.into());
    put_recipe(out, &new.recipe);
    out.instant(new.expires.unwrap_or(FOREVER));
}

pub(crate) fn read_new_job<'a>(from: &mut Reader<'a>) -> Result<NewJob<'a>, Refused> {
    let payload = from.bytes()?;
    let start = match from.byte()? {
        0 => Start::Now,
        1 => Start::After(from.number()?),
        2 => Start::At(from.number()?),
        _ => return Err(Refused::Damaged("unknown start of a job")),
    };
    let priority = i32::try_from(from.signed()?).map_err(|_| Refused::Damaged("a priority is too large"))?;
    let recipe = read_recipe(from)?;
    let expires = Some(from.instant()?).filter(|span| *span != FOREVER);
    Ok(NewJob { payload, start, priority, recipe, expires })
}

/// An on-dup is its place in this table.
const ON_DUPS: [OnDup; 3] = [OnDup::Ignore, OnDup::Replace, OnDup::Rerun];
/// The same for what was heard.
const HEARDS: [Heard; 3] = [Heard::Enqueued, Heard::Coalesced, Heard::Dropped];

pub(crate) fn put_on_dup(out: &mut Vec<u8>, on_dup: OnDup) {
    put_choice(out, &ON_DUPS, on_dup);
}

pub(crate) fn read_on_dup(from: &mut Reader<'_>) -> Result<OnDup, Refused> {
    read_choice(from, &ON_DUPS)
}

pub(crate) fn put_heard(out: &mut Vec<u8>, heard: Heard) {
    put_choice(out, &HEARDS, heard);
}

pub(crate) fn read_heard(from: &mut Reader<'_>) -> Result<Heard, Refused> {
    read_choice(from, &HEARDS)
}

fn put_choice<T: Copy + PartialEq>(out: &mut Vec<u8>, choices: &[T], chosen: T) {
    out.extend((0u8..).zip(choices).find(|(_, choice)| **choice == chosen).map(|(code, _)| code));
}

fn read_choice<T: Copy>(from: &mut Reader<'_>, choices: &[T]) -> Result<T, Refused> {
    choices.get(usize::from(from.byte()?)).copied().ok_or(Refused::Damaged("unknown choice"))
}

pub(crate) fn put_settings(out: &mut Vec<u8>, settings: &Settings) {
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
    out.instant(settings.dedup_window);
    out.number(settings.max_ids);
    out.instant(settings.keep_completed);
    out.number(settings.keep_completed_max);
    out.instant(settings.keep_failed);
    out.number(settings.keep_failed_max);
    out.number(settings.max_jobs);
}

pub(crate) fn read_settings(from: &mut Reader<'_>) -> Result<Settings, Refused> {
    Ok(Settings {
        lease: from.number()?,
        attempts: from.small()?,
        backoff: match (from.byte()?, from.number()?) {
            (0, ms) => Backoff::Fixed(ms),
            (1, ms) => Backoff::Exponential(ms),
            _ => return Err(Refused::Damaged("unknown backoff")),
        },
        max_backoff: from.number()?,
        jitter: from.small()?,
        max_losses: from.small()?,
        dedup_window: from.instant()?,
        max_ids: from.number()?,
        keep_completed: from.instant()?,
        keep_completed_max: from.number()?,
        keep_failed: from.instant()?,
        keep_failed_max: from.number()?,
        max_jobs: from.number()?,
    })
}

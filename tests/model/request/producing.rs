//! ADD, MADD and SCHEDULE, and the options of the jobs that they add.

use super::Request;
use crate::args::{job_options, Refused, Words, ERR};
use crate::schedules::Plan;
use crate::settings;
use crate::spec::JobSpec;
use crate::timetable::TimetableWords;

pub(super) fn add(w: &mut Words<'_>, count: usize, many: bool) -> Result<Request, Refused> {
    let items: Vec<_> = (0..count).map(|_| Ok((w.new_id()?, w.next()?))).collect::<Result<_, Refused>>()?;
    // Of a single ADD all words are common options.
    let mut parts = w.0.split(|word| many && word.eq_ignore_ascii_case(b"JOB"));
    let (common, shards) = without_shards(parts.next().unwrap_or_default())?;
    let (spec, on_dup) = job_options(&mut Words(&common))?;
    let mut jobs: Vec<_> = items
        .into_iter()
        .map(|(id, payload)| (id.to_vec(), JobSpec { payload: payload.to_vec(), ..spec.clone() }, on_dup))
        .collect();
    let mut least = 1;
    for own in parts {
        let mut own = Words(own);
        let nth = own.count()?;
        let (_, job, its) = jobs.get_mut(nth - 1).filter(|_| nth >= least).ok_or(ERR)?;
        let (spec, on_dup) = job_options(&mut Words(&over(&common, own.0)))?;
        *job = JobSpec { payload: std::mem::take(&mut job.payload), ..spec };
        *its = on_dup;
        least = nth + 1;
    }
    w.0 = &[];
    Ok(Request::Add { jobs, many, shards })
}

pub(super) fn schedule(w: &mut Words<'_>) -> Result<Request, Refused> {
    const OWN: [&str; 6] = ["EVERY", "CRON", "TZ", "FROM", "UNTIL", "OVERLAP"];
    const NOT_OF_TICKS: [&str; 5] = ["DELAY", "AT", "HOLD", "MAXWAIT", "SET"];
    let (name, payload) = (schedule_name(w)?, w.next()?.to_vec());
    let is_one_of = |words: &[&str], option: &[&[u8]]| {
        words.iter().any(|word| option[0].eq_ignore_ascii_case(word.as_bytes()))
    };
    let (own, of_jobs): (Vec<_>, Vec<_>) =
        options_of(w.0).into_iter().partition(|option| is_one_of(&OWN, option));
    if of_jobs.iter().any(|option| is_one_of(&NOT_OF_TICKS, option)) {
        return Err(ERR);
    }
    let (spec, on_dup) = job_options(&mut Words(&of_jobs.concat()))?;
    let (own, mut seen) = (own.concat(), Vec::new());
    let (mut own, mut timetable, mut until, mut skips) =
        (Words(&own), TimetableWords::default(), None, false);
    while let Some(option) = own.option(&OWN, &mut seen)? {
        match option {
            "UNTIL" => until = Some(own.uint(0)?),
            "OVERLAP" if own.keyword("SKIP") => skips = true,
            "OVERLAP" if own.keyword("ALLOW") => {}
            "OVERLAP" => return Err(ERR),
            option => timetable.read(option, &mut own)?,
        }
    }
    let timetable = timetable.timetable()?;
    if seen.contains(&"FROM") && until.is_some_and(|until| until < timetable.from) {
        return Err(ERR);
    }
    w.0 = &[];
    let spec = JobSpec { payload, ..spec };
    Ok(Request::Schedule { name, plan: Box::new(Plan { timetable, until, skips, spec, on_dup }) })
}

/// 1 to 256 bytes.
pub(super) fn schedule_name(w: &mut Words<'_>) -> Result<Vec<u8>, Refused> {
    Some(w.next()?.to_vec()).filter(|name| (1..=256).contains(&name.len())).ok_or(ERR)
}

/// The options of jobs, and SHARDS, which is about the call.
fn without_shards<'a>(words: &[&'a [u8]]) -> Result<(Vec<&'a [u8]>, Option<u64>), Refused> {
    let is_shards = |option: &&[&[u8]]| option[0].eq_ignore_ascii_case(b"SHARDS");
    let (said, others): (Vec<_>, Vec<_>) = options_of(words).into_iter().partition(is_shards);
    let shards = match said.as_slice() {
        [] => None,
        [only] => Some(settings::shards(&mut Words(&only[1..]), 1)?),
        _ => return Err(ERR),
    };
    Ok((others.concat(), shards))
}

/// The options of one job, those of all where it says nothing else. Both are right by themselves, but for what
/// contradicts each other.
fn over<'a>(common: &[&'a [u8]], own: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let same = |one: &[&[u8]], another: &[&[u8]]| {
        let kinds: [&[&[u8]]; 2] = [&[b"DELAY", b"AT", b"HOLD"], &[b"AFTER", b"AFTEROK"]];
        let is = |word: &[u8], it: &[u8]| word.eq_ignore_ascii_case(it);
        let (word, other) = (one[0], another[0]);
        if is(word, b"SET") && is(other, b"SET") {
            return one.get(1) == another.get(1);
        }
        word.eq_ignore_ascii_case(other)
            || kinds
                .iter()
                .any(|kind| kind.iter().any(|it| is(word, it)) && kind.iter().any(|it| is(other, it)))
    };
    let named = options_of(own);
    let kept = options_of(common).into_iter().filter(|it| !named.iter().any(|own| same(it, own)));
    kept.flatten().copied().chain(own.iter().copied()).collect()
}

/// Each option with its values.
fn options_of<'w, 'a>(words: &'w [&'a [u8]]) -> Vec<&'w [&'a [u8]]> {
    let (mut options, mut left) = (Vec::new(), words);
    while let Some(first) = left.first() {
        let flags: [&[u8]; 2] = [b"FRONT", b"HOLD"];
        let len = match first.to_ascii_uppercase() {
            word if flags.contains(&word.as_slice()) => 1,
            word if word == b"BACKOFF" || word == b"SET" => 3,
            _ => 2,
        };
        let (option, rest) = left.split_at(len.min(left.len()));
        options.push(option);
        left = rest;
    }
    options
}

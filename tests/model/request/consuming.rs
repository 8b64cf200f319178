//! What workers send: CLAIM, ACK, NACK, RELEASE, LOGS.

use super::Request;
use crate::args::{place_of, Refused, Words, ERR};
use crate::fields::FieldTerms;
use crate::spec::{Place, Start};

/// What a NACK says beside the jobs.
#[derive(Debug)]
pub(crate) struct NackOptions {
    pub(crate) error: Option<Vec<u8>>,
    pub(crate) delay: Option<u64>,
    pub(crate) fatal: bool,
    pub(crate) place: Place,
    pub(crate) keep: Option<Keep>,
    pub(crate) fields: FieldTerms,
}

/// How long the record is kept, and how many of its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep {
    pub(crate) span: i64,
    pub(crate) max: Option<usize>,
}

/// What a worker claims once it has answered.
#[derive(Debug)]
pub(crate) struct Next {
    pub(crate) worker: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) lease: Option<u64>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) full: bool,
}

/// What a RELEASE says beside the jobs.
#[derive(Debug, Default)]
pub(crate) struct ReleaseOptions {
    pub(crate) start: Start,
    pub(crate) place: Place,
    pub(crate) fields: FieldTerms,
}

/// Reads the words of JQ.CLAIMANY, beginning with the number of its queues.
pub(crate) fn claim_any(w: &mut Words<'_>) -> Result<Request, Refused> {
    let queues = w.count().ok().filter(|count| *count <= 1000).ok_or(ERR)?;
    let queue = w.next()?.to_vec();
    for _ in 1..queues {
        w.next()?;
    }
    let worker = w.worker()?;
    let (_, ClaimWords { count, lease, max_bytes, full }) =
        claim_words(w, &["COUNT", "LEASE", "MAXBYTES", "FULL"])?;
    Ok(Request::ClaimAny { queue, worker, count: count.unwrap_or(1), lease, max_bytes, full })
}

pub(super) fn claim(w: &mut Words<'_>) -> Result<Request, Refused> {
    let worker = w.worker()?;
    let (seen, words) = claim_words(w, &["COUNT", "LEASE", "MAXBYTES", "HELD", "FULL"])?;
    let ClaimWords { count, lease, max_bytes, full } = words;
    match (seen.contains(&"HELD"), count.is_some() || max_bytes.is_some()) {
        (false, _) => Ok(Request::Claim { worker, count: count.unwrap_or(1), lease, max_bytes, full }),
        (true, false) => Ok(Request::Held { worker, lease, full }),
        (true, true) => Err(ERR),
    }
}

/// The options of a claim, by itself or with NEXT.
#[derive(Default)]
struct ClaimWords {
    count: Option<usize>,
    lease: Option<u64>,
    max_bytes: Option<u64>,
    full: bool,
}

impl ClaimWords {
    /// Reads one, if it is one of them.
    fn read(&mut self, option: &str, w: &mut Words<'_>) -> Result<(), Refused> {
        match option {
            "COUNT" => self.count = Some(w.count()?),
            "LEASE" => self.lease = Some(w.uint(1)?),
            "MAXBYTES" => self.max_bytes = Some(w.uint(0)?),
            "FULL" => self.full = true,
            _ => {}
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.count.is_none() && self.lease.is_none() && self.max_bytes.is_none() && !self.full
    }
}

/// Reads all options of a claim that knows these. They are answered as well.
fn claim_words(
    w: &mut Words<'_>,
    known: &[&'static str],
) -> Result<(Vec<&'static str>, ClaimWords), Refused> {
    let (mut seen, mut words) = (Vec::new(), ClaimWords::default());
    while let Some(option) = w.option(known, &mut seen)? {
        words.read(option, w)?;
    }
    Ok((seen, words))
}

pub(super) fn ack(w: &mut Words<'_>) -> Result<Request, Refused> {
    const KNOWN: [&str; 11] =
        ["RESULT", "KEEP", "MAX", "SET", "UNSET", "UNLESS", "NEXT", "COUNT", "LEASE", "MAXBYTES", "FULL"];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut results, mut next) = (Vec::new(), Vec::new(), NextWords::default());
    let (mut keep, mut max, mut fields) = (None, None, FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "RESULT" => {
                let given: Result<_, _> = pairs.iter().map(|_| w.next().map(<[u8]>::to_vec)).collect();
                results = given?;
            }
            "KEEP" => keep = Some(w.int(-1)?),
            "MAX" => max = Some(w.uint(1)?),
            "SET" | "UNSET" | "UNLESS" => fields.read(option, w, &mut seen)?,
            option => next.read(option, w)?,
        }
    }
    Ok(Request::Ack { pairs, results, keep: kept(keep, max)?, next: next.claim()?, fields })
}

pub(super) fn nack(w: &mut Words<'_>) -> Result<Request, Refused> {
    const KNOWN: [&str; 14] = [
        "ERROR", "DELAY", "FATAL", "FRONT", "KEEP", "MAX", "SET", "UNSET", "UNLESS", "NEXT", "COUNT",
        "LEASE", "MAXBYTES", "FULL",
    ];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut error, mut delay, mut next) = (Vec::new(), None, None, NextWords::default());
    let (mut keep, mut max, mut fields) = (None, None, FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "ERROR" => error = Some(w.next()?.iter().take(1024).copied().collect()),
            "DELAY" => delay = Some(w.uint(0)?),
            "FATAL" | "FRONT" => {}
            "KEEP" => keep = Some(w.int(-1)?),
            "MAX" => max = Some(w.uint(1)?),
            "SET" | "UNSET" | "UNLESS" => fields.read(option, w, &mut seen)?,
            option => next.read(option, w)?,
        }
    }
    let (keep, next) = (kept(keep, max)?, next.claim()?);
    let (fatal, place) = (seen.contains(&"FATAL"), place_of(&seen));
    if fatal && (delay.is_some() || place == Place::Front) {
        return Err(ERR);
    }
    Ok(Request::Nack { pairs, options: NackOptions { error, delay, fatal, place, keep, fields }, next })
}

/// MAX goes with KEEP only.
fn kept(span: Option<i64>, max: Option<u64>) -> Result<Option<Keep>, Refused> {
    let max = max.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    match span {
        Some(span) => Ok(Some(Keep { span, max })),
        None if max.is_some() => Err(ERR),
        None => Ok(None),
    }
}

/// NEXT, and the options that go with it.
#[derive(Default)]
struct NextWords {
    worker: Option<Vec<u8>>,
    claim: ClaimWords,
}

impl NextWords {
    fn read(&mut self, option: &str, w: &mut Words<'_>) -> Result<(), Refused> {
        if option == "NEXT" {
            self.worker = Some(w.worker()?);
        }
        self.claim.read(option, w)
    }

    fn claim(self) -> Result<Option<Next>, Refused> {
        let Some(worker) = self.worker else {
            return if self.claim.is_empty() { Ok(None) } else { Err(ERR) };
        };
        let ClaimWords { count, lease, max_bytes, full } = self.claim;
        Ok(Some(Next { worker, count: count.unwrap_or(1), lease, max_bytes, full }))
    }
}

pub(super) fn release(w: &mut Words<'_>) -> Result<Request, Refused> {
    if w.keyword("WORKER") {
        return Ok(Request::ReleaseWorker(w.worker()?));
    }
    const KNOWN: [&str; 5] = ["DELAY", "HOLD", "FRONT", "SET", "UNSET"];
    let pairs = w.pairs(&KNOWN)?;
    let (mut seen, mut start, mut fields) = (Vec::new(), Start::After(0), FieldTerms::default());
    while let Some(option) = w.option(&KNOWN, &mut seen)? {
        match option {
            "DELAY" => start = Start::After(w.uint(0)?),
            "HOLD" => start = Start::Hold,
            "FRONT" => {}
            _ => fields.read(option, w, &mut seen)?,
        }
    }
    if seen.contains(&"HOLD") && (seen.contains(&"DELAY") || seen.contains(&"FRONT")) {
        return Err(ERR);
    }
    Ok(Request::Release { pairs, options: ReleaseOptions { start, place: place_of(&seen), fields } })
}

pub(super) fn logs(w: &mut Words<'_>) -> Result<Request, Refused> {
    let id = w.id()?.to_vec();
    let (mut seen, mut skip, mut count) = (Vec::new(), 0, 100);
    while let Some(option) = w.option(&["SKIP", "COUNT", "REV"], &mut seen)? {
        match option {
            "SKIP" => skip = usize::try_from(w.uint(0)?).map_err(|_| ERR)?,
            "COUNT" => count = w.count()?,
            _ => {}
        }
    }
    Ok(Request::Logs { id, skip, count, backward: seen.contains(&"REV") })
}

//! Reading words: the little that all commands share.

use super::batch::Dependency;
use super::fields::{FieldTerms, Fields};
use super::spec::{Backoff, JobSpec, Place, Start, WHILE_KEPT};

/// Why a command is refused. Only the code is compared, so there is only a code.
pub(crate) type Refused = &'static str;

/// A syntax or range error.
pub(crate) const ERR: Refused = "ERR";

/// The words of a command that are left to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a>(pub(crate) &'a [&'a [u8]]);

impl<'a> Words<'a> {
    pub(crate) fn next(&mut self) -> Result<&'a [u8], Refused> {
        let (first, rest) = self.0.split_first().ok_or(ERR)?;
        self.0 = rest;
        Ok(first)
    }

    /// An id: 1 to 512 bytes.
    pub(crate) fn id(&mut self) -> Result<&'a [u8], Refused> {
        self.new_id().and_then(|id| if matches!(id, b"#" | b"*") { Err(ERR) } else { Ok(id) })
    }

    /// An id, or # for the next number.
    pub(crate) fn new_id(&mut self) -> Result<&'a [u8], Refused> {
        self.next().and_then(|id| if (1..=512).contains(&id.len()) { Ok(id) } else { Err(ERR) })
    }

    /// The name of a batch, which is as long as an id may be.
    pub(crate) fn batch(&mut self) -> Result<Vec<u8>, Refused> {
        Ok(self.new_id()?.to_vec())
    }

    /// The name of a group, which is as long as an id may be.
    pub(crate) fn group(&mut self) -> Result<Vec<u8>, Refused> {
        Ok(self.new_id()?.to_vec())
    }

    /// A word of letters.
    pub(crate) fn text(&mut self) -> Result<&'a str, Refused> {
        std::str::from_utf8(self.next()?).map_err(|_| ERR)
    }

    /// A worker's name: 1 to 128 bytes.
    pub(crate) fn worker(&mut self) -> Result<Vec<u8>, Refused> {
        self.next()
            .and_then(|name| if (1..=128).contains(&name.len()) { Ok(name.to_vec()) } else { Err(ERR) })
    }

    /// An integer of at least `least`.
    pub(crate) fn int(&mut self, least: i64) -> Result<i64, Refused> {
        let word = std::str::from_utf8(self.next()?).map_err(|_| ERR)?;
        word.parse().ok().filter(|n| *n >= least).ok_or(ERR)
    }

    /// A time, token or count of at least `least`.
    pub(crate) fn uint(&mut self, least: u32) -> Result<u64, Refused> {
        Ok(self.int(i64::from(least))?.unsigned_abs())
    }

    /// Some time, but not none; -1 for ever.
    pub(crate) fn time(&mut self) -> Result<i64, Refused> {
        self.int(-1).and_then(|ms| if ms == 0 { Err(ERR) } else { Ok(ms) })
    }

    /// The lowest and the highest priority.
    pub(crate) fn priorities(&mut self) -> Result<(i64, i64), Refused> {
        let mut one = || self.int(i32::MIN.into()).ok().filter(|n| *n <= i32::MAX.into()).ok_or(ERR);
        let (lowest, highest) = (one()?, one()?);
        Some((lowest, highest)).filter(|_| lowest <= highest).ok_or(ERR)
    }

    /// A number of items: 1 to 10,000.
    pub(crate) fn count(&mut self) -> Result<usize, Refused> {
        usize::try_from(self.uint(1)?).ok().filter(|n| *n <= 10_000).ok_or(ERR)
    }

    /// Reads `keyword` if it is next.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.0.first().is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes()));
        if found {
            self.0 = self.0.get(1..).unwrap_or_default();
        }
        found
    }

    /// The next option, which must be one of `known` and not among those `seen`; None at the end.
    pub(crate) fn option(
        &mut self,
        known: &[&'static str],
        seen: &mut Vec<&'static str>,
    ) -> Result<Option<&'static str>, Refused> {
        let Ok(word) = self.next() else { return Ok(None) };
        let option = known.iter().find(|o| word.eq_ignore_ascii_case(o.as_bytes())).ok_or(ERR)?;
        if seen.contains(option) {
            return Err(ERR);
        }
        seen.push(option);
        Ok(Some(option))
    }

    /// `token id [token id ...]`, up to a word that is none of a pair's.
    pub(crate) fn pairs(&mut self, options: &[&str]) -> Result<Vec<(u64, Vec<u8>)>, Refused> {
        let mut pairs = Vec::new();
        while let Some(word) = self.0.first() {
            if !pairs.is_empty() && options.iter().any(|o| word.eq_ignore_ascii_case(o.as_bytes())) {
                break;
            }
            pairs.push((self.uint(0)?, self.id()?.to_vec()));
        }
        if pairs.is_empty() {
            Err(ERR)
        } else {
            Ok(pairs)
        }
    }

    /// `id [id ...]`, to the end.
    pub(crate) fn ids(&mut self) -> Result<Vec<Vec<u8>>, Refused> {
        self.ids_before(&[])
    }

    /// The same, up to one of `options` where another id would stand.
    pub(crate) fn ids_before(&mut self, options: &[&str]) -> Result<Vec<Vec<u8>>, Refused> {
        let mut ids = vec![self.id()?.to_vec()];
        let is_option = |word: &&[u8]| options.iter().any(|o| word.eq_ignore_ascii_case(o.as_bytes()));
        while self.0.first().is_some_and(|word| !is_option(word)) {
            ids.push(self.id()?.to_vec());
        }
        Ok(ids)
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ERR)
        }
    }
}

/// What to do with an id that is known and unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDup {
    Ignore,
    Replace,
    Rerun,
}

/// The options of ADD and MADD; the payload is filled in per job.
pub(crate) fn job_options(words: &mut Words<'_>) -> Result<(JobSpec, OnDup), Refused> {
    const KNOWN: [&str; 19] = [
        "DELAY", "AT", "PRIORITY", "ATTEMPTS", "BACKOFF", "DEDUP", "ONDUP", "PX", "KEEP", "BATCH", "AFTER",
        "AFTEROK", "GROUP", "MAXWAIT", "MAXRUN", "FRONT", "HOLD", "SET", "NAME",
    ];
    let mut seen = Vec::new();
    let mut on_dup = OnDup::Ignore;
    let mut spec = JobSpec {
        payload: Vec::new(),
        start: Start::After(0),
        names_start: false,
        max_wait: None,
        priority: 0,
        names_priority: false,
        attempts: None,
        backoff: None,
        dedup: None,
        expires_after: None,
        keep: None,
        max_run: None,
        batch: None,
        after: None,
        group: None,
        place: Place::End,
        fields: Fields::new(),
        name: None,
    };
    let mut fields = FieldTerms::default();
    while let Some(option) = words.option(&KNOWN, &mut seen)? {
        match option {
            "DELAY" => spec.start = Start::After(words.uint(0)?),
            "AT" => spec.start = Start::At(words.uint(0)?),
            "PRIORITY" => spec.priority = i32::try_from(words.int(i64::MIN)?).map_err(|_| ERR)?.into(),
            "ATTEMPTS" => spec.attempts = Some(attempts(words)?),
            "BACKOFF" => spec.backoff = Some(backoff(words)?),
            "DEDUP" => spec.dedup = Some(window(words)?),
            "ONDUP" => on_dup = on_dup_word(words)?,
            "PX" => spec.expires_after = Some(words.uint(1)?),
            "BATCH" => spec.batch = Some(words.batch()?),
            "AFTER" => spec.after = Some((words.batch()?, Dependency::After)),
            "AFTEROK" => spec.after = Some((words.batch()?, Dependency::AfterOk)),
            "MAXWAIT" => spec.max_wait = Some(words.uint(1)?),
            "MAXRUN" => spec.max_run = Some(words.time()?),
            "NAME" => spec.name = Some(words.worker()?),
            "SET" => fields.read("SET", words, &mut seen)?,
            "GROUP" => spec.group = Some(words.id()?.to_vec()),
            "FRONT" => spec.place = Place::Front,
            "HOLD" => spec.start = Start::Hold,
            _ => spec.keep = Some(words.int(-1)?),
        }
    }
    spec.fields = fields.set();
    let too_short = matches!((spec.expires_after, spec.start), (Some(px), Start::After(ms)) if px <= ms);
    let both = |one, other| seen.contains(&one) && seen.contains(&other);
    let is_held = seen.contains(&"HOLD");
    if is_held && ["DELAY", "AT", "AFTER", "AFTEROK", "FRONT"].iter().any(|other| seen.contains(other)) {
        return Err(ERR);
    }
    (spec.names_start, spec.names_priority) =
        (is_held || seen.contains(&"DELAY") || seen.contains(&"AT"), seen.contains(&"PRIORITY"));
    if let Some(most) = spec.max_wait {
        let fits = seen.contains(&"DELAY") && matches!(spec.start, Start::After(ms) if ms <= most);
        if !fits || on_dup != OnDup::Replace {
            return Err(ERR);
        }
    }
    let has_batches = spec.batch.is_some() || spec.after.is_some();
    let waits_for_its_own =
        spec.batch.is_some() && spec.batch.as_ref() == spec.after.as_ref().map(|(name, _)| name);
    if too_short || both("DELAY", "AT") || both("AFTER", "AFTEROK") || waits_for_its_own {
        return Err(ERR);
    }
    if has_batches && on_dup != OnDup::Ignore {
        return Err(ERR);
    }
    Ok((spec, on_dup))
}

/// How long an id is refused: some time, or as long as the record is kept.
pub(crate) fn window(words: &mut Words<'_>) -> Result<i64, Refused> {
    if words.keyword("KEPT") {
        Ok(WHILE_KEPT)
    } else {
        words.int(-1)
    }
}

fn on_dup_word(words: &mut Words<'_>) -> Result<OnDup, Refused> {
    match words.next()?.to_ascii_uppercase().as_slice() {
        b"IGNORE" => Ok(OnDup::Ignore),
        b"REPLACE" => Ok(OnDup::Replace),
        b"RERUN" => Ok(OnDup::Rerun),
        _ => Err(ERR),
    }
}

/// Where a job goes, by whether FRONT was given.
pub(crate) fn place_of(seen: &[&str]) -> Place {
    if seen.contains(&"FRONT") {
        Place::Front
    } else {
        Place::End
    }
}

/// How many NACKs fail a job.
pub(crate) fn attempts(words: &mut Words<'_>) -> Result<u64, Refused> {
    words.uint(1).and_then(|n| if n <= 1_000_000 { Ok(n) } else { Err(ERR) })
}

fn backoff(words: &mut Words<'_>) -> Result<Backoff, Refused> {
    let kind = words.next()?.to_ascii_uppercase();
    let ms = words.uint(0)?;
    match kind.as_slice() {
        b"FIXED" => Ok(Backoff::Fixed(ms)),
        b"EXPONENTIAL" => Ok(Backoff::Exponential(ms)),
        _ => Err(ERR),
    }
}

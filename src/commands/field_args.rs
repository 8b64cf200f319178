//! SET, UNSET and UNLESS: the options about the fields of jobs, which several commands have.

use super::args::Args;
use super::error::{shown, Error};
use super::names;
use super::options::{CommandOption, Options};
use super::spec::{Arg, ArgKind};
use super::ROOM_AT_MEMORY_LIMIT;
use crate::queue::{FieldChanges, FieldTerms, FieldsRefusal, Queue, MAX_FIELDS};

/// The most bytes of fields that one call may give to all its jobs together: every other client waits meanwhile.
const MAX_SET_BYTES: usize = 4 << 20;

/// What a call says of the fields of its jobs.
#[derive(Debug, Default)]
pub(super) struct FieldArgs<'a> {
    changes: Vec<(&'a [u8], Option<&'a [u8]>)>,
    unless: Option<&'a [u8]>,
    /// The changes as bytes, once all arguments are read.
    packed: Option<Box<[u8]>>,
}

/// How COMMAND DOCS shows the value of SET.
pub(super) const SET: Arg =
    Arg::block("set", &[Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)]);
/// The same of UNSET.
pub(super) const UNSET: Arg = Arg::word("unset-field", ArgKind::String);
/// The same of UNLESS.
pub(super) const UNLESS: Arg = Arg::word("unless-field", ArgKind::String);

/// SET alone, for new jobs.
impl<'a> Options<'a, 1> for FieldArgs<'a> {
    const OPTIONS: [CommandOption<'a, Self>; 1] = [CommandOption::repeated("SET", SET, FieldArgs::set)];
}

impl<'a> FieldArgs<'a> {
    /// Takes what follows SET.
    pub(super) fn set(&mut self, args: &mut Args<'a>) -> Result<(), Error> {
        let name = names::field(args.next("SET")?)?;
        self.push(name, Some(args.next("SET")?))
    }

    /// Takes what follows UNSET.
    pub(super) fn unset(&mut self, args: &mut Args<'a>) -> Result<(), Error> {
        let name = names::field(args.next("UNSET")?)?;
        self.push(name, None)
    }

    /// Takes what follows UNLESS.
    pub(super) fn unless(&mut self, args: &mut Args<'a>) -> Result<(), Error> {
        self.unless = Some(names::field(args.next("UNLESS")?)?);
        Ok(())
    }

    fn push(&mut self, name: &'a [u8], value: Option<&'a [u8]>) -> Result<(), Error> {
        if self.changes.len() == MAX_FIELDS {
            return Err(Error::other(format!("at most {MAX_FIELDS} fields a call, got more")));
        }
        self.changes.push((name, value));
        Ok(())
    }

    /// Adds what `common` sets where these say nothing; neither is finished yet.
    pub(super) fn add_from(&mut self, common: &FieldArgs<'a>) -> Result<(), Error> {
        let own: Vec<&[u8]> = self.changes.iter().map(|(name, _)| *name).collect();
        for (name, value) in &common.changes {
            if !own.contains(name) {
                self.push(name, *value)?;
            }
        }
        Ok(())
    }

    /// All arguments are read: refuses a field that is named twice, and what is too much for so many jobs.
    pub(super) fn finish(&mut self, jobs: usize) -> Result<(), Error> {
        if !self.changes.is_empty() {
            let packed = FieldChanges::pack(std::mem::take(&mut self.changes));
            self.packed = Some(
                packed.map_err(|name| Error::syntax(format!("the field {} is named twice", shown(name))))?,
            );
        }
        let bytes = self.packed.as_ref().map_or(0, |packed| packed.len().saturating_mul(jobs));
        if jobs > 1 && bytes > MAX_SET_BYTES {
            return Err(Error::other(format!(
                "the fields that a call sets in all its jobs must have at most {MAX_SET_BYTES} bytes, got {bytes}: send \
                 some of the jobs in another one"
            )));
        }
        Ok(())
    }

    /// The fields that are set, as bytes.
    pub(super) fn packed(&self) -> Option<&[u8]> {
        self.packed.as_deref()
    }

    /// What changes.
    pub(super) fn changes(&self) -> Option<FieldChanges<'_>> {
        self.packed().and_then(FieldChanges::new)
    }

    /// What a worker's answer says of them.
    pub(super) fn terms(&self) -> FieldTerms<'_> {
        FieldTerms { changes: self.changes(), unless: self.unless }
    }

    /// Why a worker's answer is refused for them while the server is at its memory limit.
    pub(super) fn refusal_at_memory_limit(&self) -> Option<Error> {
        let len = self.packed.as_ref().map_or(0, |packed| packed.len());
        (len > ROOM_AT_MEMORY_LIMIT).then(|| Error::memory_for("SET", len))
    }

    /// Why a change by others than workers is refused then: call by call it could let a job grow without end. So all fields
    /// of a job together are bounded. What makes them smaller is never refused.
    pub(super) fn refusal_of_growth(&self, queue: &Queue, ids: &[&[u8]]) -> Option<Error> {
        let changes = self.changes()?;
        let may_be_large = |fields: &&[u8]| fields.len() + changes.packed().len() > ROOM_AT_MEMORY_LIMIT;
        let present = ids.iter().map(|id| queue.fields_of(id)).filter(may_be_large);
        let grown = present.map(|fields| changes.sizes(fields));
        let too_large = grown.filter(|(before, after)| after > before && *after > ROOM_AT_MEMORY_LIMIT);
        too_large.map(|(_, after)| after).max().map(|after| Error::memory_for("the fields of a job", after))
    }
}

/// The error for fields that the queue refuses.
pub(super) fn refusal(refusal: FieldsRefusal) -> Error {
    Error::other(match refusal {
        FieldsRefusal::TooMany(count) => {
            format!("a job can have at most {MAX_FIELDS} fields, and would have {count}")
        }
        FieldsRefusal::TooLarge(bytes, most) => format!(
            "the names and values of a job's fields must have at most {most} bytes, the max-field-bytes of the queue, \
             and would have {bytes}"
        ),
    })
}

//! The fields of jobs.

use std::collections::BTreeMap;

use super::args::{OnDup, Refused, Words, ERR};
use super::job::{Job, State};
use super::model::Model;
use super::selected::remembered_until;
use super::spec::JobSpec;
use super::value::Value;

pub(crate) type Fields = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a command says of fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldTerms {
    /// What becomes of each; None: it goes.
    pub(crate) changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(crate) unless: Option<Vec<u8>>,
}

impl FieldTerms {
    /// Reads what follows one of SET, UNSET, UNLESS. The first two may come again.
    pub(crate) fn read(
        &mut self,
        option: &'static str,
        words: &mut Words<'_>,
        seen: &mut Vec<&'static str>,
    ) -> Result<(), Refused> {
        let name = words.worker()?;
        if option == "UNLESS" {
            self.unless = Some(name);
            return Ok(());
        }
        seen.retain(|word| *word != option);
        let value = if option == "SET" { Some(words.next()?.to_vec()) } else { None };
        match self.changes.insert(name, value) {
            None if self.changes.len() <= 64 => Ok(()),
            _ => Err(ERR),
        }
    }

    /// The fields that are set.
    pub(crate) fn set(&self) -> Fields {
        self.of(&Fields::new())
    }

    pub(crate) fn of(&self, fields: &Fields) -> Fields {
        let mut changed = fields.clone();
        for (name, value) in &self.changes {
            match value {
                Some(value) => drop(changed.insert(name.clone(), value.clone())),
                None => drop(changed.remove(name)),
            }
        }
        changed
    }
}

/// `old`, and over it `new`.
pub(crate) fn over(new: &Fields, old: &Fields) -> Fields {
    old.iter().chain(new).map(|(name, value)| (name.clone(), value.clone())).collect()
}

pub(crate) fn shown(fields: &Fields) -> Value {
    if fields.is_empty() {
        return Value::Null;
    }
    Value::Map(fields.iter().map(|(name, value)| (Value::bytes(name), Value::bytes(value))).collect())
}

fn size(fields: &Fields) -> usize {
    fields.iter().map(|(name, value)| name.len() + value.len()).sum()
}

impl Model {
    /// Whether one of the jobs would have more than it may, and more than it has.
    pub(super) fn refuses_fields<'i>(
        &self,
        mut ids: impl Iterator<Item = &'i Vec<u8>>,
        terms: &FieldTerms,
    ) -> bool {
        let with_fields = |job: &&Job| remembered_until(job).is_none();
        ids.any(|id| {
            let job = self.jobs.iter().find(|job| job.id == *id).filter(with_fields);
            job.is_some_and(|job| self.is_too_much(&job.fields, &terms.of(&job.fields)))
        })
    }

    fn is_too_much(&self, before: &Fields, after: &Fields) -> bool {
        let (is_large, is_larger) = (size(after) > self.settings.max_field_bytes, size(after) > size(before));
        (is_large && is_larger) || (after.len() > 64 && after.len() > before.len())
    }

    /// Whether the fields of new jobs are too much: by themselves, or with those that a REPLACE leaves.
    pub(super) fn refuses_new_fields(&self, jobs: &[(Vec<u8>, JobSpec, OnDup)], now: u64) -> bool {
        let mut changed: BTreeMap<&Vec<u8>, Fields> = BTreeMap::new();
        for (id, spec, on_dup) in jobs.iter().filter(|(_, spec, _)| !spec.fields.is_empty()) {
            if self.is_too_much(&Fields::new(), &spec.fields) {
                return true;
            }
            if *on_dup != OnDup::Replace || id == b"#" {
                continue;
            }
            let known = self.jobs.iter().find(|job| job.id == *id && !job.is_free(now) && job.is_live());
            let before = changed.get(id).cloned().or(known.map(replaced_fields)).unwrap_or_default();
            let after = over(&spec.fields, &before);
            if self.is_too_much(&before, &after) {
                return true;
            }
            changed.insert(id, after);
        }
        false
    }

    pub(super) fn change_fields(&mut self, id: &[u8], terms: &FieldTerms) {
        if let Some(job) = self.job(id) {
            job.fields = terms.of(&job.fields);
        }
    }

    pub(super) fn has_field(&self, id: &[u8], name: Option<&Vec<u8>>) -> bool {
        let job = self.jobs.iter().find(|job| job.id == id);
        job.is_some_and(|job| name.is_some_and(|name| job.fields.contains_key(name)))
    }
}

/// Those that a REPLACE of the job changes.
fn replaced_fields(job: &Job) -> Fields {
    match (&job.state, &job.rerun) {
        (State::Active { .. }, Some(rerun)) => rerun.spec.fields.clone(),
        _ => job.fields.clone(),
    }
}

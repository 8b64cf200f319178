//! Which events a reader wants.

use super::record::EventRecord;

/// What an event has to be for a reader. Without either: any.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventFilter<B> {
    /// Only those of this job.
    pub job: Option<B>,
    /// Only those of these names, divided by commas.
    pub names: Option<B>,
}

impl<B: AsRef<[u8]>> EventFilter<B> {
    /// Whether an event is one of those.
    pub(crate) fn is_wanted(&self, record: &EventRecord<'_>) -> bool {
        let is_job = self.job.as_ref().is_none_or(|job| record.job == Some(job.as_ref()));
        is_job
            && self.names.as_ref().is_none_or(|names| {
                let mut names = names.as_ref().split(|byte| *byte == b',');
                names.any(|name| name.eq_ignore_ascii_case(record.name.bytes()))
            })
    }
}

impl EventFilter<&[u8]> {
    /// The same with copies of the names.
    #[must_use]
    pub fn to_owned_names(&self) -> EventFilter<Box<[u8]>> {
        EventFilter { job: self.job.map(Box::from), names: self.names.map(Box::from) }
    }
}

//! The jobs that a call has changed, as it is asked for them: how many, or their ids.

use super::access::Session;
use super::admin::Changed;
use crate::queue::store::IdEntry;
use crate::queue::views::id_bytes;

/// What is asked of the jobs that a call has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Report {
    /// How many they are.
    #[default]
    Number,
    /// Which they are.
    Ids,
}

/// The jobs that a call has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedJobs {
    /// So many.
    Number(usize),
    /// Those of these ids, in the order in which they changed.
    Ids(Vec<Box<[u8]>>),
}

impl Report {
    /// About what one of them takes of the reply.
    pub(super) fn bytes(self, id: &[u8]) -> usize {
        match self {
            Report::Number => 0,
            Report::Ids => id_bytes(id),
        }
    }
}

impl ChangedJobs {
    pub(super) fn none(report: Report) -> Self {
        match report {
            Report::Number => ChangedJobs::Number(0),
            Report::Ids => ChangedJobs::Ids(Vec::new()),
        }
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            ChangedJobs::Number(number) => *number,
            ChangedJobs::Ids(ids) => ids.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Changes one more; if that is done, it is one of these. Its id is taken before, as the change may be its end.
    pub(super) fn change<'q>(
        &mut self,
        session: &mut Session<'q>,
        entry: IdEntry,
        change: impl FnOnce(&mut Session<'q>) -> Changed,
    ) -> Changed {
        match self {
            ChangedJobs::Number(number) => {
                let answer = change(session);
                *number += usize::from(answer == Changed::Done);
                answer
            }
            ChangedJobs::Ids(ids) => {
                let id = Box::from(session.queue.id_of(entry));
                let answer = change(session);
                ids.extend((answer == Changed::Done).then_some(id));
                answer
            }
        }
    }
}

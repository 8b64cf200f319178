//! RERUN: completed jobs live once more.

use super::access::Session;
use super::admin::{Changed, ReviveOptions};
use super::room::Refusal;
use crate::queue::effect::JobEffect;
use crate::queue::jobs::Job;
use crate::queue::store::{Handle, IdEntry};
use std::collections::BTreeSet;

impl Session<'_> {
    /// Lets completed jobs run again: an answer for each id. Refused before anything changes if that would be more than
    /// `max-jobs`. O(log n) each.
    pub fn run_again(&mut self, ids: &[&[u8]], options: &ReviveOptions<'_>) -> Result<Vec<Changed>, Refusal> {
        self.room_to_run_again(ids)?;
        Ok(ids.iter().map(|id| self.run_one_again(id, options)).collect())
    }

    fn run_one_again(&mut self, id: &[u8], options: &ReviveOptions<'_>) -> Changed {
        if self.find(id).is_none() {
            return Changed::Unknown;
        }
        let Some(handle) = self.repeatable(id) else { return Changed::NotAllowed };
        self.change_fields(handle, options.changes);
        self.change_job(handle, JobEffect::RunAgain { place: options.place });
        Changed::Done
    }

    /// Whether `max-jobs` leaves room for those among `ids` that would run again.
    fn room_to_run_again(&mut self, ids: &[&[u8]]) -> Result<(), Refusal> {
        let room = self.room_for_jobs();
        if ids.len() <= room {
            return Ok(());
        }
        let ids: BTreeSet<&[u8]> = ids.iter().copied().collect();
        let more = ids.into_iter().filter(|id| self.repeatable(id).is_some()).count();
        if more > room {
            return Err(Refusal::MaxJobs(self.queue.settings().max_jobs));
        }
        Ok(())
    }

    /// The record of `id`, if its job was completed and all of it is kept.
    fn repeatable(&mut self, id: &[u8]) -> Option<Handle> {
        let IdEntry::Job(handle) = self.find(id)? else { return None };
        self.queue.job(handle).filter(|job| Job::may_run_again(job)).map(|_| handle)
    }
}

//! A whole snapshot: what is done with a queue before its first piece and after the last.

use crate::queue::jobs::{Job, StateData};
use crate::queue::value::Queue;

impl Queue {
    /// A queue that is given all its pieces before it is used: no id is found in it until [`Queue::has_distinct_ids`].
    pub(crate) fn to_restore() -> Queue {
        let mut queue = Queue::default();
        queue.jobs.gather_ids();
        queue
    }

    /// Whether no id was restored twice; from now on all are found. O(n log n).
    #[must_use]
    pub(crate) fn has_distinct_ids(&mut self) -> bool {
        self.jobs.list_gathered_ids()
    }

    /// Whether sequence numbers are unique, tokens are unique and none is newer than the last one given, batches count
    /// what is there. O(n log n).
    #[must_use]
    pub(crate) fn is_sound(&self) -> bool {
        // Every job is looked at once: they are far more than any cache holds.
        let (mut seqs, mut tokens, mut may_go_on) =
            (Vec::with_capacity(self.jobs.known_ids()), Vec::new(), true);
        for (_, job) in self.jobs.iter() {
            seqs.push(job.seq);
            if let StateData::Active { token, .. } | StateData::Waiting { lapsed: token @ 1.., .. } =
                job.state
            {
                tokens.push(token);
            }
            may_go_on &= self.may_go_on(job);
        }
        seqs.extend(self.jobs.table.remembered.iter().map(|(_, record)| record.key_seq()));
        seqs.extend(self.limits.lanes.iter().filter_map(|(_, lane)| lane.last_turn()));
        seqs.sort_unstable();
        tokens.sort_unstable();
        may_go_on
            && seqs.is_sorted_by(|a, b| a < b)
            && tokens.is_sorted_by(|a, b| a < b)
            && tokens.last().is_none_or(|&newest| newest <= self.last_token)
            && self.batches_fit_their_members()
            // What runs in a lane, or holds it, was claimed there.
            && self.limits.lanes.iter().all(|(_, lane)| lane.last_claim_seq != 0 || (lane.active == 0 && lane.holder.is_none()))
    }

    /// Whether the worker of a job that waits because its lease was lost could go on with it: it was claimed in its lane.
    fn may_go_on(&self, job: &Job) -> bool {
        let lane = self.lane_of(job).and_then(|number| self.limits.lanes.get(number));
        let is_lost = matches!(job.state, StateData::Waiting { .. }) && job.lost_run().is_some();
        !is_lost || lane.is_none_or(|lane| lane.last_claim_seq != 0)
    }
}

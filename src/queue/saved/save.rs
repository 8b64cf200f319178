//! What of a queue is saved: facts only, piece by piece. Every index is built anew by [`super::restore`].

use crate::queue::batches::{BatchNumber, Dependency};
use crate::queue::events::{EventId, EventLog, EventRecord, LoggedEvent};
use crate::queue::jobs::{
    Gate, Job, JobExtras, JobOptions, JobSpec, LostLife, Run, StateData, UnmetDependency,
};
use crate::queue::limits::{Bucket, LaneRules, Pause};
use crate::queue::schedules::{SavedPassed, SavedSchedule};
use crate::queue::settings::Settings;
use crate::queue::stats::{Counters, Histogram, Minute, PendingDuplicates};
use crate::queue::store::{Handle, Order, Record};
use crate::queue::time::{Lead, QueueMs};
use crate::queue::value::Queue;

/// All of a queue that is not about single jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    pub(crate) settings: Settings,
    pub(crate) counters: &'a Counters,
    pub(crate) waits: &'a Histogram,
    pub(crate) runs: &'a Histogram,
    pub(crate) next_seq: u64,
    pub(crate) last_token: u64,
    pub(crate) created_at: u64,
    pub(crate) next_batch: u64,
    pub(crate) pause: Option<Pause>,
    pub(crate) bucket: Bucket,
}

/// How many numbers of a kind were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SavedNumber {
    /// Those that were given as ids.
    Ids(u64),
    /// Sequence numbers of the front.
    Front(u64),
}

/// A batch as it is saved. What is pending is counted again as its members are restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavedBatch<'a> {
    pub(crate) number: u64,
    pub(crate) name: &'a [u8],
    pub(crate) created_at: u64,
    pub(crate) sealed: bool,
    pub(crate) finished_at: u64,
    pub(crate) settled_at: u64,
    pub(crate) keep_until: u64,
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) expired: u64,
    pub(crate) cancelled: u64,
    pub(crate) duplicates: u64,
}

/// What a lane does not have from its jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavedLane<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) last_claim_seq: u64,
    pub(crate) bucket: Bucket,
}

/// What is set for one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavedLaneRules<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) rules: LaneRules,
}

/// A state with the worker by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SavedState<'a> {
    Waiting { since: u64, lapsed: u64 },
    Delayed { due: u64 },
    Retrying { due: u64 },
    Active { token: u64, since: u64, lease_until: u64, worker: &'a [u8] },
    Completed { at: u64, token: u64 },
    Failed { at: u64, token: u64 },
    Blocked { after: Dependency<BatchNumber>, due: u64 },
    Held,
}

/// An event as it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SavedEvent<'a> {
    /// No event is kept, and this was the last.
    None(EventId),
    /// An event that is kept.
    Kept(LoggedEvent<'a>),
}

/// A job or kept record as it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SavedJob<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) state: SavedState<'a>,
    pub(crate) seq: i64,
    pub(crate) added_at: u64,
    pub(crate) priority: i32,
    pub(crate) options: JobOptions,
    pub(crate) batch: Option<BatchNumber>,
    pub(crate) group: Option<&'a [u8]>,
    /// Its lane waits for the end of its life.
    pub(crate) holds_lane: bool,
    pub(crate) nacks: u32,
    pub(crate) losses: u16,
    pub(crate) expires: u64,
    pub(crate) cancel_asked: bool,
    pub(crate) result_only: bool,
    pub(crate) done_under: u64,
    pub(crate) earlier_error: Option<&'a [u8]>,
    pub(crate) lost_life: Option<LostLife>,
    pub(crate) latest_due: u64,
    /// None: the id is refused as long as the record is kept.
    pub(crate) window_until: Option<u64>,
    pub(crate) keep_until: u64,
    pub(crate) error: Option<&'a [u8]>,
    pub(crate) progress: Option<&'a [u8]>,
    pub(crate) result: Option<&'a [u8]>,
    pub(crate) rerun: Option<JobSpec<&'a [u8]>>,
    pub(crate) worker: Option<&'a [u8]>,
    pub(crate) history: Vec<Run<&'a [u8]>>,
    pub(crate) unmet: Option<UnmetDependency>,
    pub(crate) earlier_losses: u32,
    pub(crate) releases: u32,
    /// As bytes; None: it has none.
    pub(crate) fields: Option<&'a [u8]>,
    pub(crate) name: Option<&'a [u8]>,
    /// How many lines it has had, and those that are kept as bytes.
    pub(crate) log: Option<(u64, &'a [u8])>,
}

impl Queue {
    pub(crate) fn header(&self) -> Header<'_> {
        Header {
            settings: self.settings,
            counters: &self.stats.counters,
            waits: &self.stats.waits,
            runs: &self.stats.runs,
            next_seq: self.jobs.next_seq,
            last_token: self.last_token,
            created_at: self.created_at,
            next_batch: self.batches.next_number(),
            pause: self.pause,
            bucket: saved_bucket(&self.limits.bucket, self.lead_taken_off()),
        }
    }

    /// The numbers of each kind of which any was given.
    pub(crate) fn saved_numbers(&self) -> impl Iterator<Item = SavedNumber> {
        let ids = Some(self.jobs.last_number).filter(|given| *given > 0).map(SavedNumber::Ids);
        let front = Some(self.jobs.front_seqs).filter(|given| *given > 0).map(SavedNumber::Front);
        ids.into_iter().chain(front)
    }

    /// The lead with which the queue that is saved begins, in milliseconds.
    pub(crate) fn saved_lead(&self) -> Option<u64> {
        Some(self.lead.without(self.lead_taken_off()).ms()).filter(|ms| *ms != 0)
    }

    /// What instants are saved without. That is the whole lead, so that they are by the server's clock; but no number says
    /// what lies before 1970 then, as leases do that were long over when the clock was set back by decades. O(lanes), but
    /// O(1) where the clock was never set back.
    fn lead_taken_off(&self) -> Lead {
        if self.lead == Lead::default() {
            return self.lead;
        }
        let firsts = [self.jobs.indexes.active.first(), self.jobs.indexes.retrying.first()];
        let jobs = firsts.into_iter().flatten().map(|job| self.jobs.table.due_key(job).at);
        let lanes = self.limits.lanes.iter().map(|(_, lane)| &lane.bucket);
        let buckets = lanes.chain([&self.limits.bucket]).filter(|bucket| bucket.rate.is_some());
        let earliest = jobs.chain(buckets.map(|bucket| bucket.at)).min();
        self.lead.taken_off(QueueMs(earliest.unwrap_or(u64::MAX)))
    }

    /// Every batch by its number.
    pub(crate) fn saved_batches(&self) -> impl Iterator<Item = SavedBatch<'_>> {
        self.batches.iter_from(0).map(|(number, batch)| SavedBatch {
            number: number.0,
            name: &batch.name,
            created_at: batch.created_at,
            sealed: batch.sealed,
            finished_at: batch.finished_at,
            settled_at: batch.settled_at,
            keep_until: batch.keep_until,
            completed: batch.members.completed,
            failed: batch.members.failed,
            expired: batch.members.expired,
            cancelled: batch.members.cancelled,
            duplicates: batch.duplicates,
        })
    }

    /// Every event that is kept, the oldest first.
    pub(crate) fn saved_events(&self) -> impl Iterator<Item = SavedEvent<'_>> {
        let log = self.event_log.as_deref();
        let kept = log.into_iter().flat_map(|log| log.after(EventId::default())).map(EventRecord::event);
        let last = log.filter(|log| log.len() == 0).map(EventLog::last);
        let none = last.filter(|last| *last != EventId::default()).map(SavedEvent::None);
        none.into_iter().chain(kept.map(SavedEvent::Kept))
    }

    /// Every job and kept record, state by state, each state in its order: the same on every server.
    pub(crate) fn saved_jobs(&self) -> impl Iterator<Item = SavedJob<'_>> {
        let indexes = [
            &self.jobs.indexes.delayed,
            &self.jobs.indexes.retrying,
            &self.jobs.indexes.active,
            &self.jobs.indexes.completed,
            &self.jobs.indexes.failed,
        ];
        let runnable = self
            .jobs
            .indexes
            .waiting
            .iter()
            .chain(self.jobs.indexes.grouped.iter())
            .chain(self.jobs.indexes.blocked.iter());
        let lead = self.lead_taken_off();
        let handles = runnable.chain(indexes.into_iter().flat_map(Order::iter));
        handles
            .filter_map(|handle| Some((handle, self.job(handle)?)))
            .map(move |(handle, job)| self.saved_job(handle, job, lead))
    }

    /// Every lane that ever gave a job, by its name.
    pub(crate) fn saved_lanes(&self) -> impl Iterator<Item = SavedLane<'_>> {
        let lead = self.lead_taken_off();
        let lanes = self.limits.lanes.iter().filter(|(_, lane)| lane.last_claim_seq != 0);
        lanes.map(move |(_, lane)| SavedLane {
            name: &lane.name,
            last_claim_seq: lane.last_claim_seq,
            bucket: saved_bucket(&lane.bucket, lead),
        })
    }

    /// Every lane for which something is set, by its name.
    pub(crate) fn saved_lane_rules(&self) -> impl Iterator<Item = SavedLaneRules<'_>> {
        let ruled = self.limits.lanes.iter().filter(|(_, lane)| lane.has_rules());
        ruled.map(|(_, lane)| SavedLaneRules { name: &lane.name, rules: lane.rules() })
    }

    /// Every worker that was seen, by its name, and when that was.
    pub(crate) fn saved_workers(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.workers.iter().filter(|(.., seen)| *seen != 0).map(|(_, name, _, seen)| (name, seen))
    }

    /// Every minute in which something happened.
    pub(crate) fn saved_minutes(&self) -> impl Iterator<Item = Minute> + '_ {
        self.stats.series.iter()
    }

    /// Every remembered id by the instant it is forgotten: the same on every server.
    pub(crate) fn saved_records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut handles: Vec<_> =
            self.jobs.table.remembered.iter().map(|(h, r)| (r.forget_key(), h)).collect();
        handles.sort_unstable();
        handles.into_iter().filter_map(|(_, handle)| self.record(handle))
    }

    /// Every schedule by its name: the same on every server.
    pub(crate) fn saved_schedules(&self) -> impl Iterator<Item = SavedSchedule<'_>> {
        self.schedules.saved()
    }

    /// Every schedule that has missed instants, by its name, and how many.
    pub(crate) fn saved_missed(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.schedules.saved_missed()
    }

    /// What schedules have passed over, by their names.
    pub(crate) fn saved_passed(&self) -> impl Iterator<Item = SavedPassed<'_>> {
        self.schedules.saved_passed()
    }

    /// A job whose instants on the clock of the queue are saved without `lead`.
    fn saved_job<'a>(&'a self, handle: Handle, job: &'a Job, lead: Lead) -> SavedJob<'a> {
        let extras = job.extras.as_deref();
        let text = |of: fn(&JobExtras) -> Option<&[u8]>| extras.and_then(of);
        let state = match job.state {
            StateData::Waiting { since, lapsed } => SavedState::Waiting { since, lapsed },
            StateData::Delayed { due } => SavedState::Delayed { due },
            StateData::Retrying { due } => SavedState::Retrying { due: lead.unix_ms(due) },
            StateData::Active { token, since, lease_until, worker } => {
                let (lease_until, worker) = (lead.unix_ms(lease_until), self.worker_name(worker));
                SavedState::Active { token, since, lease_until, worker }
            }
            StateData::Completed { at, token } => SavedState::Completed { at, token },
            StateData::Failed { at, token } => SavedState::Failed { at, token },
            StateData::Blocked { gate: Gate::Hold, .. } => SavedState::Held,
            StateData::Blocked { gate: Gate::Batch(after), due } => SavedState::Blocked { after, due },
        };
        SavedJob {
            id: job.id(),
            payload: job.payload(),
            state,
            seq: job.seq,
            added_at: job.added_at,
            priority: job.priority,
            options: self.options(job),
            batch: self.batch_of(job),
            group: self.group_of(job),
            holds_lane: self.lane_of(job).and_then(|lane| self.limits.lanes.get(lane)?.holder)
                == Some(handle),
            nacks: job.nacks,
            losses: job.losses,
            expires: job.expires(),
            cancel_asked: job.cancel_asked(),
            result_only: job.is_result_only(),
            done_under: extras.map_or(0, |r| r.done_under),
            earlier_error: text(JobExtras::earlier_error),
            lost_life: job.lost_life(),
            latest_due: job.latest_due(),
            window_until: extras.map_or(Some(0), |r| (!r.window_is_kept).then_some(r.window_until)),
            keep_until: extras.map_or(0, |r| r.keep_until),
            error: text(|r| r.error.as_deref()),
            progress: text(|r| r.progress.as_deref()),
            result: text(|r| r.result.as_deref()),
            rerun: extras.and_then(|r| r.rerun.as_ref()).map(|r| r.borrowed()),
            earlier_losses: extras.map_or(0, |r| r.earlier_losses),
            releases: extras.map_or(0, |r| r.releases),
            worker: text(|r| r.worker.as_deref()),
            history: extras.into_iter().flat_map(|r| r.history.iter()).map(Run::borrowed).collect(),
            unmet: extras.and_then(|r| r.unmet.as_deref()).copied(),
            fields: Some(job.fields()).filter(|fields| !fields.is_empty()),
            name: self.name_of(job),
            log: job.log().map(|log| (log.total(), log.lines().packed())),
        }
    }

    /// Refused ADDs that were not journaled yet.
    pub(crate) fn saved_pending_duplicates(&self) -> Option<&PendingDuplicates> {
        self.has_pending_duplicates().then_some(&self.pending_duplicates)
    }
}

fn saved_bucket(bucket: &Bucket, lead: Lead) -> Bucket {
    Bucket { at: lead.unix_ms(QueueMs(bucket.at)), ..*bucket }
}

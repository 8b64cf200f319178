//! Taking a queue apart into what is saved, and putting it together from what was read.
//!
//! Only facts are saved; every index is built anew. What is read is not trusted: a piece that does not fit is
//! refused, and [`Queue::is_sound`] looks at what only shows when all of it is there.

use super::job::{Job, Rare, Rerun, State};
use super::remembered::Record;
use super::schedules::SavedSchedule;
use super::{
    ids, keys, may_be_told_at_once, valid_batch_name, After, Batch, Bucket, Counters, Entry, Handle,
    Histogram, Members, Minute, NewJob, Order, Queue, Recipe, Refusals, Settings, When, LATEST_TOKEN,
    MAX_GROUP, MAX_ID, MAX_WORKER,
};

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
    pub(crate) paused: bool,
    pub(crate) bucket: Bucket,
}

/// A batch as it is saved. What is pending is counted again as its members are restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavedBatch<'a> {
    pub(crate) number: u64,
    pub(crate) name: &'a [u8],
    pub(crate) created_at: u64,
    pub(crate) sealed: bool,
    pub(crate) finished_at: u64,
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
    pub(crate) turn: u64,
    pub(crate) bucket: Bucket,
}

/// A state with the worker by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SavedState<'a> {
    Waiting { since: u64, lapsed: u64 },
    Delayed { due: u64 },
    Active { token: u64, since: u64, lease_until: u64, worker: &'a [u8] },
    Completed { at: u64, token: u64 },
    Failed { at: u64, token: u64 },
    Blocked { after: After, due: u64 },
}

/// A job or kept record as it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SavedJob<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) state: SavedState<'a>,
    pub(crate) seq: u64,
    pub(crate) added_at: u64,
    pub(crate) priority: i32,
    pub(crate) recipe: Recipe,
    pub(crate) group: Option<&'a [u8]>,
    /// Its lane waits for the end of its life.
    pub(crate) holds_lane: bool,
    pub(crate) nacks: u32,
    pub(crate) losses: u16,
    pub(crate) expires: u64,
    pub(crate) cancel_asked: bool,
    pub(crate) done_under: u64,
    pub(crate) window_until: u64,
    pub(crate) keep_until: u64,
    pub(crate) error: Option<&'a [u8]>,
    pub(crate) progress: Option<&'a [u8]>,
    pub(crate) result: Option<&'a [u8]>,
    pub(crate) rerun: Option<NewJob<'a>>,
}

impl Queue {
    pub(crate) fn header(&self) -> Header<'_> {
        Header {
            settings: self.settings,
            counters: &self.counters,
            waits: &self.waits,
            runs: &self.runs,
            next_seq: self.next_seq,
            last_token: self.last_token,
            created_at: self.created_at,
            next_batch: self.batches.next_number(),
            paused: self.paused,
            bucket: self.bucket,
        }
    }

    /// Every batch by its number.
    pub(crate) fn saved_batches(&self) -> impl Iterator<Item = SavedBatch<'_>> {
        self.batches.iter_from(0).map(|(number, batch)| SavedBatch {
            number: number.0,
            name: &batch.name,
            created_at: batch.created_at,
            sealed: batch.sealed,
            finished_at: batch.finished_at,
            keep_until: batch.keep_until,
            completed: batch.members.completed,
            failed: batch.members.failed,
            expired: batch.members.expired,
            cancelled: batch.members.cancelled,
            duplicates: batch.duplicates,
        })
    }

    /// Every job and kept record, state by state, each state in its order: the same on every server.
    pub(crate) fn saved_jobs(&self) -> impl Iterator<Item = SavedJob<'_>> {
        let indexes = [&self.delayed, &self.active, &self.completed, &self.failed];
        let in_line = self.waiting.iter().chain(self.grouped.iter()).chain(self.blocked.iter());
        let handles = in_line.chain(indexes.into_iter().flat_map(Order::iter));
        handles
            .filter_map(|handle| Some((handle, self.job(handle)?)))
            .map(|(handle, job)| self.saved_job(handle, job))
    }

    /// Every lane that ever gave a job, by its name.
    pub(crate) fn saved_lanes(&self) -> impl Iterator<Item = SavedLane<'_>> {
        self.lanes.iter().filter(|(_, lane)| lane.turn != 0).map(|(_, lane)| SavedLane {
            name: &lane.name,
            turn: lane.turn,
            bucket: lane.bucket,
        })
    }

    /// Every worker that was seen, by its name, and when that was.
    pub(crate) fn saved_workers(&self) -> impl Iterator<Item = (&[u8], u64)> {
        self.workers.iter().filter(|(.., seen)| *seen != 0).map(|(_, name, _, seen)| (name, seen))
    }

    /// Every minute in which something happened.
    pub(crate) fn saved_minutes(&self) -> impl Iterator<Item = Minute> + '_ {
        self.series.iter().copied()
    }

    /// Every remembered id by the instant it is forgotten: the same on every server.
    pub(crate) fn saved_records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut handles: Vec<_> =
            self.remembered.iter().map(|(h, r)| (When { at: r.until, seq: r.seq }, h)).collect();
        handles.sort_unstable();
        handles.into_iter().filter_map(|(_, handle)| self.record(handle))
    }

    /// Every schedule by its name: the same on every server.
    pub(crate) fn saved_schedules(&self) -> impl Iterator<Item = SavedSchedule<'_>> {
        self.schedules.saved()
    }

    fn saved_job<'a>(&'a self, handle: Handle, job: &'a Job) -> SavedJob<'a> {
        let rare = job.rare.as_deref();
        let text = |of: fn(&Rare) -> Option<&[u8]>| rare.and_then(of);
        let state = match job.state {
            State::Waiting { since, lapsed } => SavedState::Waiting { since, lapsed },
            State::Delayed { due } => SavedState::Delayed { due },
            State::Active { token, since, lease_until, worker } => {
                SavedState::Active { token, since, lease_until, worker: self.worker_name(worker) }
            }
            State::Completed { at, token } => SavedState::Completed { at, token },
            State::Failed { at, token } => SavedState::Failed { at, token },
            State::Blocked { after, due } => SavedState::Blocked { after, due },
        };
        SavedJob {
            id: job.id(),
            payload: job.payload(),
            state,
            seq: job.seq,
            added_at: job.added_at,
            priority: job.priority,
            recipe: self.recipe(job),
            group: self.group_of(job),
            holds_lane: self.lane_of(job).and_then(|lane| self.lanes.get(lane)?.holder) == Some(handle),
            nacks: job.nacks,
            losses: job.losses,
            expires: job.expires(),
            cancel_asked: job.cancel_asked(),
            done_under: rare.map_or(0, |r| r.done_under),
            window_until: rare.map_or(0, |r| r.window_until),
            keep_until: rare.map_or(0, |r| r.keep_until),
            error: text(|r| r.error.as_deref()),
            progress: text(|r| r.progress.as_deref()),
            result: text(|r| r.result.as_deref()),
            rerun: rare.and_then(|r| r.rerun.as_ref()).map(|r| r.new_job()),
        }
    }

    /// Puts a header into a queue that has none yet.
    #[must_use]
    pub(crate) fn restore_header(&mut self, header: &Header<'_>) -> bool {
        // Far from where counting ends: what is accepted here must be accepted again after any use of the queue.
        let fits = header.next_seq.max(header.next_batch) < 1 << 52 && header.last_token < LATEST_TOKEN;
        if self.created_at != 0 || header.created_at == 0 || !fits || !header.bucket.is_sound() {
            return false;
        }
        self.settings = header.settings;
        self.counters = header.counters.clone();
        self.waits = header.waits.clone();
        self.runs = header.runs.clone();
        self.next_seq = header.next_seq;
        self.last_token = header.last_token;
        self.created_at = header.created_at;
        self.batches.set_next_number(header.next_batch);
        self.paused = header.paused;
        self.bucket = header.bucket;
        true
    }

    /// Refused ADDs that replicas were not told yet.
    pub(crate) fn saved_refusals(&self) -> Option<&Refusals> {
        self.has_refusals().then_some(&self.refusals)
    }

    /// Puts them back into a queue that has none.
    #[must_use]
    pub(crate) fn restore_refusals(&mut self, refusals: Refusals) -> bool {
        let fits = !self.has_refusals() && may_be_told_at_once(refusals.count);
        self.refusals = refusals;
        fits
    }

    /// Puts a batch into a queue whose header is there, and no job yet: its members would not be counted.
    #[must_use]
    pub(crate) fn restore_batch(&mut self, saved: &SavedBatch<'_>) -> bool {
        let members = Members {
            pending: 0,
            completed: saved.completed,
            failed: saved.failed,
            expired: saved.expired,
            cancelled: saved.cancelled,
        };
        // Far from where counting ends.
        let counts = [saved.completed, saved.failed, saved.expired, saved.cancelled, saved.duplicates];
        let is_finished = saved.finished_at != 0;
        let fits = valid_batch_name(saved.name)
            && counts.iter().all(|count| *count < 1 << 52)
            && (saved.sealed || !is_finished)
            && (is_finished || saved.keep_until == 0);
        let batch = Batch {
            name: saved.name.into(),
            created_at: saved.created_at,
            sealed: saved.sealed,
            members,
            duplicates: saved.duplicates,
            finished_at: saved.finished_at,
            keep_until: saved.keep_until,
            blocked: Order::default(),
        };
        fits && self.jobs.len() == 0 && self.batches.restore(saved.number, batch)
    }

    /// Puts a job into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_job(&mut self, saved: &SavedJob<'_>) -> bool {
        let hash = ids::hash(saved.id);
        let token = match saved.state {
            SavedState::Active { token, .. }
            | SavedState::Completed { token, .. }
            | SavedState::Failed { token, .. }
            | SavedState::Waiting { lapsed: token, .. } => token,
            SavedState::Delayed { .. } | SavedState::Blocked { .. } => 0,
        };
        if token.max(saved.done_under) > self.last_token {
            return false;
        }
        if saved.group.is_some_and(|group| !valid_group(group)) {
            return false;
        }
        if !valid_id(saved.id) || saved.seq >= self.next_seq || self.find_hashed(hash, saved.id).is_some() {
            return false;
        }
        let names_its_batches = saved.recipe.batch.is_none_or(|batch| batch.0 < self.batches.next_number())
            && saved.rerun.is_none_or(|new| new.recipe.batch.is_none() && new.after.is_none());
        if !names_its_batches {
            return false;
        }
        let state = match saved.state {
            SavedState::Blocked { after, .. } if self.batches.get(after.batch).is_none() => return false,
            SavedState::Blocked { after, due } => State::Blocked { after, due },
            SavedState::Waiting { since, lapsed } => State::Waiting { since, lapsed },
            SavedState::Delayed { due } => State::Delayed { due },
            SavedState::Active { worker, .. } if worker.is_empty() || worker.len() > MAX_WORKER => {
                return false
            }
            SavedState::Active { token, since, lease_until, worker } => {
                State::Active { token, since, lease_until, worker: self.workers.number(worker) }
            }
            SavedState::Completed { at, token } => State::Completed { at, token },
            SavedState::Failed { at, token } => State::Failed { at, token },
        };
        let mut job = Job::new(saved.id, saved.payload, state);
        job.seq = saved.seq;
        job.added_at = saved.added_at;
        job.priority = saved.priority;
        job.nacks = saved.nacks;
        job.losses = saved.losses;
        let rare = Rare {
            expires: saved.expires,
            cancel_asked: saved.cancel_asked,
            error: saved.error.map(Box::from),
            progress: saved.progress.map(Box::from),
            result: saved.result.map(Box::from),
            rerun: saved.rerun.map(|new| Box::new(Rerun::keep(&new))),
            done_under: saved.done_under,
            window_until: saved.window_until,
            keep_until: saved.keep_until,
        };
        if rare != Rare::default() {
            job.rare = Some(Box::new(rare));
        }
        self.job_bytes += job.bytes();
        let Some(handle) = self.jobs.insert(job) else { return false };
        self.set_recipe(handle, saved.recipe, saved.group);
        let (jobs, remembered) = (&self.jobs, &self.remembered);
        self.ids.insert(hash, Entry::Job(handle).pack(), |packed| keys::hash_of(jobs, remembered, packed));
        self.enter(handle);
        if !matches!(state, State::Completed { .. } | State::Failed { .. }) {
            self.count_in(saved.recipe.batch);
        }
        !saved.holds_lane || self.restore_holder(handle)
    }

    /// Puts back when a worker was seen, after all jobs.
    #[must_use]
    pub(crate) fn restore_worker(&mut self, name: &[u8], seen: u64) -> bool {
        (1..=MAX_WORKER).contains(&name.len()) && self.workers.restore(name, seen)
    }

    /// Puts the next minute back.
    #[must_use]
    pub(crate) fn restore_minute(&mut self, minute: Minute) -> bool {
        self.series.restore(minute)
    }

    /// What was restored is looked at, as far as that needs no clock: the next command or tick has one.
    pub(crate) fn restored(&mut self) {
        self.look_at_touched(0);
    }

    fn restore_holder(&mut self, handle: Handle) -> bool {
        let may_hold = |job: &&Job| !job.is_finished() && !matches!(job.state, State::Blocked { .. });
        let Some(job) = self.jobs.get(handle).filter(may_hold) else { return false };
        let Some(number) = self.lane_of(job) else { return false };
        let is_free = self.lanes.get(number).is_some_and(|lane| lane.holder.is_none());
        if is_free {
            self.lanes.edit(number, |lane| lane.holder = Some(handle));
        }
        is_free
    }

    /// Puts back what a lane does not have from its jobs, after all of them.
    #[must_use]
    pub(crate) fn restore_lane(&mut self, saved: &SavedLane<'_>) -> bool {
        let fits =
            valid_group(saved.name) && (1..self.next_seq).contains(&saved.turn) && saved.bucket.is_sound();
        let known = self.lanes.find(saved.name).and_then(|number| self.lanes.get(number));
        let is_new = known.map_or(saved.bucket.missing > 0, |lane| lane.turn == 0 && lane.jobs > 0);
        if !fits || !is_new {
            return false;
        }
        let Some(number) = self.lanes.of(saved.name) else { return false };
        self.lanes.edit(number, |lane| {
            lane.turn = saved.turn;
            lane.bucket = saved.bucket;
        });
        true
    }

    /// Puts a remembered id into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_record(&mut self, record: Record<'_>) -> bool {
        let hash = ids::hash(record.id);
        let fits = valid_id(record.id) && record.seq < self.next_seq && record.token <= self.last_token;
        if !fits || self.find_hashed(hash, record.id).is_some() {
            return false;
        }
        let Some(handle) = self.remembered.insert(record) else { return false };
        let entry = Entry::Remembered(handle);
        let (jobs, remembered) = (&self.jobs, &self.remembered);
        self.ids.insert(hash, entry.pack(), |packed| keys::hash_of(jobs, remembered, packed));
        self.plan_forgetting(entry);
        true
    }

    /// Puts a schedule into a queue whose header is there.
    #[must_use]
    pub(crate) fn restore_schedule(&mut self, saved: &SavedSchedule<'_>) -> bool {
        self.created_at != 0 && self.schedules.restore(saved)
    }

    /// Whether what was restored fits together: sequence numbers are unique, tokens are unique and none is newer
    /// than the last one given, batches count what is there. O(n log n).
    #[must_use]
    pub(crate) fn is_sound(&self) -> bool {
        let mut seqs: Vec<u64> = self.jobs.iter().map(|(_, job)| job.seq).collect();
        seqs.extend(self.remembered.iter().map(|(_, record)| record.seq));
        seqs.extend(self.lanes.iter().map(|(_, lane)| lane.turn).filter(|turn| *turn != 0));
        seqs.sort_unstable();
        let mut tokens: Vec<u64> = self
            .jobs
            .iter()
            .filter_map(|(_, job)| match job.state {
                State::Active { token, .. } | State::Waiting { lapsed: token @ 1.., .. } => Some(token),
                _ => None,
            })
            .collect();
        tokens.sort_unstable();
        seqs.is_sorted_by(|a, b| a < b)
            && tokens.is_sorted_by(|a, b| a < b)
            && tokens.last().is_none_or(|&newest| newest <= self.last_token)
            && self.batches_fit_their_members()
            // What runs in a lane, or holds it, was claimed there.
            && self.lanes.iter().all(|(_, lane)| lane.turn != 0 || (lane.active == 0 && lane.holder.is_none()))
    }
}

/// 1 to 512 bytes.
pub(crate) fn valid_group(name: &[u8]) -> bool {
    (1..=MAX_GROUP).contains(&name.len())
}

/// 1 to 512 bytes, not `*`.
pub(crate) fn valid_id(id: &[u8]) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id != b"*"
}

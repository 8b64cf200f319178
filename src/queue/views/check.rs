//! The recount behind JQ.CHECK: everything that is kept twice is counted again and compared.

use crate::queue::batches::{BatchCondition, BatchNumber};
use crate::queue::jobs::{Gate, Job, NameCounts, OptionSet, StateData};
use crate::queue::store::{IdEntry, InstantKey, LaneNumber, Order};
use crate::queue::time::FOREVER;
use crate::queue::value::Queue;
use std::collections::{BTreeMap, BTreeSet};

impl Queue {
    /// What does not add up; empty when the queue is sound. O(n log n).
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check_jobs(&mut wrong);
        self.check_order(&mut wrong);
        self.check_remembered(&mut wrong);
        self.check_workers(&mut wrong);
        self.check_batches(&mut wrong);
        self.check_lanes(&mut wrong);
        self.check_names(&mut wrong);
        self.check_totals(&mut wrong);
        self.schedules.check(&mut wrong);
        self.expiry_rules().check(&mut wrong);
        self.check_events(&mut wrong);
        wrong
    }

    /// Every id leads to its job, and every job is in the indexes of its state and in no other.
    fn check_jobs(&self, wrong: &mut Vec<String>) {
        type Belongs = fn(&Job) -> bool;
        let mut runnable: BTreeSet<u32> = self.jobs.indexes.waiting.iter().collect();
        runnable.extend(self.jobs.indexes.grouped.iter());
        let indexes: [(&str, BTreeSet<u32>, Belongs); 8] = [
            ("waiting", runnable, |job| matches!(job.state, StateData::Waiting { .. })),
            ("delayed", self.jobs.indexes.delayed.iter().collect(), |job| {
                matches!(job.state, StateData::Delayed { .. })
            }),
            ("retrying", self.jobs.indexes.retrying.iter().collect(), |job| {
                matches!(job.state, StateData::Retrying { .. })
            }),
            ("blocked", self.jobs.indexes.blocked.iter().collect(), |job| {
                matches!(job.state, StateData::Blocked { .. })
            }),
            ("active", self.jobs.indexes.active.iter().collect(), |job| {
                matches!(job.state, StateData::Active { .. })
            }),
            ("completed", self.jobs.indexes.completed.iter().collect(), |job| {
                matches!(job.state, StateData::Completed { .. })
            }),
            ("failed", self.jobs.indexes.failed.iter().collect(), |job| {
                matches!(job.state, StateData::Failed { .. })
            }),
            ("expiring", self.jobs.indexes.expiring.iter().collect(), |job| {
                let has_started = job.is_finished() || matches!(job.state, StateData::Active { .. });
                job.expires() != FOREVER && !has_started
            }),
        ];
        for (handle, job) in self.jobs.iter() {
            let id = String::from_utf8_lossy(job.id());
            if self.find(job.id()) != Some(IdEntry::Job(handle)) {
                wrong.push(format!("the id of job '{id}' does not lead to it"));
            }
            for (name, members, belongs) in &indexes {
                if members.contains(&handle) != belongs(job) {
                    wrong.push(format!(
                        "job '{id}', {}, is wrongly in or out of the index {name}",
                        job.state_name().name()
                    ));
                }
            }
            if !self.jobs.has_given(job.seq) {
                wrong.push(format!("job '{id}' has a sequence number from the future"));
            }
            if !job.knows_its_releases() {
                wrong.push(format!("job '{id}' was handed back more often than its history knows"));
            }
            if job.is_finished() && job.seq < 0 {
                wrong.push(format!("the record of job '{id}' has a sequence number of the front"));
            }
        }
        for (name, members, _) in &indexes {
            let strangers = members.iter().filter(|h| self.jobs.get(**h).is_none()).count();
            if strangers > 0 {
                wrong.push(format!("the index {name} has {strangers} jobs that do not exist"));
            }
        }
    }

    /// Every index is in the order of its keys.
    fn check_order(&self, wrong: &mut Vec<String>) {
        let jobs = &self.jobs.table;
        if !self.jobs.indexes.waiting.iter().map(|h| jobs.priority_key(h)).is_sorted_by(|a, b| a < b) {
            wrong.push("the index waiting is out of order".into());
        }
        if !self.jobs.indexes.grouped.iter().map(|h| jobs.priority_key(h)).is_sorted_by(|a, b| a < b) {
            wrong.push("the index grouped is out of order".into());
        }
        if !self.jobs.indexes.blocked.iter().map(|h| jobs.priority_key(h)).is_sorted_by(|a, b| a < b) {
            wrong.push("the index blocked is out of order".into());
        }
        let mut by_time = |name: &str, index: &Order<InstantKey>, key: &dyn Fn(u32) -> InstantKey| {
            if !index.iter().map(key).is_sorted_by(|a, b| a < b) {
                wrong.push(format!("the index {name} is out of order"));
            }
        };
        by_time("delayed", &self.jobs.indexes.delayed, &|h| jobs.due_key(h));
        by_time("retrying", &self.jobs.indexes.retrying, &|h| jobs.due_key(h));
        by_time("active", &self.jobs.indexes.active, &|h| jobs.due_key(h));
        by_time("completed", &self.jobs.indexes.completed, &|h| jobs.finished_key(h));
        by_time("failed", &self.jobs.indexes.failed, &|h| jobs.finished_key(h));
        by_time("expiring", &self.jobs.indexes.expiring, &|h| jobs.expiry_key(h));
        by_time("forgetting", &self.jobs.indexes.forgetting, &|packed| jobs.forget_key(packed));
        by_time("remembered", &self.jobs.indexes.remembered, &|packed| jobs.forget_key(packed));
    }

    /// Every remembered id leads to its record, and all that is to be forgotten is planned.
    fn check_remembered(&self, wrong: &mut Vec<String>) {
        for (handle, record) in self.jobs.table.remembered.iter() {
            if self.find(record.id) != Some(IdEntry::Remembered(handle)) {
                let id = String::from_utf8_lossy(record.id);
                wrong.push(format!("the remembered id '{id}' does not lead to its record"));
            }
        }
        let kept =
            self.jobs.iter().filter(|(_, job)| job.is_finished() && job.kept_until() != FOREVER).count();
        let planned = self.jobs.indexes.forgetting.len();
        if planned != kept {
            wrong.push(format!("{planned} records are planned to be dropped, but {kept} have an end"));
        }
        let listed: BTreeSet<u32> = self.jobs.indexes.remembered.iter().collect();
        let remembered = self.jobs.table.remembered.iter();
        let remembered = remembered.map(|(handle, _)| IdEntry::Remembered(handle).pack()).collect();
        if listed != remembered {
            wrong.push("the list of the remembered ids is off".into());
        }
        if self.jobs.ids.len() != self.known() {
            wrong.push(format!(
                "the id index has {} ids, but {} are known",
                self.jobs.ids.len(),
                self.known()
            ));
        }
    }

    /// Every active job is with its worker, and no worker has another.
    fn check_workers(&self, wrong: &mut Vec<String>) {
        let mut held: BTreeMap<u32, usize> = BTreeMap::new();
        for (_, job) in self.jobs.iter() {
            if let StateData::Active { worker, token, .. } = job.state {
                *held.entry(worker).or_default() += 1;
                if token > self.last_token {
                    wrong.push(format!("the token {token} was never given"));
                }
            }
        }
        self.workers.check(wrong);
        for (number, name, count, _) in self.workers.iter() {
            let is = held.remove(&number).unwrap_or_default();
            if is != count || self.workers.jobs(number).count() != count {
                let name = String::from_utf8_lossy(name);
                wrong.push(format!("worker '{name}' holds {is} jobs, but {count} are counted"));
            }
        }
        if !held.is_empty() {
            wrong.push(format!("{} workers hold jobs but are not known", held.len()));
        }
    }

    /// Every batch counts what is pending in it and lists the jobs that wait for it.
    fn check_batches(&self, wrong: &mut Vec<String>) {
        self.batches.check(wrong);
        let mut pending: BTreeMap<BatchNumber, u64> = BTreeMap::new();
        let mut failed: BTreeMap<BatchNumber, u64> = BTreeMap::new();
        let mut blocked: BTreeMap<BatchNumber, BTreeSet<(u32, BatchCondition)>> = BTreeMap::new();
        for (handle, job) in self.jobs.iter() {
            let counts = match job.state {
                StateData::Completed { .. } => None,
                StateData::Failed { .. } => Some(&mut failed),
                _ => Some(&mut pending),
            };
            if let (Some(counts), Some(batch)) = (counts, self.batch_of(job)) {
                *counts.entry(batch).or_default() += 1;
            }
            if let StateData::Blocked { gate: Gate::Batch(after), .. } = job.state {
                blocked.entry(after.batch).or_default().insert((handle, after.condition));
            }
        }
        for (number, batch) in self.batches.iter_from(0) {
            let name = String::from_utf8_lossy(&batch.name);
            let is = pending.get(&number).copied().unwrap_or_default();
            if is != batch.members.pending {
                wrong.push(format!(
                    "batch '{name}' has {is} pending, but {} are counted",
                    batch.members.pending
                ));
            }
            // Records may be gone; none can be there that was not counted.
            let kept = failed.get(&number).copied().unwrap_or_default();
            if kept > batch.members.failed {
                wrong.push(format!(
                    "batch '{name}' has {kept} failed, but {} are counted",
                    batch.members.failed
                ));
            }
            let waits = blocked.remove(&number).unwrap_or_default();
            let conditions = [BatchCondition::Finished, BatchCondition::Completed];
            let in_order = conditions.into_iter().all(|condition| {
                let seqs = batch.blocked(condition).iter().map(|h| self.jobs.table.priority_key(h).seq);
                seqs.is_sorted_by(|a, b| a < b)
            });
            let listed = conditions
                .into_iter()
                .flat_map(|condition| batch.blocked(condition).iter().map(move |h| (h, condition)));
            if listed.collect::<BTreeSet<_>>() != waits || !in_order {
                wrong.push(format!("the jobs that wait for batch '{name}' are off"));
            }
        }
        if !blocked.is_empty() {
            wrong.push(format!("jobs wait for {} batches that are not there", blocked.len()));
        }
    }

    /// Every lane counts what is there, and allows as many claims as it may: no more, and no less.
    fn check_lanes(&self, wrong: &mut Vec<String>) {
        self.limits.lanes.check(wrong);
        if !self.limits.bucket.is_sound() {
            wrong.push("the bucket of the rate misses more than it holds".into());
        }
        let jobs = &self.jobs.table;
        let places = self.limits.lanes.waiting.iter().map(|job| jobs.lane_key(job));
        let of_lanes = self.limits.lanes.waiting.iter().collect::<BTreeSet<_>>()
            == self.jobs.indexes.grouped.iter().collect();
        if !places.is_sorted_by(|a, b| a < b) || !of_lanes {
            wrong.push("the lines of the lanes are off".into());
        }
        let mut counts: BTreeMap<LaneNumber, (u32, u32, u32)> = BTreeMap::new();
        for (_, job) in self.jobs.iter() {
            let Some(lane) = self.lane_of(job) else { continue };
            let (all, waiting, active) = counts.entry(lane).or_default();
            *all += 1;
            *waiting += u32::from(matches!(job.state, StateData::Waiting { .. }));
            *active += u32::from(matches!(job.state, StateData::Active { .. }));
        }
        for (number, lane) in self.limits.lanes.iter() {
            let is = counts.remove(&number).unwrap_or_default();
            let counted = (lane.jobs, lane.waiting, lane.active);
            let name = String::from_utf8_lossy(&lane.name);
            if is != counted {
                wrong.push(format!(
                    "lane '{name}' has {is:?} jobs, waiting, active, but {counted:?} are counted"
                ));
            }
            if lane.first().is_some_and(|first| self.search_first_of(number) != Some(first)) {
                wrong.push(format!("another job of lane '{name}' comes first than it says"));
            }
            let has_started = |job: &Job| {
                !job.is_finished() && !matches!(job.state, StateData::Blocked { gate: Gate::Batch(_), .. })
            };
            let holds = |job: &Job| has_started(job) && self.lane_of(job) == Some(number);
            if lane.holder.is_some_and(|job| !self.job(job).is_some_and(holds)) {
                wrong.push(format!("lane '{name}' is held by a job that is not in it"));
            }
            if self.is_misplaced(number, lane) {
                wrong.push(format!("lane '{name}' gives more or less than it may"));
            }
        }
        if !counts.is_empty() {
            wrong.push(format!("jobs are in {} lanes that are not there", counts.len()));
        }
    }

    /// Every name counts its jobs, and there is none without jobs.
    fn check_names(&self, wrong: &mut Vec<String>) {
        let mut counts: BTreeMap<&[u8], NameCounts> = BTreeMap::new();
        for (_, job) in self.jobs.iter() {
            let Some(name) = self.name_of(job) else { continue };
            let of_name = counts.entry(name).or_default();
            if let Some(count) = of_name.get_mut(usize::from(job.state_name().code())) {
                *count += 1;
            }
        }
        if counts != self.jobs.table.names.from(b"").collect() {
            wrong.push("the counts of the names are off".into());
        }
    }

    /// Events are in order and within their limits.
    fn check_events(&self, wrong: &mut Vec<String>) {
        let Some(log) = &self.event_log else { return };
        log.check(wrong);
        if log.is_on() && log.is_idle != self.is_idle() {
            wrong.push("the events do not know whether the queue has drained".into());
        }
    }

    /// The running totals are what a recount gives.
    fn check_totals(&self, wrong: &mut Vec<String>) {
        let bytes: usize = self.jobs.iter().map(|(_, job)| job.bytes()).sum();
        if bytes != self.jobs.heap_bytes {
            wrong.push(format!("jobs take {bytes} bytes, but {} are counted", self.jobs.heap_bytes));
        }
        let mut sets: BTreeMap<OptionSet, u32> = BTreeMap::new();
        for (_, job) in self.jobs.iter() {
            let set = self.jobs.table.option_sets.set(job.options);
            if set != OptionSet::default() {
                *sets.entry(set).or_default() += 1;
            }
        }
        if sets != self.jobs.table.option_sets.uses().collect() {
            wrong.push("the use counts of the options are off".into());
        }
        for (number, lane) in self.limits.lanes.iter() {
            let plain = OptionSet { lane: Some(number), ..OptionSet::default() };
            let found = self.jobs.table.option_sets.find(plain);
            if lane.plain_set.is_some_and(|set| found != Some(set)) {
                let name = String::from_utf8_lossy(&lane.name);
                wrong.push(format!("the options of lane '{name}' alone are not where it says"));
            }
        }
        let mut seqs: Vec<i64> = self.jobs.iter().map(|(_, job)| job.seq).collect();
        seqs.extend(self.jobs.table.remembered.iter().map(|(_, record)| record.key_seq()));
        seqs.sort_unstable();
        if !seqs.is_sorted_by(|a, b| a < b) {
            wrong.push("two jobs have the same sequence number".into());
        }
    }
}

//! One lane, and what JQ.PAUSE and JQ.GROUP have set for it alone.

use super::bucket::{Bucket, Rate};
use super::pause::Pause;
use crate::queue::store::{Handle, InstantKey, PriorityKey};
use std::sync::Arc;

/// So many lanes may have rules of their own: they stay when their jobs are gone.
pub(crate) const MAX_RULED: usize = 1_000_000;

/// One lane.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) name: Arc<[u8]>,
    /// Jobs and kept records that name it.
    pub(crate) jobs: u32,
    pub(crate) waiting: u32,
    pub(crate) active: u32,
    /// The first of its waiting jobs. None: it has none, or its first one must be searched for.
    pub(super) first: Option<Handle>,
    /// Where the option set is kept that has this lane and nothing else, while jobs use it: with a GROUP most jobs do.
    pub(crate) plain_set: Option<Handle>,
    /// The job that was claimed while lanes were strictly in order and whose life has not ended: no other job
    /// of the lane may be claimed.
    pub(crate) holder: Option<Handle>,
    /// A sequence number taken at its last claim: it is behind all who joined before. 0: there was none.
    pub(crate) last_claim_seq: u64,
    pub(crate) bucket: Bucket,
    /// Most lanes have none.
    rules: Option<Box<LaneRules>>,
    pub(super) position: LanePosition,
    /// The position is valid only while this is that of all lanes.
    pub(super) round: u32,
    /// It has changed since it was evaluated.
    pub(super) touched: bool,
}

/// What is set for one lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LaneRules {
    /// Why it gives no job. None: it is not paused.
    pub(crate) pause: Option<Pause>,
    pub(crate) limits: GroupLimits,
}

/// The limits of one group over those that the queue has for all. None: those of the queue apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupLimits {
    /// Active jobs at the same time; 0 is no limit, 1 strict order.
    pub concurrency: Option<u64>,
    /// Claims in a time; within, None is no limit.
    #[allow(clippy::option_option, reason = "whether it is set, and what the queue's own setting is, too")]
    pub rate: Option<Option<Rate>>,
}

/// Where a lane was put when it was evaluated last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LanePosition {
    /// How many of its jobs may be claimed.
    pub(crate) room: usize,
    /// Its place among the ready lanes, if any of its jobs may be claimed.
    pub(crate) ready: Option<PriorityKey>,
    /// When its rate allows more claims.
    pub(crate) refill: Option<InstantKey>,
}

impl Lane {
    /// The sequence number that it took with its last claim, if it has given a job.
    pub(crate) fn last_turn(&self) -> Option<i64> {
        i64::try_from(self.last_claim_seq).ok().filter(|turn| *turn != 0)
    }

    /// The first of its waiting jobs, where that is known.
    pub(crate) fn first(&self) -> Option<Handle> {
        self.first
    }

    /// A lane without jobs.
    pub(super) fn new(name: Arc<[u8]>, round: u32) -> Self {
        Lane {
            name,
            jobs: 0,
            waiting: 0,
            active: 0,
            first: None,
            plain_set: None,
            holder: None,
            last_claim_seq: 0,
            bucket: Bucket::default(),
            rules: None,
            position: LanePosition::default(),
            round,
            touched: false,
        }
    }

    /// What is set for it.
    pub(crate) fn rules(&self) -> LaneRules {
        self.rules.as_deref().copied().unwrap_or_default()
    }

    pub(crate) fn has_rules(&self) -> bool {
        self.rules.is_some()
    }

    /// Its own limits.
    pub(crate) fn limits(&self) -> GroupLimits {
        self.rules.as_deref().map(|rules| rules.limits).unwrap_or_default()
    }

    pub(super) fn set_rules(&mut self, rules: LaneRules) {
        self.rules = (rules != LaneRules::default()).then(|| Box::new(rules));
    }

    /// Whether nothing holds it here but a bucket that may not be full.
    pub(super) fn may_go(&self) -> bool {
        self.jobs == 0 && self.rules.is_none()
    }
}

impl LaneRules {
    /// Whether it has a rate of its own, from which tokens come back.
    pub(super) fn has_rate(self) -> bool {
        self.limits.rate.flatten().is_some()
    }

    /// When its pause, or one of the two, ends by itself.
    pub(crate) fn pause_end(self) -> Option<u64> {
        self.pause.and_then(Pause::until)
    }
}

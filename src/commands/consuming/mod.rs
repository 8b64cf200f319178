//! Commands of workers: they claim jobs, answer for them with their tokens, and hand them back.

mod ack;
mod claim;
mod claim_any;
mod extend;
mod leases;
mod log;
mod logs;
mod nack;
mod next;
mod progress;
mod release;

pub(super) use ack::Ack;
pub(super) use claim::ClaimJobs;
pub(super) use claim_any::ClaimAny;
pub(super) use extend::Extend;
pub(super) use log::AppendToLog;
pub(super) use logs::ShowLog;
pub(super) use nack::Nack;
pub(super) use progress::ReportProgress;
pub(super) use release::Release;

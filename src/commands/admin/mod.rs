//! Commands that change jobs and rules from outside: for operators and programs, not for workers.

mod cancel;
mod change;
mod config;
mod group;
mod many;
mod pause;
mod promote;
mod purge;
mod remove;
mod rerun;
mod resume;
mod retry;
mod revive_args;

pub(super) use cancel::Cancel;
pub(super) use change::ChangeJob;
pub(super) use config::Configure;
pub(super) use group::LimitGroup;
pub(super) use pause::Pause;
pub(super) use promote::Promote;
pub(super) use purge::Purge;
pub(super) use remove::Remove;
pub(super) use rerun::Rerun;
pub(super) use resume::Resume;
pub(super) use retry::Retry;

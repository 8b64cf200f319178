//! Commands about batches, and the one that waits for the end of a batch or a job.

mod await_end;
mod batch;
mod batches;
mod forget;
mod seal;

pub use await_end::{reply_event, reply_now};

pub(super) use await_end::AwaitEnd;
pub(super) use batch::ShowBatch;
pub(super) use batches::ListBatches;
pub(super) use forget::Forget;
pub(super) use seal::Seal;

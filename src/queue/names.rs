//! How long names and texts may be, and which names are valid.

/// The longest id in bytes.
pub const MAX_ID: usize = 512;
/// The longest name of a batch in bytes.
pub const MAX_BATCH: usize = 512;
/// The longest name of a group in bytes.
pub const MAX_GROUP: usize = 512;
/// The longest worker name in bytes.
pub const MAX_WORKER: usize = 128;
/// The longest name of a job in bytes.
pub const MAX_JOB_NAME: usize = 128;
/// Error texts are cut at this many bytes.
pub const MAX_ERROR: usize = 1024;

/// 1 to 512 bytes, not `*`.
pub(crate) fn valid_id(id: &[u8]) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id != b"*"
}

/// The same, and not what asks for an id, either.
pub(crate) fn may_be_given(id: &[u8]) -> bool {
    valid_id(id) && id != b"#"
}

/// 1 to 512 bytes.
pub(crate) fn valid_group(name: &[u8]) -> bool {
    (1..=MAX_GROUP).contains(&name.len())
}

/// 1 to 512 bytes.
pub(crate) fn valid_batch_name(name: &[u8]) -> bool {
    (1..=MAX_BATCH).contains(&name.len())
}

/// 1 to 128 bytes.
pub(crate) fn valid_job_name(name: &[u8]) -> bool {
    (1..=MAX_JOB_NAME).contains(&name.len())
}

/// 1 to 128 bytes.
pub(crate) fn valid_worker(name: &[u8]) -> bool {
    (1..=MAX_WORKER).contains(&name.len())
}

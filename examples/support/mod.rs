//! What the demo and the benchmark share: a private server, its INFO, and figures for people to read.

pub(crate) mod figures;
pub(crate) mod info;
pub(crate) mod server;

/// Why a run could not be finished. Both programs only ever print it, and threads hand it over.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

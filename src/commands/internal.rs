//! What Redis knows of the two commands that are not for clients. The server part runs them.

use super::spec::{Arg, ArgKind, KeyUse, Spec};

/// `JQ.APPLY queue blob`: effects for replicas and the append-only file.
pub const APPLY: Spec = Spec {
    name: "jq.apply",
    summary: "Carries effects to replicas and the append-only file; an error from anyone else",
    complexity: "O(log n) per effect",
    since: "0.1.0",
    arity: 3,
    flags: "write",
    acl: "write admin dangerous",
    key: KeyUse::Create,
    args: &[Arg::word("queue", ArgKind::Key), Arg::word("blob", ArgKind::String)],
};

/// `JQ.DEBUG CLOCK ms|OFF`: freezes the module's clock, for tests.
pub const DEBUG: Spec = Spec {
    name: "jq.debug",
    summary: "Freezes the module's clock at an instant, or lets it run again; exists only with 'debug yes'",
    complexity: "O(1)",
    since: "0.1.0",
    arity: 3,
    flags: "admin",
    acl: "admin dangerous",
    key: KeyUse::None,
    args: &[Arg::one_of("clock", &[Arg::word("instant", ArgKind::UnixTime), Arg::token("OFF", "off")])
        .after("CLOCK")],
};

//! What a crash would cost with the server's settings, and whether the server may evict queues: the two
//! things that operators of queues ask.

/// What a crash would cost with these settings of the append-only file.
pub(super) fn of(appendonly: &str, appendfsync: &str) -> &'static str {
    match (appendonly, appendfsync) {
        ("no", _) => "none: a crash loses what came after the last snapshot; set appendonly yes",
        (_, "always") => "full: nothing that was answered is lost, even when the power fails",
        (_, "everysec") => {
            "high: a crash of the server loses next to nothing, a power failure up to two seconds"
        }
        (_, _) => {
            "low: a crash of the server loses next to nothing, a power failure what the kernel kept back"
        }
    }
}

/// What eviction may do to queues; None: nothing.
pub(super) fn eviction_warning(policy: &str, maxmemory: u64) -> Option<String> {
    let what = match policy {
        "noeviction" => return None,
        volatile if volatile.starts_with("volatile-") => "queues that have a TTL",
        _ => "whole queues",
    };
    let when = if maxmemory == 0 { "once maxmemory is set" } else { "at maxmemory" };
    Some(format!("maxmemory-policy {policy} may evict {what} {when}; use noeviction"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_noeviction_is_safe() {
        assert_eq!(eviction_warning("noeviction", 1 << 30), None);
        let warning = eviction_warning("allkeys-lru", 1 << 30);
        assert_eq!(
            warning.as_deref(),
            Some("maxmemory-policy allkeys-lru may evict whole queues at maxmemory; use noeviction")
        );
        let warning = eviction_warning("volatile-ttl", 0);
        assert_eq!(
            warning.as_deref(),
            Some("maxmemory-policy volatile-ttl may evict queues that have a TTL once maxmemory is set; use noeviction")
        );
    }

    #[test]
    fn without_the_append_only_file_nothing_else_matters() {
        assert!(of("no", "always").starts_with("none"));
        assert!(of("yes", "always").starts_with("full"));
        assert!(of("yes", "no").starts_with("low"));
    }
}

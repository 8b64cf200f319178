//! `INFO jq`. Also written while the server reports a crash: nothing here waits or panics.

use super::ffi::info::Section;
use super::{awaits, hearing, timekeeper, wakeups};

/// Writes the section.
pub(super) fn write(section: &mut Section) {
    section.number(c"clients_waiting_for_news", awaits::report() as u64);
    let (waiters, in_vain) = wakeups::report();
    section.number(c"waiting_clients", waiters as u64);
    section.number(c"clients_called_in_vain", in_vain);
    section.number(c"queues_listening", hearing::listening() as u64);
    if let Some((queues, lag)) = timekeeper::report() {
        section.number(c"queues_with_something_due", queues as u64);
        section.number(c"timer_lag_last_ms", lag.last);
        section.number(c"timer_lag_worst_ms", lag.worst);
    }
}

//! CHANGE of jobs and of their fields.

use proptest::prelude::Strategy;
use proptest::strategy::Union;

use super::pieces::{id, join, maybe_front, option, pick, shuffled, text, Words, NAMES, PAYLOADS, SPANS};

/// CHANGE of a job in any state.
pub(crate) fn change() -> Words {
    let at = option("AT", &["0", "1000020", "1000100", "1001000"]);
    let start = Union::new_weighted(vec![(3, option("DELAY", &SPANS)), (1, at)]).boxed();
    let options = vec![
        option("PAYLOAD", &PAYLOADS),
        option("PROGRESS", &["half", "\"\""]),
        option("PRIORITY", &["-1", "0", "7"]),
        start,
        maybe_front(),
        option("NAME", &NAMES),
        fields(),
    ];
    join(vec![text("JQ.CHANGE q"), id(), shuffled(options)])
}

/// Changes of fields.
pub(crate) fn fields() -> Words {
    let lines = ["SET f1 y", "SET f2 012345", "SET f3 yyyy UNSET f1", "UNSET f1", "UNSET f2 UNSET SET"];
    Union::new_weighted(vec![(5, text("")), (2, pick(&lines))]).boxed()
}

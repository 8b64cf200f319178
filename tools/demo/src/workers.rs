//! The workers: they claim jobs in bulk, as if for one bulk write to a database, and acknowledge them in one
//! command.

use std::collections::BTreeMap;
use std::time::Instant;

use redis::{cmd, Connection};
use testkit::Failure;

use crate::story::QUEUE;
use crate::tally::Tally;

/// What a worker, or all of them together, did.
pub(crate) struct Shift {
    /// How often each job ran, by id.
    pub(crate) runs: BTreeMap<String, u64>,
    /// When the last jobs were acknowledged.
    pub(crate) ended: Instant,
}

impl Shift {
    /// One that has not begun.
    pub(crate) fn new() -> Self {
        Self { runs: BTreeMap::new(), ended: Instant::now() }
    }

    /// Counts what another worker did as well.
    pub(crate) fn join(&mut self, other: Self) {
        for (id, runs) in other.runs {
            *self.runs.entry(id).or_default() += runs;
        }
        self.ended = self.ended.max(other.ended);
    }
}

/// One claimed job: token, id, attempt, payload.
type Job = (u64, String, u64, String);

/// Works until the pods are done and nothing is left.
pub(crate) fn work(mut connection: Connection, name: &str, tally: &Tally) -> Result<Shift, Failure> {
    let mut shift = Shift::new();
    loop {
        // Read before the claim: what was added before the pods ended is then seen by this claim.
        let last_look = tally.is_closed();
        let Some(jobs) = claim(&mut connection, name)? else {
            if last_look {
                return Ok(shift);
            }
            continue;
        };
        for (_, id, _, _) in &jobs {
            *shift.runs.entry(id.clone()).or_default() += 1;
        }
        tally.claims.add(1);
        acknowledge(&mut connection, &jobs)?;
        shift.ended = Instant::now();
        tally.acknowledged.add(jobs.len() as u64);
    }
}

/// Up to 500 jobs at once; fewer than 100 only when a second has passed.
fn claim(connection: &mut Connection, worker: &str) -> Result<Option<Vec<Job>>, Failure> {
    let mut call = cmd("JQ.CLAIM");
    call.arg(QUEUE).arg(worker).arg(&["COUNT", "500", "MIN", "100", "BLOCK", "1000"]);
    Ok(call.query(connection)?)
}

/// One command for all jobs of a claim.
fn acknowledge(connection: &mut Connection, jobs: &[Job]) -> Result<(), Failure> {
    let mut call = cmd("JQ.ACK");
    call.arg(QUEUE);
    for (token, id, _, _) in jobs {
        call.arg(token).arg(id);
    }
    let answers: Vec<i64> = call.query(connection)?;
    let refused = answers.iter().filter(|answer| **answer != 1).count();
    if refused > 0 || answers.len() != jobs.len() {
        return Err(format!("JQ.ACK of {} jobs: {refused} refused of {}", jobs.len(), answers.len()).into());
    }
    Ok(())
}

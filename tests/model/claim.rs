//! CLAIM: which job a worker gets, and what it holds.

use super::compare::leases;
use super::job::Job;
use super::job::State;
use super::limits::Claim;
use super::model::Model;
use super::request::Next;
use super::value::Value;

impl Model {
    pub(super) fn claim(
        &mut self,
        worker: &[u8],
        count: usize,
        lease: Option<u64>,
        max_bytes: Option<u64>,
        now_us: u64,
    ) -> Value {
        let until = self.clock_at(now_us.div_ceil(1000)) + lease.unwrap_or(self.settings.lease);
        let now = self.clock_at(now_us / 1000);
        let tokens = self.settings.rate.map(|rate| rate.tokens(self.missing(None), now));
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < count && tokens.is_none_or(|tokens| (taken.len() as u64) < tokens) {
            let Some(job) = self.next_in_line(now) else { break };
            bytes += job.spec.payload.len() as u64;
            if !taken.is_empty() && max_bytes.is_some_and(|most| bytes > most) {
                break;
            }
            let id = job.id.clone();
            taken.push(self.hand_out(&id, worker, until, now_us));
        }
        if taken.is_empty() {
            Value::Null
        } else {
            Value::Array(taken)
        }
    }

    /// The answers, and where NEXT asks for it the jobs that are claimed if none of them is bad.
    pub(super) fn claim_next(&mut self, answers: Value, next: Option<Next>, now_us: u64) -> Value {
        let (Some(next), Value::Array(codes)) = (next, &answers) else { return answers };
        let is_good = codes.iter().all(|code| matches!(code, Value::Int(0..)));
        let jobs = if is_good {
            let claimed = self.claim(&next.worker, next.count, next.lease, next.max_bytes, now_us);
            self.detailed(claimed, next.full)
        } else {
            Value::Null
        };
        Value::Array(vec![answers, jobs])
    }

    /// The jobs of a claim, with FULL as GET shows them.
    pub(super) fn detailed(&self, claimed: Value, full: bool) -> Value {
        let Value::Array(lines) = claimed else { return claimed };
        let get = |(id, _): (Vec<u8>, u64)| self.get(&id);
        if full {
            Value::Array(leases(&Value::Array(lines)).into_iter().map(get).collect())
        } else {
            Value::Array(lines)
        }
    }

    /// Gives a job to a worker.
    pub(super) fn hand_out(&mut self, id: &[u8], worker: &[u8], until: u64, now_us: u64) -> Value {
        let (turn, token) = (self.next_seq(), now_us.max(self.last_token + 1));
        let settings = self.settings.clone();
        let rate = settings.rate;
        let lane = self.jobs.iter().find(|job| job.id == id).and_then(|job| job.spec.group.clone());
        let group_rate = lane.as_ref().map_or(settings.group_rate, |lane| self.lane_rate(lane));
        let is_strict = lane.is_some_and(|lane| self.lane_concurrency(&lane) == 1);
        let (since, heard_at) = (now_us / 1000, self.heard_at);
        let Some(job) = self.job(id) else { return Value::Null };
        let worker = worker.to_vec();
        let until = until.min(settings.next_run_until(&job.spec, since, token, heard_at));
        job.worker = Some(worker.clone());
        job.starts += 1;
        job.state = State::Active { token, worker: worker.clone(), since, until, cancel: false };
        (job.expires_at, job.latest_due, job.lost) = (None, None, None);
        job.holds |= is_strict;
        let (line, group) = (lease_line(job, token), job.spec.group.clone());
        let at = now_us / 1000;
        self.claims.push(Claim {
            at: self.clock_at(now_us.div_ceil(1000)),
            turn,
            group,
            rate,
            group_rate,
            forgotten: false,
        });
        self.last_token = token;
        self.count("claims");
        self.saw(&worker, at);
        self.log_move("claimed", id, Some("waiting"), at);
        line
    }

    pub(super) fn held(&mut self, name: &[u8], lease: Option<u64>, now: u64) -> Value {
        let (mut held, mut is_renewed) = (Vec::new(), false);
        let (asked, settings) = (self.clock_at(now + self.late) + lease.unwrap_or(0), self.settings.clone());
        for job in &mut self.jobs {
            let State::Active { token, worker, since, until, cancel } = &mut job.state else { continue };
            let renewed = asked.min(settings.run_until(&job.spec, *since, *token));
            if worker == name {
                let token = *token;
                if lease.is_some_and(|_| !*cancel && *until < renewed) {
                    *until = renewed;
                    is_renewed = true;
                }
                held.push((token, lease_line(job, token)));
            }
        }
        if is_renewed {
            self.saw(name, now);
        }
        held.sort_by_key(|(token, _)| *token);
        Value::Array(held.into_iter().map(|(_, line)| line).collect())
    }
}

/// `[token, id, attempt, payload]`
fn lease_line(job: &Job, token: u64) -> Value {
    Value::Array(vec![
        Value::uint(token),
        Value::bytes(&job.id),
        Value::uint(job.attempt()),
        Value::bytes(&job.spec.payload),
    ])
}

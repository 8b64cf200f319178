//! The cases of limits and groups that one step of a script meets, in words. `coverage` counts them.

use super::job::{Job, State};
use super::model::Model;
use super::value::Value;

/// What random scripts must show. `holder`: a job that was claimed while lanes were strictly in order, by
/// what moves it.
#[rustfmt::skip]
pub(crate) const SIGHTS: &[&str] = &[
    "holder active -> ended by ACK", "holder active -> ended by NACK", "holder waiting -> ended by ACK",
    "holder active -> delayed by NACK", "holder active -> waiting by NACK",
    "holder active -> waiting by RELEASE", "holder active -> delayed by RELEASE",
    "holder delayed -> waiting by PROMOTE", "holder waiting -> active by CLAIM",
    "holder waiting -> ended by REMOVE", "holder delayed -> ended by REMOVE",
    "holder waiting -> ended by CANCEL", "holder delayed -> ended by CANCEL",
    "holder waiting -> ended by PURGE", "holder delayed -> ended by PURGE",
    "holder waiting -> ended by ADD", "holder delayed -> ended by ADD", "holder active -> ended by RELEASE",
    "holder active -> waiting by time", "holder delayed -> waiting by time", "holder active -> ended by time",
    "holder of a lane goes to another lane by ADD", "holder of a lane goes to no lane by ADD",
    "holder lives again in its lane", "holder lives again in another lane",
    "lane behind its active job", "lane behind a job that waits for its retry", "lane whose holder passes a more urgent job",
    "lane in order with several active", "lane full", "lane wide with a holder", "lane whose rate is used up",
    "lane that lets another pass, which joined later", "lane without jobs is remembered", "lane that was remembered gets a job",
    "lane that was remembered is gone by time", "lane goes with its last job", "lane opens by time alone",
    "lane whose clock is behind", "lane with another rate than was taken at",
    "queue full", "queue whose rate is used up", "queue opens by time alone", "queue whose clock is behind",
    "queue with another rate than was taken at",
    "from 1 to n with a holder", "from n to 1 with a holder", "from n to 1 with several active",
    "from 1 to 0 with jobs behind a holder",
    "records go with a lower limit", "a record goes for a newer one",
    "purge completed", "purge failed", "purge waiting", "purge delayed", "purge blocked", "purge leaves what is younger",
    "purge lets blocked jobs go on", "a worker that holds nothing", "a worker is forgotten",
];

/// A step: the model after the one before it, the same when time has done its part, and after this one.
pub(crate) struct Step<'a> {
    pub(crate) last: (&'a Model, u64),
    pub(crate) before: &'a Model,
    pub(crate) after: &'a Model,
    pub(crate) now: u64,
    pub(crate) verb: &'a str,
    pub(crate) reply: &'a Value,
}

impl Step<'_> {
    /// Everything in [`SIGHTS`] that this step shows, and more like it.
    pub(crate) fn cases(&self) -> Vec<String> {
        let mut seen = moved(self.last.0, self.before, "time");
        seen.extend(moved(self.before, self.after, self.verb));
        let cases = [self.lanes(), self.queue(), self.over_time(), self.changed(), self.records()];
        seen.extend(cases.concat().into_iter().map(str::to_owned));
        if let Some(state) = self.purged() {
            seen.push(format!("purge {state}"));
        }
        seen
    }

    /// Each lane as it stands.
    fn lanes(&self) -> Vec<&'static str> {
        let model = self.after;
        let mut seen = Vec::new();
        let most = model.settings.group_concurrency;
        for lane in model.lanes() {
            let jobs: Vec<&Job> = model.jobs.iter().filter(|job| job.is_live() && job.is_of(&lane)).collect();
            let waiting = jobs.iter().filter(|job| job.is_waiting()).count();
            let active = jobs.iter().filter(|job| job.is_active()).count() as u64;
            let holder = jobs.iter().find(|job| job.holds);
            let first =
                jobs.iter().filter(|job| job.is_waiting()).min_by_key(|job| (job.spec.priority, job.seq));
            let is_delayed = holder.is_some_and(|job| job.state_name() == "delayed");
            let passes =
                holder.is_some_and(|job| job.is_waiting() && first.is_some_and(|it| it.id != job.id));
            let missing = model.missing(Some(&lane)).filter(|missing| missing.at(self.now) > 0);
            let rate = model.settings.group_rate;
            let used_up = rate.is_some_and(|rate| rate.tokens(missing, self.now) == 0);
            let facts = [
                (most == 1 && active > 0 && waiting > 0, "lane behind its active job"),
                (most == 1 && is_delayed && waiting > 0, "lane behind a job that waits for its retry"),
                (most == 1 && passes, "lane whose holder passes a more urgent job"),
                (most == 1 && active > 1, "lane in order with several active"),
                (most > 1 && active >= most && waiting > 0, "lane full"),
                (most != 1 && holder.is_some(), "lane wide with a holder"),
                (used_up && waiting > 0 && (most == 0 || active < most), "lane whose rate is used up"),
                (missing.is_some_and(|missing| self.now < missing.as_of), "lane whose clock is behind"),
                (
                    missing.is_some_and(|missing| rate.is_some_and(|rate| rate != missing.rate)),
                    "lane with another rate than was taken at",
                ),
            ];
            seen.extend(facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what));
        }
        seen
    }

    /// The queue as it stands.
    fn queue(&self) -> Vec<&'static str> {
        let model = self.after;
        let in_turn = model.in_turn(self.now);
        let active = model.jobs.iter().filter(|job| job.is_active()).count() as u64;
        let rate = model.settings.rate;
        let missing = model.missing(None).filter(|missing| missing.at(self.now) > 0);
        let used_up = rate.is_some_and(|rate| rate.tokens(missing, self.now) == 0);
        let most = model.settings.concurrency;
        let passes = in_turn.iter().any(|(place, job)| {
            in_turn.iter().any(|(other_place, other)| {
                place.0 == other_place.0 && place < other_place && job.seq > other.seq
            })
        });
        let is_idle = |name: &Vec<u8>| !model.jobs.iter().any(|job| job.is_with(name));
        let facts = [
            (most > 0 && active >= most && !in_turn.is_empty(), "queue full"),
            (used_up && !in_turn.is_empty(), "queue whose rate is used up"),
            (missing.is_some_and(|missing| self.now < missing.as_of), "queue whose clock is behind"),
            (
                missing.is_some_and(|missing| rate.is_some_and(|rate| rate != missing.rate)),
                "queue with another rate than was taken at",
            ),
            (passes, "lane that lets another pass, which joined later"),
            (!model.expiring_lanes().is_empty(), "lane without jobs is remembered"),
            (model.seen.keys().any(is_idle), "a worker that holds nothing"),
        ];
        facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }

    /// What time alone did since the step before.
    fn over_time(&self) -> Vec<&'static str> {
        let (last, then) = self.last;
        let now = self.before;
        let opened = |lane: &Vec<u8>| {
            let is_same = |job: &Job| last.jobs.iter().any(|it| it.id == job.id && it.seq == job.seq);
            last.head(lane, then).is_none()
                && now.head(lane, self.now).is_some_and(|job| job.is_waiting() && is_same(job))
        };
        let is_waiting_in_both = |job: &Job| last.jobs.iter().any(|it| it.seq == job.seq && it.is_waiting());
        let freed = last.jobs.iter().filter(|job| job.is_active()).count()
            > now.jobs.iter().filter(|job| job.is_active()).count();
        let next = now.next_in_line(self.now).filter(|job| is_waiting_in_both(job));
        let remembered = last.expiring_lanes();
        let facts = [
            (!freed && now.lanes().iter().any(opened), "lane opens by time alone"),
            (
                !freed
                    && last.next_in_line(then).is_none()
                    && next.is_some_and(|job| job.spec.group.is_none()),
                "queue opens by time alone",
            ),
            (
                remembered
                    .iter()
                    .any(|lane| !now.expiring_lanes().contains(lane) && !now.lanes().contains(lane)),
                "lane that was remembered is gone by time",
            ),
            (last.seen.keys().any(|name| !now.seen.contains_key(name)), "a worker is forgotten"),
        ];
        facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }

    /// What this command did to lanes.
    fn changed(&self) -> Vec<&'static str> {
        let (before, after) = (self.before, self.after);
        let (from, to) = (before.settings.group_concurrency, after.settings.group_concurrency);
        let holder = before.jobs.iter().any(|job| job.holds);
        let several =
            |lane: &Vec<u8>| before.jobs.iter().filter(|job| job.is_active() && job.is_of(lane)).count() > 1;
        let behind = |job: &Job| {
            let is_held =
                |other: &Job| other.holds && !other.is_waiting() && other.spec.group == job.spec.group;
            job.is_waiting() && job.spec.group.is_some() && before.jobs.iter().any(is_held)
        };
        let known = |model: &Model, lane: &Vec<u8>| {
            model.lanes().contains(lane) || model.expiring_lanes().contains(lane)
        };
        let facts = [
            (from == 1 && to > 1 && holder, "from 1 to n with a holder"),
            (from == 1 && to == 0 && before.jobs.iter().any(behind), "from 1 to 0 with jobs behind a holder"),
            (from != 1 && to == 1 && holder, "from n to 1 with a holder"),
            (from != 1 && to == 1 && before.lanes().iter().any(several), "from n to 1 with several active"),
            (
                before.expiring_lanes().iter().any(|lane| after.lanes().contains(lane)),
                "lane that was remembered gets a job",
            ),
            (before.lanes().iter().any(|lane| !known(after, lane)), "lane goes with its last job"),
        ];
        facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }

    /// What became of records, and of what waited for those that were purged.
    fn records(&self) -> Vec<&'static str> {
        let records = |model: &Model| -> Vec<i64> {
            model.jobs.iter().filter(|job| job.is_record()).map(|job| job.seq).collect()
        };
        let (before, after) = (records(self.before), records(self.after));
        let has_gone = before.iter().any(|seq| !after.contains(seq));
        let has_come = after.iter().any(|seq| !before.contains(seq));
        let goes_on = |job: &Job| {
            let now = self.after.jobs.iter().find(|it| it.id == job.id);
            job.state_name() == "blocked" && now.is_some_and(|it| it.is_waiting() || it.is_record())
        };
        let left =
            self.purged().is_some_and(|state| self.after.jobs.iter().any(|job| job.state_name() == state));
        let facts = [
            (has_gone && self.verb == "CONFIG", "records go with a lower limit"),
            (has_gone && has_come && ["ACK", "NACK"].contains(&self.verb), "a record goes for a newer one"),
            (
                self.purged().is_some() && self.before.jobs.iter().any(goes_on),
                "purge lets blocked jobs go on",
            ),
            (left, "purge leaves what is younger"),
        ];
        facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
    }

    /// The state of what a PURGE dropped.
    fn purged(&self) -> Option<&'static str> {
        let is_gone = |job: &&Job| {
            !self.after.jobs.iter().any(|it| it.seq == job.seq && it.state_name() == job.state_name())
        };
        let purged = self.verb == "PURGE" && *self.reply != Value::Int(0);
        let first = self.before.jobs.iter().filter(|job| job.is_live() || job.is_record()).find(is_gone);
        first.filter(|_| purged).map(Job::state_name)
    }
}

/// What became of the jobs that hold their lanes.
fn moved(before: &Model, after: &Model, by: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for job in before.jobs.iter().filter(|job| job.holds) {
        let from = job.state_name();
        let now = after.jobs.iter().find(|it| it.id == job.id);
        match now.filter(|now| now.holds) {
            Some(now) if now.state_name() == from => {}
            Some(now) => seen.push(format!("holder {from} -> {} by {by}", now.state_name())),
            None => seen.push(format!("holder {from} -> ended by {by}")),
        }
        let Some(now) = now.filter(|now| now.is_live() && !now.holds) else { continue };
        let lane = match &now.spec.group {
            group if *group == job.spec.group => "its lane",
            Some(_) => "another lane",
            None => "no lane",
        };
        if by == "ADD" {
            seen.push(format!("holder of a lane goes to {lane} by ADD"));
        } else if matches!(job.state, State::Active { .. } | State::Waiting { .. }) {
            seen.push(format!("holder lives again in {lane}"));
        }
    }
    seen
}

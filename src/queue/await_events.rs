//! What clients in JQ.AWAIT and JQ.EVENTS wait for, and what has become of it: a batch has finished, a job has
//! ended, none is active, something was logged.
//!
//! No part of the queue's state: not saved, not copied, not replicated. While no client waits it costs a
//! comparison.

use crate::queue::batches::BatchView;
use crate::queue::events::{EventFilter, EventId, EventLog};
use crate::queue::jobs::JobState;
use std::collections::BTreeSet;

/// What a client can wait for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Awaited {
    /// A batch, by its name.
    Batch(Box<[u8]>),
    /// A job, by its id.
    Job(Box<[u8]>),
    /// An event that is logged.
    Logged(EventFilter<Box<[u8]>>),
    /// The moment at which no job is active.
    Idle,
}

/// What has become of it, as it was at that moment: a moment later it may be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwaitEvent {
    /// The batch has finished.
    Finished(BatchView),
    /// The job has ended, with this result.
    Ended(JobState, Option<Box<[u8]>>),
    /// No job is active.
    Idle,
    /// It was removed or dropped.
    Gone,
    /// There are such events in the log.
    Logged,
    /// The queue itself is gone.
    QueueGone,
}

/// What is awaited, and the events that the server has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Option<Box<Subscribed>>);

#[derive(Debug, Default)]
struct Subscribed {
    awaited: BTreeSet<Awaited>,
    events: Vec<(Awaited, AwaitEvent)>,
    /// Up to which event of the log readers were notified.
    read: EventId,
}

impl Subscriptions {
    /// From now on an event is kept for `awaited`. `last` is the newest one of the log.
    pub(crate) fn begin(&mut self, awaited: Awaited, last: EventId) {
        let subscribed =
            self.0.get_or_insert_with(|| Box::new(Subscribed { read: last, ..Subscribed::default() }));
        subscribed.awaited.insert(awaited);
    }

    /// No client waits for it any more.
    pub(crate) fn end(&mut self, awaited: &Awaited) {
        let Some(subscribed) = &mut self.0 else { return };
        subscribed.awaited.remove(awaited);
        self.release_if_idle();
    }

    /// The events so far. What they are about is awaited no more.
    pub(crate) fn take(&mut self, log: Option<&EventLog>) -> Vec<(Awaited, AwaitEvent)> {
        let Some(subscribed) = &mut self.0 else { return Vec::new() };
        if let Some(log) = log {
            subscribed.note_logged(log);
        }
        let events = std::mem::take(&mut subscribed.events);
        self.release_if_idle();
        events
    }

    /// Whether anything is awaited, or an event was not taken yet.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn is_batch_awaited(&self, name: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|subscribed| subscribed.awaited.contains(&Awaited::Batch(name.into())))
    }

    /// A batch has finished.
    pub(crate) fn batch_finished(&mut self, name: &[u8], view: impl FnOnce() -> BatchView) {
        if self.is_on() {
            self.notify(Awaited::Batch(name.into()), || AwaitEvent::Finished(view()));
        }
    }

    /// A job's life has ended.
    pub(crate) fn job_ended(&mut self, id: &[u8], state: JobState, result: Option<&[u8]>) {
        if self.is_on() {
            self.notify(Awaited::Job(id.into()), || AwaitEvent::Ended(state, result.map(Box::from)));
        }
    }

    /// The last active job is active no more.
    pub(crate) fn became_idle(&mut self) {
        if self.is_on() {
            self.notify(Awaited::Idle, || AwaitEvent::Idle);
        }
    }

    /// A batch was dropped that may not have finished.
    pub(crate) fn batch_gone(&mut self, name: &[u8]) {
        if self.is_on() {
            self.notify(Awaited::Batch(name.into()), || AwaitEvent::Gone);
        }
    }

    /// A job was removed before it ended.
    pub(crate) fn job_gone(&mut self, id: &[u8]) {
        if self.is_on() {
            self.notify(Awaited::Job(id.into()), || AwaitEvent::Gone);
        }
    }

    fn notify(&mut self, about: Awaited, event: impl FnOnce() -> AwaitEvent) {
        let Some(subscribed) = &mut self.0 else { return };
        if subscribed.awaited.remove(&about) {
            subscribed.events.push((about, event()));
        }
    }

    fn release_if_idle(&mut self) {
        if self
            .0
            .as_ref()
            .is_some_and(|subscribed| subscribed.awaited.is_empty() && subscribed.events.is_empty())
        {
            self.0 = None;
        }
    }
}

impl Subscribed {
    /// Notifies the readers that want one of the events since this was last called. O(log n) for each event, however
    /// many readers want none of them; where some are not kept any more, all readers learn of it.
    fn note_logged(&mut self, log: &EventLog) {
        let read = std::mem::replace(&mut self.read, log.last());
        if read == log.last() || !matches!(self.awaited.last(), Some(Awaited::Logged(_))) {
            return;
        }
        if log.missed_after(read) > 0 {
            return self.notify_readers(&EventFilter::default(), |_| Some(true));
        }
        for record in log.after(read) {
            let wants = |filter: &EventFilter<_>| filter.is_wanted(&record);
            self.notify_readers(&EventFilter::default(), |filter| {
                filter.job.is_none().then(|| wants(filter))
            });
            if let Some(job) = record.job {
                let first = EventFilter { job: Some(job.into()), names: None };
                self.notify_readers(&first, |filter| (filter.job == first.job).then(|| wants(filter)));
            }
        }
    }

    /// Notifies readers from `first` on for which `wants` says so, up to one for which it says nothing.
    fn notify_readers(
        &mut self,
        first: &EventFilter<Box<[u8]>>,
        wants: impl Fn(&EventFilter<Box<[u8]>>) -> Option<bool>,
    ) {
        let filter =
            |awaited: &Awaited| if let Awaited::Logged(filter) = awaited { wants(filter) } else { None };
        let readers = self.awaited.range(Awaited::Logged(first.clone())..);
        let readers = readers.map_while(|awaited| Some((awaited, filter(awaited)?)));
        let ready: Vec<Awaited> =
            readers.filter(|(_, is_wanted)| *is_wanted).map(|(awaited, _)| awaited.clone()).collect();
        for awaited in ready {
            self.awaited.remove(&awaited);
            self.events.push((awaited, AwaitEvent::Logged));
        }
    }
}

/// No client waits for a copy of a queue.
impl Clone for Subscriptions {
    fn clone(&self) -> Self {
        Subscriptions::default()
    }
}

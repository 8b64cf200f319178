//! What an event says: its name, its job, and fields by name.

use super::event_id::EventId;
use crate::queue::jobs::JobState;
use crate::queue::names::MAX_ERROR;
use crate::queue::stats::Event;

/// The most bytes of one value in an event.
pub const MAX_EVENT_VALUE: usize = 16 << 10;

/// One event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent<'a> {
    /// By which a reader goes on after it.
    pub id: EventId,
    /// When it happened, Unix milliseconds.
    pub at: u64,
    /// What happened.
    pub name: EventName<'a>,
    /// The id of the job it is about.
    pub job: Option<&'a [u8]>,
    /// What else it says.
    pub fields: Vec<EventField<'a>>,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventName<'a> {
    /// A transition of the queue.
    Own(Event),
    /// What JQ.EMIT named so.
    Emitted(&'a [u8]),
}

impl<'a> EventName<'a> {
    /// The word in replies.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            EventName::Own(event) => event.name().as_bytes(),
            EventName::Emitted(name) => name,
        }
    }
}

/// One thing that an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventField<'a> {
    /// What it is about.
    pub name: FieldName<'a>,
    /// What it says of it.
    pub value: EventValue<'a>,
}

/// What a field is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldName<'a> {
    /// Said by the queue.
    Own(Fact),
    /// Said by JQ.EMIT.
    Emitted(&'a [u8]),
}

/// What the queue says in an event. The order is part of the saved format: add at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The state of the job before the event.
    From,
    /// The state of the job after it.
    To,
    /// When the job is due, Unix milliseconds.
    DueAt,
    /// Who runs the job.
    Worker,
    /// Of the claim.
    Token,
    /// The number of the run.
    Attempt,
    /// How many runs the job may have.
    Attempts,
    /// Of an ACK.
    Result,
    /// The length of a result that is too long for the log.
    ResultBytes,
    /// Why it failed.
    Error,
    /// Of a PROGRESS.
    Progress,
    /// The length of a progress that is too long for the log.
    ProgressBytes,
    /// The name of the batch.
    Batch,
    /// The name of the group.
    Group,
    /// When a pause ends by itself, Unix milliseconds.
    Until,
    /// What kind of job it is.
    Name,
}

/// The manual's names, in the order of [`Fact`].
const FACTS: [(Fact, &str); 16] = [
    (Fact::From, "from"),
    (Fact::To, "to"),
    (Fact::DueAt, "due-at"),
    (Fact::Worker, "worker"),
    (Fact::Token, "token"),
    (Fact::Attempt, "attempt"),
    (Fact::Attempts, "attempts"),
    (Fact::Result, "result"),
    (Fact::ResultBytes, "result-bytes"),
    (Fact::Error, "error"),
    (Fact::Progress, "progress"),
    (Fact::ProgressBytes, "progress-bytes"),
    (Fact::Batch, "batch"),
    (Fact::Group, "group"),
    (Fact::Until, "until"),
    (Fact::Name, "name"),
];

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "what it is about says its name")]
pub enum EventValue<'a> {
    State(JobState),
    Number(u64),
    Bytes(&'a [u8]),
}

impl Fact {
    /// The number for it in bytes.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        FACTS.get(usize::from(code)).map(|(fact, _)| *fact)
    }

    fn name(self) -> &'static str {
        FACTS.get(usize::from(self.code())).map_or("", |(_, name)| name)
    }
}

impl<'a> FieldName<'a> {
    /// The word in replies.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            FieldName::Own(fact) => fact.name().as_bytes(),
            FieldName::Emitted(name) => name,
        }
    }
}

impl<'a> EventField<'a> {
    pub(crate) fn state(fact: Fact, state: JobState) -> Self {
        EventField { name: FieldName::Own(fact), value: EventValue::State(state) }
    }

    pub(crate) fn number(fact: Fact, number: u64) -> Self {
        EventField { name: FieldName::Own(fact), value: EventValue::Number(number) }
    }

    pub(crate) fn bytes(fact: Fact, bytes: &'a [u8]) -> Self {
        EventField { name: FieldName::Own(fact), value: EventValue::Bytes(bytes) }
    }

    /// Why it failed: as much of it as a NACK can say.
    pub(crate) fn error(error: &'a [u8]) -> Self {
        Self::bytes(Fact::Error, error.get(..MAX_ERROR).unwrap_or(error))
    }

    /// The bytes under `fact`; their length under `length` where they are too long for the log.
    pub(crate) fn bounded(fact: Fact, length: Fact, bytes: &'a [u8]) -> Self {
        if bytes.len() <= MAX_EVENT_VALUE {
            Self::bytes(fact, bytes)
        } else {
            Self::number(length, bytes.len() as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stand_in_their_order() {
        for (place, (fact, _)) in FACTS.iter().enumerate() {
            assert_eq!(usize::from(fact.code()), place);
        }
        assert_eq!(Fact::from_code(99), None);
    }
}

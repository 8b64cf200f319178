//! `JQ.GROUP queue name` -> map as in JQ.GROUPS; `JQ.GROUP queue name field value [field value ...]` -> OK
//!
//! The limits of one group, over those that the queue has for all: concurrency, rate. `default` sets one back.

use crate::commands::args::{uint, Args};
use crate::commands::command::{Command, Env, ShowOrSetCommand, WriteCommand, WriteOutcome};
use crate::commands::error::{shown, Error};
use crate::commands::inspecting::group_fields;
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::settings::{rate, MAX_CONCURRENCY};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{GroupLimits, Queue, Rate, Session};

pub(crate) struct LimitGroup;

/// Limits to set.
#[derive(Debug)]
pub(crate) struct GroupRequest<'a> {
    name: &'a [u8],
    /// What is not named stays.
    changes: Changes,
}

/// None: it is not named.
#[derive(Debug, Clone, Copy, Default)]
struct Changes {
    concurrency: Option<Own<u64>>,
    rate: Option<Own<Option<Rate>>>,
}

impl Command for LimitGroup {
    const SPEC: Spec = Spec {
        name: "jq.group",
        summary: "Shows a group, or sets limits for it alone",
        complexity: "O(log n)",
        since: "0.1.0",
        arity: -3,
        // As for JQ.CONFIG: replicas show, and refuse to set.
        flags: "may-replicate fast",
        acl: "write fast",
        key: KeyUse::ReadOrCreate(3),
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("group", ArgKind::String),
            Arg::block("limit", &[Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)])
                .maybe()
                .many(),
        ],
    };

    type Request<'a> = GroupRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<GroupRequest<'a>, Error> {
        let name = names::group(args.next("group")?)?;
        let mut changes = Changes::default();
        for pair in args.rest("field")?.chunks(2) {
            let Some((field, value)) = pair.first().zip(pair.get(1)) else {
                return Err(Error::syntax("the last field has no value"));
            };
            changes.take(field, value)?;
        }
        Ok(GroupRequest { name, changes })
    }
}

/// A limit as it is set.
#[derive(Debug, Clone, Copy)]
enum Own<T> {
    /// The queue's applies.
    Default,
    Is(T),
}

impl<T> Own<T> {
    fn read(word: &[u8], read: impl FnOnce(&[u8]) -> Result<T, Error>) -> Result<Self, Error> {
        if word.eq_ignore_ascii_case(b"default") {
            return Ok(Own::Default);
        }
        read(word).map(Own::Is)
    }

    fn set(self) -> Option<T> {
        match self {
            Own::Default => None,
            Own::Is(limit) => Some(limit),
        }
    }
}

impl Changes {
    fn take(&mut self, field: &[u8], value: &[u8]) -> Result<(), Error> {
        let was_given = match () {
            () if field.eq_ignore_ascii_case(b"concurrency") => {
                self.concurrency.replace(Own::read(value, concurrency)?).is_some()
            }
            () if field.eq_ignore_ascii_case(b"rate") => {
                self.rate.replace(Own::read(value, rate_or_default)?).is_some()
            }
            () => {
                let text = format!("unknown field {}: the fields are concurrency and rate", shown(field));
                return Err(Error::syntax(text));
            }
        };
        if was_given {
            return Err(Error::syntax(format!("{} is given twice", String::from_utf8_lossy(field))));
        }
        Ok(())
    }

    fn of(self, limits: GroupLimits) -> GroupLimits {
        GroupLimits {
            concurrency: self.concurrency.map_or(limits.concurrency, Own::set),
            rate: self.rate.map_or(limits.rate, Own::set),
        }
    }
}

fn concurrency(word: &[u8]) -> Result<u64, Error> {
    uint("concurrency", word, 0..=MAX_CONCURRENCY).map_err(|_| {
        let allowed = format!("an integer from 0 to {MAX_CONCURRENCY}, or default");
        Error::range("concurrency", &allowed, word)
    })
}

fn rate_or_default(word: &[u8]) -> Result<Option<Rate>, Error> {
    let allowed = "0, max/ms, max/ms/window, or default";
    rate("rate", word).map_err(|_| Error::range("rate", allowed, word))
}

impl WriteCommand for LimitGroup {
    /// A missing queue is created, and the limits of a group are kept with it, if it gets any.
    fn refusal_at_memory_limit(request: &GroupRequest<'_>, queue: &Queue) -> Option<Error> {
        let sets_a_limit = request.changes.of(GroupLimits::default()) != GroupLimits::default();
        (sets_a_limit && !queue.has_rules(request.name)).then(Error::memory)
    }

    fn run(
        GroupRequest { name, changes }: &GroupRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let limits = changes.of(session.queue().group(name).own);
        session.limit_group(name, limits).map_err(|refusal| Error::refused(refusal, None))?;
        reply.ok();
        Ok(WriteOutcome::Replied)
    }
}

impl ShowOrSetCommand for LimitGroup {
    type Shown<'a> = &'a [u8];

    fn parse_shown<'a>(args: &mut Args<'a>) -> Result<&'a [u8], Error> {
        names::group(args.next("group")?)
    }

    fn show(name: &&[u8], queue: &Queue, reply: &mut dyn Reply) {
        group_fields(&queue.group(name)).reply(reply);
    }
}

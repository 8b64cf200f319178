//! `JQ.ONEXPIRE queue prefix [DELAY ms] [MAXWAIT ms] [PRIORITY n] [FRONT] [ATTEMPTS n] [BACKOFF FIXED|EXPONENTIAL ms] [DEDUP ms|KEPT]
//! [ONDUP IGNORE|REPLACE|RERUN] [PX ms] [KEEP ms] [MAXRUN ms] [GROUP name] [BATCH name] [AFTER name | AFTEROK name]
//! [NAME name]` -> OK; `JQ.ONEXPIRE queue prefix OFF` -> 1, or 0 when it was off before; `JQ.ONEXPIRE queue` -> array of maps
//!
//! Each key of the queue's database that begins with the prefix becomes a job when it expires. By setting a
//! prefix a client learns names of keys, so it needs permission to read keys that begin with it.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ShowOrSetCommand, WriteCommand, WriteOutcome};
use crate::commands::error::Error;
use crate::commands::fields::{count, Field, Fields};
use crate::commands::names;
use crate::commands::options::{joined, Options};
use crate::commands::producing::add_options;
use crate::commands::reply::Reply;
use crate::commands::shown_options::push_options;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{AddRequest, ExpiryRule, Queue, Session, MAX_PREFIXES};

pub(crate) struct OnExpire;

/// A rule to set, or to remove.
#[derive(Debug)]
pub(crate) enum OnExpireRequest<'a> {
    Set { prefix: &'a [u8], request: Box<AddRequest<&'a [u8]>> },
    Off { prefix: &'a [u8] },
}

impl Command for OnExpire {
    const SPEC: Spec = Spec {
        name: "jq.onexpire",
        summary: "Enqueues a job for each key with a prefix that expires, stops that, or lists the prefixes",
        complexity: "O(n) in the prefixes of the queue; O(log n) for each key that expires",
        since: "0.1.0",
        arity: -2,
        // As for JQ.CONFIG: replicas list, and refuse to set.
        flags: "may-replicate",
        acl: "write slow",
        key: KeyUse::ReadOrCreate(2),
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("prefix", ArgKind::String).maybe(),
            Arg::one_of("setting", &[Arg::token("OFF", "off"), Arg::block("options", &OPTIONS)]).maybe(),
        ],
    };

    type Request<'a> = OnExpireRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<OnExpireRequest<'a>, Error> {
        let prefix = names::prefix(args.next("prefix")?)?;
        if prefix.eq_ignore_ascii_case(b"OFF") && args.is_empty() {
            return Err(Error::syntax("OFF needs the prefix before it; an empty one is ''"));
        }
        if args.keyword("OFF") {
            return Ok(OnExpireRequest::Off { prefix });
        }
        let mut request = AddRequest::of_expiry();
        // Each key has its own time, and no one who would let its job go.
        let [_at, _hold, options @ ..] = &AddRequest::OPTIONS;
        args.options_of_two((options, &mut request), (&[], &mut ()))?;
        request.check()?;
        Ok(OnExpireRequest::Set { prefix, request: Box::new(request) })
    }
}

/// The options of JQ.ADD but AT and HOLD.
const OPTIONS: [Arg; 15] = {
    let [_at, _hold, delay, ..] = AddRequest::OPTIONS;
    let [_start, others @ ..] = &add_options::ARGS;
    joined(&[&[delay.arg()], others])
};

impl WriteCommand for OnExpire {
    fn refusal_at_memory_limit(request: &OnExpireRequest<'_>, queue: &Queue) -> Option<Error> {
        let is_new = match request {
            OnExpireRequest::Set { prefix, .. } => !queue.expiry_rules().has(prefix),
            OnExpireRequest::Off { .. } => false,
        };
        is_new.then(Error::memory)
    }

    fn run(
        request: &OnExpireRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        match request {
            OnExpireRequest::Set { prefix, request } => {
                if !session.set_expiry_rule(prefix, request) {
                    return Err(Error::full("prefixes", MAX_PREFIXES as u64));
                }
                reply.ok();
            }
            OnExpireRequest::Off { prefix } => reply.int(session.remove_expiry_rule(prefix).into()),
        }
        Ok(WriteOutcome::Replied)
    }
}

impl ShowOrSetCommand for OnExpire {
    type Shown<'a> = ();

    fn parse_shown(_: &mut Args<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn show((): &(), queue: &Queue, reply: &mut dyn Reply) {
        let rules = queue.expiry_rules().iter();
        reply.array(rules.len());
        for (prefix, rule) in rules {
            fields(prefix, rule).reply(reply);
        }
    }

    fn prefix_to_read<'r>(request: &'r OnExpireRequest<'_>) -> Option<&'r [u8]> {
        match request {
            OnExpireRequest::Set { prefix, .. } => Some(prefix),
            OnExpireRequest::Off { .. } => None,
        }
    }
}

fn fields<'a>(prefix: &'a [u8], ExpiryRule { request, counts }: &'a ExpiryRule) -> Fields<'a> {
    let mut fields = Fields::default();
    fields.push("prefix", Field::Bytes(prefix));
    push_options(&request.borrowed(), AddRequest::of_expiry().on_dup, &mut fields);
    fields.push("enqueued", count(counts.enqueued));
    fields.push("coalesced", count(counts.coalesced));
    fields.push("dropped", count(counts.dropped));
    fields
}

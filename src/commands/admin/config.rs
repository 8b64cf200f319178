//! `JQ.CONFIG queue` -> map of settings; `JQ.CONFIG queue field value [field value ...]` -> OK
//!
//! New values bind from the next decision on.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, ShowOrSetCommand, WriteCommand, WriteOutcome};
use crate::commands::error::{shown, Error};
use crate::commands::fields::Fields;
use crate::commands::reply::Reply;
use crate::commands::settings::{check_lease, SETTINGS};
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{Queue, Session, Settings};

pub(crate) struct Configure;

impl Command for Configure {
    const SPEC: Spec = Spec {
        name: "jq.config",
        summary: "Shows or sets the rules of a queue",
        complexity: "O(1)",
        since: "0.1.0",
        arity: -2,
        // Not `write`: replicas show it. It is paused like a write, and refused on a replica when it sets.
        flags: "may-replicate fast",
        acl: "write fast",
        key: KeyUse::ReadOrCreate(2),
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::block(
                "setting",
                &[Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)],
            )
            .maybe()
            .many(),
        ],
    };

    /// field, value, field, value, ...: every field is known, every value was parsed once.
    type Request<'a> = &'a [&'a [u8]];

    fn parse<'a>(args: &mut Args<'a>) -> Result<&'a [&'a [u8]], Error> {
        let pairs = args.rest("field")?;
        change(&mut Settings::default(), pairs)?;
        Ok(pairs)
    }
}

/// Changes `settings` as `words` say.
fn change(settings: &mut Settings, words: &[&[u8]]) -> Result<(), Error> {
    let mut seen = [false; SETTINGS.len()];
    for pair in words.chunks(2) {
        let Some((field, value)) = pair.first().zip(pair.get(1)) else {
            return Err(Error::syntax("the last field has no value"));
        };
        let known = SETTINGS
            .iter()
            .zip(&mut seen)
            .find(|(setting, _)| setting.name.as_bytes().eq_ignore_ascii_case(field));
        let Some((setting, seen)) = known else {
            let text = format!("unknown field {}: JQ.CONFIG with the queue alone shows all", shown(field));
            return Err(Error::syntax(text));
        };
        if std::mem::replace(seen, true) {
            return Err(Error::syntax(format!("{} is given twice", setting.name)));
        }
        setting.set(settings, value)?;
    }
    Ok(())
}

impl WriteCommand for Configure {
    /// A missing queue is created, and events take memory.
    fn refusal_at_memory_limit(pairs: &&[&[u8]], queue: &Queue) -> Option<Error> {
        let mut settings = *queue.settings();
        let keeps_more =
            change(&mut settings, pairs).is_ok() && settings.events_max > queue.settings().events_max;
        (!queue.exists() || keeps_more).then(Error::memory)
    }

    fn run(
        pairs: &&[&[u8]],
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let mut settings = *session.queue().settings();
        change(&mut settings, pairs)?;
        check_lease("lease", settings.lease, &settings)?;
        session.configure(settings);
        reply.ok();
        Ok(WriteOutcome::Replied)
    }
}

impl ShowOrSetCommand for Configure {
    type Shown<'a> = ();

    fn parse_shown(_: &mut Args<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn show((): &(), queue: &Queue, reply: &mut dyn Reply) {
        let mut fields = Fields::default();
        for setting in &SETTINGS {
            fields.push(setting.name, setting.field(queue.settings()));
        }
        fields.reply(reply);
    }
}

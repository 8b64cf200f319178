//! `JQ.CONFIG queue` -> map of settings; `JQ.CONFIG queue field value [field value ...]` -> OK
//!
//! New values bind from the next decision on.

use super::args::Args;
use super::error::{shown, Error};
use super::fields::Fields;
use super::reply::Reply;
use super::settings::SETTINGS;
use super::spec::{Arg, ArgKind, KeyUse, Spec};
use super::{Limits, Read, Request, Write};
use crate::queue::{Queue, Session, Settings};

pub(super) const SPEC: Spec = Spec {
    name: "jq.config",
    summary: "Shows or sets the rules of a queue",
    complexity: "O(1)",
    arity: -2,
    // Not `write`: replicas show it. It is paused like a write, and refused on a replica when it sets.
    flags: "may-replicate fast",
    acl: "write fast",
    key: KeyUse::ReadOrCreate,
    args: &[
        Arg::word("queue", ArgKind::Key),
        Arg::block("setting", &[Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)])
            .maybe()
            .many(),
    ],
};

/// All settings are asked for.
#[derive(Debug)]
pub struct Show;

/// Settings to change.
#[derive(Debug)]
pub struct Configure<'a> {
    /// field, value, field, value, ...: every field is known, every value was read once.
    words: &'a [&'a [u8]],
}

pub(super) fn parse<'a>(args: &mut Args<'a>, _: &Limits) -> Result<Request<'a>, Error> {
    if args.is_empty() {
        return Ok(Request::Read(Read::Config(Show)));
    }
    let words = args.rest("field")?;
    change(&mut Settings::default(), words)?;
    Ok(Request::Write(Write::Configure(Configure { words })))
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
            return Err(Error::syntax(format!("unknown field {}", shown(field))));
        };
        if std::mem::replace(seen, true) {
            return Err(Error::syntax(format!("{} is given twice", setting.name)));
        }
        setting.set(settings, value)?;
    }
    Ok(())
}

impl Show {
    pub(super) fn run(&self, queue: &Queue, reply: &mut dyn Reply) {
        let mut fields = Fields::default();
        for setting in &SETTINGS {
            fields.push(setting.name, setting.field(queue.settings()));
        }
        fields.answer(reply);
    }
}

impl Configure<'_> {
    pub(super) fn run(&self, session: &mut Session<'_>, reply: &mut dyn Reply) -> Result<(), Error> {
        let mut settings = *session.queue().settings();
        change(&mut settings, self.words)?;
        session.configure(settings);
        reply.ok();
        Ok(())
    }
}

//! `JQ.EMIT queue event [ID job] [field value ...]` -> the id of the event, or null: the queue keeps no events
//!
//! An application's own event, in the order of those of the queue.

use crate::commands::args::Args;
use crate::commands::command::{Command, Env, WriteCommand, WriteOutcome};
use crate::commands::error::{shown, Error};
use crate::commands::names;
use crate::commands::reply::Reply;
use crate::commands::spec::{Arg, ArgKind, KeyUse, Spec};
use crate::queue::{
    is_emitted_name, EmittedFields, Session, MAX_EMITTED_BYTES, MAX_EMITTED_FIELDS, MAX_EVENT_NAME,
    MAX_EVENT_VALUE,
};

pub(crate) struct Emit;

/// An event to be kept.
#[derive(Debug)]
pub(crate) struct EmitRequest<'a> {
    event: &'a [u8],
    job: Option<&'a [u8]>,
    /// Packed.
    fields: Vec<u8>,
}

const FIELD: [Arg; 2] = [Arg::word("field", ArgKind::String), Arg::word("value", ArgKind::String)];

impl Command for Emit {
    const SPEC: Spec = Spec {
        name: "jq.emit",
        summary: "Puts an event of an application behind those of the queue",
        complexity: "O(1)",
        since: "0.1.0",
        arity: -3,
        flags: "write deny-oom fast",
        acl: "write fast",
        key: KeyUse::Update,
        args: &[
            Arg::word("queue", ArgKind::Key),
            Arg::word("event", ArgKind::String),
            Arg::option("ID", "job", ArgKind::String),
            Arg::block("fields", &FIELD).maybe().many(),
        ],
    };

    type Request<'a> = EmitRequest<'a>;

    fn parse<'a>(args: &mut Args<'a>) -> Result<EmitRequest<'a>, Error> {
        let event = args.next("event")?;
        if !is_emitted_name(event) {
            let allowed =
                format!("1 to {MAX_EVENT_NAME} bytes without a comma, and no event of the queue itself");
            return Err(Error::range("event", &allowed, event));
        }
        let job = if args.keyword("ID") { Some(names::id(args.next("ID")?)?) } else { None };
        Ok(EmitRequest { event, job, fields: fields(args)? })
    }
}

/// `field value ...`, packed.
fn fields(args: &mut Args<'_>) -> Result<Vec<u8>, Error> {
    let mut fields = Vec::new();
    while !args.is_empty() {
        let (name, value) = (args.next("field")?, args.next("value")?);
        if !(1..=MAX_EVENT_NAME).contains(&name.len()) {
            return Err(Error::range("field", &format!("1 to {MAX_EVENT_NAME} bytes"), name));
        }
        if value.len() > MAX_EVENT_VALUE {
            let (most, got) = (MAX_EVENT_VALUE, value.len());
            return Err(Error::other(format!(
                "the value of {} must be at most {most} bytes, got {got} bytes",
                shown(name)
            )));
        }
        fields.push((name, value));
        if fields.len() > MAX_EMITTED_FIELDS {
            return Err(Error::other(format!("at most {MAX_EMITTED_FIELDS} fields an event")));
        }
    }
    let packed = EmittedFields::pack(fields);
    if packed.len() > MAX_EMITTED_BYTES {
        let got = packed.len();
        return Err(Error::other(format!(
            "the fields of an event must take at most {MAX_EMITTED_BYTES} bytes, got {got} bytes"
        )));
    }
    Ok(packed)
}

impl WriteCommand for Emit {
    fn run(
        EmitRequest { event, job, fields }: &EmitRequest<'_>,
        session: &mut Session<'_>,
        _: &Env,
        reply: &mut dyn Reply,
    ) -> Result<WriteOutcome, Error> {
        let emitted = EmittedFields::new(fields).and_then(|fields| session.emit(event, *job, fields));
        match emitted {
            Some(id) => reply.bytes(id.to_string().as_bytes()),
            None => reply.null_string(),
        }
        Ok(WriteOutcome::Replied)
    }
}

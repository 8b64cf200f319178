//! Named values, as a map or as JSON: a command lists them once for both.

use super::args::Args;
use super::error::Error;
use super::options::{CommandOption, Options};
use super::reply::Reply;
use crate::queue::fields_in;
use base64::prelude::{Engine, BASE64_STANDARD};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// How a command replies with named values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A map.
    Map,
    /// One string of JSON.
    Json,
}

impl<'a> Options<'a, 1> for Format {
    const OPTIONS: [CommandOption<'a, Self>; 1] =
        [CommandOption::flag("JSON", "json", |format| *format = Format::Json)];
}

impl Format {
    /// Replies that there is nothing to show.
    pub(super) fn null(self, reply: &mut dyn Reply) {
        match self {
            Format::Map => reply.null(),
            Format::Json => reply.null_string(),
        }
    }

    /// Parses all arguments that are left as options.
    pub(super) fn parse(args: &mut Args<'_>) -> Result<Self, Error> {
        let mut format = Format::Map;
        args.options(&mut format)?;
        Ok(format)
    }
}

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Field<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(String),
    /// 1 or 0, in JSON too.
    Flag(bool),
    /// The fields of a job, as bytes.
    OfJob(&'a [u8]),
    /// Maps, in an array.
    List(Vec<Fields<'a>>),
}

/// An unsigned number; nothing this module counts is near the end of the signed ones.
pub(super) fn count(n: u64) -> Field<'static> {
    Field::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The same for what is counted in memory.
pub(super) fn size(n: usize) -> Field<'static> {
    Field::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Named values in the order they were pushed.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields<'a>(Vec<(&'static str, Field<'a>)>);

impl<'a> Fields<'a> {
    pub(super) fn push(&mut self, name: &'static str, field: Field<'a>) {
        self.0.push((name, field));
    }

    /// Only what is there.
    pub(super) fn push_some(&mut self, name: &'static str, field: Option<Field<'a>>) {
        self.0.extend(field.map(|field| (name, field)));
    }

    /// Replies in the given form.
    pub(super) fn reply_as(&self, format: Format, reply: &mut dyn Reply) {
        match format {
            Format::Map => self.reply(reply),
            Format::Json => reply_json(self, reply),
        }
    }

    /// Replies with a map.
    pub(super) fn reply(&self, reply: &mut dyn Reply) {
        reply.map(self.0.len());
        for (name, field) in &self.0 {
            reply.bytes(name.as_bytes());
            match field {
                Field::Int(n) => reply.int(*n),
                Field::Bytes(bytes) => reply.bytes(bytes),
                Field::Text(text) => reply.bytes(text.as_bytes()),
                Field::Flag(is) => reply.int((*is).into()),
                Field::List(list) => reply_list(list, Format::Map, reply),
                Field::OfJob(fields) => {
                    reply.map(fields_in(fields).count());
                    for (name, value) in fields_in(fields) {
                        reply.bytes(name);
                        reply.bytes(value);
                    }
                }
            }
        }
    }
}

/// Replies with many of them in one array.
pub(super) fn reply_list(list: &[Fields<'_>], format: Format, reply: &mut dyn Reply) {
    match format {
        Format::Map => {
            reply.array(list.len());
            for fields in list {
                fields.reply(reply);
            }
        }
        Format::Json => reply_json(list, reply),
    }
}

/// Replies with one string of JSON. Bytes that are not UTF-8 are base64 under the name with `-base64` behind
/// it.
fn reply_json(value: &(impl Serialize + ?Sized), reply: &mut dyn Reply) {
    match serde_json::to_vec(value) {
        Ok(json) => reply.bytes(&json),
        // Nothing here can fail to serialize; if it ever could, null is better than half a reply.
        Err(_) => reply.null_string(),
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            match field {
                Field::Int(n) => map.serialize_entry(name, n)?,
                Field::Text(text) => map.serialize_entry(name, text)?,
                Field::Flag(is) => map.serialize_entry(name, &u8::from(*is))?,
                Field::List(list) => map.serialize_entry(name, list)?,
                Field::OfJob(fields) => map.serialize_entry(name, &JobFields(fields))?,
                Field::Bytes(bytes) => serialize_bytes(&mut map, name, bytes)?,
            }
        }
        map.end()
    }
}

fn serialize_bytes<M: SerializeMap>(map: &mut M, name: &str, bytes: &[u8]) -> Result<(), M::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) => map.serialize_entry(name, text),
        Err(_) => map.serialize_entry(&format!("{name}-base64"), &BASE64_STANDARD.encode(bytes)),
    }
}

/// The fields of a job. A name that is not UTF-8 is base64 behind `base64-`.
struct JobFields<'a>(&'a [u8]);

impl Serialize for JobFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in fields_in(self.0) {
            match std::str::from_utf8(name) {
                Ok(name) => serialize_bytes(&mut map, name, value)?,
                Err(_) => {
                    serialize_bytes(&mut map, &format!("base64-{}", BASE64_STANDARD.encode(name)), value)?;
                }
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_every_byte() {
        let mut fields = Fields::default();
        fields.push("id", Field::Bytes(b"a\"b"));
        fields.push("payload", Field::Bytes(&[0xff, 0]));
        fields.push("paused", Field::Flag(true));
        fields.push_some("none", None);
        let json = serde_json::to_string(&fields).unwrap();
        assert_eq!(json, r#"{"id":"a\"b","payload-base64":"/wA=","paused":1}"#);
    }
}

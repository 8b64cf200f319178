//! What the model and the queue have in common: words in, a reply out.

use std::fmt;

/// A reply, free of any wire format.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// `OK`.
    Ok,
    /// An integer.
    Int(i64),
    /// A binary-safe string.
    Bytes(Vec<u8>),
    /// Nothing there.
    Null,
    /// Elements in order.
    Array(Vec<Value>),
    /// Fields and values in order.
    Map(Vec<(Value, Value)>),
    /// An error line, its code first.
    Error(String),
}

/// A queue that takes commands: the real one or its model.
pub(crate) trait Engine {
    /// Runs one command as a client would see it at `now_us`, Unix microseconds. `words` begin with the
    /// command's name and the queue's key.
    ///
    /// A command that is refused for its words changes nothing; any other, reads included, first does what is
    /// due by `now_us`.
    fn call(&mut self, now_us: u64, words: &[&[u8]]) -> Value;

    /// What recounting everything finds wrong; empty when sound.
    fn check(&self) -> Vec<String>;
}

impl Value {
    /// A string.
    pub(crate) fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Value::Bytes(bytes.as_ref().to_vec())
    }

    /// A time, token or count.
    pub(crate) fn uint(n: u64) -> Self {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// How many there are.
    pub(crate) fn count(n: usize) -> Self {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }

    /// A string, or null.
    pub(crate) fn maybe(bytes: Option<&Vec<u8>>) -> Self {
        bytes.map_or(Value::Null, Value::bytes)
    }

    /// The value of `field` in a map.
    pub(crate) fn field(&self, field: &[u8]) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| *name == Value::bytes(field)).map(|(_, value)| value)
    }
}

/// A map with these fields.
pub(crate) fn map(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (Value::bytes(name), value)).collect())
}

/// On one line: `[1 a x]`, `{id a}`, `null`.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Ok => f.write_str("OK"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Bytes(bytes) => f.write_str(&shown(bytes)),
            Value::Null => f.write_str("null"),
            Value::Error(line) => write!(f, "({line})"),
            Value::Array(values) => {
                let all: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
                write!(f, "[{}]", all.join(" "))
            }
            Value::Map(pairs) => {
                let all: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{name:?} {value:?}")).collect();
                write!(f, "{{{}}}", all.join(" "))
            }
        }
    }
}

/// A word as a transcript shows it: printable, without spaces, never nothing.
pub(crate) fn shown(word: &[u8]) -> String {
    if word.is_empty() {
        return "\"\"".into();
    }
    word.iter()
        .map(|&b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("\\x{b:02x}") })
        .collect()
}

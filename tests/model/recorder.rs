//! A reply as a value, built by the calls that write it.

use redis_jq::commands::reply::Reply;

use super::value::Value;

/// Containers that still miss elements, the outermost first; the reply itself is the only element of the
/// first.
pub(crate) struct Recorder {
    open: Vec<Container>,
}

struct Container {
    is_map: bool,
    /// How many elements it announced.
    len: usize,
    elements: Vec<Value>,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder { open: vec![Container { is_map: false, len: 1, elements: Vec::new() }] }
    }
}

impl Recorder {
    /// The reply. An error where there is not exactly one whole value.
    pub(crate) fn value(mut self) -> Value {
        match (self.open.pop(), self.open.is_empty()) {
            (Some(Container { mut elements, len: 1, .. }), true) if elements.len() == 1 => {
                elements.pop().unwrap_or(Value::Null)
            }
            _ => Value::Error("BROKEN the reply is no single value".into()),
        }
    }

    fn put(&mut self, value: Value) {
        if let Some(innermost) = self.open.last_mut() {
            innermost.elements.push(value);
        }
        self.close();
    }

    fn begin(&mut self, is_map: bool, len: usize) {
        self.open.push(Container { is_map, len, elements: Vec::new() });
        self.close();
    }

    /// Closes the innermost container, and those around it, if they have all they announced.
    fn close(&mut self) {
        let full = |open: &[Container]| open.last().is_some_and(|last| last.elements.len() == last.len);
        while self.open.len() > 1 && full(&self.open) {
            let Some(container) = self.open.pop() else { return };
            let value = container.value();
            if let Some(around) = self.open.last_mut() {
                around.elements.push(value);
            }
        }
    }
}

impl Container {
    fn value(self) -> Value {
        if !self.is_map {
            return Value::Array(self.elements);
        }
        let mut elements = self.elements.into_iter();
        let mut pairs = Vec::new();
        while let (Some(name), Some(value)) = (elements.next(), elements.next()) {
            pairs.push((name, value));
        }
        Value::Map(pairs)
    }
}

impl Reply for Recorder {
    fn ok(&mut self) {
        self.put(Value::Ok);
    }

    fn int(&mut self, value: i64) {
        self.put(Value::Int(value));
    }

    fn bytes(&mut self, value: &[u8]) {
        self.put(Value::bytes(value));
    }

    fn null(&mut self) {
        self.put(Value::Null);
    }

    fn null_string(&mut self) {
        self.put(Value::Null);
    }

    fn array(&mut self, len: usize) {
        self.begin(false, len);
    }

    fn map(&mut self, pairs: usize) {
        self.begin(true, pairs * 2);
    }
}

//! What a command can reply, to whatever gets it: a client, a test, a client that was blocked.

/// A reply being written. Containers announce their length and are followed by that many elements.
pub trait Reply {
    /// `+OK`.
    fn ok(&mut self);
    /// An integer.
    fn int(&mut self, value: i64);
    /// A binary-safe string.
    fn bytes(&mut self, value: &[u8]);
    /// Nothing where an array or a map would stand (RESP2 `*-1`, RESP3 `_`).
    fn null(&mut self);
    /// Nothing where a string or a number would stand (RESP2 `$-1`, RESP3 `_`): clients that take replies apart by
    /// their types make an empty list of the other one.
    fn null_string(&mut self);
    /// `len` elements follow.
    fn array(&mut self, len: usize);
    /// `pairs` pairs of key and value follow; a flat array for RESP2 clients.
    fn map(&mut self, pairs: usize);

    /// An unsigned integer; nothing that a queue counts is near the end of the signed ones.
    fn uint(&mut self, value: u64) {
        self.int(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// How many things there are.
    fn size(&mut self, value: usize) {
        self.int(i64::try_from(value).unwrap_or(i64::MAX));
    }
}

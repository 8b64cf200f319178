//! Commands reply through the server's buffer of the client.

use crate::commands::reply::Reply;
use crate::redis::reply::Writer;

impl Reply for Writer<'_> {
    fn ok(&mut self) {
        Writer::ok(self);
    }

    fn int(&mut self, value: i64) {
        Writer::int(self, value);
    }

    fn bytes(&mut self, value: &[u8]) {
        Writer::bytes(self, value);
    }

    fn null(&mut self) {
        Writer::null(self);
    }

    fn null_string(&mut self) {
        Writer::null_string(self);
    }

    fn array(&mut self, len: usize) {
        Writer::array(self, len);
    }

    fn map(&mut self, pairs: usize) {
        Writer::map(self, pairs);
    }
}

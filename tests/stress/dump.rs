//! What DUMP answers and RESTORE takes, taken apart.
//!
//! ```text
//!   type 7 | module id: 0x81, 8 bytes | 5 length bytes | 5 length bytes | ... | 0 | RDB version: 2 bytes | CRC-64: 8 bytes
//!                                       a string         a string         end
//! ```
//!
//! A length is 6 bits, 14 bits after 01, or 4 or 8 bytes after 0x80 or 0x81, big endian. The server must not
//! compress (`rdbcompression no`).

const STRING: u8 = 5;
const END: u8 = 0;
const HEAD: usize = 10;
const FOOT: usize = 10;

/// A dumped value of a module that holds nothing but strings.
#[derive(Debug, Clone)]
pub(crate) struct Dump {
    head: Vec<u8>,
    pub(crate) strings: Vec<Vec<u8>>,
    version: Vec<u8>,
}

impl Dump {
    /// Takes apart what a server said.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (head, rest) = bytes.split_at(HEAD);
        let (mut body, foot) = rest.split_at(rest.len() - FOOT);
        assert_eq!(
            with_checksum(bytes[..bytes.len() - 8].to_vec()),
            bytes,
            "the checksum is computed as the server does"
        );
        let mut strings = Vec::new();
        while let [STRING, after @ ..] = body {
            let (len, after) = length(after);
            let (string, after) = after.split_at(len);
            strings.push(string.to_vec());
            body = after;
        }
        assert_eq!(body, [END], "strings, then the end");
        Self { head: head.to_vec(), strings, version: foot[..2].to_vec() }
    }

    /// Puts it together again.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for string in &self.strings {
            body.push(STRING);
            put_length(&mut body, string.len());
            body.extend(string);
        }
        body.push(END);
        self.write_body(&body)
    }

    /// What stands between the module's id and the version.
    pub(crate) fn body(&self) -> Vec<u8> {
        let whole = self.write();
        whole[HEAD..whole.len() - FOOT].to_vec()
    }

    /// The same value with another body, under a right checksum.
    pub(crate) fn write_body(&self, body: &[u8]) -> Vec<u8> {
        with_checksum([&self.head, body, &self.version].concat())
    }
}

fn length(bytes: &[u8]) -> (usize, &[u8]) {
    match bytes {
        [first @ 0..=0x3f, rest @ ..] => (usize::from(*first), rest),
        [first @ 0x40..=0x7f, second, rest @ ..] => {
            (usize::from(first & 0x3f) << 8 | usize::from(*second), rest)
        }
        [0x80, rest @ ..] => {
            let (len, rest) = rest.split_at(4);
            (len.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
        }
        _ => panic!("a length that was not expected: {:x?}", &bytes[..bytes.len().min(9)]),
    }
}

fn put_length(out: &mut Vec<u8>, len: usize) {
    let len = u32::try_from(len).expect("a short string");
    out.push(0x80);
    out.extend(len.to_be_bytes());
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc64(&bytes);
    bytes.extend(crc.to_le_bytes());
    bytes
}

/// CRC-64 with Jones' polynomial, as Redis computes it: reflected, from 0.
fn crc64(bytes: &[u8]) -> u64 {
    const REFLECTED: u64 = 0x95ac_9329_ac4b_c9b5;
    bytes.iter().fold(0, |crc: u64, byte| {
        let start = crc ^ u64::from(*byte);
        (0..8).fold(start, |crc, _| if crc & 1 == 1 { crc >> 1 ^ REFLECTED } else { crc >> 1 })
    })
}

#[test]
fn the_checksum_is_that_of_redis() {
    // The value in Redis' own test of it.
    assert_eq!(crc64(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
}

//! Numbers and byte strings as bytes: what every field is made of.
//!
//! ```text
//!   number   LEB128: 7 bits a byte, low bits first, high bit = more follows; at most 10 bytes
//!   signed   zigzag, then a number
//!   instant  the number after it, so that "never" (the largest) is one zero byte
//!   bytes    length as a number, then the bytes
//!   maybe    length + 1 as a number, then the bytes; 0 = none
//! ```

use super::DecodeError;

/// A buffer to which numbers and byte strings can be appended.
pub(crate) trait Encoder {
    fn number(&mut self, value: u64);
    fn signed(&mut self, value: i64);
    fn instant(&mut self, value: u64);
    fn bytes(&mut self, value: &[u8]);
    fn optional(&mut self, value: Option<&[u8]>);
}

impl Encoder for Vec<u8> {
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.push((value & 0x7f) as u8);
    }

    fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn instant(&mut self, value: u64) {
        self.number(value.wrapping_add(1));
    }

    fn bytes(&mut self, value: &[u8]) {
        self.number(value.len() as u64);
        self.extend_from_slice(value);
    }

    fn optional(&mut self, value: Option<&[u8]>) {
        match value {
            None => self.number(0),
            Some(bytes) => {
                self.number(bytes.len() as u64 + 1);
                self.extend_from_slice(bytes);
            }
        }
    }
}

/// A cursor that reads bytes in which anything may stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decoder<'a> {
    left: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Decoder { left: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }

    /// The next byte, which stays the next.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.left.first().copied()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.left.split_first().ok_or(DecodeError::Damaged("it ends too early"))?;
        self.left = rest;
        Ok(*first)
    }

    pub(crate) fn number(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A number has one form only, because digests compare bytes.
                return if byte == 0 && shift > 0 {
                    Err(DecodeError::Damaged("a number is padded"))
                } else {
                    Ok(value)
                };
            }
        }
        Err(DecodeError::Damaged("a number is too large"))
    }

    /// A number that fits `T`.
    pub(crate) fn number_as<T: TryFrom<u64>>(&mut self) -> Result<T, DecodeError> {
        T::try_from(self.number()?).map_err(|_| DecodeError::Damaged("a number is too large"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.number()?;
        Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()))
    }

    pub(crate) fn priority(&mut self) -> Result<i32, DecodeError> {
        i32::try_from(self.signed()?).map_err(|_| DecodeError::Damaged("a priority is too large"))
    }

    pub(crate) fn instant(&mut self) -> Result<u64, DecodeError> {
        Ok(self.number()?.wrapping_sub(1))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, DecodeError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Damaged("a flag is neither 0 nor 1")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.number_as()?;
        self.cut(len)
    }

    pub(crate) fn optional(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        match self.number_as::<usize>()? {
            0 => Ok(None),
            len => self.cut(len - 1).map(Some),
        }
    }

    fn cut(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (cut, rest) = self.left.split_at_checked(len).ok_or(DecodeError::Damaged("it ends too early"))?;
        self.left = rest;
        Ok(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(n: u64, s: i64, b: Vec<u8>, m: Option<Vec<u8>>) {
            let mut buffer = Vec::new();
            buffer.number(n);
            buffer.signed(s);
            buffer.instant(n);
            buffer.bytes(&b);
            buffer.optional(m.as_deref());
            let mut reader = Decoder::new(&buffer);
            prop_assert_eq!(reader.number(), Ok(n));
            prop_assert_eq!(reader.signed(), Ok(s));
            prop_assert_eq!(reader.instant(), Ok(n));
            prop_assert_eq!(reader.bytes(), Ok(&b[..]));
            prop_assert_eq!(reader.optional(), Ok(m.as_deref()));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut reader = Decoder::new(&bytes);
            while !reader.is_empty() && reader.number().is_ok() && reader.optional().is_ok() {}
        }
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(Decoder::new(&[0x80, 0x00]).number(), Err(DecodeError::Damaged("a number is padded")));
        assert_eq!(Decoder::new(&[0xff; 11]).number(), Err(DecodeError::Damaged("a number is too large")));
        assert_eq!(Decoder::new(&[0x80]).number(), Err(DecodeError::Damaged("it ends too early")));
    }
}

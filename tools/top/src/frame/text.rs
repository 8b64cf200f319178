//! Names and other foreign bytes as text that is safe on a terminal, and text that fits a width.
//!
//! All text here is printable ASCII, so a character is a column.

use std::fmt::Write;

/// Bytes as printable ASCII, the rest as `\x1b`: a terminal must never obey the bytes of a name.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' '..=b'~' if *byte != b'\\' => text.push(char::from(*byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text
}

/// At most `width` characters; what was cut ends with `~`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    if width > 0 {
        short.push('~');
    }
    short
}

/// Exactly `width` characters, to the left.
pub(crate) fn left(text: &str, width: usize) -> String {
    format!("{:<width$}", cut(text, width))
}

/// Exactly `width` characters, to the right.
pub(crate) fn right(text: &str, width: usize) -> String {
    format!("{:>width$}", cut(text, width))
}

/// `start` and `end` at the two edges of `width` characters; if there is no place for both, `start` is cut.
pub(crate) fn edges(start: &str, end: &str, width: usize) -> String {
    let end = cut(end, width);
    let place = width - end.chars().count();
    format!("{}{end}", left(&cut(start, place.saturating_sub(1)), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_sequence_survives() {
        assert_eq!(escaped(b"mail"), "mail");
        assert_eq!(
            escaped(b"a\x1b[2J\r\n\x07\x7f\\ \xc3\xbc\x9b"),
            r"a\x1b[2J\x0d\x0a\x07\x7f\x5c \xc3\xbc\x9b"
        );
        let all: Vec<u8> = (0..=255).collect();
        assert!(escaped(&all).bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }

    #[test]
    fn text_is_cut_to_its_width() {
        assert_eq!(cut("report", 6), "report");
        assert_eq!(cut("reports", 6), "repor~");
        assert_eq!(cut("reports", 1), "~");
        assert_eq!(cut("reports", 0), "");
        assert_eq!(left("ab", 4), "ab  ");
        assert_eq!(right("ab", 4), "  ab");
        assert_eq!(edges("mail", "1 MB", 12), "mail    1 MB");
        assert_eq!(edges("a long name", "1 MB", 10), "a lo~ 1 MB");
        assert_eq!(edges("mail", "too long", 4), "too~");
    }
}

//! The words after the module's path in `loadmodule`.

/// What they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// JQ.DEBUG exists.
    pub(super) debug: bool,
}

/// Reads them: `debug yes|no`.
pub(super) fn parse(words: &[&[u8]]) -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    for pair in words.chunks(2) {
        arguments.debug = match pair {
            [name, value] if name.eq_ignore_ascii_case(b"debug") => yes_or_no(value)?,
            _ => {
                let shown = String::from_utf8_lossy(pair.concat().as_slice()).into_owned();
                return Err(format!("unknown argument '{shown}'; there is one: debug yes|no"));
            }
        };
    }
    Ok(arguments)
}

fn yes_or_no(word: &[u8]) -> Result<bool, String> {
    match word.to_ascii_lowercase().as_slice() {
        b"yes" => Ok(true),
        b"no" => Ok(false),
        _ => Err(format!("the argument debug must be yes or no, got '{}'", String::from_utf8_lossy(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_off_unless_asked_for() {
        let read = |words: &[&[u8]]| parse(words).map(|arguments| arguments.debug);
        assert_eq!(read(&[]), Ok(false));
        assert_eq!(read(&[b"DEBUG", b"Yes"]), Ok(true));
        assert_eq!(read(&[b"debug", b"no"]), Ok(false));
        assert!(read(&[b"debug", b"maybe"]).is_err());
        assert!(read(&[b"debug"]).is_err());
        assert!(read(&[b"debgu", b"yes"]).is_err());
    }
}

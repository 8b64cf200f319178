//! A script: commands with the instants they are given at, written as a transcript shows them.
//!
//! ```text
//! @1000 JQ.CLAIM q w LEASE 50     Unix milliseconds, then the command
//! @1020.250 JQ.ACK q $a a         250 microseconds later; $a: the last token handed out for job a
//! @1020.250 JQ.ACK q $a~1 a       the token before that one
//! @1030 JQ.ADD q b \x00 KEEP 5    a word that is not printable; "" is an empty one
//! ```

use std::fmt;

use super::value::shown;

/// Commands in the order they are given. The clock may stand still and go back.
#[derive(Clone)]
pub(crate) struct Script(pub(crate) Vec<Step>);

/// A command and when it is given.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) at_us: u64,
    pub(crate) words: Vec<Word>,
}

/// A word of a command.
#[derive(Clone)]
pub(crate) enum Word {
    /// The word itself.
    Text(Vec<u8>),
    /// A token handed out for `id`: the last, or the one `back` before it.
    Token { id: Vec<u8>, back: usize },
}

impl Script {
    /// Without every step that `fails` can do without.
    pub(crate) fn shortened(mut self, fails: impl Fn(&Script) -> bool) -> Self {
        let mut place = self.0.len();
        while place > 0 {
            place -= 1;
            let mut shorter = self.clone();
            shorter.0.remove(place);
            if fails(&shorter) {
                self = shorter;
                // A later step may have been there for this one alone.
                place = self.0.len();
            }
        }
        self
    }
}

impl Step {
    /// Reads `@instant word ...`.
    pub(crate) fn read(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let instant = words.next().and_then(|word| word.strip_prefix('@')).expect("an instant");
        let (ms, us) = instant.split_once('.').unwrap_or((instant, "0"));
        let number = |digits: &str| digits.parse::<u64>().expect("a number");
        Step { at_us: number(ms) * 1000 + number(us), words: words.map(Word::read).collect() }
    }

    /// The words themselves. `handed_out` are the ids and tokens of all claims so far; 1 stands for a token
    /// no worker got.
    pub(crate) fn resolve(&self, handed_out: &[(Vec<u8>, u64)]) -> Vec<Vec<u8>> {
        let token = |id: &Vec<u8>, back| {
            let tokens = handed_out.iter().rev().filter(|(of, _)| of == id);
            tokens.map(|(_, token)| *token).nth(back).unwrap_or(1)
        };
        let word = |word: &Word| match word {
            Word::Text(text) => text.clone(),
            Word::Token { id, back } => token(id, *back).to_string().into_bytes(),
        };
        self.words.iter().map(word).collect()
    }
}

impl Word {
    /// A word that is itself.
    pub(crate) fn text(text: impl AsRef<[u8]>) -> Self {
        Word::Text(text.as_ref().to_vec())
    }

    /// Reads a word as a transcript shows it.
    pub(crate) fn read(word: &str) -> Self {
        let Some(id) = word.strip_prefix('$') else { return Word::Text(plain(word)) };
        let (id, back) = id.split_once('~').unwrap_or((id, "0"));
        Word::Token { id: plain(id), back: back.parse().expect("a number of claims") }
    }
}

/// The bytes that [`shown`] shows so.
fn plain(word: &str) -> Vec<u8> {
    if word == "\"\"" {
        return Vec::new();
    }
    let mut parts = word.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

/// `@1020.250`
pub(crate) fn instant(at_us: u64) -> String {
    match at_us % 1000 {
        0 => format!("@{}", at_us / 1000),
        us => format!("@{}.{us:03}", at_us / 1000),
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "\n{step:?}"))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&instant(self.at_us))?;
        self.words.iter().try_for_each(|word| write!(f, " {word:?}"))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Text(text) => f.write_str(&shown(text)),
            Word::Token { id, back: 0 } => write!(f, "${}", shown(id)),
            Word::Token { id, back } => write!(f, "${}~{back}", shown(id)),
        }
    }
}

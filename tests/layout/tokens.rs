//! Rust source as tokens: just enough to read paths. Comments and literals are gone.

/// A token: an identifier, keyword or number, `::`, or one other character.
pub(crate) type Token = String;

/// The tokens of a source file.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut rest = source;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(len) = literal(rest) {
            len
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else if is_word(first) {
            let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            found.push(rest[..len].to_owned());
            len
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[len..];
    }
    found
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the literal that `text` begins with. A lifetime is none.
fn literal(text: &str) -> Option<usize> {
    let unprefixed = text.trim_start_matches(['b', 'c', 'r']);
    let prefix = text.len() - unprefixed.len();
    if prefix <= 2 && text[..prefix].ends_with('r') {
        let hashes = unprefixed.len() - unprefixed.trim_start_matches('#').len();
        if unprefixed[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = prefix + hashes + 1;
            return Some(text[body..].find(&end).map_or(text.len(), |at| body + at + end.len()));
        }
    }
    if prefix <= 2 && unprefixed.starts_with('"') {
        return Some(prefix + quoted(unprefixed, '"')?);
    }
    // 'x' and '\n' are characters, 'x without an end is a lifetime.
    let is_char = prefix <= 1 && unprefixed.starts_with('\'') && {
        let mut chars = unprefixed[1..].chars();
        chars.next() == Some('\\') || chars.next() == Some('\'')
    };
    is_char.then(|| quoted(unprefixed, '\'')).flatten().map(|len| prefix + len)
}

/// The length of what stands in quotes, with them.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = !escaped && c == quote;
        escaped = !escaped && c == '\\';
        ends
    });
    end.map(|(at, _)| at + 1)
}

#[test]
fn comments_and_literals_are_not_code() {
    let source = r##"a::b // c::d
        /* e::f */ "g\"::h" r#"i"::j"# b'\'' '"' &'k l::<M>() b"n" 'o' c"p" br"q\" end"##;
    let expected = "a :: b & ' k l :: < M > ( ) end";
    assert_eq!(tokens(source).join(" "), expected);
}

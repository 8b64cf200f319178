//! Expected against printed lines: comparing, showing the difference, keeping wildcards when a file is
//! rewritten.
//!
//! `*` in an expected line stands for any run of characters within that line. There is no other wildcard.

/// Whether every printed line is the expected one.
pub(crate) fn all_match(expected: &[String], printed: &[String]) -> bool {
    expected.len() == printed.len() && expected.iter().zip(printed).all(|(want, line)| matches(want, line))
}

/// Whether one line is as expected. The pieces between the wildcards must stand in the line in their order;
/// taking each at its first place leaves the most room for the rest.
pub(crate) fn matches(expected: &str, line: &str) -> bool {
    let Some((first, rest)) = expected.split_once('*') else {
        return expected == line;
    };
    let Some(mut line) = line.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match line.split_once(piece) {
            Some((_, after)) => line = after,
            None => return false,
        }
    }
    line.ends_with(last)
}

/// The two texts side by side: `-` expected, `+` printed.
pub(crate) fn diff(expected: &[String], printed: &[String]) -> String {
    let mut shown: Vec<String> = Vec::new();
    for pair in align(expected, printed) {
        shown.push(match pair {
            (Some(_), Some(line)) => format!("    {line}"),
            (Some(line), None) => format!("  - {line}"),
            (None, Some(line)) => format!("  + {line}"),
            (None, None) => continue,
        });
    }
    if expected.is_empty() {
        shown.push("  (nothing expected: UPDATE_TRANSCRIPTS=1 fills it in)".into());
    }
    shown.join("\n")
}

/// The printed lines, with the expected line kept wherever it still matches.
pub(crate) fn keep_wildcards(expected: &[String], printed: &[String]) -> Vec<String> {
    let kept = align(expected, printed).into_iter().filter_map(|pair| match pair {
        (Some(want), Some(_)) => Some(want.clone()),
        (None, Some(line)) => Some(line.clone()),
        (_, None) => None,
    });
    kept.collect()
}

type Row<'a> = (Option<&'a String>, Option<&'a String>);

/// Rows of (expected, printed); at a difference, the side that meets the other again soonest has the surplus.
fn align<'a>(mut expected: &'a [String], mut printed: &'a [String]) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    while let (Some((want, expected_rest)), Some((line, printed_rest))) =
        (expected.split_first(), printed.split_first())
    {
        let (mut take_expected, mut take_printed) = (true, true);
        if !matches(want, line) {
            let surplus_printed = printed.iter().position(|line| matches(want, line));
            let surplus_expected = expected.iter().position(|want| matches(want, line));
            take_printed = match (surplus_printed, surplus_expected) {
                (Some(of_printed), Some(of_expected)) => of_printed <= of_expected,
                (of_printed, _) => of_printed.is_some(),
            };
            take_expected = !take_printed;
        }
        rows.push((take_expected.then_some(want), take_printed.then_some(line)));
        expected = if take_expected { expected_rest } else { expected };
        printed = if take_printed { printed_rest } else { printed };
    }
    rows.extend(expected.iter().map(|want| (Some(want), None)));
    rows.extend(printed.iter().map(|line| (None, Some(line))));
    rows
}

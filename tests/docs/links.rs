//! The links of a Markdown page, and the anchors that GitHub gives its headings.

use std::collections::{BTreeMap, BTreeSet};

/// The targets of all links and pictures, in their order. What is in a fence or between backticks is no link.
pub(crate) fn links(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in outside_fences(page) {
        let text = without_code(line);
        for after in text.split("](").skip(1) {
            found.extend(after.split_once(')').map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// The anchors of all headings: their words in lower case, joined by hyphens, without what is neither letter, digit,
/// hyphen nor underscore; a number after those that were given before.
pub(crate) fn anchors(page: &str) -> BTreeSet<String> {
    let mut times = BTreeMap::<String, usize>::new();
    let mut found = BTreeSet::new();
    for line in outside_fences(page).filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String =
            kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = times.entry(anchor.clone()).or_default();
        found.insert(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
        *before += 1;
    }
    found
}

fn outside_fences(page: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        !is_fenced && !is_fence
    })
}

/// What stands between backticks, outside of fences.
pub(crate) fn code(page: &str) -> impl Iterator<Item = &str> {
    outside_fences(page).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// `line` without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[test]
fn links_in_code_are_none() {
    let page = "[a](b.md#c) `[x](y)` ![p](q.svg)\n```\n[x](y)\n```\n[`d`](e) [f](g)";
    assert_eq!(links(page), ["b.md#c", "q.svg", "e", "g"]);
}

#[test]
fn anchors_are_those_of_github() {
    let page = "# One, *two*\n## JQ.PAUSE queue · JQ.RESUME [a …]\n```\n# no\n```\n## Same\n## Same";
    assert_eq!(
        anchors(page),
        BTreeSet::from(["one-two", "jqpause-queue--jqresume-a-", "same", "same-1"].map(str::to_owned))
    );
}

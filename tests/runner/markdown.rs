//! A manual page as a transcript: its `redis` fences are the lines, everything else is blank.
//!
//! All examples of a page are one session from top to bottom, as a reader types them. What a reader need not
//! see stands in a comment of its own line: `<!-- ! clock 1730000000000 -->`.

/// The page with as many lines as before, so that line numbers stay true, and nothing left but examples and
/// directives.
pub(crate) fn examples_only(page: &str) -> String {
    let mut fence = Fence::Outside;
    let mut kept = String::with_capacity(page.len());
    for line in page.lines() {
        let hidden = line.strip_prefix("<!-- ! ").and_then(|rest| rest.strip_suffix(" -->"));
        match (fence, line.strip_prefix("```")) {
            (Fence::Outside, Some("redis")) => fence = Fence::Example,
            (Fence::Outside, Some(_)) => fence = Fence::Other,
            (_, Some(_)) => fence = Fence::Outside,
            (Fence::Example, None) => kept.push_str(line),
            (Fence::Outside, None) => {
                if let Some(directive) = hidden {
                    kept.push_str("! ");
                    kept.push_str(directive);
                }
            }
            (Fence::Other, None) => {}
        }
        kept.push('\n');
    }
    kept
}

#[derive(Clone, Copy)]
enum Fence {
    Outside,
    Example,
    Other,
}

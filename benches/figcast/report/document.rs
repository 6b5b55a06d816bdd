//! A Markdown page with sections that benchmarks fill. What stands between the two marks of a section is replaced:
//!
//! ```text
//! <!-- bench:views -->
//! <!-- /bench -->
//! ```

use anyhow::{Context as _, ensure};

/// How every mark at the beginning of a section begins.
const BEGIN: &str = "<!-- bench:";
const END: &str = "<!-- /bench -->";

/// The page with `text` as all that the section holds.
///
/// # Errors
/// When the page has no such section, or one without an end.
pub fn with_section(page: &str, section: &str, text: &str) -> anyhow::Result<String> {
    let begin = format!("{BEGIN}{section} -->\n");
    let (before, rest) = page
        .split_once(&begin)
        .with_context(|| format!("there is no line {:?}", begin.trim_end()))?;
    let missing = || format!("section {section} does not end with a line {END:?}");
    let (replaced, after) = rest.split_once(END).with_context(missing)?;
    ensure!(!replaced.contains(BEGIN), missing());
    Ok(format!("{before}{begin}\n{}\n\n{END}{after}", text.trim()))
}

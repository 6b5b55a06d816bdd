//! The shape of src/: layers that import downward only, and files of a readable size.

use std::fs;
use std::path::{Path, PathBuf};

/// Top-level modules from the bottom up; a module imports only from lines above its own.
const LAYERS: [&[&str]; 9] = [
    &["choice", "codec"],
    &["symbol", "interval", "study", "clock", "sse", "metrics", "shares", "config"],
    &["logging", "market", "view"],
    &["bars"],
    &["source", "figure"],
    &["hub"],
    &["http"],
    &["app"],
    &["cli"],
];

/// Most lines of a file before its tests.
const MAX_LINES: usize = 400;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| self::files(folder));
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    below.chain(files.into_iter().filter(rust)).collect()
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("readable");
        let name = path.strip_prefix(&root).expect("below src").display().to_string();
        (name, text)
    };
    files(&root).into_iter().map(read).collect()
}

/// The part of a file that is not tests.
fn production(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn layer(module: &str) -> usize {
    let found = LAYERS.iter().position(|modules| modules.contains(&module));
    found.unwrap_or_else(|| panic!("src/{module} is not in the table of layers"))
}

#[test]
fn imports_point_downward_only() {
    for (name, text) in sources() {
        let own = name.split(['/', '.']).next().expect("a name");
        // `lib` and `main` name everything; files named tests are tests.
        if ["lib", "main"].contains(&own) || name.contains("tests") {
            continue;
        }
        for other in production(&text).split("crate::").skip(1) {
            let end = other.find(|c: char| !c.is_ascii_lowercase() && c != '_');
            let other = &other[..end.unwrap_or(other.len())];
            let downward = other == own || layer(other) < layer(own);
            assert!(downward, "src/{name} imports {other}, which is not below {own}");
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is_for_and_is_no_longer_than_one_can_read() {
    for (name, text) in sources() {
        assert!(text.starts_with("//! "), "src/{name} does not say what it is for");
        let lines = production(&text).lines().count();
        assert!(lines <= MAX_LINES, "src/{name} has {lines} lines before its tests");
    }
}

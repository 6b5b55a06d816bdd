//! The shape of src/: layers that import downward only, no circle of files, a type name once, and files of
//! a readable size.

mod imports;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Imports, circles_in};
use source::{Files, files_of};

/// An import: the file or folder that imports, and what it imports.
type Import = (&'static str, &'static str);

/// Top-level modules from the bottom up; a module imports only from lines above its own.
const LAYERS: [&[&str]; 12] = [
    &["choice", "codec", "fixtures"],
    &["brand"],
    &["symbol", "interval", "study", "clock", "sse", "metrics", "shares", "config", "jitter"],
    &["logging", "market", "view"],
    &["auth", "bars"],
    &["history"],
    &["source", "figure"],
    &["hub"],
    &["cluster"],
    &["http"],
    &["app"],
    &["cli"],
];

/// Most lines of a file before its tests.
const MAX_LINES: usize = 400;

/// Imports that close a circle of files: to be taken away, and none to be added.
const CIRCULAR_FILES: [Import; 0] = [];

/// The same of folders beside each other.
const CIRCULAR_FOLDERS: [Import; 0] = [];

/// Names of several types: one of each is to be renamed, and none to be added.
const REPEATED_NAMES: [&str; 0] = [];

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

fn crate_files() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files_of(|name| fs::read_to_string(root.join(name)).unwrap_or_else(|e| panic!("{name}: {e}")))
}

/// The imports without some of them.
fn without(imports: &Imports, left_out: impl IntoIterator<Item = Import>) -> Imports {
    let mut imports = imports.clone();
    for (from, to) in left_out {
        let is_there = imports.get_mut(from).is_some_and(|all| all.remove(to));
        assert!(is_there, "src/{from} does not import {to}: take it off the list");
    }
    imports
}

/// Checks that the known imports, and no others, close circles.
fn assert_circles_are(known: &[Import], imports: &Imports) {
    let circles = circles_in(&without(imports, known.iter().copied()));
    assert!(circles.is_empty(), "import each other: {circles:#?}");
    for import in known {
        let others = known.iter().copied().filter(|other| other != import);
        let is_needed = !circles_in(&without(imports, others)).is_empty();
        assert!(is_needed, "{import:?} closes no circle: take it off the list");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle_and_no_folders_do() {
    let imports = imports::of_files(&crate_files());
    assert_circles_are(&CIRCULAR_FILES, &imports);
    let imports = imports::of_siblings(&without(&imports, CIRCULAR_FILES));
    assert_circles_are(&CIRCULAR_FOLDERS, &imports);
}

#[test]
fn a_type_name_stands_once_in_the_crate() {
    let files = crate_files();
    let (mut once, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for name in files.values().flat_map(|file| &file.types) {
        if !once.insert(name.as_str()) {
            repeated.insert(name.as_str());
        }
    }
    assert!(once.len() > 300, "{} types were found", once.len());
    assert_eq!(repeated, BTreeSet::from(REPEATED_NAMES));
}

/// The imports of a crate in which every file but the root is read from a list.
fn imports_in(texts: &[(&str, &str)]) -> Imports {
    let root: String = texts.iter().filter(|(name, _)| !name.contains('/')).map(declared).collect();
    let read = |name: &str| match texts.iter().find(|(other, _)| *other == name) {
        Some((_, text)) => (*text).to_owned(),
        None => root.clone(),
    };
    imports::of_files(&files_of(read))
}

fn declared((name, _): &(&str, &str)) -> String {
    format!("pub mod {};", name.trim_end_matches(".rs"))
}

#[test]
fn a_circle_of_files_is_found_through_every_way_to_name_an_import() {
    for (back, is_circle) in [
        ("use crate::a::{B, c::{self, D as E}}; fn e() -> E { todo!() }", true),
        ("use super::super::a; fn b() -> a::B { todo!() }", true),
        ("fn b() -> impl Sized { crate::a::B::new() }", true),
        ("fn b() { matches!(1, super::B) }", true),
        ("mod inner { use crate::a::B; }", true),
        ("use crate::a::C; fn f(_: crate::a::c::D) {} pub fn c() -> C { todo!() }", false),
        ("#[cfg(test)] mod tests { use super::super::B; }", false),
        ("#[cfg(test)] use super::{B}; use std::fmt;", false),
        ("/// As [`B`](super::B) is. \n fn b() -> &'static str { \"super::B\" }", false),
    ] {
        let parent = "mod below; mod c; pub use c::C; pub struct B(below::Below);";
        let imports =
            imports_in(&[("a.rs", parent), ("a/below.rs", back), ("a/c.rs", "pub struct C;")]);
        assert_eq!(!circles_in(&imports).is_empty(), is_circle, "{back} in {imports:?}");
    }
}

#[test]
fn a_name_that_is_only_re_exported_is_imported_from_the_file_that_declares_it() {
    let imports = imports_in(&[
        ("a.rs", "mod b; pub mod c; pub(crate) use b::B; pub use c::c; pub struct A;"),
        ("a/b.rs", "use super::A; pub struct B;"),
        ("a/c.rs", "use crate::a::B; pub fn c(c: u8) {}"),
        ("d.rs", "use crate::a::{c as e}; fn d() { e(1); crate::a::c::c(2) }"),
    ]);
    let of = |name: &str| imports[name].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("a.rs"), [""; 0]);
    assert_eq!(
        (of("a/b.rs"), of("a/c.rs"), of("d.rs")),
        (vec!["a.rs"], vec!["a/b.rs"], vec!["a/c.rs"])
    );
}

#[test]
fn folders_that_import_each_other_make_a_circle_of_their_own() {
    let imports = imports_in(&[
        ("a.rs", "mod b;"),
        ("a/b.rs", "use crate::c::d::D; pub struct B;"),
        ("c.rs", "pub mod d; mod e;"),
        ("c/d.rs", "pub struct D;"),
        ("c/e.rs", "use crate::a::b::B;"),
    ]);
    assert_eq!(circles_in(&imports), Vec::<Vec<String>>::new());
    assert_eq!(circles_in(&imports::of_siblings(&imports)), [["a", "c", "a"]]);
}

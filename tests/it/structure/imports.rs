//! Which file imports which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Files, SourceFile};

/// For each file or folder those that it imports.
pub type Imports = BTreeMap<String, BTreeSet<String>>;

/// More re-exports than one name ever goes through.
const MAX_EXPORTS: usize = 8;

/// The files that declare what each file imports. A file that only re-exports a name does not import it.
pub fn of_files(files: &Files) -> Imports {
    let of = |file: &SourceFile| {
        let is_used = |name: &String| file.mentioned.contains(name);
        let uses = file.uses.iter().filter(|found| !found.is_export || is_used(&found.name));
        let paths = uses.map(|found| &found.path).chain(&file.paths);
        let declared = paths.filter_map(|path| declaring(files, file, path, MAX_EXPORTS));
        let others = declared.filter(|other| other.name != file.name);
        (file.name.clone(), others.map(|other| other.name.clone()).collect())
    };
    files.values().map(of).collect()
}

/// The file that declares what a path in `file` names; none for a module and for another crate.
fn declaring<'a>(
    files: &'a Files,
    file: &'a SourceFile,
    path: &[String],
    exports: usize,
) -> Option<&'a SourceFile> {
    let exports = exports.checked_sub(1)?;
    let (mut module, mut rest) = (file, path);
    match path.first()?.as_str() {
        "crate" => (module, rest) = (&files[&Vec::new()], &path[1..]),
        "self" => rest = &path[1..],
        "super" => {
            while rest.first()? == "super" {
                let (_, above) = module.module.split_last()?;
                (module, rest) = (&files[above], &rest[1..]);
            }
        }
        name if file.children.contains(name) => {}
        name if file.uses.iter().any(|found| found.name == name) => {}
        _ => return None,
    }
    while let Some((name, below)) = rest.split_first() {
        let is_module = module.children.contains(name);
        if is_module && !below.is_empty() {
            let child: Vec<_> = module.module.iter().chain([name]).cloned().collect();
            (module, rest) = (&files[&child], below);
            continue;
        }
        let found = module.uses.iter().find(|found| found.name == *name && found.path != path);
        return match found {
            Some(found) => {
                let path: Vec<_> = found.path.iter().chain(below).cloned().collect();
                declaring(files, module, &path, exports)
            }
            None => (!is_module).then_some(module),
        };
    }
    None
}

/// The same of siblings in one folder, a file with the folder of its name being one: what any file of
/// either imports of the other.
pub fn of_siblings(imports: &Imports) -> Imports {
    let mut siblings = Imports::new();
    for (from, to) in imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to))) {
        let (from, to) = (segments(from), segments(to));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        if shared < from.len().min(to.len()) {
            let [from, to] = [from, to].map(|path| path[..=shared].join("/"));
            siblings.entry(from).or_default().insert(to);
        }
    }
    siblings
}

fn segments(file: &str) -> Vec<&str> {
    file.trim_end_matches(".rs").split('/').collect()
}

/// The shortest circle through each that is in one, but for those that an earlier circle goes through.
pub fn circles_in(imports: &Imports) -> Vec<Vec<String>> {
    let mut circles: Vec<Vec<String>> = Vec::new();
    for start in imports.keys() {
        if !circles.iter().any(|circle| circle.contains(start)) {
            circles.extend(circle_through(imports, start));
        }
    }
    circles
}

fn circle_through(imports: &Imports, start: &String) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in imports.get(way.last()?).into_iter().flatten() {
                let way = way.iter().chain([next]).cloned().collect();
                if next == start {
                    return Some(way);
                }
                if seen.insert(next) {
                    longer.push(way);
                }
            }
        }
        ways = longer;
    }
    None
}

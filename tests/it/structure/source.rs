//! The files that are built into the program, read as tokens: what each declares and imports.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// The files of a crate by their modules; the root's is empty.
pub type Files = BTreeMap<Vec<String>, SourceFile>;

/// A file, which is a module.
pub struct SourceFile {
    /// Its path below the root's folder.
    pub name: String,
    pub module: Vec<String>,
    /// Modules that are files of their own below this one.
    pub children: BTreeSet<String>,
    /// Types that it declares, also by a macro, but not those inside of an item.
    pub types: Vec<String>,
    pub uses: Vec<Use>,
    /// Paths of several segments outside of `use`.
    pub paths: Vec<Vec<String>>,
    /// Types, constants and called functions that are named outside of `use`.
    pub mentioned: BTreeSet<String>,
}

/// A name that a `use` declares.
pub struct Use {
    pub name: String,
    pub path: Vec<String>,
    pub is_export: bool,
}

/// Reads the files of a crate, from its root on, without what is built for tests only.
pub fn files_of(read: impl Fn(&str) -> String) -> Files {
    let mut files = Files::new();
    let mut open = vec![(Vec::new(), "lib.rs".to_owned())];
    while let Some((module, name)) = open.pop() {
        let text = read(&name);
        let file = SourceFile::new(name, module, &text);
        for child in &file.children {
            let below: Vec<_> = file.module.iter().chain([child]).cloned().collect();
            let name = below.join("/") + ".rs";
            open.push((below, name));
        }
        files.insert(file.module.clone(), file);
    }
    files
}

impl SourceFile {
    fn new(name: String, module: Vec<String>, text: &str) -> Self {
        let stream = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let tokens = without_tests(stream);
        let mut file = Self {
            name,
            module,
            children: children(&tokens),
            types: types(&tokens),
            uses: Vec::new(),
            paths: Vec::new(),
            mentioned: BTreeSet::new(),
        };
        file.read(&tokens);
        file
    }

    /// Reads what is imported and named.
    fn read(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at += match &tokens[at] {
                TokenTree::Group(group) => {
                    self.read(&inside(group));
                    1
                }
                TokenTree::Ident(ident) if ident == "mod" => 2,
                // `impl Trait + use<'a>` imports nothing.
                TokenTree::Ident(ident) if ident == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let end = tokens[at..].iter().position(|token| is_punct(Some(token), ';'));
                    let end = end.expect("a use ends with a semicolon");
                    let is_export = is_public(&tokens[..at]);
                    self.read_use(&tokens[at + 1..at + end], &[], is_export);
                    end + 1
                }
                TokenTree::Ident(ident) => {
                    if is_item(&ident.to_string(), tokens.get(at + 1)) {
                        self.mentioned.insert(ident.to_string());
                    }
                    let (path, length) = path(&tokens[at..]);
                    if path.len() > 1 {
                        self.mentioned.extend(path.iter().cloned());
                        self.paths.push(path);
                    }
                    length
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => 1,
            };
        }
    }

    /// Reads a tree of names below a prefix.
    fn read_use(&mut self, tree: &[TokenTree], prefix: &[String], is_export: bool) {
        for branch in tree.split(|token| is_punct(Some(token), ',')) {
            let (own, length) = path(branch);
            let mut path = [prefix, &own].concat();
            let mut name = path.last().cloned();
            match &branch[length..] {
                [TokenTree::Group(group)] => {
                    self.read_use(&inside(group), &path, is_export);
                    continue;
                }
                [TokenTree::Punct(_)] => path.push("*".to_owned()),
                [TokenTree::Ident(_), TokenTree::Ident(other)] => name = Some(other.to_string()),
                _ => {}
            }
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
                name = path.last().cloned();
            }
            self.uses.extend(name.map(|name| Use { name, path, is_export }));
        }
    }
}

/// Leaves out what is only built for tests.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept: Vec<TokenTree> = Vec::new();
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Group(group) = token else {
            kept.push(token);
            continue;
        };
        if is_punct(kept.last(), '#') && group.stream().to_string().replace(' ', "") == "cfg(test)"
        {
            kept.pop();
            // An item ends with a semicolon or a block, and with both where braces are part of a `use`.
            while let Some(token) = tokens.next() {
                let is_end = is_block(&token) && !is_punct(tokens.peek(), ';');
                if is_end || is_punct(Some(&token), ';') {
                    break;
                }
            }
        } else {
            let inner: TokenStream = without_tests(group.stream()).into_iter().collect();
            kept.push(Group::new(group.delimiter(), inner).into());
        }
    }
    kept
}

/// Modules that are declared with `mod name;`.
fn children(tokens: &[TokenTree]) -> BTreeSet<String> {
    let declared = tokens.windows(3).filter_map(|three| match three {
        [keyword, name, end] if is_ident(keyword, "mod") && is_punct(Some(end), ';') => {
            Some(name.to_string())
        }
        _ => None,
    });
    declared.collect()
}

fn types(tokens: &[TokenTree]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match (token, tokens.get(at + 1)) {
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(name))) if is_type(keyword) => {
                names.push(name.to_string());
            }
            (TokenTree::Group(group), _) if at >= 2 => {
                let inner = inside(group);
                let is_macro = is_punct(tokens.get(at - 1), '!');
                if is_macro || is_ident(&tokens[at - 2], "mod") {
                    names.extend(types(&inner));
                }
                names.extend(if is_macro { declared_by_macro(&inner) } else { None });
            }
            _ => {}
        }
    }
    names
}

/// The name in `choice! { /// .. Name { .. } }`.
fn declared_by_macro(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [.., TokenTree::Group(_), TokenTree::Ident(name), TokenTree::Group(_)] => {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// The path that tokens begin with, and how many of them it takes; those of a tree of names below it
/// are not among them, the `::` before it is.
fn path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(segment)) = tokens.get(at) {
        path.push(segment.to_string());
        at += 1;
        if !(is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// Whether an identifier names an item: variables have small letters and are not called.
fn is_item(ident: &str, next: Option<&TokenTree>) -> bool {
    let is_called = |group: &Group| group.delimiter() == Delimiter::Parenthesis;
    ident.starts_with(|c: char| c.is_ascii_uppercase())
        || matches!(next, Some(TokenTree::Group(group)) if is_called(group))
}

fn is_type(keyword: &Ident) -> bool {
    ["struct", "enum", "trait", "type", "union"].iter().any(|word| keyword == word)
}

/// Whether `pub` or `pub(..)` stands at the end.
fn is_public(before: &[TokenTree]) -> bool {
    match before {
        [.., token, TokenTree::Group(_)] | [.., token] => is_ident(token, "pub"),
        [] => false,
    }
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_ident(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == text)
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

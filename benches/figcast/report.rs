//! Where results go: to standard output and, if asked, into a section of a Markdown page.

mod document;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;

use crate::print;

/// A report that is under way.
pub struct Report {
    /// The page and its section.
    place: Option<(PathBuf, String)>,
    circumstances: Circumstances,
}

/// Where, when and of which state of the code something is measured.
struct Circumstances {
    machine: String,
    /// The commit, and whether the code was changed since.
    commit: String,
    at: Timestamp,
    /// Load average of the last minute before it began.
    load: String,
}

impl Report {
    /// A report of what is measured from now on. Its section of the page has to be there already, because a benchmark
    /// takes minutes.
    pub fn begin(page: Option<&Path>, section: &str) -> anyhow::Result<Self> {
        let place = page.map(|page| (page.to_owned(), section.to_owned()));
        if let Some((page, section)) = &place {
            filled(page, section, "")?;
        }
        Ok(Self { place, circumstances: Circumstances::now()? })
    }

    /// Prints the result, and writes it into its section.
    pub fn end(&self, result: &str) -> anyhow::Result<()> {
        let text = format!("{}\n\n{}\n", result.trim_end(), self.circumstances);
        print(&text)?;
        let Some((page, section)) = &self.place else { return Ok(()) };
        // What another process wrote meanwhile stays.
        let page_text = filled(page, section, &text)?;
        fs::write(page, page_text).with_context(|| page.display().to_string())
    }
}

/// The page with `text` in its section.
fn filled(page: &Path, section: &str, text: &str) -> anyhow::Result<String> {
    let name = || page.display().to_string();
    let known = fs::read_to_string(page).with_context(name)?;
    document::with_section(&known, section, text).with_context(name)
}

impl Circumstances {
    fn now() -> anyhow::Result<Self> {
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split_whitespace().next().context("no load average")?;
        Ok(Self {
            machine: machine()?,
            commit: commit(),
            at: Timestamp::now(),
            load: load.to_owned(),
        })
    }
}

impl fmt::Display for Circumstances {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, commit, at, load } = self;
        let day = at.strftime("%Y-%m-%d");
        write!(out, "*{day}, {commit}, a load of {load} before it, on {machine}.*")
    }
}

/// Processor, memory, kernel and compiler.
fn machine() -> anyhow::Result<String> {
    let value = |file: &str, key: &str| -> anyhow::Result<String> {
        let text = fs::read_to_string(file)?;
        let line = text.lines().find(|line| line.starts_with(key));
        let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
        Ok(value.unwrap_or("unknown").to_owned())
    };
    let memory = value("/proc/meminfo", "MemTotal")?;
    let gibibytes = memory.trim_end_matches(" kB").parse::<f64>()? / f64::from(1 << 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let compiler = output("rustc", &["--version"]).unwrap_or_else(|_| "unknown".to_owned());
    Ok(format!(
        "{} ({} cores, {gibibytes:.1} GiB), Linux {}, {}",
        value("/proc/cpuinfo", "model name")?,
        available_parallelism()?,
        kernel.trim(),
        compiler.split(" (").next().unwrap_or_default(),
    ))
}

/// The commit that is checked out. Pages do not change what is measured.
fn commit() -> String {
    let changes = ["status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)docs"];
    let known =
        || Ok((output("git", &["rev-parse", "--short", "HEAD"])?, output("git", &changes)?));
    match known() {
        Ok((commit, changes)) if changes.is_empty() => format!("commit {commit}"),
        Ok((commit, _)) => format!("commit {commit} with changes"),
        Err::<_, anyhow::Error>(_) => "no known commit".to_owned(),
    }
}

/// What a program of one line says.
fn output(program: &str, args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(args).output()?;
    ensure!(output.status.success(), "{program} failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

//! plotly.py, in a virtual environment of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// Builds and times the figures.
const SCRIPT: &str = include_str!("figure.py");
/// What is installed: fixed, so that a figure can be compared with an older one.
const PACKAGES: [&str; 2] = ["plotly==7.1.0", "pandas==3.1.1"];

/// What plotly.py took.
#[derive(Deserialize)]
pub struct Plotly {
    /// Of plotly.py.
    pub version: String,
    /// Of Python.
    pub python: String,
    /// In the order asked.
    pub figures: Vec<Figure>,
}

/// One figure's medians.
#[derive(Deserialize)]
pub struct Figure {
    /// Bars drawn.
    pub bars: usize,
    /// Microseconds, in the original's template.
    pub dark_us: f64,
    /// Microseconds, in our template.
    pub pruned_us: f64,
    /// Bytes of the JSON in the original's template.
    pub bytes: usize,
    /// Bytes of our JSON after `gzip -6`.
    pub gzip: usize,
}

/// Has plotly.py build each of `figures`, given as our JSON, and serialise it `repetitions` times.
pub fn measure(figures: &[String], repetitions: usize) -> anyhow::Result<Plotly> {
    let python = environment()?;
    let mut child = Command::new(python)
        .args(["-c", SCRIPT, &repetitions.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("stdin is piped")?;
    input.write_all(format!("[{}]", figures.join(",")).as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the script failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The interpreter of the environment, which is made the first time and kept beside the build.
fn environment() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plotly-py");
    let python = folder.join("bin/python");
    if !succeeds(Command::new(&python).args(["-c", "import plotly, pandas"])) {
        ensure!(succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder)), "no python3");
        let install = ["-m", "pip", "install", "--timeout", "20", "--retries", "1"];
        let mut pip = Command::new(&python);
        ensure!(succeeds(pip.args(install).args(PACKAGES)), "pip cannot install {PACKAGES:?}");
    }
    Ok(python)
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

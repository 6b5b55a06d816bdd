//! A child process that ends with its handle, and what `/proc` tells of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

/// Length of a tick in `/proc/<pid>/stat`: `USER_HZ` is 100 on every common architecture.
const TICK: Duration = Duration::from_millis(10);

/// A running child. Dropping it kills it.
pub struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `command`, hands it `input`, and waits for the first line of its output.
    pub fn start(command: &mut Command, input: &[u8]) -> anyhow::Result<(Self, String)> {
        let mut process = Self::spawn(command)?;
        // Dropped afterwards, which is the end of the input.
        process.child.stdin.take().context("stdin is piped")?.write_all(input)?;
        let line = process.next_line()?;
        Ok((process, line))
    }

    /// Starts `command`.
    pub fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let lines = BufReader::new(child.stdout.take().context("stdout is piped")?);
        Ok(Self { child, lines })
    }

    /// Waits for another line of its output.
    pub fn next_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// User and system time so far, of all threads and of the workers that it has forked.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        self.family()?.iter().map(|process| cpu(process)).sum()
    }

    /// Resident memory in KiB (`VmRSS`), with that of forked workers.
    pub fn resident_kib(&self) -> anyhow::Result<f64> {
        self.family()?.iter().map(|process| resident_kib(process)).sum()
    }

    /// The names in `/proc` of the process and its children.
    fn family(&self) -> anyhow::Result<Vec<String>> {
        let id = self.child.id().to_string();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        Ok([id].into_iter().chain(children.split_whitespace().map(str::to_owned)).collect())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only for a child that has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of a process so far, named as in `/proc`: a number, or `self`.
pub fn cpu(process: &str) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name may hold anything; what follows its closing parenthesis is numbers, of which the
    // twelfth and thirteenth are user and system ticks.
    let (_, rest) = stat.rsplit_once(')').context("no name")?;
    let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    Ok(TICK * ticks.sum::<Result<u32, _>>()?)
}

fn resident_kib(process: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

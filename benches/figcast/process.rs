//! A child process that ends with its handle, and what `/proc` tells of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;

/// Length of a tick in `/proc/<pid>/stat`: `USER_HZ` is 100 on every common architecture.
const TICK: Duration = Duration::from_millis(10);

/// A running child. Dropping it kills it.
pub struct Process(Child);

impl Process {
    /// Starts `command` and waits for the first line of its output.
    pub fn start(command: &mut Command) -> anyhow::Result<(Self, String)> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let mut process = Self(child);
        let out = process.0.stdout.as_mut().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).context("no first line")?;
        Ok((process, line.trim().to_owned()))
    }

    /// Its standard input, once.
    pub fn stdin(&mut self) -> anyhow::Result<ChildStdin> {
        self.0.stdin.take().context("the input was taken before")
    }

    /// User and system time so far, all threads together.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // The name may hold anything; what follows its closing parenthesis is numbers, of which the
        // twelfth and thirteenth are user and system ticks.
        let (_, rest) = stat.rsplit_once(')').context("no name")?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
        Ok(TICK * ticks.sum::<Result<u32, _>>()?)
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only for a child that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

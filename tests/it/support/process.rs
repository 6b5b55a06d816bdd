//! The program as a process of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use super::PATIENCE;

pub fn figcast() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_figcast"));
    // The tests' own variable is no setting.
    command.env_clear().env("RUST_BACKTRACE", "0");
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A running server; killed if a test fails.
pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    pub fn start(args: &[&str]) -> Self {
        Self::start_as(&mut figcast(), args)
    }

    pub fn start_as(command: &mut Command, args: &[&str]) -> Self {
        Self::listening(command, "127.0.0.1:0", args)
    }

    /// One whose address may be several, as it says them.
    pub fn listening(command: &mut Command, listen: &str, args: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", listen])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let stdout = child.stdout.take().expect("piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("a first line");
        let line = line.trim().strip_prefix("listening on ").expect("an address");
        let (_, address) = line.split_once("://").expect("a scheme");
        Self { address: address.to_owned(), child }
    }

    /// What the ended process has said on stderr.
    pub fn log(&mut self) -> String {
        let mut log = String::new();
        let mut stderr = self.child.stderr.take().expect("piped, and read once");
        stderr.read_to_string(&mut log).expect("UTF-8");
        log
    }

    /// Resident memory in bytes.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
        let kilobytes = line.trim().strip_suffix(" kB").expect("in kB");
        1_024 * kilobytes.parse::<u64>().expect("a number")
    }

    /// Open descriptors.
    #[cfg(target_os = "linux")]
    pub fn descriptors(&self) -> usize {
        let path = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(path).expect("running").count()
    }

    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().expect("sent");
        assert!(sent.success());
    }

    /// A connection of its own.
    pub fn connect(&self) -> TcpStream {
        let socket = TcpStream::connect(&self.address).expect("connected");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        socket
    }

    /// The whole answer to a request, which may be anything.
    pub fn answer(&self, request: &[u8]) -> String {
        let mut socket = self.connect();
        socket.write_all(request).expect("sent");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).expect("answered in time");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn get(&self, path: &str) -> String {
        self.answer(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())
    }

    pub fn metric(&self, name: &str) -> f64 {
        let page = self.get("/metrics");
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} is missing in {page}")).parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

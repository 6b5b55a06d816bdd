//! A `redis-server` of a test's own.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::support::PATIENCE;

use super::until;
use crate::hardening::vanished::Network;

/// Killed when it is dropped.
pub struct Redis {
    child: Child,
    /// Where it listens.
    host: String,
    pub port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    pub fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let (mut command, host) = (Command::new("redis-server"), "127.0.0.1");
        let child = spawn(&mut command, host, port, &folder);
        let redis = Self { child, host: host.to_owned(), port, folder };
        redis.until_it_answers();
        redis
    }

    /// One on the other side of a network.
    pub fn start_in(network: &Network) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &network.name, "redis-server", "--protected-mode", "no"]);
        let (host, port) = (network.client.clone(), 6_379);
        let child = spawn(&mut command, &host, port, &folder);
        let redis = Self { child, host, port, folder };
        redis.until_it_answers();
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://{}:{}", self.host, self.port)
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().expect("sent");
        assert!(sent.success());
    }

    /// What it has written to its file by now.
    pub fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        let (from, to) = (self.folder.path(), copy.path());
        let copied = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).status();
        assert!(copied.expect("copied").success());
        copy
    }

    /// Kills it and starts it again with what it had when it was copied.
    pub fn restart_from(&mut self, copy: tempfile::TempDir) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.folder = copy;
        self.start_again();
    }

    /// Kills it and starts it again, with what it has written to its file or without.
    pub fn restart(&mut self, keeps: bool) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !keeps {
            self.folder = tempfile::tempdir().expect("a folder");
        }
        self.start_again();
    }

    fn start_again(&mut self) {
        let mut command = Command::new("redis-server");
        self.child = spawn(&mut command, &self.host, self.port, &self.folder);
        self.until_it_answers();
    }

    pub fn keys(&self) -> Vec<String> {
        let answer = self.ask(&["KEYS", "*"]);
        answer.lines().filter(|line| line.contains('{')).map(str::to_owned).collect()
    }

    pub fn set(&self, key: &str, value: &str) {
        assert_eq!(self.ask(&["SET", key, value]), "+OK\r\n");
    }

    /// What it answers to a command, as it is on the wire.
    pub fn ask(&self, command: &[&str]) -> String {
        ask(&self.host, self.port, command).expect("answered")
    }

    fn until_it_answers(&self) {
        until("Redis answers", PATIENCE, || {
            ask(&self.host, self.port, &["PING"]).is_ok_and(|answer| answer == "+PONG\r\n")
        });
    }
}

/// What a Redis answers to a command, as it is on the wire.
pub fn ask(host: &str, port: u16, command: &[&str]) -> io::Result<String> {
    let mut socket = TcpStream::connect((host, port))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("*{}\r\n", command.len());
    for word in command {
        let _ = write!(request, "${}\r\n{word}\r\n", word.len());
    }
    socket.write_all(request.as_bytes())?;
    // It answers, and closes the connection as well.
    socket.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn spawn(command: &mut Command, host: &str, port: u16, folder: &tempfile::TempDir) -> Child {
    command.args(["--port", &port.to_string(), "--bind", host, "--save", ""]);
    command.args(["--appendonly", "yes", "--loglevel", "warning", "--dir"]).arg(folder.path());
    command.stdout(Stdio::null()).spawn().expect("redis-server is installed")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

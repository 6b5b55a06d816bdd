//! A process that plays systemd: sockets that it has opened, and what it is told.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};

use crate::support::PATIENCE;
use crate::support::process::{Server, figcast, text};

/// A socket that is told of the process, as `NOTIFY_SOCKET` names it.
struct Notified(tempfile::TempDir, UnixDatagram);

impl Notified {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("bound");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        Self(folder, socket)
    }

    /// The next message that is no sign of life.
    fn next(&self) -> String {
        loop {
            let mut buffer = [0; 1_024];
            let length = self.1.recv(&mut buffer).expect("a message in time");
            let message = text(&buffer[..length]);
            if message.trim_end() != "WATCHDOG=1" {
                return message;
            }
        }
    }
}

#[test]
fn the_manager_is_told_of_the_start_of_life_of_a_reload_and_of_the_end() {
    let notified = Notified::new();
    let mut program = figcast();
    program.env("NOTIFY_SOCKET", notified.0.path().join("notify")).env("WATCHDOG_USEC", "100000");
    let mut server = Server::start_as(&mut program, &[]);
    let ready = notified.next();
    let status = format!("STATUS=listening on http://{}", server.address);
    assert!(ready.starts_with("READY=1\n") && ready.contains(&status), "{ready}");
    for _ in 0..5 {
        let mut buffer = [0; 64];
        let length = notified.1.recv(&mut buffer).expect("a sign of life in time");
        assert_eq!(text(&buffer[..length]).trim_end(), "WATCHDOG=1");
    }
    server.signal("-HUP");
    let reloading = notified.next();
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(notified.next().trim_end(), "READY=1");
    server.terminate();
    assert_eq!(notified.next().trim_end(), "STOPPING=1");
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
    let log = server.log();
    assert!(!log.contains("cannot be told"), "{log}");
}

/// The program with `stdin` as the first socket that is passed.
fn activated(stdin: OwnedFd) -> Command {
    let script = "exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" \"$@\"";
    let mut program = Command::new("sh");
    program.env_clear().stdin(Stdio::from(stdin)).args([
        "-c",
        script,
        env!("CARGO_BIN_EXE_figcast"),
    ]);
    program
}

#[test]
fn a_socket_of_the_manager_takes_the_place_of_the_configured_address() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = socket.local_addr().expect("an address").to_string();
    // A client that comes before the server is there waits for it.
    let mut early = TcpStream::connect(&address).expect("connected");
    early.set_read_timeout(Some(PATIENCE)).expect("set");
    early.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("sent");
    let mut server = Server::start_as(&mut activated(socket.into()), &[]);
    assert_eq!(server.address, address);
    let mut answer = String::new();
    early.read_to_string(&mut answer).expect("answered");
    assert!(answer.ends_with("ok\n"), "{answer}");
    assert!(server.get("/readyz").starts_with("HTTP/1.0 200"));
    server.terminate();
    assert_eq!(server.child.wait().expect("ended").code(), Some(0));
}

#[test]
fn a_socket_at_the_address_of_operators_is_theirs() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("bound");
    let admin = socket.local_addr().expect("an address").to_string();
    let mut program = activated(socket.into());
    program.env("FIGCAST_SERVER__ADMIN__LISTEN", &admin);
    let server = Server::start_as(&mut program, &[]);
    let told = format!(", and for operators on http://{admin}");
    assert!(server.address.ends_with(&told), "{}", server.address);
}

#[test]
fn what_is_no_socket_to_listen_on_is_refused() {
    let (socket, _other) = UnixDatagram::pair().expect("a pair");
    let output = activated(socket.into()).arg("serve").output().expect("started");
    let said = text(&output.stderr);
    assert!(said.contains("socket 0 of the service manager is no TCP socket"), "{said}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_package_has_every_file_that_a_proxy_is_configured_by() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = std::fs::read_to_string(root.join("packaging/make-deb.sh")).expect("a script");
    for file in std::fs::read_dir(root.join("config")).expect("a folder") {
        let name = file.expect("a file").file_name().into_string().expect("text");
        assert!(
            package.contains(&format!("config/{name} ")),
            "config/{name} is not in the package"
        );
    }
}

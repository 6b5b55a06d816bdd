//! What operators ask, at an address of their own.

use std::net::TcpStream;

use crate::support::process::{Server, figcast, text};

/// A server with an address for operators: the public one and that.
fn start(args: &[&str], variables: &[(&str, &str)]) -> (Server, String) {
    let mut program = figcast();
    program.env("FIGCAST_SERVER__ADMIN__LISTEN", "127.0.0.1:0").envs(variables.iter().copied());
    let mut server = Server::start_as(&mut program, args);
    let told = server.address.clone();
    let (public, rest) = told.split_once(", and for ").expect("another address");
    let (_, admin) = rest.rsplit_once("operators on http://").expect("for operators");
    public.clone_into(&mut server.address);
    (server, admin.to_owned())
}

/// The status of an answer, as at another address of the server.
fn status(address: &str, method: &str, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut socket = TcpStream::connect(address).expect("connected");
    let head = format!("{method} {path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    socket.write_all(head.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("answered");
    text(answer.get(9..12).expect("a status"))
}

#[test]
fn metrics_are_for_operators_alone_and_health_is_told_everywhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let path = path.to_str().expect("text");
    let (server, admin) = start(&["--allow-ingest"], &[("FIGCAST_HISTORY__PATH", path)]);
    for (method, path, public, at_admin) in [
        ("GET", "/healthz", "200", "200"),
        ("GET", "/readyz", "200", "200"),
        ("GET", "/metrics", "404", "200"),
        ("GET", "/%6detrics", "404", "200"),
        ("GET", "/metrics/", "404", "404"),
        ("POST", "/metrics", "404", "405"),
        ("GET", "/", "200", "404"),
        ("GET", "/figure/AAPL", "200", "404"),
        ("GET", "/stream/NOPE", "404", "404"),
        ("POST", "/ticket", "404", "404"),
        ("POST", "/ticket/x", "404", "404"),
        // Pushes are taken at both.
        ("POST", "/ingest/MINE", "400", "400"),
        ("GET", "/ingest", "405", "405"),
    ] {
        assert_eq!(status(&server.address, method, path), public, "{method} {path}");
        assert_eq!(status(&admin, method, path), at_admin, "{method} {path} for operators");
    }
}

#[test]
fn pushes_and_operators_may_share_an_address_that_the_public_knows_nothing_of() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let path = path.to_str().expect("text");
    let variables = [("FIGCAST_HISTORY__PATH", path), ("FIGCAST_INGEST__LISTEN", "127.0.0.1:0")];
    let (server, admin) = start(&["--allow-ingest"], &variables);
    assert_eq!(status(&server.address, "POST", "/ingest/MINE"), "404");
    assert_eq!(status(&admin, "GET", "/ingest"), "405");
    assert_eq!(status(&admin, "GET", "/metrics"), "200");
}

#[test]
fn operators_need_another_address_than_readers() {
    let output = figcast()
        .args(["check-config", "--listen", "127.0.0.1:8123"])
        .env("FIGCAST_SERVER__ADMIN__LISTEN", "127.0.0.1:8123")
        .output()
        .expect("started");
    let said = text(&output.stderr);
    assert!(
        said.contains("server.admin.listen must be another address than server.listen"),
        "{said}"
    );
}

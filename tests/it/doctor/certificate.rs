//! Certificates, as clients are shown them and as this machine has them.

use std::path::Path;
use std::process::Command;

use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{asked_with, found, free_ports, on_this_machine, wrong};
use crate::support::process::{Server, figcast};

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/tls");
    folder.join(name).display().to_string()
}

fn with_pair(certificate: &str, key: &str) -> Command {
    let mut program = figcast();
    program
        .env("FIGCAST_SERVER__TLS__CERTIFICATE", file(&format!("{certificate}.certificate.pem")))
        .env("FIGCAST_SERVER__TLS__KEY", file(&format!("{key}.key.pem")));
    program
}

/// What is found of a certificate by a client that believes `root` alone.
fn looked_at(url: &str, root: &str) -> (Vec<(String, String, String)>, String) {
    let root = file(&format!("{root}.certificate.pem"));
    let findings = found(asked_with(url, &["--for", "2s"], &[("SSL_CERT_FILE", &root)]));
    let (.., told) = findings.iter().find(|(check, ..)| check == "certificate").expect("a check");
    let told = told.clone();
    (findings, told)
}

#[test]
fn a_certificate_that_clients_believe_is_told_with_its_end() {
    let server = Server::start_as(&mut with_pair("first", "first"), &[]);
    let (findings, told) = looked_at(&format!("https://{}", server.address), "first");
    assert_eq!(wrong(&findings), [""; 0], "{findings:#?}");
    assert!(told.starts_with("good until 2126-11-03T"), "{told}");
}

#[test]
fn what_clients_refuse_a_certificate_for_is_the_one_thing_that_is_wrong() {
    let first = Server::start_as(&mut with_pair("first", "first"), &[]);
    let expired = Server::start_as(&mut with_pair("expired", "first"), &[]);
    let elsewhere = Server::listening(&mut with_pair("first", "first"), "127.0.0.2:0", &[]);
    let plain = Server::start(&[]);
    for (server, root, part) in [
        (&expired, "expired", "it has ended"),
        (&elsewhere, "first", "it is another host's"),
        (&first, "second", "nobody here knows its issuer"),
        (&plain, "first", "hands cannot be shaken"),
    ] {
        let (findings, told) = looked_at(&format!("https://{}", server.address), root);
        assert_eq!(wrong(&findings), ["certificate"], "{part}: {findings:#?}");
        assert!(findings.len() == 1 && told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_pair_of_this_machine_is_looked_at() {
    let pair = |certificate: &str, key: &str| {
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[server.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n"
        )
    };
    let first = file("first.certificate.pem");
    for (certificate, key, code, part) in [
        (&*first, &*file("first.key.pem"), 0, "ok     certificate    good until 2126-11-03T"),
        (&file("expired.certificate.pem"), &file("first.key.pem"), 1, "it ended at 2020-02-01"),
        (&first, &file("second.key.pem"), 1, "does not fit the certificate in"),
        (&first, "/nowhere/key.pem", 1, "cannot read /nowhere/key.pem: No such file"),
    ] {
        let (exit, said) = on_this_machine(&pair(certificate, key));
        assert_eq!(exit, Some(code), "{said}");
        let line = said.lines().find(|line| line[7..].starts_with("certificate "));
        let line = line.unwrap_or_else(|| panic!("no line: {said}"));
        assert!(line.contains(part), "{part}: {said}");
        assert!(line.starts_with(if code == 0 { "ok" } else { "wrong" }), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_an_issuers_keys_and_the_port_for_operators_are_looked_at() {
    let issuer = MockServer::start().await;
    let set = ResponseTemplate::new(200).set_body_string(include_str!("../../keys/jwks.json"));
    Mock::given(path("/keys")).respond_with(set).mount(&issuer).await;
    let [admin] = free_ports();
    let config = |url: &str| {
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n[server.admin]\nlisten = \"127.0.0.1:{admin}\"\n[auth]\nissuer = \"i\"\n\
             audience = \"a\"\n[auth.jwks]\nalgorithms = [\"ES256\", \"RS256\"]\nurl = \"{url}\"\n"
        )
    };
    let look = |url: String| tokio::task::block_in_place(|| on_this_machine(&config(&url)));
    let (code, said) = look(format!("{}/keys", issuer.uri()));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("127.0.0.1:{admin} is free (server.admin.listen)")), "{said}");
    assert!(said.contains("auth.jwks.url has ") && said.contains(" keys"), "{said}");
    let (code, said) = look(format!("{}/nothing", issuer.uri()));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("wrong  jwks") && said.contains("the answer is 404"), "{said}");
    let held = std::net::TcpListener::bind(("127.0.0.1", admin)).expect("bound");
    let (_, said) = look(format!("{}/keys", issuer.uri()));
    assert!(said.contains(&format!("127.0.0.1:{admin} is taken (server.admin.listen)")), "{said}");
    drop(held);
}

//! Tokens between a client and a server.

use serde_json::json;

use super::{asked_with, found, free_ports, nginx, wrong};
use crate::auth::{config_file, token};
use crate::support::process::Server;

/// What is found of tokens with `shown`, and what is wrong.
fn looked_at(address: &str, shown: &str) -> (Vec<String>, String) {
    let args = ["--for", "2s", "--symbol", "AAPL"];
    let url = format!("http://{address}");
    let findings = found(asked_with(&url, &args, &[("FIGCAST_TOKEN", shown)]));
    let told = findings.iter().find(|(check, ..)| check == "token");
    let told = told.map(|(.., told)| told.clone()).unwrap_or_default();
    (wrong(&findings).into_iter().map(str::to_owned).collect(), told)
}

#[test]
fn a_token_that_is_missing_bad_narrow_or_lost_on_its_way_is_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&["--config", &config_file(folder.path())]);
    let good = token(&json!({ "symbols": ["*"] }), 600);
    let narrow = token(&json!({ "symbols": ["MSFT"] }), 600);
    let over = token(&json!({ "symbols": ["*"] }), -60);
    for (shown, part) in [
        ("", "the server asks for a token"),
        ("nonsense", "the token of FIGCAST_TOKEN is not believed"),
        (&over, "the token of FIGCAST_TOKEN is not believed"),
        (&narrow, "the answer is 403"),
    ] {
        let (wrong, told) = looked_at(&server.address, shown);
        assert_eq!(wrong, ["token"], "{part}: {told}");
        assert!(told.contains(part), "{part}: {told}");
    }
    let (wrong, told) = looked_at(&server.address, &good);
    assert!(wrong.is_empty() && told.contains("the server believes it"), "{wrong:?} {told}");
    let [lost] = free_ports();
    let settings = "proxy_http_version 1.1; proxy_set_header Authorization \"\";";
    let Some(_nginx) = nginx(&server.address, &[(lost, settings)]) else { return };
    let (wrong, told) = looked_at(&format!("127.0.0.1:{lost}"), &good);
    assert_eq!(wrong, ["token"], "{told}");
    assert!(told.contains("does not reach the server"), "{told}");
}

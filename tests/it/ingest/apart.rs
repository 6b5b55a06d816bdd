//! Pushes at an address of their own: the public one knows nothing of them.

use std::fs;

use reqwest::Method;

use super::{Ingesting, minute};
use crate::support::process::{Server, figcast, text};

#[tokio::test(flavor = "multi_thread")]
async fn pushes_are_taken_at_their_own_address_and_nowhere_else() {
    let server = Ingesting::start_with(|config| {
        config.ingest.listen = Some("127.0.0.1:0".parse().expect("an address"));
    });
    assert_ne!(server.app.address, server.app.pushes);
    server.pushed("/ingest/MINE", format!("{}000,7\n", minute(1))).await;
    assert_eq!(server.bars("MINE").await.len(), 1);
    let token = [("authorization", "Bearer open sesame")];
    for (method, path) in [
        (Method::POST, "/ingest"),
        (Method::POST, "/ingest/MINE"),
        (Method::DELETE, "/ingest/MINE"),
        (Method::GET, "/ingest/MINE/about"),
        (Method::POST, "/ingest/hook/open%20sesame"),
        (Method::POST, "/write"),
        (Method::POST, "/api/v2/write"),
    ] {
        let response = server.app.request(method.clone(), path, &token).await;
        assert_eq!(response.status(), 404, "{method} {path}");
        let told = response.text().await.expect("text");
        assert!(told.contains("nothing is here"), "{told}");
    }
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/", 404),
        ("/stream/AAPL", 404),
        ("/metrics", 404),
        ("/ingest/MINE/about", 401),
        ("/ingest", 405),
    ] {
        let response = http.get(server.url(path)).send().await.expect("answered");
        assert_eq!(response.status(), status, "{path}");
    }
    server.app.stop().await;
}

#[test]
fn the_program_says_where_it_takes_pushes_and_refuses_two_doors_at_one_address() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let mut command = figcast();
    command.env("FIGCAST_HISTORY__PATH", &path).env("FIGCAST_INGEST__LISTEN", "127.0.0.1:0");
    let server = Server::start_as(&mut command, &["--allow-ingest"]);
    let (charts, pushes) =
        server.address.split_once(", and for pushes on http://").expect("two addresses");
    assert_ne!(charts, pushes);
    let row = folder.path().join("row.csv");
    fs::write(&row, format!("{}000,7\n", minute(1))).expect("written");
    let url = format!("http://{pushes}");
    let push =
        figcast().args(["push", "MINE"]).arg(&row).args(["--url", &url]).output().expect("started");
    let told = text(&push.stderr);
    let chart = "the chart is at /chart/PUSHED:MINE of the server's other address";
    assert!(push.status.success() && told.contains(chart), "{told}");
    drop(server);
    let output = figcast()
        .args(["check-config", "--allow-ingest", "--listen", "127.0.0.1:8123"])
        .env("FIGCAST_HISTORY__PATH", &path)
        .env("FIGCAST_INGEST__LISTEN", "127.0.0.1:8123")
        .output()
        .expect("started");
    let told = text(&output.stderr);
    assert!(told.contains("ingest.listen must be another address than server.listen"), "{told}");
    let output = figcast()
        .args(["check-config", "--allow-ingest"])
        .env("FIGCAST_HISTORY__PATH", &path)
        .env("FIGCAST_INGEST__LISTEN", "nowhere")
        .output()
        .expect("started");
    let told = text(&output.stderr);
    assert!(told.contains("\"nowhere\" is nowhere to listen"), "{told}");
}

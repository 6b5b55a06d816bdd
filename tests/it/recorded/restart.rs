//! The whole program: it is killed, its upstream dies, and its charts are there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::time::Instant;

use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::PATIENCE;
use crate::support::process::{Server, figcast, text};

const OPTIONS: &str = "interval=1d&range=1mo";

/// Yahoo's answer with five days.
fn days() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/yahoo");
    let body = std::fs::read_to_string(Path::new(folder).join("session.json")).expect("a body");
    let mut chart: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let result = &mut chart["chart"]["result"][0];
    result["meta"]["dataGranularity"] = "1d".into();
    let day = |n: i64| 1_700_000_000 / 86_400 * 86_400 + 52_200 + n * 86_400;
    result["timestamp"] = (0..5).map(day).collect();
    result["meta"]["regularMarketTime"] = day(4).into();
    let quote = &mut result["indicators"]["quote"][0];
    for column in ["open", "high", "low", "close"] {
        quote[column] = [7.0, 7.5, 7.25, 8.0, 8.5].into_iter().collect();
    }
    quote["volume"] = [7; 5].into_iter().collect();
    chart.to_string()
}

fn start(history: &Path, upstream: &str) -> Server {
    let mut command = figcast();
    command.env("FIGCAST_HISTORY__PATH", history).env("FIGCAST_HISTORY__RECORD", "true");
    Server::start_as(&mut command, &["--yahoo-base-url", upstream])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_bars_find_no_room_is_a_line_for_those_alone_who_look_closer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let upstream = MockServer::builder().start().await;
    for symbol in ["FICT", "OTHER"] {
        let body = days().replace("FICT", symbol);
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        let asked = Mock::given(method("GET")).and(path_regex(format!("/{symbol}$")));
        asked.respond_with(answer).mount(&upstream).await;
    }
    let mut command = figcast();
    command.env("RUST_LOG", "figcast=debug");
    command.env("FIGCAST_HISTORY__PATH", &path).env("FIGCAST_HISTORY__RECORD", "true");
    command.env("FIGCAST_HISTORY__SYMBOLS", "1");
    let mut server = Server::start_as(&mut command, &["--yahoo-base-url", &upstream.uri()]);
    server.get(&format!("/bars/FICT?{OPTIONS}"));
    until("bars are kept", || {
        (server.metric("figcast_history_recorded_bars_total") >= 5.0).then_some(())
    });
    server.get(&format!("/bars/OTHER?{OPTIONS}"));
    let (told, lines) = std::sync::mpsc::channel();
    let stderr = server.child.stderr.take().expect("piped");
    std::thread::spawn(move || {
        BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|line| told.send(line))
    });
    let mut log = String::new();
    let line = loop {
        let line = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{log}"));
        if line.contains("its bars are not kept") {
            break line;
        }
        log = log + &line + "\n";
    };
    assert!(line.contains(" DEBUG ") && line.contains("] feed OTHER"), "{line}");
}

fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_is_there_at_once_after_a_kill_and_says_that_it_is_stale_though_the_upstream_is_dead()
 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    // One of its own, which is gone when it is dropped.
    let upstream = MockServer::builder().start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(days(), "application/json");
    Mock::given(method("GET")).respond_with(answer).mount(&upstream).await;
    let (url, table) = (upstream.uri(), format!("/bars/FICT?{OPTIONS}&format=csv"));
    let body = |answer: String| answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned();
    let mut first = start(&path, &url);
    let rows = body(first.get(&table));
    assert_eq!(rows.lines().count(), 6, "{rows}");
    until("bars are kept", || {
        (first.metric("figcast_history_recorded_bars_total") >= 5.0).then_some(())
    });
    first.signal("-KILL");
    first.child.wait().expect("killed");
    drop(upstream);
    let second = start(&path, &url);
    assert_eq!(body(second.get(&table)), rows);
    let mut socket = second.connect();
    let request = format!("GET /stream/FICT?{OPTIONS} HTTP/1.0\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("sent");
    let mut lines = BufReader::new(socket).lines().map(|line| line.expect("text"));
    let status = lines.find(|line| line.contains("\"state\"")).expect("a status");
    assert!(status.contains("\"state\":\"stale\""), "{status}");
    assert!(status.contains("these bars were kept"), "{status}");
    assert!(lines.any(|line| line.starts_with("data: {\"data\"")), "a figure");
    let history = |args: &[&str]| {
        let output = figcast().arg("history").args(args).arg("--path").arg(&path).output();
        text(&output.expect("started").stdout)
    };
    assert!(
        history(&["list"]).contains("\nyahoo,FICT,1d,regular,5,2023-"),
        "{}",
        history(&["list"])
    );
    let exported = history(&["export", "FICT", "--interval", "1d", "--source", "yahoo"]);
    assert_eq!(exported.lines().count(), 6, "{exported}");
}

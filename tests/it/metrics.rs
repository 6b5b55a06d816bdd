//! `/metrics`, as those read it that watch a server.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use figcast::metrics::Metrics;
use reqwest::Method;

use crate::support::app::TestApp;
use crate::support::process::text;
use crate::support::stub::Stub;

/// As Prometheus asks.
const PROMETHEUS: &str =
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

async fn page(app: &TestApp, accept: &str) -> (String, String) {
    let response = app.request(Method::GET, "/metrics", &[("accept", accept)]).await;
    let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
    (kind, response.text().await.expect("text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_open_metrics_for_those_that_ask_for_it_and_the_text_format_for_all_others() {
    let app = TestApp::spawn(Stub::growing());
    let (kind, body) = page(&app, PROMETHEUS).await;
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    assert!(body.contains("# TYPE figcast_streams_opened counter\n"), "{body}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    for accept in ["*/*", "text/plain", "text/html, */*;q=0.8"] {
        let (kind, body) = page(&app, accept).await;
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{accept}: {kind}");
        assert!(body.contains("# TYPE figcast_streams_opened_total counter\n"), "{body}");
        assert!(!body.contains("# EOF"), "{body}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_in_the_metrics_of_its_source_its_feed_and_its_answers_and_no_symbol_does() {
    let app = TestApp::spawn(Stub::growing());
    let mut stream = app.stream("/stream/FICT").await;
    for _ in 0..3 {
        stream.figure().await;
    }
    let (_, body) = page(&app, "*/*").await;
    let value = |name: &str| -> f64 {
        let value = body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} is missing in {body}")).parse().expect("a number")
    };
    let now = jiff::Timestamp::now().as_second() as f64;
    assert!(
        (now - 60.0..=now)
            .contains(&value("figcast_source_answered_timestamp_seconds{source=\"stub\"}"))
    );
    assert!(
        value("figcast_feed_states{state=\"live\"}")
            + value("figcast_feed_states{state=\"loading\"}")
            >= 1.0
    );
    assert!(value("figcast_update_seconds_count") >= 2.0, "{body}");
    assert!(value("figcast_update_seconds_bucket{le=\"5.0\"}") >= 2.0, "{body}");
    assert!(value("figcast_http_answers_total{class=\"2xx\"}") >= 1.0);
    assert!(value("figcast_http_answers_total{class=\"5xx\"}") < 0.5);
    assert!((value("figcast_build_info{version=\"0.1.0\"}") - 1.0).abs() < 0.5);
    assert!(!body.contains("FICT"), "{body}");
    drop(stream);
    app.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_says_of_the_process_is_there_under_its_usual_names() {
    let app = TestApp::spawn(Stub::quiet());
    for name in [
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_threads",
    ] {
        assert!(app.metric(name).await >= 1.0, "{name}");
    }
    assert!(app.metric("process_cpu_seconds_total").await >= 0.0);
    let now = jiff::Timestamp::now().as_second() as f64;
    let started = app.metric("process_start_time_seconds").await;
    assert!((now - 600.0..=now + 1.0).contains(&started), "{started}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_linter_of_prometheus_finds_nothing_to_say() {
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("left out: there is no promtool");
        return;
    }
    let app = TestApp::spawn(Stub::growing());
    app.stream("/stream/FICT").await.figure().await;
    let (_, body) = page(&app, "*/*").await;
    let mut lint = Command::new("promtool");
    lint.args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut lint = lint.stdout(Stdio::piped()).spawn().expect("started");
    lint.stdin.take().expect("piped").write_all(body.as_bytes()).expect("read");
    let output = lint.wait_with_output().expect("ended");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    app.stop().await;
}

/// The names of metrics in a file.
fn names_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("figcast_") || word.starts_with("process_")).collect()
}

fn packaged(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_of_the_dashboard_and_of_the_rules_is_one_that_the_server_has() {
    let app = TestApp::spawn(Stub::quiet());
    let (_, page) = page(&app, "*/*").await;
    app.stop().await;
    let mut families: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .flat_map(|(family, kind)| match kind {
            "histogram" => {
                ["_bucket", "_sum", "_count"].map(|part| format!("{family}{part}")).to_vec()
            }
            _ => vec![family.to_owned()],
        })
        .collect();
    // Those that have nothing to show yet.
    families.extend(Metrics::FAMILIES.iter().map(|(name, kind)| {
        let suffix = if kind.contains("Counter") { "_total" } else { "" };
        format!("figcast_{name}{suffix}")
    }));
    for (file, least) in [("grafana/figcast.json", 35), ("prometheus/figcast.rules.yml", 14)] {
        let text = packaged(file);
        let names = names_in(&text);
        assert!(names.len() >= least, "{file} has {} metrics: {names:?}", names.len());
        let unknown: Vec<_> = names.iter().filter(|name| !families.contains(**name)).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?} are none of the server's");
    }
}

#[test]
fn each_alert_fires_for_what_it_is_for() {
    if Command::new("promtool").arg("--version").output().is_err() {
        println!("left out: there is no promtool");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/prometheus");
    let mut promtool = Command::new("promtool");
    let output = promtool.args(["test", "rules", "figcast.test.yml"]).current_dir(folder).output();
    let output = output.expect("started");
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    let rules = packaged("prometheus/figcast.rules.yml");
    let tests = packaged("prometheus/figcast.test.yml");
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}")), "{alert} has no test");
    }
}

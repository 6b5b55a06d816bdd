//! `server.base_path`: all routes are below it, and beside it there is nothing but the health of the process.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use figcast::config::SimConfig;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::ingest::{BEARER, Ingesting};
use crate::support::app::{TestApp, json_of};
use crate::support::process::{Server, figcast, text};
use crate::support::sources::sim;

const BASE: &str = "/tools/charts";

fn below_base() -> Ingesting {
    Ingesting::start_with(|config| config.server.base_path = BASE.parse().expect("a path"))
}

/// Every route with its methods, with a symbol for whatever it asks for.
async fn routes(app: &TestApp) -> Vec<(Method, String)> {
    let document = json_of(app.get("/openapi.json").await).await;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{symbol}", "AAPL").replace("{token}", "AAPL");
        for method in operations.as_object().expect("operations").keys() {
            let method: Method = method.to_uppercase().parse().expect("a method");
            routes.push((method, path.clone()));
        }
    }
    assert!(routes.len() > 25, "{routes:?}");
    routes
}

/// The head of an answer, as far as it says which handler gave it.
async fn answer(app: &TestApp, method: &Method, path: &str) -> (u16, Option<String>) {
    let answer = app.request(method.clone(), path, &[("authorization", BEARER)]).await;
    let kind = answer.headers().get("content-type");
    (answer.status().as_u16(), kind.map(|kind| kind.to_str().expect("text").to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_below_the_base_path_as_it_does_without_one_and_nowhere_else() {
    let (root, based) = (Ingesting::start(), below_base());
    let mut statuses = BTreeSet::new();
    for (method, path) in routes(&root.app).await {
        let expected = answer(&root.app, &method, &path).await;
        statuses.insert(expected.0);
        let below = answer(&based.app, &method, &format!("{BASE}{path}")).await;
        assert_eq!(below, expected, "{method} {path}");
        let outside = based.app.request(method.clone(), &path, &[]).await;
        if ["/healthz", "/readyz"].contains(&&*path) {
            assert_eq!(outside.status(), 200, "{path}");
            continue;
        }
        assert_eq!(outside.status(), 404, "{method} {path}");
        let problem = json_of(outside).await;
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(detail.contains("below /tools/charts/ (server.base_path)"), "{detail}");
    }
    assert!(statuses.contains(&200) && statuses.contains(&400), "{statuses:?}");
    for path in ["/tools", "/tools/", "/tools/chartsx/views", "/", "/theme.js", "/tools/views"] {
        assert_eq!(based.app.get(path).await.status(), 404, "{path}");
    }
    root.app.stop().await;
    based.app.stop().await;
}

/// The addresses that a page of HTML names.
fn named(html: &str) -> Vec<&str> {
    let of = |attribute: &'static str| {
        html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next())
    };
    of(" href=\"").chain(of(" src=\"")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_page_names_is_there_wherever_it_is() {
    for base in ["", "/charts", BASE] {
        let app = TestApp::spawn_with(sim(&SimConfig::default()), |config| {
            config.server.base_path = base.parse().expect("a path");
        });
        for path in ["/", "/chart/AAPL", "/chart/"] {
            let at: Url = app.url(&format!("{base}{path}")).parse().expect("a URL");
            let html = app.get(at.path()).await.text().await.expect("text");
            let addresses = named(&html);
            assert!(addresses.len() > 8, "{html}");
            for address in addresses {
                let there = at.join(address).expect("an address");
                let asked = there.query().map(|query| format!("?{query}")).unwrap_or_default();
                let answer = app.get(&format!("{}{asked}", there.path())).await;
                assert_eq!(answer.status(), 200, "{at} names {address}");
            }
        }
        assert_eq!(app.get(&format!("{base}/chart.html")).await.status(), 404);
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_a_folder_too_few_or_too_many_leads_to_the_one_that_is_meant() {
    let based = below_base();
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("a client");
    for (path, to) in [
        ("", "charts/"),
        ("?theme=dark", "charts/?theme=dark"),
        ("/chart/AAPL/", "../AAPL"),
        ("/chart/%5EGSPC/?range=5d", "../%5EGSPC?range=5d"),
    ] {
        let url = based.app.url(&format!("{BASE}{path}"));
        let answer = client.get(&url).send().await.expect("answered");
        assert_eq!(answer.status(), 308, "{path}");
        assert_eq!(answer.headers()["location"], to, "{path}");
        // A proxy may have taken a part of the path away, so that only a relative address is right for all.
        assert_eq!(based.app.get(&format!("{BASE}{path}")).await.status(), 200, "{path}");
    }
    let lost = json_of(based.app.get(&format!("{BASE}/chart/a/b")).await).await;
    let detail = lost["detail"].as_str().expect("a sentence");
    assert!(detail.contains("try /tools/charts/, /tools/charts/stream/AAPL, "), "{detail}");
    based.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_has_the_room_of_a_push_and_says_where_its_chart_is() {
    let based = below_base();
    let mut rows = "time,price\n".to_owned();
    for second in 0..10_000 {
        let _ = writeln!(rows, "{},{}", 1_772_463_600_000_u64 + 1_000 * second, 100 + second % 7);
    }
    assert!(rows.len() > 2 * 64 * 1_024, "more than a request without a body may send");
    let request = reqwest::Client::new().post(based.app.url(&format!("{BASE}/ingest/MINE")));
    let request = request.header("authorization", BEARER).header("content-type", "text/csv");
    let answer = json_of(request.body(rows).send().await.expect("answered")).await;
    let chart = answer["chart"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(chart, "/tools/charts/chart/PUSHED:MINE");
    assert_eq!(based.app.get(chart).await.status(), 200);
    based.app.stop().await;
}

/// The address of a server that says where it is with a path.
fn start(args: &[&str]) -> (Server, String) {
    let mut server = Server::start(args);
    let url = format!("http://{}", server.address);
    let (address, _) = server.address.split_once('/').expect("a path");
    server.address = address.to_owned();
    (server, url)
}

#[test]
fn the_program_is_told_by_a_flag_and_says_where_the_page_is() {
    let (server, url) = start(&["--base-path", "/charts/"]);
    assert_eq!(url, format!("http://{}/charts/", server.address));
    let status = |path: &str| server.get(path).split(' ').nth(1).map(str::to_owned);
    assert_eq!(status("/charts/views").as_deref(), Some("200"));
    assert_eq!(status("/views").as_deref(), Some("404"));
    // A health check knows no path, and may know one.
    for path in ["/healthz", "/charts/healthz"] {
        let url = format!("http://{}{path}", server.address);
        let asked = figcast().args(["alive", &url]).output().expect("started");
        assert!(asked.status.success(), "{path}: {}", text(&asked.stderr));
    }
    let doctor = figcast().args(["doctor", &url, "--json", "--for", "2s"]).output();
    let said = text(&doctor.expect("started").stdout);
    let findings: Value = serde_json::from_str(&said).expect("JSON");
    let findings = findings.as_array().expect("a list");
    assert!(findings.len() > 8 && findings.iter().all(|one| one["verdict"] != "wrong"), "{said}");
    let wrong = figcast().args(["serve", "--base-path", "charts"]).output().expect("started");
    let told = text(&wrong.stderr);
    assert!(told.contains("--base-path: \"charts\" is no base path: write one such as"), "{told}");
}

#[test]
fn lines_are_pushed_to_a_server_below_a_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bars.db");
    let rows = folder.path().join("rows.csv");
    std::fs::write(&rows, "time,price\n2026-08-31T14:00:00Z,101.5\n").expect("written");
    let mut program = figcast();
    program.env("FIGCAST_HISTORY__PATH", &path);
    let server = Server::start_as(&mut program, &["--allow-ingest", "--base-path", "/charts"]);
    for end in ["", "/"] {
        let url = format!("http://{}{end}", server.address.trim_end_matches('/'));
        let pushed = figcast().args(["push", "MINE", "--url", &url]).arg(&rows).output();
        let pushed = pushed.expect("started");
        let told = text(&pushed.stderr);
        assert!(pushed.status.success(), "{told}");
        assert!(told.contains(&format!("{}chart/PUSHED:MINE", server.address)), "{told}");
    }
}

//! `/openapi.json`: all that can be asked is in it, and all that is in it can be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use figcast::config::{AccessLevel, Config};
use reqwest::Method;
use serde_json::{Value, json};

use crate::auth::{asking, token};
use crate::ingest::Ingesting;
use crate::support::app::{TestApp, json_of};
use crate::support::stub::Stub;

/// The files that have routes, and those below them that read queries.
fn http_files() -> BTreeMap<String, String> {
    fn below(folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("readable");
                let production = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.insert(path.display().to_string(), production);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    below(&src.join("http"), &mut found);
    found.insert("http.rs".to_owned(), fs::read_to_string(src.join("http.rs")).expect("readable"));
    found
}

/// What stands in quotes behind each `opening`.
fn quoted<'a>(text: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(opening).skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('"')?;
        Some(rest.split('"').next().unwrap_or_default())
    })
}

async fn document(app: &TestApp) -> Value {
    json_of(app.get("/openapi.json").await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_in_the_document_and_every_path_of_it_is_a_route() {
    let app = TestApp::spawn(Stub::quiet());
    let document = document(&app).await;
    app.stop().await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.2.")));
    let mut routes = BTreeSet::new();
    for (name, text) in http_files() {
        if name.contains("openapi") {
            continue;
        }
        for opening in ["read_only(", "resource(", "scope("] {
            let paths = quoted(&text, opening).filter(|path| path.starts_with('/'));
            routes.extend(paths.map(|path| path.replace(":.*", "")));
        }
    }
    // The files of the page.
    assert!(routes.remove("/{path}"), "{routes:?}");
    assert!(routes.len() > 20, "{routes:?}");
    let told: BTreeSet<_> = document["paths"].as_object().expect("paths").keys().cloned().collect();
    assert_eq!(told, routes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_that_is_read_is_in_the_document() {
    let app = TestApp::spawn(Stub::quiet());
    let document = document(&app).await;
    app.stop().await;
    let mut told = BTreeSet::new();
    for operations in document["paths"].as_object().expect("paths").values() {
        for operation in operations.as_object().expect("operations").values() {
            for parameter in operation["parameters"].as_array().expect("a list") {
                told.insert(parameter["name"].as_str().expect("a name").to_owned());
            }
        }
    }
    let mut read = BTreeSet::new();
    for text in http_files().values() {
        for opening in ["query.take(", "query.take_all(", "number("] {
            read.extend(quoted(text, opening).map(str::to_owned));
            // A constant's name.
            let names =
                text.split(opening).skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
            for name in names.filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase())) {
                read.extend(quoted(text, &format!("const {name}: &str =")).map(str::to_owned));
            }
        }
    }
    for name in figcast::view::View::KEYS {
        read.insert(name.to_owned());
    }
    assert!(read.len() > 20 && read.contains("format") && read.contains("countback"), "{read:?}");
    let missing: Vec<_> = read.difference(&told).collect();
    assert!(missing.is_empty(), "{missing:?} are read and not told of");
}

/// A value that a schema allows.
fn example(schema: &Value) -> String {
    if let Some(value) = schema["enum"].get(0).or(schema.get("minimum")) {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    }
    match schema["type"].as_str() {
        Some("array") => schema["items"]["examples"]
            .get(0)
            .map_or_else(|| "MSFT".to_owned(), |form| form.as_str().expect("text").to_owned()),
        Some("integer") => "1795098000".to_owned(),
        _ => "AAPL".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_of_the_document_is_read_by_its_route() {
    let app = TestApp::spawn(Stub::quiet());
    let document = document(&app).await;
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let Some(operation) = operations.get("get") else { continue };
        let parameters = operation["parameters"].as_array().expect("a list");
        let of = |wanted: &'static str| {
            parameters.iter().filter(move |parameter| parameter["in"] == wanted)
        };
        let path = path.replace("{symbol}", "AAPL");
        for parameter in of("query") {
            let pair = |parameter: &Value| {
                let name = parameter["name"].as_str().expect("a name");
                format!("{name}={}", example(&parameter["schema"]))
            };
            let needed =
                of("query").filter(|other| other["required"] == true && *other != parameter);
            let pairs: Vec<_> = needed.chain([parameter]).map(pair).collect();
            let response = app.get(&format!("{path}?{}", pairs.join("&"))).await;
            // The body of a stream does not end.
            if response.status() == 200 {
                asked += 1;
                continue;
            }
            let detail = response.text().await.expect("text");
            assert!(!detail.contains("unknown option"), "{path}?{}: {detail}", pairs.join("&"));
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_values_of_an_option_are_those_that_views_tells() {
    let app = TestApp::spawn(Stub::quiet());
    let (document, views) = (document(&app).await, json_of(app.get("/views").await).await);
    let parameters = document["paths"]["/stream/{symbol}"]["get"]["parameters"].as_array();
    for option in views["options"].as_array().expect("options") {
        let is_it = |parameter: &&Value| parameter["name"] == option["name"];
        let parameter = parameters.expect("a list").iter().find(is_it).expect("it is told of");
        let Some(values) = option["values"].as_array() else { continue };
        let values: Vec<_> = values.iter().map(|offer| &offer["value"]).collect();
        let told: Vec<_> = parameter["schema"]["enum"].as_array().expect("values").iter().collect();
        assert_eq!(told, values, "{}", option["name"]);
    }
    let prose = app.get("/llms.txt").await.text().await.expect("text");
    assert!(prose.starts_with("# figcast\n") && prose.contains("openapi.json"), "{prose}");
    app.stop().await;
}

/// 401 and 403 of an operation, each with the media type of its body.
type Refusals = BTreeSet<(String, String)>;

fn told_refusals(operation: &Value) -> Refusals {
    let of = |status: &str| {
        let content = operation["responses"][status]["content"].as_object().cloned();
        let kinds = content.unwrap_or_default().into_iter();
        kinds.map(|(kind, _)| (status.to_owned(), kind)).collect::<Vec<_>>()
    };
    ["401", "403"].into_iter().flat_map(of).collect()
}

/// A request that an operation may be asked with, and what is answered if that is 401 or 403.
async fn refusal(
    server: &Ingesting,
    (method, path, operation): (&str, &str, &Value),
    shown: Option<&str>,
) -> Option<(String, String)> {
    let path = path.replace("{symbol}", "AAPL").replace("{token}", shown.unwrap_or("none"));
    let parameters = operation["parameters"].as_array().expect("a list");
    let pairs = parameters.iter().filter(|parameter| {
        let name = parameter["name"].as_str().expect("a name");
        let is_needed = parameter["required"] == true || ["symbol", "countback"].contains(&name);
        is_needed && parameter["in"] == "query"
    });
    let pairs: Vec<_> = pairs
        .map(|parameter| {
            let name = parameter["name"].as_str().expect("a name");
            format!("{name}={}", example(&parameter["schema"]))
        })
        .collect();
    let url = server.url(&format!("{path}?{}", pairs.join("&")));
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut request = http.request(method, url);
    if let Some(token) = shown {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.expect("answered");
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type")?.to_str().expect("text").to_owned();
    [401, 403].contains(&status).then(|| (status.to_string(), kind))
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_of_tokens_are_those_of_the_document_on_every_route() {
    let with_tokens = |config: &mut Config| {
        config.auth = asking();
        config.ingest.claims = true;
    };
    let for_admins = |config: &mut Config| {
        with_tokens(config);
        config.auth.routes.page = AccessLevel::Admin;
        config.auth.routes.charts = AccessLevel::Admin;
    };
    let servers = [Ingesting::start_with(with_tokens), Ingesting::start_with(for_admins)];
    let document = document(&servers[0].app).await;
    let nothing = token(&json!({}), 600);
    let (mut told, mut seen) = (BTreeMap::new(), BTreeMap::new());
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let name = format!("{method} {path}");
            told.insert(name.clone(), told_refusals(operation));
            let seen: &mut Refusals = seen.entry(name).or_default();
            for server in &servers {
                for shown in [None, Some("abc"), Some(&*nothing)] {
                    seen.extend(refusal(server, (method, path, operation), shown).await);
                }
            }
        }
    }
    assert_eq!(told, seen);
    let problem = |status: &str| (status.to_owned(), "application/problem+json".to_owned());
    assert_eq!(told["get /views"], [problem("401"), problem("403")].into());
    for server in servers {
        server.app.stop().await;
    }
}

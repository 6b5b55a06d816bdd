//! Bars and ticks that are pushed in: what is acknowledged is there for good, and nothing else is.

mod apart;
mod command;
mod counted;
mod first;
mod hostile;
mod influx;
mod kept;
mod same;
mod torn;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use figcast::clock::{Clock, SystemClock};
use figcast::config::{Config, TokenHash};
use figcast::source;
use jiff::Timestamp;
use reqwest::{Client, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::app::{TestApp, json_of};

/// A token that may push, and its header.
pub const TOKEN: &str = "open sesame";
pub const BEARER: &str = "Bearer open sesame";

/// A server that takes pushes, and the folder of its history.
pub struct Ingesting {
    pub app: TestApp,
    pub folder: Arc<TempDir>,
    http: Client,
}

impl Ingesting {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().expect("a temporary folder")), change)
    }

    /// One whose history may be there already.
    pub fn start_in(folder: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.history.path = folder.path().join("bars.db");
        config.ingest.tokens = vec![TokenHash::of(TOKEN.as_bytes())];
        config.ingest.requests_per_address = 0.0;
        config.ingest.window = Duration::from_millis(20);
        change(&mut config);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sources = source::open(&config, &clock).expect("opened");
        let (ingest, history, auth) = (config.ingest, config.history, config.auth);
        let base_path = config.server.base_path;
        let app = TestApp::spawn_with(sources, |config| {
            (config.ingest, config.history, config.auth) = (ingest, history, auth);
            config.server.base_path = base_path;
        });
        let http = Client::builder().no_proxy().no_gzip().build().expect("a client");
        Self { app, folder, http }
    }

    /// Where a path of pushes is.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.pushes)
    }

    /// Pushes with the token.
    pub async fn push(&self, path: &str, body: impl Into<reqwest::Body>) -> Response {
        self.push_with(path, &[("authorization", BEARER)], body).await
    }

    pub async fn push_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let mut request = self.http.post(self.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("answered")
    }

    /// Pushes what is good; what the server says of it.
    pub async fn pushed(&self, path: &str, body: impl Into<reqwest::Body>) -> Value {
        let response = self.push(path, body).await;
        let status = response.status();
        let answer = json_of(response).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub async fn send(&self, method: reqwest::Method, path: &str, body: &str) -> Response {
        let request = self.http.request(method, self.url(path)).header("authorization", BEARER);
        request.body(body.to_owned()).send().await.expect("answered")
    }

    /// The bars of a symbol as CSV without its header.
    pub async fn bars(&self, symbol: &str) -> Vec<String> {
        let path = format!("/bars/PUSHED:{symbol}?interval=1m&range=5d&format=csv");
        let response = self.app.get(&path).await;
        assert_eq!(response.status(), 200, "{symbol}");
        let text = response.text().await.expect("text");
        text.lines().skip(1).map(str::to_owned).collect()
    }

    /// Waits until the bars are these: what is committed is drawn a moment later.
    pub async fn bars_become(&self, symbol: &str, expected: &[&str]) {
        let deadline = std::time::Instant::now() + crate::support::PATIENCE;
        loop {
            let bars = self.bars(symbol).await;
            if bars == expected {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{bars:#?} stay, not {expected:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The start of a minute so many minutes ago, in seconds. The clock is read once per test: rows that a test counts
/// from one another must not move when a minute ends while it runs.
pub fn minute(ago: i64) -> i64 {
    thread_local!(static NOW: i64 = Timestamp::now().as_second());
    let now = NOW.with(|now| *now);
    now - now.rem_euclid(60) - ago * 60
}

/// An instant as the server writes it.
pub fn written(second: i64) -> String {
    Timestamp::from_second(second).expect("in range").to_string()
}

/// The path of a file as an argument.
pub fn argument(path: &Path) -> String {
    path.display().to_string()
}

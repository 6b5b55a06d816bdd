//! A server on a free port, and streams from it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use figcast::app::App;
use figcast::clock::SystemClock;
use figcast::codec::Coding;
use figcast::config::Config;
use figcast::http::Scope;
use figcast::hub::Hub;
use figcast::source::Router;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, HeaderMap};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::PATIENCE;
use super::decode::{Body, coding};
use super::sse::{Event, Parser};

/// A client that believes the certificates of `tests/keys/tls`, and keeps the one that it is shown.
pub fn https_client() -> reqwest::Client {
    let roots = ["first", "second"].map(|name| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/tls");
        let pem = std::fs::read(format!("{folder}/{name}.certificate.pem")).expect("a file");
        reqwest::Certificate::from_pem(&pem).expect("a certificate")
    });
    client().tls_info(true).tls_certs_only(roots).build().expect("a client")
}

/// A client that keeps one connection at most, so that tests can count connections: a request may come before the
/// connection of the one before it is back in the pool, and opens another one.
fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().no_gzip().pool_max_idle_per_host(1)
}

pub struct TestApp {
    pub address: SocketAddr,
    /// Where it takes pushes.
    pub pushes: SocketAddr,
    pub hub: Hub,
    scheme: &'static str,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl TestApp {
    /// A server with the settings of a test: one worker, any number of streams from one address.
    pub fn spawn(sources: impl Into<Router>) -> Self {
        Self::spawn_with(sources, |_| {})
    }

    pub fn spawn_with(sources: impl Into<Router>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.listen = "127.0.0.1:0".parse().expect("an address");
        config.server.workers = 1;
        config.server.drain_notice = Duration::ZERO;
        config.hub.streams_per_address = 0;
        change(&mut config);
        let app = App::build(&config, sources, Arc::new(SystemClock)).expect("bound");
        let (address, hub) = (app.addresses(Scope::Charts).next().expect("one"), app.hub().clone());
        let pushes = app.addresses(Scope::Pushes).next().expect("one");
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(app.run_until(async {
            let _ = stopped.await;
        }));
        // The client is built without a provider of its own; a second installation does no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A coding is asked for by the test that wants one.
        let (scheme, client) = if config.server.tls.is_on() {
            ("https", https_client())
        } else {
            ("http", client().build().expect("a client"))
        };
        Self { address, pushes, hub, scheme, client, stop: Some(stop), running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.request(reqwest::Method::GET, path, &[]).await
    }

    pub async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> reqwest::Response {
        let mut request = self.client.request(method, self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        timeout(PATIENCE, request.send()).await.expect("answered in time").expect("answered")
    }

    /// Opens a stream.
    pub async fn stream(&self, path: &str) -> Stream {
        self.stream_with(path, &[]).await
    }

    pub async fn stream_with(&self, path: &str, headers: &[(&'static str, &str)]) -> Stream {
        let mut headers = headers.to_vec();
        headers.push((ACCEPT.as_str(), "text/event-stream"));
        let response = self.request(reqwest::Method::GET, path, &headers).await;
        assert_eq!(response.status(), 200, "{path}");
        let coded = response.headers().get(CONTENT_ENCODING);
        let coding = coded.map_or(Coding::Identity, |name| coding(name.to_str().expect("text")));
        let body = Body::of(coding);
        Stream { response, body, parser: Parser::default(), events: VecDeque::new() }
    }

    /// A metric's value.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.text().await.expect("text");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("{name} is missing in {text}")).parse().expect("a number")
    }

    /// Waits until a metric has a value.
    pub async fn metric_becomes(&self, name: &str, value: f64) {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let now = self.metric(name).await;
            if (now - value).abs() < 1e-9 {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "{name} stays {now}, not {value}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Tells the server to stop.
    pub fn begin_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Stops, and checks that nothing is left behind.
    pub async fn stop(mut self) {
        self.begin_stop();
        let ended = timeout(PATIENCE, self.running).await.expect("stopped in time");
        ended.expect("no panic").expect("no error");
        assert_eq!(self.hub.tasks(), 0, "feeds or renderers are left");
    }
}

/// An open stream.
pub struct Stream {
    pub response: reqwest::Response,
    body: Body,
    parser: Parser,
    events: VecDeque<Event>,
}

impl Stream {
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next event; `None` at the well-formed end of the body.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something in time");
            if let Some(bytes) = chunk.expect("a well-formed body") {
                let text = self.body.push(&bytes);
                self.events.extend(self.parser.push(&text));
            } else {
                self.parser.rest();
                self.body.assert_whole();
                return None;
            }
        }
    }

    /// The reconnection time that the stream ends with.
    pub async fn end(&mut self) -> u64 {
        while self.next().await.is_some() {}
        let rest = self.parser.rest().and_then(|rest| rest.retry);
        rest.expect("a reconnection time is the last that is said")
    }

    pub async fn next_where(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if wanted(&event) {
                return event;
            }
        }
    }

    pub async fn figure(&mut self) -> Event {
        self.next_where(Event::is_figure).await
    }

    pub async fn status(&mut self) -> Event {
        self.next_where(Event::is_status).await
    }
}

/// A response's body as JSON.
pub async fn json_of(response: reqwest::Response) -> serde_json::Value {
    let bytes = response.bytes().await.expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

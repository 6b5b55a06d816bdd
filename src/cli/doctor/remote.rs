//! The doctor before a server: asks as clients do, through whatever is in between.

use std::env;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use super::finding::Finding;
use super::tape::{PATIENCE, StreamTape, TapedEvent, in_words};
use super::{certificate, judge};
use crate::symbol::Symbol;

/// The variable of the token, which no list of processes shows.
const TOKEN: &str = "FIGCAST_TOKEN";
/// How long the streams are read of which the beginning is of interest.
const BEGINNING: Duration = Duration::from_secs(4);
/// How long the one is read that shows whether events come one by one.
const UPDATES: Duration = Duration::from_secs(12);
/// The origin that is tried where none is named.
const ANY_ORIGIN: &str = "https://example.com";
/// How far two clocks may differ: answers are on their way for a while, and the server's time is in whole seconds.
const CLOCKS: f64 = 3.0;

/// Asks one server.
pub struct Visitor {
    client: Client,
    /// Where the server is, with its base path, which ends with a slash.
    base: Url,
    token: Option<String>,
    symbol: String,
}

impl Visitor {
    /// Asks the server behind `url` of `symbol`, or of the one that the address names.
    ///
    /// # Errors
    /// When this machine cannot ask.
    pub fn new(url: &Url, symbol: Option<&Symbol>) -> anyhow::Result<Self> {
        // Fails when the process has a provider already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_gzip().redirect(Policy::none()).connect_timeout(PATIENCE);
        let client =
            client.tls_info(true).build().context("cannot ask: no HTTP client can be made")?;
        let (base, named) = base_of(url);
        let symbol = symbol.map_or(named, ToString::to_string);
        let token = env::var(TOKEN).ok().filter(|token| !token.is_empty());
        Ok(Self { client, base, token, symbol })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.base.join(path).unwrap_or_else(|_| self.base.clone());
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A request for the stream of the symbol with these options, by a client that accepts `coding`.
    pub fn stream(&self, options: &str, coding: &str) -> RequestBuilder {
        let request = self.request(Method::GET, &format!("stream/{}{options}", self.symbol));
        request.header(ACCEPT, "text/event-stream").header(ACCEPT_ENCODING, coding)
    }

    async fn read(&self, request: RequestBuilder, time: Duration) -> Result<StreamTape, String> {
        StreamTape::record(request, time, |_| false).await
    }

    /// Whether clients believe its certificate, where it shows one.
    pub async fn certificate(&self) -> Option<Finding> {
        let is_secure = self.base.scheme() == "https";
        let request = is_secure.then(|| self.request(Method::GET, "healthz"))?;
        certificate::shown(request, Timestamp::now()).await
    }

    /// Whether a server answers there.
    pub async fn address(&self) -> Vec<Finding> {
        let started = Instant::now();
        let tape = match self.read(self.request(Method::GET, "healthz"), PATIENCE).await {
            Ok(tape) => tape,
            Err(why) => {
                let right = "start the server; look at the address, the firewall and, for https, the certificate";
                let found = format!("{} cannot be reached: {why}", self.base);
                return vec![Finding::wrong("address", found, right)];
            }
        };
        let took = started.elapsed().as_millis();
        match tape.status {
            StatusCode::OK if tape.body() == b"ok\n" => {
                let found = format!("{} answers after {took} ms", self.base);
                vec![Finding::ok("address", found), judge::version(&tape)]
            }
            StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => vec![judge::no_server("address", tape.status)],
            status => {
                let found =
                    format!("{}healthz answers {}, and not as figcast", self.base, status.as_u16());
                let right = "name the address under which figcast is, with the path before /stream if there is one; a redirect \
                             is not followed";
                vec![Finding::wrong("address", found, right)]
            }
        }
    }

    /// The same, of the symbol that the server shows first where none is named.
    pub async fn of_a_symbol(self) -> Self {
        let named = Some(&self.symbol).filter(|symbol| !symbol.is_empty()).cloned();
        let symbol = match named {
            Some(symbol) => symbol,
            None => self.first_symbol().await,
        };
        Self { symbol, ..self }
    }

    async fn first_symbol(&self) -> String {
        let tape = self.read(self.request(Method::GET, "search?q="), PATIENCE).await;
        let found: Option<Value> =
            tape.ok().and_then(|tape| serde_json::from_slice(&tape.body()).ok());
        let symbol = found.as_ref().and_then(|found| found["results"][0]["symbol"].as_str());
        symbol.unwrap_or("AAPL").to_owned()
    }

    /// Whether both clocks agree.
    pub async fn clock(&self) -> Option<Finding> {
        let before = Timestamp::now();
        let tape = self.read(self.request(Method::GET, "udf/time"), PATIENCE).await.ok()?;
        let after = Timestamp::now();
        let server: f64 = String::from_utf8(tape.body()).ok()?.trim().parse().ok()?;
        let millis = i64::midpoint(before.as_millisecond(), after.as_millisecond());
        // Its time is in whole seconds, so half a second more on average.
        let ahead = server + 0.5 - millis as f64 / 1_000.0;
        Some(if ahead.abs() <= CLOCKS {
            Finding::ok("clock", "the server's clock and this one agree")
        } else {
            let how = if ahead > 0.0 { "ahead of" } else { "behind" };
            let found = format!("the server's clock is {:.0} s {how} this one", ahead.abs());
            let right = "set both by NTP (timedatectl): charts end at the wrong time, and tokens end too early or late";
            Finding::wrong("clock", found, right)
        })
    }

    /// Reads streams in each coding, a quiet one for the whole time, and one that comes back.
    pub async fn streams(&self, time: Duration) -> Vec<Finding> {
        let (rows, gzip, zstd, quiet) = tokio::join!(
            self.read(self.stream("?as=bars", "identity"), time.min(UPDATES)),
            self.read(self.stream("", "gzip"), time.min(BEGINNING)),
            self.read(self.stream("", "zstd"), time.min(BEGINNING)),
            self.read(self.stream("?max_rate=0.02", "identity"), time),
        );
        let rows = match rows {
            Ok(rows) => rows,
            Err(why) => {
                let right = "look into the log of the proxy and of the server";
                return vec![Finding::wrong("stream", why, right)];
            }
        };
        if let Some(refusal) = judge::refusal(&rows, self.token.is_some()) {
            return vec![refusal];
        }
        let events = rows.events();
        let mut findings = Vec::new();
        findings.extend(
            self.token
                .as_ref()
                .map(|_| Finding::ok("token", "the server believes it, or asks for none")),
        );
        findings.push(judge::identity(&rows));
        if rows.coding().is_none() {
            findings.push(judge::first_event(&rows, &events, time.min(UPDATES)));
            findings.push(judge::pace(&events, time.min(UPDATES)));
        }
        findings.push(judge::coded("gzip", "gzip", gzip, time.min(BEGINNING)));
        findings.push(judge::coded("zstd", "zstd", zstd, time.min(BEGINNING)));
        findings.extend(quiet.into_iter().flat_map(|tape| judge::quiet(&tape, time)));
        findings.extend(self.resumed(&events).await);
        findings
    }

    /// Comes back with the id of the newest event.
    async fn resumed(&self, events: &[TapedEvent]) -> Option<Finding> {
        let id = events.iter().rev().find_map(|event| event.id.as_deref())?;
        let request = self.stream("?as=bars", "identity").header("Last-Event-ID", id);
        let is_enough = |events: &[TapedEvent]| events.iter().any(TapedEvent::is_status);
        let tape = StreamTape::record(request, PATIENCE, is_enough).await.ok()?;
        judge::resumed(&tape.events())
    }

    /// Whether the pages of another site may read.
    pub async fn cors(&self, origin: Option<&str>) -> Vec<Finding> {
        let from = origin.unwrap_or(ANY_ORIGIN);
        let plain = self.request(Method::GET, "healthz").header(ORIGIN, from).send().await;
        let path = format!("stream/{}", self.symbol);
        let preflight = self
            .client
            .request(Method::OPTIONS, self.base.join(&path).unwrap_or_else(|_| self.base.clone()))
            .header(ORIGIN, from)
            .header(ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(ACCESS_CONTROL_REQUEST_HEADERS, "last-event-id");
        let (plain, preflight) = match (plain, preflight.send().await) {
            (Ok(plain), Ok(preflight)) => (plain, preflight),
            (Err(error), _) | (_, Err(error)) => {
                let right = "look into the log of the proxy";
                return vec![Finding::wrong("cors", in_words(&error), right)];
            }
        };
        let allowed: Vec<_> =
            plain.headers().get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().cloned().collect();
        let is_allowed = allowed.iter().any(|value| value == "*" || value == from);
        let is_preflight = preflight.status().is_success()
            && preflight.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        let name_it =
            format!("name it in the server's configuration: server.origins = [\"{from}\"]");
        vec![match allowed.len() {
            0 if origin.is_none() => Finding::warn(
                "cors",
                "pages of other sites may not read",
                "fine where none is to; else name them in server.origins",
            ),
            0 => Finding::wrong("cors", format!("pages of {from} may not read"), name_it),
            1 if !is_allowed => {
                Finding::wrong("cors", format!("pages of {from} may not read, others may"), name_it)
            }
            1 if !is_preflight => Finding::wrong(
                "cors",
                format!(
                    "the question before a request (OPTIONS) is answered {}",
                    preflight.status()
                ),
                "let the proxy pass OPTIONS on to the server",
            ),
            1 => Finding::ok("cors", format!("pages of {from} may read")),
            _ => Finding::wrong(
                "cors",
                "Access-Control-Allow-Origin is there twice, which browsers refuse",
                "let the proxy add none: the server says it (server.origins)",
            ),
        }]
    }
}

/// The address of the server in that of a chart or a stream, and the symbol that it names.
fn base_of(url: &Url) -> (Url, String) {
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    let path = url.path();
    for route in ["/stream/", "/chart/", "/figure/", "/bars/"] {
        if let Some((before, symbol)) = path.rsplit_once(route) {
            base.set_path(&format!("{before}/"));
            return (base, symbol.to_owned());
        }
    }
    if !path.ends_with('/') {
        base.set_path(&format!("{path}/"));
    }
    (base, String::new())
}

#[cfg(test)]
mod tests {
    use super::base_of;

    #[test]
    fn the_address_of_a_chart_is_one_of_a_server_with_a_symbol() {
        for (url, base, symbol) in [
            ("https://a.example", "https://a.example/", ""),
            ("https://a.example/charts", "https://a.example/charts/", ""),
            ("http://a.example:8080/chart/AAPL?range=5d#x", "http://a.example:8080/", "AAPL"),
            (
                "https://a.example/charts/stream/KRAKEN:BTC-USD",
                "https://a.example/charts/",
                "KRAKEN:BTC-USD",
            ),
        ] {
            let (found, named) = base_of(&url.parse().expect("a URL"));
            assert_eq!((found.as_str(), named.as_str()), (base, symbol), "{url}");
        }
    }
}
